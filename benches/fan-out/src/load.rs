//! The load client: many connections on one thread, which only counts bytes, so that the servers are the
//! bottleneck.

use std::{
    io::{Error, ErrorKind, Read, Result, Write},
    net::{Ipv4Addr, SocketAddr, TcpStream as StdStream},
    time::{Duration, Instant},
};

use mio::{Events, Interest, Poll, Token, net::TcpStream};

/// Time after which a response counts as missing.
const PATIENCE: Duration = Duration::from_secs(30);

/// Ends of an event: the blank line that dispatches it, in a chunk of HTTP or plain.
const ENDS: [&[u8]; 2] = [b"\n\n\r\n", b"\r\n\r\n"];

/// Clients of one server.
pub struct Load {
    poll: Poll,
    events: Events,
    clients: Vec<Client>,
    buffer: Vec<u8>,
}

struct Client {
    stream: TcpStream,
    /// Number of bytes since the last [`Load::forget`].
    received: usize,
    tail: [u8; 4],
    is_done: bool,
}

impl Client {
    /// Reads all that is available, and returns true if it now has at least this many bytes and the end of an
    /// event.
    fn read(&mut self, wanted: usize, buffer: &mut [u8]) -> Result<bool> {
        loop {
            let read = match self.stream.read(buffer) {
                Ok(0) => return Err(Error::other("a stream has ended")),
                Ok(read) => read,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error),
            };
            self.received += read;
            for &byte in &buffer[read.saturating_sub(4)..read] {
                self.tail.rotate_left(1);
                self.tail[3] = byte;
            }
            // A read that fills less than the buffer has read everything (epoll(7)).
            if read < buffer.len() {
                break;
            }
        }
        let was_done = self.is_done;
        self.is_done |= self.received >= wanted && ENDS.iter().any(|end| self.tail.ends_with(end));
        Ok(self.is_done && !was_done)
    }
}

impl Load {
    /// Connects clients to the event stream, one right after the other, without waiting for responses.
    pub fn connect(port: u16, clients: usize) -> Result<Self> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let request = format!("GET /__webpack_hmr HTTP/1.1\r\nHost: {address}\r\n\r\n");
        let poll = Poll::new()?;
        let clients = (0..clients)
            .map(|n| {
                let mut stream = StdStream::connect(address)?;
                stream.write_all(request.as_bytes())?;
                stream.set_nonblocking(true)?;
                let mut stream = TcpStream::from_std(stream);
                poll.registry().register(&mut stream, Token(n), Interest::READABLE)?;
                Ok(Client { stream, received: 0, tail: [0; 4], is_done: false })
            })
            .collect::<Result<Vec<_>>>()?;
        Ok(Self { poll, events: Events::with_capacity(1024), clients, buffer: vec![0; 1 << 18] })
    }

    /// Waits until every client has received this many bytes since the last [`Load::forget`], and an end.
    ///
    /// Returns the time at which the last of them did.
    pub fn all_received(&mut self, wanted: usize) -> Result<Instant> {
        let deadline = Instant::now() + PATIENCE;
        let mut missing = self.clients.iter().filter(|client| !client.is_done).count();
        while missing > 0 {
            self.poll.poll(&mut self.events, Some(deadline.saturating_duration_since(Instant::now())))?;
            if self.events.is_empty() && Instant::now() >= deadline {
                return Err(Error::other(format!(
                    "{missing} clients lack {wanted} bytes after {PATIENCE:?}"
                )));
            }
            for event in &self.events {
                if self.clients[event.token().0].read(wanted, &mut self.buffer)? {
                    missing -= 1;
                }
            }
        }
        Ok(Instant::now())
    }

    /// Reads until nothing has come for this long.
    pub fn rest(&mut self, quiet: Duration) -> Result<()> {
        loop {
            self.poll.poll(&mut self.events, Some(quiet))?;
            if self.events.is_empty() {
                return Ok(());
            }
            for event in &self.events {
                self.clients[event.token().0].read(usize::MAX, &mut self.buffer)?;
            }
        }
    }

    /// Resets the counters.
    pub fn forget(&mut self) {
        for client in &mut self.clients {
            (client.received, client.is_done) = (0, false);
        }
    }
}
