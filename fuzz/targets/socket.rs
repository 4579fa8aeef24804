//! Frames on a socket of Vite's protocol: the first byte is the size of the pieces, the rest is sent in such pieces.
//!
//! A small independent decoder of RFC 6455 predicts the result.
#![no_main]

use std::{
    convert::Infallible,
    sync::{Arc, LazyLock, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use libfuzzer_sys::fuzz_target;
use serde::Deserialize;
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex},
    runtime::{Builder, Runtime},
    time::timeout,
};
use tower::{ServiceBuilder, service_fn};
use tower_hot_middleware::HotMiddleware;
use tower_hot_middleware_fuzz::{hot, options};

/// Largest accepted message in bytes.
const MAX_MESSAGE: usize = 64 << 10;

/// Longer than every timer of the server except the heartbeat.
const PATIENCE: Duration = Duration::from_secs(5);

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime starts"));

type Received = Arc<Mutex<Vec<(String, Value)>>>;

fuzz_target!(|input: &[u8]| {
    let Some((&first, bytes)) = input.split_first() else { return };
    let hot = hot(options().heartbeat(Duration::from_secs(3600)));
    let received = Received::default();
    for event in ["e", "save", "vite:invoke"] {
        let received = received.clone();
        hot.on(event, move |_, message| {
            let message = (message.event().to_owned(), message.data().clone());
            received.lock().expect("the lock is not poisoned").push(message);
        });
    }
    let bytes = bytes.to_vec();
    let answer = RUNTIME.block_on(exchange(&hot, usize::from(first) + 1, bytes.clone()));
    let expected = Expected::of(&bytes);
    let (pongs, close) = check_answer(&answer);

    let both = pongs.len().min(expected.pings.len());
    assert_eq!(pongs[..both], expected.pings[..both], "pings are answered in their order");
    let received = std::mem::take(&mut *received.lock().expect("the lock is not poisoned"));
    assert_eq!(received, expected.events, "listeners receive every event once and in order");
    match expected.end {
        // The end of the connection without a close frame is an error of its own.
        End::Open => {
            assert_eq!(pongs.len(), expected.pings.len());
            assert!(matches!(close, None | Some(Some(1002))), "{close:?}");
        }
        End::Closed => assert!(close.is_some(), "a close frame is answered"),
        End::Cut => {}
        End::Wrong => {
            let code = close.flatten();
            assert!(matches!(code, Some(1002 | 1003 | 1007 | 1009)), "{code:?}");
        }
    }
});

/// Sends the bytes to a new socket and returns all that the server sends until it closes the connection.
async fn exchange(hot: &HotMiddleware, piece: usize, bytes: Vec<u8>) -> Vec<u8> {
    let token = page_token(hot).await;
    let (mut near, far) = duplex(1 << 20);
    let app = service_fn(|_: Request<Incoming>| {
        std::future::ready(Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())))
    });
    let service = TowerToHyperService::new(ServiceBuilder::new().layer(hot.clone()).service(app));
    let server = http1::Builder::new().serve_connection(TokioIo::new(far), service).with_upgrades();
    let server = tokio::spawn(server);
    let head = format!(
        "GET /?token={token} HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Protocol: vite-hmr\r\n\r\n"
    );
    near.write_all(head.as_bytes()).await.expect("the server reads");
    let mut answer = Vec::new();
    while !answer.ends_with(b"{\"type\":\"connected\"}") {
        read_some(&mut near, &mut answer).await;
    }
    answer.clear();
    for piece in bytes.chunks(piece) {
        // Fails once the server has closed the connection.
        drop(near.write_all(piece).await);
        tokio::task::yield_now().await;
    }
    near.shutdown().await.expect("a pipe in memory can be shut");
    let reading = near.read_to_end(&mut answer);
    drop(timeout(PATIENCE, reading).await.expect("the server ends the connection"));
    drop(server.await);
    answer
}

async fn read_some(near: &mut DuplexStream, answer: &mut Vec<u8>) {
    let read = timeout(PATIENCE, near.read_buf(answer)).await.expect("the server answers");
    assert!(read.is_ok_and(|count| count > 0), "the server ended the connection: {answer:?}");
}

/// Returns the token in the tag of a page.
async fn page_token(hot: &HotMiddleware) -> String {
    use tower::ServiceExt;
    let app = service_fn(|_: Request<Full<Bytes>>| {
        let page = Response::builder().header("content-type", "text/html").body(Full::<Bytes>::default());
        std::future::ready(Ok::<_, Infallible>(page.expect("a page")))
    });
    let request = Request::get("/").header("sec-fetch-dest", "document").body(Full::default());
    let service = ServiceBuilder::new().layer(hot.clone()).service(app);
    let Ok(page) = service.oneshot(request.expect("a request")).await;
    let Ok(tag) = page.into_body().collect().await;
    let tag = String::from_utf8(tag.to_bytes().to_vec()).expect("a tag is ASCII");
    let token = tag.split_once("\"token\":\"").and_then(|(_, rest)| rest.split('"').next());
    token.expect("a page that may send has a token").to_owned()
}

/// Asserts that the server sent whole and valid frames; returns the payloads of its pongs, and its close frame's code.
fn check_answer(mut answer: &[u8]) -> (Vec<Vec<u8>>, Option<Option<u16>>) {
    let mut pongs = Vec::new();
    while !answer.is_empty() {
        let frame = Frame::read(&mut answer).unwrap_or_else(|| panic!("half a frame: {answer:?}"));
        assert!(!frame.masked && frame.first & 0xf0 == 0x80, "{frame:?}");
        match frame.first & 0xf {
            1 => _ = String::from_utf8(frame.payload).expect("text is UTF-8"),
            8 => {
                assert!(answer.is_empty(), "nothing follows a close frame");
                let code = frame.payload.first_chunk().map(|code| u16::from_be_bytes(*code));
                assert!(frame.payload.len() != 1 && !code.is_some_and(|code| code < 1000), "{frame:?}");
                return (pongs, Some(code));
            }
            10 => pongs.push(frame.payload),
            _ => panic!("{frame:?}"),
        }
    }
    (pongs, None)
}

#[derive(Debug)]
struct Frame {
    first: u8,
    masked: bool,
    payload: Vec<u8>,
}

impl Frame {
    /// Takes a frame off the front, if it is complete.
    fn read(bytes: &mut &[u8]) -> Option<Self> {
        let (head, length) = Self::head(bytes)?;
        let masked = bytes[1] & 0x80 != 0;
        let mask = if masked { *bytes.get(head..)?.first_chunk::<4>()? } else { [0; 4] };
        let head = head + if masked { 4 } else { 0 };
        let payload = bytes.get(head..head.checked_add(length)?)?;
        let payload = payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
        let frame = Self { first: bytes[0], masked, payload };
        *bytes = &bytes[head + length..];
        Some(frame)
    }

    /// Returns the lengths of the head without the mask, and of the payload.
    fn head(bytes: &[u8]) -> Option<(usize, usize)> {
        Some(match bytes.get(1)? & 0x7f {
            126 => (4, u16::from_be_bytes(*bytes.get(2..)?.first_chunk()?).into()),
            127 => {
                let length = u64::from_be_bytes(*bytes.get(2..)?.first_chunk()?);
                (10, usize::try_from(length).unwrap_or(usize::MAX))
            }
            length => (2, length.into()),
        })
    }
}

/// The predicted result of a client's bytes.
#[derive(Debug)]
struct Expected {
    events: Vec<(String, Value)>,
    pings: Vec<Vec<u8>>,
    end: End,
}

#[derive(Debug, PartialEq)]
enum End {
    /// Valid so far, perhaps with an incomplete frame at the end.
    Open,
    Closed,
    Wrong,
    /// An error in an incomplete frame, which the server may not have seen.
    Cut,
}

impl Expected {
    fn of(mut bytes: &[u8]) -> Self {
        let mut expected = Self { events: Vec::new(), pings: Vec::new(), end: End::Open };
        let mut message: Option<Vec<u8>> = None;
        loop {
            if Self::is_wrong(bytes, message.as_deref()) {
                // The server may check a frame only when it is complete, and refuses a binary message at its end.
                let is_whole = Frame::read(&mut &*bytes).is_some();
                let is_begun_binary = bytes[0] & 0x8f == 2;
                expected.end = if is_whole && !is_begun_binary { End::Wrong } else { End::Cut };
                return expected;
            }
            let Some(frame) = Frame::read(&mut bytes) else { return expected };
            match frame.first & 0xf {
                8 => {
                    expected.end = End::Closed;
                    return expected;
                }
                9 => expected.pings.push(frame.payload),
                10 => {}
                _ => {
                    message.get_or_insert_default().extend(frame.payload);
                    if frame.first & 0x80 == 0 {
                        if !is_begun_utf8(message.as_deref().unwrap_or_default()) {
                            expected.end = End::Wrong;
                            return expected;
                        }
                        continue;
                    }
                    let Ok(text) = String::from_utf8(message.take().unwrap_or_default()) else {
                        expected.end = End::Wrong;
                        return expected;
                    };
                    expected.events.extend(event(&text));
                }
            }
        }
    }

    /// Returns true if the head of the next frame, as far as received, is an error.
    fn is_wrong(bytes: &[u8], message: Option<&[u8]>) -> bool {
        let [first, second, ..] = *bytes else { return false };
        let (opcode, is_last) = (first & 0xf, first & 0x80 != 0);
        let length = Frame::head(bytes).map_or(0, |(_, length)| length);
        let is_control = opcode >= 8;
        let misplaced = if is_control {
            opcode > 10 || !is_last || second & 0x7f > 125
        } else {
            opcode > 2 || (opcode == 0) != message.is_some()
        };
        first & 0x70 != 0
            || misplaced
            || second & 0x80 == 0
            || opcode == 2
            || !is_control && message.map_or(0, <[u8]>::len).saturating_add(length) > MAX_MESSAGE
    }
}

/// Returns true if the bytes are a prefix of valid UTF-8.
fn is_begun_utf8(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).map_or_else(|error| error.error_len().is_none(), |_| true)
}

/// Returns the event that a listener receives for a message.
fn event(text: &str) -> Option<(String, Value)> {
    #[derive(Deserialize)]
    struct Sent {
        r#type: String,
        event: Option<String>,
        #[serde(default)]
        data: Value,
    }
    let sent: Sent = serde_json::from_str(text).ok()?;
    let event = sent.event.filter(|event| ["e", "save"].contains(&&**event))?;
    (sent.r#type == "custom").then_some((event, sent.data))
}
