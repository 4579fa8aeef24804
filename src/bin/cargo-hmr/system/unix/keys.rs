//! The terminal's size, and its keys.

use std::{
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::Errno,
    termios::{self, LocalModes, OptionalActions, Termios},
};

/// Number of columns of the terminal, if it has one.
pub(crate) fn columns() -> Option<usize> {
    let columns = termios::tcgetwinsize(io::stderr()).map_or(0, |size| usize::from(size.ws_col));
    (columns > 0).then_some(columns)
}

/// Returns true if the terminal interprets escape sequences.
pub(crate) fn takes_ansi() -> bool {
    true
}

/// The terminal's modes from before [`Keys::start`].
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// Time between two looks at whether this process is in the foreground again.
const LOOK: Duration = Duration::from_millis(300);

/// Reads single keys. Dropping it restores the terminal.
#[derive(Debug)]
pub(crate) struct Keys;

impl Keys {
    /// Passes on keys until `press` returns false, if standard input is a terminal and this process is in the foreground.
    pub(crate) fn start(mut press: impl FnMut(u8) -> bool + Send + 'static) -> Option<Self> {
        // Changing the terminal from the background would stop the process.
        if !is_in_foreground() {
            return None;
        }
        *before() = Some(termios::tcgetattr(io::stdin()).ok()?);
        resume();
        // Ends with the process or the terminal.
        thread::spawn(move || while read().is_ok_and(|keys| keys.into_iter().all(&mut press)) {});
        Some(Self)
    }
}

impl Drop for Keys {
    fn drop(&mut self) {
        restore();
    }
}

/// Waits for keys. In the background they are left to the shell: reading them would stop the process (`termios(3)`).
fn read() -> io::Result<Vec<u8>> {
    let stdin = io::stdin();
    loop {
        if !is_in_foreground() {
            thread::sleep(LOOK);
            continue;
        }
        let mut polled = [PollFd::new(&stdin, PollFlags::IN)];
        match poll(&mut polled, Some(&Timespec { tv_sec: 1, tv_nsec: 0 })) {
            Ok(0) | Err(Errno::INTR) => {}
            Ok(_) if is_in_foreground() => {
                let mut keys = [0; 64];
                let count = rustix::io::read(&stdin, &mut keys)?;
                return if count > 0 {
                    Ok(keys[..count].to_vec())
                } else {
                    Err(io::ErrorKind::UnexpectedEof.into())
                };
            }
            Ok(_) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn is_in_foreground() -> bool {
    termios::tcgetpgrp(io::stdin()).is_ok_and(|group| group == rustix::process::getpgrp())
}

/// Makes the terminal pass on single keys, if [`Keys::start`] has done so.
pub(super) fn resume() {
    let before = before();
    let Some(before) = before.as_ref().filter(|_| is_in_foreground()) else { return };
    let mut modes = before.clone();
    modes.local_modes -= LocalModes::ICANON | LocalModes::ECHO;
    let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, &modes);
}

/// Gives the terminal its modes of before.
pub(super) fn restore() {
    let before = before();
    if let Some(before) = before.as_ref().filter(|_| is_in_foreground()) {
        let _ = termios::tcsetattr(io::stdin(), OptionalActions::Now, before);
    }
}

fn before() -> MutexGuard<'static, Option<Termios>> {
    BEFORE.lock().unwrap_or_else(PoisonError::into_inner)
}
