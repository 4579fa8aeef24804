//! A low-level peer that can send frames which RFC 6455 forbids.

use std::{fmt::Write as _, net::SocketAddr, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Long enough for the slowest machine; tests that pass don't wait for it.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) const CONTINUATION: u8 = 0;
pub(super) const TEXT: u8 = 1;
pub(super) const BINARY: u8 = 2;
pub(super) const CLOSE: u8 = 8;
pub(super) const PING: u8 = 9;
pub(super) const PONG: u8 = 10;
/// The bit that marks the last frame of a message.
pub(super) const FIN: u8 = 0x80;

/// Returns the head of a handshake, with the key of RFC 6455, section 1.3.
pub(super) fn handshake(address: SocketAddr, target: &str, headers: &[(&str, &str)]) -> String {
    let mut text = format!("GET {target} HTTP/1.1\r\n");
    let defaults = [
        ("Host", &*address.to_string()),
        ("Connection", "Upgrade"),
        ("Upgrade", "websocket"),
        ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];
    let kept = defaults.iter().filter(|(name, _)| !headers.iter().any(|(other, _)| other == name));
    for (name, value) in kept.chain(headers).filter(|(_, value)| !value.is_empty()) {
        write!(text, "{name}: {value}\r\n").unwrap();
    }
    text + "\r\n"
}

/// Returns the bytes of a masked frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        length @ 0..=125 => frame.push(0x80 | u8::try_from(length).unwrap()),
        length => match u16::try_from(length) {
            Ok(length) => {
                frame.push(0xfe);
                frame.extend_from_slice(&length.to_be_bytes());
            }
            Err(_) => {
                frame.push(0xff);
                frame.extend_from_slice(&(length as u64).to_be_bytes());
            }
        },
    }
    let mask = [7, 77, 177, 240];
    frame.extend_from_slice(&mask);
    frame.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    frame
}

/// Repeats one frame up to this number of bytes.
pub(super) fn frames(first: u8, payload: &str, bytes: usize) -> Vec<u8> {
    let frame = frame(first, payload.as_bytes());
    frame.repeat(bytes / frame.len())
}

/// The client's end of an open socket.
pub(super) struct Peer {
    stream: TcpStream,
    pub(super) head: String,
}

impl Peer {
    pub(super) async fn open(address: SocketAddr, target: &str, headers: &[(&str, &str)]) -> Self {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(handshake(address, target, headers).as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let byte = timeout(PATIENCE, stream.read_u8()).await.expect("no response came");
            head.push(byte.expect("the connection ended before the head did"));
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        Self { stream, head }
    }

    /// Sends a frame, masked as a client's must be.
    pub(super) async fn send(&mut self, first: u8, payload: impl AsRef<[u8]>) {
        self.send_raw(&frame(first, payload.as_ref())).await;
    }

    /// Sends the bytes that the connection accepts, waiting until it accepts some.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> usize {
        self.stream.write(bytes).await.unwrap_or_default()
    }

    pub(super) async fn send_text(&mut self, text: impl AsRef<str>) {
        self.send(FIN | TEXT, text.as_ref()).await;
    }

    pub(super) async fn send_raw(&mut self, bytes: &[u8]) {
        // A server that has sent its close frame may not read the rest.
        timeout(PATIENCE, self.stream.write_all(bytes)).await.unwrap().unwrap_or_default();
    }

    /// Reads the next frame, as its first byte and payload; `None` at the end of the connection.
    pub(super) async fn frame(&mut self) -> Option<(u8, Vec<u8>)> {
        let reading = async {
            let first = self.stream.read_u8().await.ok()?;
            let length = match self.stream.read_u8().await.ok()? {
                126 => u64::from(self.stream.read_u16().await.ok()?),
                127 => self.stream.read_u64().await.ok()?,
                length => u64::from(length),
            };
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            self.stream.read_exact(&mut payload).await.ok()?;
            Some((first, payload))
        };
        timeout(PATIENCE, reading).await.expect("no frame came")
    }

    /// Reads the next message that is not a ping.
    pub(super) async fn text(&mut self) -> String {
        loop {
            match self.frame().await {
                Some((first, payload)) if first == FIN | TEXT => return String::from_utf8(payload).unwrap(),
                Some((first, payload)) if first == FIN | PING => self.send(FIN | PONG, payload).await,
                other => panic!("not a text: {other:?}"),
            }
        }
    }

    pub(super) async fn json(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// Reads the server's close code, and waits for the end of the connection.
    pub(super) async fn closed(&mut self) -> u16 {
        loop {
            let (first, payload) = self.frame().await.expect("no close frame came");
            if first == FIN | CLOSE {
                self.send(FIN | CLOSE, &payload).await;
                assert_eq!(self.frame().await, None, "bytes after the close frame");
                return u16::from_be_bytes([payload[0], payload[1]]);
            }
        }
    }
}
