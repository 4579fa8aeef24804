//! The private channel to the app's processes.

use std::{
    collections::VecDeque,
    ffi::OsString,
    io::{self, Write},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
        mpsc::{Sender, SyncSender, TrySendError, sync_channel},
    },
    thread,
    time::Duration,
};

use subtle::ConstantTimeEq;

use crate::{
    event::{AppMessage, Event},
    report::Report,
    system::{self, Endpoint, Stream},
};

/// Environment variable with the address of the channel.
pub(crate) const ENVIRONMENT: &str = "TOWER_HOT_MIDDLEWARE_RUNNER";

/// Maximum length of a message from an app in bytes.
const MAX_LINE: usize = 64 * 1024;

/// Maximum number of channels. Every process that the app starts inherits the environment, and may connect.
const MAX_CHANNELS: usize = 64;

/// Maximum number of reports that wait for a process. Further reports are dropped while it does not read.
const MAX_BEHIND: usize = 256;

/// Timeout of the first message of a process.
const HELLO: Duration = Duration::from_secs(5);

/// Timeout of a write to a process.
const WRITE: Duration = Duration::from_secs(2);

/// The channel's own end. Dropping it removes it.
#[derive(Debug)]
pub(crate) struct Channels {
    endpoint: Endpoint,
}

impl Channels {
    pub(crate) fn open(events: Sender<Event>) -> io::Result<Self> {
        let (endpoint, listener) = Endpoint::open()?;
        let token = endpoint.token();
        let count = Arc::new(AtomicUsize::new(0));
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if count.fetch_add(1, Ordering::Relaxed) >= MAX_CHANNELS {
                    count.fetch_sub(1, Ordering::Relaxed);
                    continue;
                }
                let (events, count, token) = (events.clone(), count.clone(), token.clone());
                thread::spawn(move || {
                    let _ = read(&stream, token.as_deref(), &events);
                    count.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
        Ok(Self { endpoint })
    }

    /// Returns the name of this run, which marks its processes.
    pub(crate) fn mark(&self) -> &Path {
        self.endpoint.mark()
    }

    /// The value of [`ENVIRONMENT`].
    pub(crate) fn address(&self) -> OsString {
        self.endpoint.address()
    }
}

/// Reads messages of a process until it disconnects. A socket belongs to the message that it arrives with.
fn read(stream: &Stream, token: Option<&str>, events: &Sender<Event>) -> io::Result<()> {
    let mut pid = None;
    stream.set_read_timeout(Some(HELLO))?;
    let (mut line, mut sockets) = (Vec::new(), VecDeque::new());
    let mut block = [0; 4096];
    loop {
        let count = system::receive(stream, &mut block, &mut sockets)?;
        if count == 0 {
            return Ok(());
        }
        for &byte in &block[..count] {
            if byte != b'\n' {
                line.push(byte);
                if line.len() > MAX_LINE {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                continue;
            }
            let said: AppMessage = serde_json::from_slice(&line)?;
            line.clear();
            let event = match (said, pid) {
                (AppMessage::Hello { pid: named, token: shown }, None) => {
                    if !is_equal(token, shown.as_deref()) {
                        return Err(io::ErrorKind::PermissionDenied.into());
                    }
                    pid = Some(named);
                    stream.set_read_timeout(None)?;
                    Event::Connected { pid: named, stream: stream.try_clone()? }
                }
                (AppMessage::Hello { .. }, Some(_)) | (_, None) => {
                    return Err(io::ErrorKind::InvalidData.into());
                }
                (said, Some(pid)) => {
                    let sent = matches!(said, AppMessage::Listening { sent: true, .. });
                    let socket = if sent { sockets.pop_front() } else { None };
                    Event::App { pid, said, socket }
                }
            };
            if events.send(event).is_err() {
                return Ok(());
            }
        }
    }
}

/// Compares tokens in a time that does not depend on their characters.
fn is_equal(token: Option<&str>, shown: Option<&str>) -> bool {
    let bytes = |token: Option<&str>| token.unwrap_or_default().as_bytes().to_vec();
    bytes(token).ct_eq(&bytes(shown)).into()
}

/// Sends reports to one process. They wait in a bounded queue, so a suspended process does not block the runner.
#[derive(Debug)]
pub(crate) struct ToApp {
    queue: SyncSender<Arc<[u8]>>,
}

impl ToApp {
    pub(crate) fn new(stream: Stream) -> Self {
        let (queue, lines) = sync_channel::<Arc<[u8]>>(MAX_BEHIND);
        thread::spawn(move || {
            let mut stream = stream;
            let _ = stream.set_write_timeout(Some(WRITE));
            for line in lines {
                if stream.write_all(&line).is_err() {
                    return;
                }
            }
        });
        Self { queue }
    }

    /// Sends a report, or drops it if the queue is full.
    pub(crate) fn send(&self, report: &Report) {
        let mut line = serde_json::to_vec(report).unwrap_or_default();
        line.push(b'\n');
        if let Err(TrySendError::Full(_)) = self.queue.try_send(line.into()) {
            // A process this far behind does not read. The next process starts with the latest report.
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{BufRead, BufReader},
        sync::mpsc,
    };

    use super::*;

    #[test]
    fn a_token_is_asked_for_where_there_is_one() {
        for (token, shown, expected) in [
            (None, None, true),
            (Some("a1"), Some("a1"), true),
            (Some("a1"), Some("a2"), false),
            (Some("a1"), Some("a"), false),
            (Some("a1"), None, false),
        ] {
            assert_eq!(is_equal(token, shown), expected, "{token:?} and {shown:?}");
        }
    }

    /// Opens a connection as a process does.
    fn connect(channels: &Channels) -> Stream {
        let address = channels.address();
        let address = address.to_str().unwrap();
        #[cfg(unix)]
        return Stream::connect(address).unwrap();
        #[cfg(windows)]
        return Stream::connect(address.split_once(' ').unwrap().0).unwrap();
    }

    #[test]
    fn only_a_process_with_the_token_is_connected() {
        let (events, inbox) = mpsc::channel();
        let channels = Channels::open(events).unwrap();
        let token = channels.endpoint.token();
        if token.is_some() {
            let stream = connect(&channels);
            (&stream).write_all(b"{\"event\":\"hello\",\"pid\":1,\"token\":\"x\"}\n").unwrap();
            let mut line = String::new();
            // Closed, or reset.
            assert_eq!(BufReader::new(&stream).read_line(&mut line).unwrap_or(0), 0, "{line}");
        }
        let stream = connect(&channels);
        let hello = serde_json::json!({ "event": "hello", "pid": 2, "token": token });
        (&stream).write_all(format!("{hello}\n").as_bytes()).unwrap();
        let event = inbox.recv_timeout(Duration::from_secs(10)).unwrap();
        assert!(matches!(event, Event::Connected { pid: 2, .. }), "{event:?}");
    }
}
