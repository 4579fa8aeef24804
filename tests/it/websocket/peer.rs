//! A peer that does what RFC 6455 forbids when it is told to: frames by hand.

use std::{fmt::Write as _, net::SocketAddr, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

/// Long enough for the slowest machine; nothing that passes waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) const CONTINUATION: u8 = 0;
pub(super) const TEXT: u8 = 1;
pub(super) const BINARY: u8 = 2;
pub(super) const CLOSE: u8 = 8;
pub(super) const PING: u8 = 9;
pub(super) const PONG: u8 = 10;
/// The bit that says that no frame of this message follows.
pub(super) const FIN: u8 = 0x80;

/// The head that asks for a socket, with the key of RFC 6455, section 1.3.
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

/// The bytes of a frame that is masked.
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

/// As many bytes of one frame again and again as fill this, or a little less.
pub(super) fn frames(first: u8, payload: &str, bytes: usize) -> Vec<u8> {
    let frame = frame(first, payload.as_bytes());
    frame.repeat(bytes / frame.len())
}

/// One end of an open socket.
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
            let byte = timeout(PATIENCE, stream.read_u8()).await.expect("an answer should have come");
            head.push(byte.expect("the connection ended before the head did"));
        }
        let head = String::from_utf8(head).unwrap();
        assert!(head.starts_with("HTTP/1.1 101 "), "{head}");
        Self { stream, head }
    }

    /// Sends a frame, masked as a client's has to be.
    pub(super) async fn send(&mut self, first: u8, payload: impl AsRef<[u8]>) {
        self.send_raw(&frame(first, payload.as_ref())).await;
    }

    /// Sends what the connection takes now, or once it takes some.
    pub(super) async fn write(&mut self, bytes: &[u8]) -> usize {
        self.stream.write(bytes).await.unwrap_or_default()
    }

    pub(super) async fn send_text(&mut self, text: impl AsRef<str>) {
        self.send(FIN | TEXT, text.as_ref()).await;
    }

    pub(super) async fn send_raw(&mut self, bytes: &[u8]) {
        // A server that has said why it ends may not take the rest.
        timeout(PATIENCE, self.stream.write_all(bytes)).await.unwrap().unwrap_or_default();
    }

    /// The next frame: its first byte and its payload; `None` at the end of the connection.
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
        timeout(PATIENCE, reading).await.expect("a frame should have come")
    }

    /// The next message that is no ping.
    pub(super) async fn text(&mut self) -> String {
        loop {
            match self.frame().await {
                Some((first, payload)) if first == FIN | TEXT => return String::from_utf8(payload).unwrap(),
                Some((first, payload)) if first == FIN | PING => self.send(FIN | PONG, payload).await,
                other => panic!("a text should have come: {other:?}"),
            }
        }
    }

    pub(super) async fn json(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// The code that the server closes with, after which it ends the connection.
    pub(super) async fn closed(&mut self) -> u16 {
        loop {
            let (first, payload) = self.frame().await.expect("the server should say why it ends");
            if first == FIN | CLOSE {
                self.send(FIN | CLOSE, &payload).await;
                assert_eq!(self.frame().await, None, "nothing follows");
                return u16::from_be_bytes([payload[0], payload[1]]);
            }
        }
    }
}
