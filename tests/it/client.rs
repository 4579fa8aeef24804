//! A low-level HTTP/1.1 client over a socket.

use std::{fmt::Write as _, net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Long enough for the slowest machine; tests that pass don't wait for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// A response whose body is read as it arrives.
pub(crate) struct Reading {
    socket: TcpStream,
    /// The head, with the header names in lower case.
    pub(crate) head: String,
    /// Bytes of the body so far, without chunked framing.
    body: Vec<u8>,
    /// Bytes that were received and not parsed yet.
    raw: Vec<u8>,
    chunked: bool,
    ended: bool,
    is_head: bool,
}

impl Reading {
    pub(crate) async fn get(address: SocketAddr, target: &str) -> Self {
        Self::request(address, "GET", target, &[]).await
    }

    pub(crate) async fn request(
        address: SocketAddr,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
    ) -> Self {
        let mut text = format!("{method} {target} HTTP/1.1\r\nHost: {address}\r\n");
        for (name, value) in headers {
            write!(text, "{name}: {value}\r\n").unwrap();
        }
        text.push_str("\r\n");
        Self::raw(address, text.as_bytes()).await
    }

    /// Sends exactly these bytes, and reads the head of the response.
    pub(crate) async fn raw(address: SocketAddr, request: &[u8]) -> Self {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(request).await.unwrap();
        let mut reading = Self {
            socket,
            head: String::new(),
            body: Vec::new(),
            raw: Vec::new(),
            chunked: false,
            ended: false,
            is_head: request.starts_with(b"HEAD "),
        };
        let end = loop {
            if let Some(at) = reading.raw.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            assert!(reading.receive().await, "the connection ended before the head did");
        };
        let head: Vec<u8> = reading.raw.drain(..end).collect();
        reading.head = String::from_utf8(head)
            .unwrap()
            .lines()
            .map(|line| match line.split_once(':') {
                Some((name, value)) => format!("{}:{value}\n", name.to_ascii_lowercase()),
                None => format!("{line}\n"),
            })
            .collect();
        reading.chunked = reading.header("transfer-encoding") == Some("chunked");
        reading.deframe();
        reading
    }

    pub(crate) fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let line = self.head.lines().find(|line| line.split(':').next() == Some(name))?;
        Some(line[name.len() + 1..].trim())
    }

    async fn receive(&mut self) -> bool {
        let count =
            timeout(PATIENCE, self.socket.read_buf(&mut self.raw)).await.expect("no bytes came").unwrap();
        self.deframe();
        count > 0
    }

    /// Removes complete chunks from `raw`, or everything if the body is not chunked.
    fn deframe(&mut self) {
        if self.head.is_empty() {
            return;
        }
        if !self.chunked {
            self.body.append(&mut self.raw);
            return;
        }
        while let Some(line) = self.raw.windows(2).position(|two| two == b"\r\n") {
            let size = std::str::from_utf8(&self.raw[..line]).unwrap();
            let size = usize::from_str_radix(size, 16).unwrap();
            let end = line + 2 + size + 2;
            if self.raw.len() < end {
                return;
            }
            self.body.extend_from_slice(&self.raw[line + 2..end - 2]);
            self.raw.drain(..end);
            self.ended |= size == 0;
        }
    }

    /// Waits until this many bytes of the body have arrived, and takes them.
    pub(crate) async fn take(&mut self, count: usize) -> Vec<u8> {
        while self.body.len() < count {
            assert!(!self.ended && self.receive().await, "the body ended early");
        }
        self.body.drain(..count).collect()
    }

    /// Takes the bytes up to the end of the next blank line.
    pub(crate) async fn event(&mut self) -> String {
        loop {
            if let Some(end) = blank_line(&self.body) {
                return String::from_utf8(self.body.drain(..end).collect()).unwrap();
            }
            assert!(!self.ended && self.receive().await, "the stream ended");
        }
    }

    /// Takes the data of the next event that is not a heartbeat.
    pub(crate) async fn data(&mut self) -> String {
        loop {
            let event = self.event().await;
            let data = event.lines().find_map(|line| line.strip_prefix("data: "));
            match data.unwrap_or_else(|| panic!("an event has data: {event:?}")) {
                "💓" => {}
                data => return data.to_owned(),
            }
        }
    }

    /// Takes the rest of the body after it has ended.
    pub(crate) async fn rest(mut self) -> String {
        let is_bodiless = self.is_head || matches!(self.status(), 204 | 304);
        let said = self.header("content-length").map(|length| length.parse::<usize>().unwrap());
        let length = if is_bodiless { Some(0) } else { said };
        while !self.ended && length.is_none_or(|length| self.body.len() < length) {
            if !self.receive().await {
                assert!(!self.chunked && length.is_none(), "the connection ended before the body did");
                break;
            }
        }
        String::from_utf8(self.body).unwrap()
    }
}

/// Finds the end of the first blank line. The standard library searches most of the bytes, because a loop
/// would be slow in an unoptimized test.
fn blank_line(bytes: &[u8]) -> Option<usize> {
    const BLOCK: usize = 4096;
    let blocks = bytes.chunks(BLOCK).enumerate().filter(|(_, block)| block.contains(&b'\n'));
    blocks.map(|(at, _)| at * BLOCK).find_map(|start| {
        let end = bytes.len().min(start + BLOCK + 1);
        Some(start + bytes[start..end].windows(2).position(|two| two == b"\n\n")? + 2)
    })
}

/// Opens the stream and reads its first byte.
pub(crate) async fn open(address: SocketAddr, target: &str) -> Reading {
    let mut reading = Reading::get(address, target).await;
    assert_eq!(reading.status(), 200, "{}", reading.head);
    assert_eq!(reading.take(1).await, b"\n");
    reading
}

/// Reads the token from the app's page at `/page`, as its client does.
pub(crate) async fn page_token(address: SocketAddr) -> String {
    let page = [("Accept", "text/html"), ("Sec-Fetch-Dest", "document")];
    let html = Reading::request(address, "GET", "/page", &page).await.rest().await;
    let config = html.split("data-hot-middleware='").nth(1).unwrap().split('\'').next().unwrap();
    let config: serde_json::Value = serde_json::from_str(config).unwrap();
    config["token"].as_str().unwrap().to_owned()
}
