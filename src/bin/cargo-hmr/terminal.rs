//! The terminal: output, one status line below it, and keys.

use std::{
    io::{self, IsTerminal, Read, Write},
    sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc::Sender},
    thread,
};

use rustix::termios::{self, LocalModes, OptionalActions, Termios};

use crate::event::Event;

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
        Self { state: Arc::default(), is_tty: io::stderr().is_terminal() && io::stdout().is_terminal() }
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
            let columns = termios::tcgetwinsize(io::stderr()).map_or(0, |size| usize::from(size.ws_col));
            let columns = if columns == 0 { 80 } else { columns };
            let text: String = state.status.chars().take(columns.saturating_sub(1)).collect();
            state.is_shown = write!(io::stderr(), "\x1b[2m{text}\x1b[0m").is_ok();
        }
    }
}

/// Reads single keys. Dropping it restores the terminal.
#[derive(Debug)]
pub(crate) struct Keys {
    before: Termios,
}

impl Keys {
    /// Sends keys as events, if standard input is a terminal and this process is in the foreground.
    pub(crate) fn start(events: Sender<Event>) -> Option<Self> {
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
            while io::stdin().lock().read_exact(&mut key).is_ok() && events.send(Event::Key(key[0])).is_ok() {
            }
        });
        Some(Self { before })
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}
