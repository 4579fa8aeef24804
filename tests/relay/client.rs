//! A page's event stream.

use std::{
    io::{BufRead, BufReader, Write},
    net::{Shutdown, TcpStream},
    sync::{Arc, Mutex},
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

/// An open stream, which is read by a thread.
pub(crate) struct Client {
    stream: TcpStream,
    events: Arc<Mutex<Vec<Event>>>,
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
        let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
        let last = if last.is_empty() { String::new() } else { format!("Last-Event-ID: {last}\r\n") };
        write!(stream, "GET /__webpack_hmr?{query} HTTP/1.0\r\nHost: localhost\r\n{last}\r\n").ok()?;
        let mut lines = BufReader::new(stream.try_clone().ok()?).lines();
        let status = lines.next()?.ok()?;
        if !status.contains(" 200 ") {
            return None;
        }
        while !lines.next()?.ok()?.is_empty() {}
        lines.next()?.ok()?;
        let events = Arc::<Mutex<Vec<Event>>>::default();
        let noted = events.clone();
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
        });
        Some(Self { stream, events })
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
        let _ = self.stream.shutdown(Shutdown::Both);
    }
}
