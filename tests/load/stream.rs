//! Clients of the stream: one that returns its events, and a crowd that checks that none is missing.

use std::{
    cell::RefCell,
    collections::VecDeque,
    fmt::Write as _,
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use tokio::{io::AsyncWriteExt, net::TcpStream, sync::Semaphore, task::JoinHandle, time::timeout};

use crate::{
    PATIENCE,
    events::{Event, Events},
    http::Body,
    process::Server,
    until,
};

/// The path of the stream.
pub(crate) const PATH: &str = "/__webpack_hmr";

/// Number of connections that are opened at once: fewer than a listener's queue holds.
const AT_ONCE: usize = 128;
/// Number of bytes of an event that counting clients keep.
const GLANCE: usize = 256;

thread_local! {
    /// Shared by the clients of a thread, because ten thousand buffers would be too much.
    static BUFFER: RefCell<Vec<u8>> = RefCell::new(vec![0; 256 << 10]);
}

/// Returns the text of a request for this target.
pub(crate) fn request(target: &str, headers: &[(&str, &str)]) -> String {
    let mut text = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n");
    for (name, value) in headers {
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    text + "\r\n"
}

/// One client's connection and the events that it has received.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) socket: TcpStream,
    body: Body,
    events: Events,
    ready: VecDeque<Event>,
}

impl Stream {
    /// Connects and requests the stream.
    pub(crate) async fn open(address: SocketAddr, target: &str) -> io::Result<Self> {
        Self::open_after(address, target, "").await
    }

    /// The same for a client that has seen the event with this id; `""` for none.
    pub(crate) async fn open_after(address: SocketAddr, target: &str, id: &str) -> io::Result<Self> {
        let mut socket = TcpStream::connect(address).await?;
        let headers = [("Last-Event-ID", id)];
        let headers = if id.is_empty() { &[] } else { &headers[..] };
        socket.write_all(request(target, headers).as_bytes()).await?;
        Ok(Self { socket, body: Body::new(), events: Events::new(id, usize::MAX), ready: VecDeque::new() })
    }

    /// Reads all that is available; `false` if the connection has ended.
    pub(crate) async fn read(&mut self) -> io::Result<bool> {
        let Self { socket, body, events, ready } = self;
        loop {
            socket.readable().await?;
            let read: io::Result<bool> = BUFFER.with_borrow_mut(|buffer| {
                let count = socket.try_read(buffer)?;
                let mut keep = |event: Event| ready.extend((!event.is_beat()).then_some(event));
                body.feed(&buffer[..count], |content| events.feed(content, &mut keep))
                    .map_err(io::Error::other)?;
                Ok(count > 0)
            });
            match read {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                read => return read,
            }
        }
    }

    /// Takes the events received so far, without heartbeats.
    pub(crate) fn take(&mut self) -> VecDeque<Event> {
        std::mem::take(&mut self.ready)
    }

    /// Waits for the next event that is not a heartbeat.
    pub(crate) async fn next(&mut self) -> Event {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return event;
            }
            let more = timeout(PATIENCE, self.read()).await.expect("no event came").unwrap();
            assert!(more, "the stream ended");
        }
    }
}

/// Clients that read numbered events, drop them, and check that no number is skipped.
#[derive(Debug, Default)]
pub(crate) struct Crowd {
    readers: Vec<Reader>,
}

#[derive(Debug)]
struct Reader {
    last: Arc<AtomicU64>,
    task: JoinHandle<String>,
}

impl Crowd {
    /// Connects this many clients, and waits until the server counts them.
    pub(crate) async fn join(server: &mut Server, target: &str, count: usize) -> Self {
        let (clients, published) = (server.clients(), server.ask("published"));
        let at_once = Arc::new(Semaphore::new(AT_ONCE));
        let reader = |_| {
            let last = Arc::new(AtomicU64::new(published));
            let task = tokio::spawn(read(server.address, target.to_owned(), at_once.clone(), last.clone()));
            Reader { last, task }
        };
        let mut crowd = Self { readers: (0..count).map(reader).collect() };
        until(&format!("a count of {count} more clients"), || {
            crowd.has_stopped() || server.clients() == clients + count
        })
        .await;
        crowd.check().await;
        crowd
    }

    /// Returns the number of the last event that all of them have read.
    fn reached(&self) -> u64 {
        self.readers.iter().map(|reader| reader.last.load(Relaxed)).min().unwrap_or(u64::MAX)
    }

    /// Waits until all of them have read the event with this number, and so every event before it.
    pub(crate) async fn has_read(&mut self, number: u64) {
        until(&format!("event {number} at every client"), || self.has_stopped() || self.reached() >= number)
            .await;
        self.check().await;
    }

    fn has_stopped(&self) -> bool {
        self.readers.iter().any(|reader| reader.task.is_finished())
    }

    /// Fails with the reason of a client that has stopped.
    async fn check(&mut self) {
        if let Some(stopped) = self.readers.iter_mut().find(|reader| reader.task.is_finished()) {
            panic!("a client stopped: {}", (&mut stopped.task).await.unwrap());
        }
    }

    /// Closes the connections of all but this many.
    pub(crate) async fn shrink(&mut self, left: usize) {
        self.check().await;
        for reader in self.readers.drain(left..) {
            reader.task.abort();
        }
    }
}

impl Drop for Crowd {
    fn drop(&mut self) {
        self.readers.iter().for_each(|reader| reader.task.abort());
    }
}

/// Reads the events after the one with the number `last`, until something is wrong; returns the reason.
async fn read(address: SocketAddr, target: String, at_once: Arc<Semaphore>, last: Arc<AtomicU64>) -> String {
    let mut opening = Some(at_once.acquire_owned().await.unwrap());
    let mut stream = match Stream::open(address, &target).await {
        Ok(stream) => stream,
        Err(error) => return format!("connecting: {error}"),
    };
    stream.events = Events::new("", GLANCE);
    let before_all = last.load(Relaxed);
    loop {
        match stream.read().await {
            Ok(true) => drop(opening.take()),
            Ok(false) => return "the stream ended".to_owned(),
            Err(error) => return error.to_string(),
        }
        while let Some(event) = stream.ready.pop_front() {
            let before = last.load(Relaxed);
            match event.number() {
                Some(number) if number == before + 1 => last.store(number, Relaxed),
                // `connected`, which some clients ask for.
                None if before == before_all => {}
                _ => return format!("after event {before} came {:?}", event.data),
            }
        }
    }
}
