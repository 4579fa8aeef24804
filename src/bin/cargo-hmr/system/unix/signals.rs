//! Signals to exit.

use std::io;

use signal_hook::{consts, iterator::Signals};

/// Calls a function with the number of each signal to exit. A second one, or `false`, ends the process at once, and the
/// supervisor stops its children.
pub(crate) fn signals(mut arrived: impl FnMut(i32) -> bool + Send + 'static) -> io::Result<()> {
    let mut signals = Signals::new([consts::SIGINT, consts::SIGTERM, consts::SIGHUP])?;
    std::thread::spawn(move || {
        for (count, signal) in signals.forever().enumerate() {
            if count > 0 || !arrived(signal) {
                let _ = signal_hook::low_level::emulate_default_handler(signal);
            }
        }
    });
    Ok(())
}
