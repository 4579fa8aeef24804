//! The terminal's size, and its keys.

use std::{
    io::{self, Read},
    thread,
};

use rustix::termios::{self, LocalModes, OptionalActions, Termios};

/// Number of columns of the terminal, if it has one.
pub(crate) fn columns() -> Option<usize> {
    let columns = termios::tcgetwinsize(io::stderr()).map_or(0, |size| usize::from(size.ws_col));
    (columns > 0).then_some(columns)
}

/// Returns true if the terminal interprets escape sequences.
pub(crate) fn takes_ansi() -> bool {
    true
}

/// Reads single keys. Dropping it restores the terminal.
#[derive(Debug)]
pub(crate) struct Keys {
    before: Termios,
}

impl Keys {
    /// Passes on keys until `press` returns false, if standard input is a terminal and this process is in the foreground.
    pub(crate) fn start(mut press: impl FnMut(u8) -> bool + Send + 'static) -> Option<Self> {
        let stdin = io::stdin();
        let before = termios::tcgetattr(&stdin).ok()?;
        // Changing the terminal from the background would stop the process.
        if termios::tcgetpgrp(&stdin).ok()? != rustix::process::getpgrp() {
            return None;
        }
        let mut modes = before.clone();
        modes.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
        termios::tcsetattr(&stdin, OptionalActions::Now, &modes).ok()?;
        // Ends with the process or the terminal.
        thread::spawn(move || {
            let mut key = [0];
            while io::stdin().lock().read_exact(&mut key).is_ok() && press(key[0]) {}
        });
        Some(Self { before })
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}
