//! The console. Keys are followed by Enter: reading single ones would need the console's own interface.

use std::{io, thread};

/// Returns `None`: the number of columns is not known.
pub(crate) fn columns() -> Option<usize> {
    None
}

/// Makes the console interpret escape sequences. Returns false if it can't, before Windows 10.
pub(crate) fn takes_ansi() -> bool {
    anstyle_query::windows::enable_ansi_colors().unwrap_or(true)
}

/// Reads keys.
#[derive(Debug)]
pub(crate) struct Keys;

impl Keys {
    /// Passes on the first character of each line until `press` returns false.
    pub(crate) fn start(mut press: impl FnMut(u8) -> bool + Send + 'static) -> Option<Self> {
        // Ends with the process or the console.
        thread::spawn(move || {
            for line in io::stdin().lines().map_while(Result::ok) {
                if let Some(&key) = line.trim_start().as_bytes().first() {
                    if !press(key) {
                        return;
                    }
                }
            }
        });
        Some(Self)
    }
}
