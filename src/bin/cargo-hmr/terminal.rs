//! The terminal: output, and one status line below it.

use std::{
    io::{self, IsTerminal, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::system;

const ERASE_LINE: &str = "\r\x1b[K";
const CLEAR: &str = "\x1b[2J\x1b[3J\x1b[H";

/// Destination of a piece of output.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stream {
    Out,
    Err,
}

/// A handle to the terminal; clones share its state.
#[derive(Clone, Debug)]
pub(crate) struct Terminal {
    state: Arc<Mutex<State>>,
    is_tty: bool,
}

#[derive(Debug, Default)]
struct State {
    status: String,
    /// Set while the last line of output is unfinished.
    is_mid_line: bool,
    /// Set while the status line is on the screen.
    is_shown: bool,
}

impl Terminal {
    pub(crate) fn new() -> Self {
        let is_tty = io::stderr().is_terminal() && io::stdout().is_terminal() && system::takes_ansi();
        Self { state: Arc::default(), is_tty }
    }

    pub(crate) fn is_tty(&self) -> bool {
        self.is_tty
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes output unchanged.
    pub(crate) fn pass(&self, stream: Stream, bytes: &[u8]) {
        let mut state = self.lock();
        Self::hide(&mut state);
        // A closed terminal does not stop the app.
        let _ = match stream {
            Stream::Out => io::stdout().write_all(bytes).and_then(|()| io::stdout().flush()),
            Stream::Err => io::stderr().write_all(bytes),
        };
        state.is_mid_line = !bytes.ends_with(b"\n");
        self.show(&mut state);
    }

    /// Prints a line of the runner.
    pub(crate) fn line(&self, text: &str) {
        let mut state = self.lock();
        Self::hide(&mut state);
        let start = if state.is_mid_line { "\n" } else { "" };
        let (on, off) = if self.is_tty { ("\x1b[1;36m", "\x1b[0m") } else { ("", "") };
        let _ = writeln!(io::stderr(), "{start}{on}[hmr]{off} {text}");
        state.is_mid_line = false;
        self.show(&mut state);
    }

    /// Sets the status line; does nothing without a terminal.
    pub(crate) fn status(&self, text: &str) {
        if !self.is_tty {
            return;
        }
        let mut state = self.lock();
        if state.status != text {
            Self::hide(&mut state);
            text.clone_into(&mut state.status);
            self.show(&mut state);
        }
    }

    pub(crate) fn clear(&self) {
        if self.is_tty {
            let mut state = self.lock();
            let _ = write!(io::stdout(), "{CLEAR}").and_then(|()| io::stdout().flush());
            (state.is_mid_line, state.is_shown) = (false, false);
            self.show(&mut state);
        }
    }

    fn hide(state: &mut State) {
        if std::mem::take(&mut state.is_shown) {
            let _ = write!(io::stderr(), "{ERASE_LINE}");
        }
    }

    fn show(&self, state: &mut State) {
        if self.is_tty && !state.is_mid_line && !state.status.is_empty() {
            // A wrapped line could not be erased.
            let columns = system::columns().unwrap_or(80);
            let text: String = state.status.chars().take(columns.saturating_sub(1)).collect();
            state.is_shown = write!(io::stderr(), "\x1b[2m{text}\x1b[0m").is_ok();
        }
    }
}
