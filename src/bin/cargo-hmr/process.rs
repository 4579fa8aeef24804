//! A child process in a group of its own, so that its children can be stopped with it.

use std::{
    collections::VecDeque,
    io::{self, Read},
    process::{Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread,
    time::Duration,
};

use crate::system::{self, Group};

/// Number of output bytes kept for the page.
const KEPT: usize = 16 * 1024;

/// Timeout for the last output of a process: its children may hold the pipes open.
const LAST_OUTPUT: Duration = Duration::from_millis(250);

/// Starts a command as the leader of a new group. Calls `output` with its output, and `ended` once.
///
/// The rest of the group is killed when the leader exits, before its process id can be reused.
pub(crate) fn start(
    mut command: Command,
    output: impl FnMut(crate::terminal::Stream, &[u8]) + Send + 'static,
    ended: impl FnOnce(u32, Option<ExitStatus>, String) + Send + 'static,
) -> io::Result<Group> {
    system::lead(&mut command);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn()?;
    let group = Group::of(&mut child).inspect_err(|_| {
        let _ = child.kill();
    })?;
    let tail = Tail::default();
    let output = Arc::new(Mutex::new(output));
    let (reading, read) = mpsc::channel::<()>();
    if let Some(pipe) = child.stdout.take() {
        read_to_end(pipe, crate::terminal::Stream::Out, &output, &tail, reading.clone());
    }
    if let Some(pipe) = child.stderr.take() {
        read_to_end(pipe, crate::terminal::Stream::Err, &output, &tail, reading);
    }
    let waiting = group.clone();
    thread::spawn(move || {
        let status = waiting.wait(&mut child);
        // Disconnects at the end of both pipes.
        let _ = read.recv_timeout(LAST_OUTPUT);
        ended(waiting.id(), status, tail.text());
    });
    Ok(group)
}

fn read_to_end<F: FnMut(crate::terminal::Stream, &[u8]) + Send + 'static>(
    mut pipe: impl Read + Send + 'static,
    stream: crate::terminal::Stream,
    output: &Arc<Mutex<F>>,
    tail: &Tail,
    reading: mpsc::Sender<()>,
) {
    let (output, tail) = (output.clone(), tail.clone());
    thread::spawn(move || {
        let _reading = reading;
        let mut block = vec![0; 16 * 1024];
        loop {
            match pipe.read(&mut block) {
                Ok(0) => return,
                Ok(count) => {
                    tail.push(&block[..count]);
                    (output.lock().unwrap_or_else(PoisonError::into_inner))(stream, &block[..count]);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return,
            }
        }
    });
}

/// The last [`KEPT`] bytes that a process printed.
#[derive(Clone, Debug, Default)]
struct Tail(Arc<Mutex<VecDeque<u8>>>);

impl Tail {
    fn push(&self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(KEPT)..];
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let over = (kept.len() + bytes.len()).saturating_sub(KEPT);
        kept.drain(..over);
        kept.extend(bytes);
    }

    fn text(&self) -> String {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(kept.make_contiguous()).trim_end().to_owned()
    }
}

/// Describes how a process ended.
pub(crate) fn describe(status: Option<ExitStatus>) -> String {
    match status {
        Some(status) => match status.code() {
            Some(code) => format!("exit code {code}"),
            // `signal: 9 (SIGKILL)`
            None => status.to_string(),
        },
        None => "an unknown end".to_owned(),
    }
}
