//! The parts of HTTP/1.1 that the tests need, over blocking sockets.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::project::PATIENCE;

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn closes(&self) -> bool {
        self.head.to_ascii_lowercase().contains("connection: close")
    }
}

/// A connection, which can be reused.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
}

impl Connection {
    pub(crate) fn open(port: u16) -> io::Result<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        stream.set_nodelay(true)?;
        Ok(Self { stream: BufReader::new(stream) })
    }

    pub(crate) fn send(&mut self, path: &str, headers: &str) -> io::Result<()> {
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n");
        self.stream.get_mut().write_all(request.as_bytes())
    }

    /// Reads the head of a response.
    pub(crate) fn head(&mut self) -> io::Result<(u16, String)> {
        let mut head = String::new();
        loop {
            let before = head.len();
            if self.stream.read_line(&mut head)? == 0 {
                return Err(io::Error::new(io::ErrorKind::UnexpectedEof, format!("closed after {head:?}")));
            }
            if head.len() - before <= 2 {
                break;
            }
        }
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
        Ok((status.ok_or(io::ErrorKind::InvalidData)?, head))
    }

    pub(crate) fn answer(&mut self) -> io::Result<Answer> {
        let (status, head) = self.head()?;
        let lower = head.to_ascii_lowercase();
        let length =
            lower.lines().find_map(|line| line.strip_prefix("content-length: ")?.trim().parse().ok());
        let mut body = Vec::new();
        match length {
            Some(length) => {
                body.resize(length, 0);
                self.stream.read_exact(&mut body)?;
            }
            None if lower.contains("transfer-encoding: chunked") => {
                while let Some(chunk) = self.chunk()? {
                    body.extend(chunk);
                }
            }
            None => drop(self.stream.read_to_end(&mut body)?),
        }
        Ok(Answer { status, head, body: String::from_utf8_lossy(&body).into_owned() })
    }

    /// Reads a chunk; `None` is the end of the body.
    fn chunk(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut line = String::new();
        if self.stream.read_line(&mut line)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let length = usize::from_str_radix(line.trim(), 16).map_err(|_| io::ErrorKind::InvalidData)?;
        let mut chunk = vec![0; length + 2];
        self.stream.read_exact(&mut chunk)?;
        chunk.truncate(length);
        Ok((length > 0).then_some(chunk))
    }
}

pub(crate) fn get(port: u16, path: &str) -> io::Result<Answer> {
    get_as(port, path, "")
}

pub(crate) fn get_as(port: u16, path: &str, headers: &str) -> io::Result<Answer> {
    let mut connection = Connection::open(port)?;
    connection.send(path, &format!("Connection: close\r\n{headers}"))?;
    connection.answer()
}

/// An open event stream.
pub(crate) struct Events {
    connection: Connection,
    text: String,
}

impl Events {
    /// Opens the stream as a page does.
    pub(crate) fn open(port: u16) -> Self {
        loop {
            let mut connection = Connection::open(port).unwrap();
            connection.send("/__webpack_hmr?changes", "").unwrap();
            match connection.head().unwrap() {
                (200, _) => return Self { connection, text: String::new() },
                // The process that accepted it may be draining by now.
                (307, head) => assert!(head.contains("location: /__webpack_hmr?changes"), "{head}"),
                other => panic!("{other:?}"),
            }
        }
    }

    /// Reads the next event that is not a heartbeat; `None` is the end of the stream.
    pub(crate) fn next(&mut self) -> Option<Value> {
        let begun = Instant::now();
        loop {
            while let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.trim().to_owned(), rest.to_owned());
                self.text = rest;
                let json = event.strip_prefix("data: ").and_then(|data| serde_json::from_str(data).ok());
                if json.is_some() {
                    return json;
                }
            }
            assert!(begun.elapsed() < PATIENCE, "an event should come in {PATIENCE:?}");
            match self.connection.chunk() {
                Ok(Some(chunk)) => self.text.push_str(&String::from_utf8_lossy(&chunk)),
                Ok(None) => return None,
                Err(error) => panic!("the stream was cut after {:?}: {error}", begun.elapsed()),
            }
        }
    }

    /// Waits for an event.
    pub(crate) fn until(&mut self, what: &str, fits: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        let mut seen = Vec::new();
        loop {
            assert!(begun.elapsed() < PATIENCE, "{what} should come, and not {seen:?}");
            let event = self.next().unwrap_or_else(|| panic!("{what} should come before the end; {seen:?}"));
            if fits(&event) {
                return event;
            }
            seen.push(event);
        }
    }

    pub(crate) fn until_action(&mut self, action: &str) -> Value {
        self.until(action, |event| event["action"] == action)
    }

    /// Waits for a failed build, and returns its errors.
    pub(crate) fn until_errors(&mut self) -> Vec<String> {
        let has = |event: &Value| event["errors"].as_array().is_some_and(|errors| !errors.is_empty());
        let event = self.until("errors", has);
        event["errors"].as_array().unwrap().iter().map(|error| error.as_str().unwrap().to_owned()).collect()
    }
}
