//! Signals to exit, to stop and to go on.

use std::io;

use signal_hook::{consts, iterator::Signals, low_level::emulate_default_handler};

use super::keys;

/// Calls a function with the number of each signal to exit. A second one, or `false`, ends the process at once, and the
/// supervisor stops its children. While the process is stopped, the terminal is as it was before.
pub(crate) fn signals(mut arrived: impl FnMut(i32) -> bool + Send + 'static) -> io::Result<()> {
    let exits = [consts::SIGINT, consts::SIGTERM, consts::SIGHUP, consts::SIGQUIT];
    let mut signals = Signals::new(exits.iter().chain(&[consts::SIGTSTP, consts::SIGCONT]))?;
    std::thread::spawn(move || {
        let mut is_ending = false;
        for signal in signals.forever() {
            match signal {
                consts::SIGTSTP => {
                    keys::restore();
                    let _ = emulate_default_handler(signal);
                }
                consts::SIGCONT => keys::resume(),
                _ if std::mem::replace(&mut is_ending, true) || !arrived(signal) => {
                    keys::restore();
                    let _ = emulate_default_handler(signal);
                }
                _ => {}
            }
        }
    });
    Ok(())
}
