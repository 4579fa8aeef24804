//! A page's event stream.

use std::{
    collections::BTreeSet,
    io::{self, BufRead, BufReader, Read, Write},
    net::{Shutdown, TcpStream},
    os::unix::net::UnixStream,
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use serde_json::Value;

use super::processes::until;

/// An event as it was received.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) data: Value,
}

/// A connection to a process, or to the proxy before it.
pub(crate) enum Connection {
    Port(TcpStream),
    Socket(UnixStream),
}

impl Connection {
    pub(crate) fn to_socket(path: &Path) -> io::Result<Self> {
        UnixStream::connect(path).map(Self::Socket)
    }

    fn try_clone(&self) -> io::Result<Self> {
        match self {
            Self::Port(stream) => stream.try_clone().map(Self::Port),
            Self::Socket(stream) => stream.try_clone().map(Self::Socket),
        }
    }

    fn close(&self) {
        let _ = match self {
            Self::Port(stream) => stream.shutdown(Shutdown::Both),
            Self::Socket(stream) => stream.shutdown(Shutdown::Both),
        };
    }
}

impl Read for Connection {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Port(stream) => stream.read(into),
            Self::Socket(stream) => stream.read(into),
        }
    }
}

/// An open stream, which is read by a thread.
pub(crate) struct Client {
    connection: Connection,
    events: Arc<Mutex<Vec<Event>>>,
    is_over: Arc<AtomicBool>,
}

impl Client {
    pub(crate) fn open(port: u16) -> Self {
        Self::with(port, "ids", "")
    }

    /// Opens a stream with this query that reads on after an event. Its first byte is there: the client is subscribed, or
    /// waits for the shared log.
    pub(crate) fn with(port: u16, query: &str, last: &str) -> Self {
        Self::begin(port, query, last).expect("the stream is opened")
    }

    /// The same; `None` if there is no stream.
    pub(crate) fn begin(port: u16, query: &str, last: &str) -> Option<Self> {
        Self::on(Connection::Port(TcpStream::connect(("127.0.0.1", port)).ok()?), query, last)
    }

    /// The same on a connection.
    pub(crate) fn on(mut connection: Connection, query: &str, last: &str) -> Option<Self> {
        let last = if last.is_empty() { String::new() } else { format!("Last-Event-ID: {last}\r\n") };
        let request = format!("GET /__webpack_hmr?{query} HTTP/1.0\r\nHost: localhost\r\n{last}\r\n");
        match &mut connection {
            Connection::Port(stream) => stream.write_all(request.as_bytes()).ok()?,
            Connection::Socket(stream) => stream.write_all(request.as_bytes()).ok()?,
        }
        let mut lines = BufReader::new(connection.try_clone().ok()?).lines();
        let status = lines.next()?.ok()?;
        if !status.contains(" 200 ") {
            return None;
        }
        while !lines.next()?.ok()?.is_empty() {}
        lines.next()?.ok()?;
        let events = Arc::<Mutex<Vec<Event>>>::default();
        let noted = events.clone();
        let is_over = Arc::<AtomicBool>::default();
        let over = is_over.clone();
        thread::spawn(move || {
            let mut id = String::new();
            // A line that a lost connection has cut off is no event.
            let (mut data, mut lines) = (None, lines);
            while let Some(Ok(line)) = lines.next() {
                if let Some(text) = line.strip_prefix("id: ") {
                    text.clone_into(&mut id);
                } else if let Some(text) = line.strip_prefix("data: ") {
                    data = serde_json::from_str(text).ok();
                } else if line.is_empty() {
                    if let Some(data) = data.take() {
                        noted.lock().unwrap().push(Event { id: id.clone(), data });
                    }
                }
            }
            over.store(true, Ordering::Release);
        });
        Some(Self { connection, events, is_over })
    }

    /// Returns true once the connection has ended and everything is read.
    pub(crate) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Acquire)
    }

    pub(crate) fn events(&self) -> Vec<Event> {
        self.events.lock().unwrap().clone()
    }

    pub(crate) fn data(&self) -> Vec<Value> {
        self.events().into_iter().map(|event| event.data).collect()
    }

    /// The numbers of the published events, in the order in which they came.
    pub(crate) fn numbers(&self) -> Vec<u64> {
        self.data().iter().filter_map(|data| data["n"].as_u64()).collect()
    }

    /// The id of the last event.
    pub(crate) fn last(&self) -> String {
        self.events().last().map_or(String::new(), |event| event.id.clone())
    }

    /// Waits until the published events are these.
    pub(crate) fn receives(&self, numbers: impl IntoIterator<Item = u64>) {
        let numbers: Vec<_> = numbers.into_iter().collect();
        self.awaits(&format!("the events {numbers:?}"), |_| self.numbers().len() >= numbers.len());
        assert_eq!(self.numbers(), numbers);
    }

    pub(crate) fn awaits(&self, what: &str, holds: impl Fn(&[Value]) -> bool) {
        let shown = std::panic::AssertUnwindSafe(|| until(what, || holds(&self.data())));
        assert!(std::panic::catch_unwind(shown).is_ok(), "{what} did not come: {:?}", self.events());
    }

    /// Number of events of this kind.
    pub(crate) fn count(&self, action: &str) -> usize {
        self.data().iter().filter(|data| data["action"] == action).count()
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.connection.close();
    }
}

/// The numbers, each of which came once.
pub(crate) fn as_set(numbers: &[u64]) -> BTreeSet<u64> {
    let set: BTreeSet<u64> = numbers.iter().copied().collect();
    assert_eq!(set.len(), numbers.len(), "nothing comes twice: {numbers:?}");
    set
}
