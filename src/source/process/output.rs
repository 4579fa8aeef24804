//! Output of a child process: it is passed on at once, and its end is kept.

use std::{
    env,
    io::{self, IsTerminal, Read, Write},
    process::Command,
    sync::{Arc, mpsc::Sender},
    thread,
};

use crate::{
    escape::{Escaped, without_colours},
    journal::Tail,
};

/// Longest line in the log, in bytes. A longer one is cut into several.
const LINE: usize = 16 * 1024;

/// Receives each line of a child's output.
pub(in crate::source) type OnLine = Arc<dyn Fn(&[u8]) + Send + Sync>;

/// Destination of a child process's output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// The app's own standard output and standard error, unchanged, and in colour on a terminal.
    #[default]
    Terminal,
    /// [`tracing`], as one event of level INFO for each line.
    Tracing,
}

impl Output {
    /// Sets the environment variables by which the child decides about colours, as its output is a pipe.
    pub(super) fn colour(self, command: &mut Command) {
        let is_set = |name| env::var_os(name).is_some();
        if is_set("NO_COLOR") || is_set("FORCE_COLOR") {
            return;
        }
        match self {
            Self::Terminal if io::stderr().is_terminal() => command.env("FORCE_COLOR", "1"),
            Self::Terminal => command,
            Self::Tracing => command.env("NO_COLOR", "1"),
        };
    }

    /// Starts a thread that reads one of the child's pipes to its end, and then drops `reading`.
    pub(super) fn pass_on<W: Write>(
        self,
        mut pipe: impl Read + Send + 'static,
        terminal: impl FnOnce() -> W + Send + 'static,
        tail: &Tail,
        on_line: Option<OnLine>,
        reading: Sender<()>,
    ) -> io::Result<()> {
        let tail = tail.clone();
        let work = move || {
            let _reading = reading;
            let mut terminal = terminal();
            let is_read = self == Self::Tracing || on_line.is_some();
            let mut lines = Lines::default();
            let mut act = |line: &[u8]| {
                if self == Self::Tracing {
                    log_line(line);
                }
                if let Some(on_line) = &on_line {
                    on_line(line);
                }
            };
            let mut block = vec![0; 8192];
            loop {
                let bytes = match pipe.read(&mut block) {
                    Ok(0) => break,
                    Ok(count) => &block[..count],
                    Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                    Err(_) => break,
                };
                tail.push(bytes);
                if self == Self::Terminal {
                    // The pipe is read even if the terminal is gone: a full one would stop the child.
                    drop(terminal.write_all(bytes).and_then(|()| terminal.flush()));
                }
                if is_read {
                    lines.push(bytes, &mut act);
                }
            }
            act(&lines.line);
        };
        thread::Builder::new().name("hot-output".to_owned()).spawn(work).map(drop)
    }
}

/// The line that is not complete yet.
#[derive(Default)]
struct Lines {
    line: Vec<u8>,
}

impl Lines {
    /// Calls `act` with the lines that these bytes complete.
    fn push(&mut self, bytes: &[u8], act: &mut impl FnMut(&[u8])) {
        for piece in bytes.split_inclusive(|&byte| byte == b'\n') {
            self.line.extend_from_slice(piece);
            if piece.ends_with(b"\n") || self.line.len() >= LINE {
                act(&self.line);
                self.line.clear();
            }
        }
    }
}

fn log_line(line: &[u8]) {
    let text = String::from_utf8_lossy(line);
    let text = without_colours(text.trim_end());
    if !text.is_empty() {
        tracing::info!(target: "tower_hot_middleware::child", "{}", Escaped(text));
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Mutex, mpsc};

    use super::*;

    /// A terminal that accepts this many bytes and then fails.
    struct Terminal {
        shown: Arc<Mutex<Vec<u8>>>,
        room: usize,
    }

    impl Write for Terminal {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.room == 0 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            let count = bytes.len().min(self.room);
            self.room -= count;
            self.shown.lock().unwrap().extend_from_slice(&bytes[..count]);
            Ok(count)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_terminal_gets_the_very_bytes_and_may_go_away() {
        let said = b"\x1b[31mred\x1b[0m \xff no line end".repeat(1000);
        for room in [usize::MAX, 5] {
            let (tail, shown) = (Tail::default(), Arc::default());
            let terminal = Terminal { shown: Arc::clone(&shown), room };
            let (reading, read) = mpsc::channel();
            Output::Terminal
                .pass_on(io::Cursor::new(said.clone()), move || terminal, &tail, None, reading)
                .unwrap();
            assert!(read.recv().is_err(), "it reads to the end, and nothing is sent");
            assert_eq!(*shown.lock().unwrap(), said[..said.len().min(room)]);
            assert!(tail.text().ends_with("no line end"));
        }
    }

    #[test]
    fn a_line_ends_when_it_is_whole_or_too_long() {
        let mut lines = Lines::default();
        let mut whole = Vec::new();
        let mut act = |line: &[u8]| whole.push(line.to_owned());
        lines.push(b"one\ntw", &mut act);
        assert_eq!(lines.line, b"tw");
        lines.push(b"o\n", &mut act);
        lines.push(&[b'x'; LINE], &mut act);
        assert!(lines.line.is_empty());
        assert_eq!(whole, [&b"one\n"[..], b"two\n", &[b'x'; LINE]]);
    }
}
