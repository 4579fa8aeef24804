//! Raw frames that RFC 6455 allows and forbids.

use tokio::sync::mpsc;

use super::{
    Peer, Site,
    peer::{BINARY, CLOSE, CONTINUATION, FIN, PING, PONG, TEXT},
    site,
};

/// A frame's first byte and payload.
type Frame<'a> = (u8, &'a [u8]);

/// Returns the messages of the event `e`.
fn messages(site: &Site) -> mpsc::UnboundedReceiver<String> {
    let (sender, receiver) = mpsc::unbounded_channel();
    site.hot.on("e", move |_, message| sender.send(message.data().to_string()).unwrap_or_default());
    receiver
}

#[tokio::test]
async fn a_message_may_come_in_pieces_with_a_ping_between() {
    let site = site().await;
    let mut received = messages(&site);
    let mut peer = site.open().await;
    let text = r#"{"type":"custom","event":"e","data":"é💓"}"#.as_bytes();
    // Cut within a character.
    let (start, rest) = text.split_at(37);
    let (middle, end) = rest.split_at(1);
    peer.send(TEXT, start).await;
    peer.send(FIN | PING, "between").await;
    assert_eq!(peer.frame().await, Some((FIN | PONG, b"between".to_vec())));
    peer.send(CONTINUATION, middle).await;
    peer.send(CONTINUATION, "").await;
    peer.send(FIN | CONTINUATION, end).await;
    assert_eq!(received.recv().await.unwrap(), "\"é💓\"");
}

#[tokio::test]
async fn the_largest_message_is_delivered() {
    let site = site().await;
    let mut received = messages(&site);
    let mut peer = site.open().await;
    let (start, end) = (r#"{"type":"custom","event":"e","data":""#, r#""}"#);
    let message = |length: usize| format!("{start}{}{end}", "x".repeat(length - start.len() - end.len()));
    peer.send_text(message(64 << 10)).await;
    assert_eq!(received.recv().await.unwrap().len(), (64 << 10) - start.len() - end.len() + 2);
    peer.send_text(message((64 << 10) + 1)).await;
    assert_eq!(peer.closed().await, 1009);
}

#[tokio::test]
async fn invalid_frames_close_the_socket_with_their_code() {
    let site = site().await;
    let long = "x".repeat(126);
    let cases: [(&str, u16, Vec<Frame<'_>>); 12] = [
        ("a binary message", 1003, vec![(FIN | BINARY, b"{}")]),
        ("bad UTF-8", 1007, vec![(FIN | TEXT, b"\"\xff\"")]),
        ("invalid UTF-8 over two frames", 1007, vec![(TEXT, b"\xc3"), (FIN | CONTINUATION, b"(")]),
        ("half a character", 1007, vec![(FIN | TEXT, b"\xc3")]),
        ("a reserved bit", 1002, vec![(FIN | 0x40 | TEXT, b"{}")]),
        ("an unknown opcode", 1002, vec![(FIN | 3, b"{}")]),
        ("an unknown control opcode", 1002, vec![(FIN | 0xb, b"")]),
        ("a continuation of nothing", 1002, vec![(FIN | CONTINUATION, b"{}")]),
        ("a message within a message", 1002, vec![(TEXT, b"{"), (FIN | TEXT, b"}")]),
        ("a ping in pieces", 1002, vec![(PING, b"")]),
        ("a long ping", 1002, vec![(FIN | PING, long.as_bytes())]),
        ("a close code of one byte", 1002, vec![(FIN | CLOSE, b"\x03")]),
    ];
    for (case, code, frames) in cases {
        let mut peer = site.open().await;
        for (first, payload) in frames {
            peer.send(first, payload).await;
        }
        assert_eq!(peer.closed().await, code, "{case}");
    }
    let mut peer = site.open().await;
    peer.send_raw(&[FIN | TEXT, 2, b'{', b'}']).await;
    assert_eq!(peer.closed().await, 1002, "a frame without a mask");
    let mut peer = site.open().await;
    peer.send_raw(&[FIN | TEXT, 0x80 | 127, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]).await;
    let code = peer.closed().await;
    assert!([1002, 1009].contains(&code), "a frame longer than its connection: {code}");
    super::ends::until_clients(&site.hot, 0).await;
}

#[tokio::test]
async fn a_message_in_pieces_has_the_same_bound() {
    let site = site().await;
    let mut peer = site.open().await;
    peer.send(TEXT, "x".repeat(40 << 10)).await;
    peer.send(CONTINUATION, "x".repeat(40 << 10)).await;
    assert_eq!(peer.closed().await, 1009);
}

#[tokio::test]
async fn a_close_frame_is_answered_with_the_same_code() {
    let site = site().await;
    for (payload, answer) in [
        (&b""[..], None),
        (b"\x03\xe8", Some(1000)),
        (b"\x03\xe9bye", Some(1001)),
        (b"\x0f\xa0", Some(4000)),
        (b"\x03\xed", Some(1002)),
        (b"\x00\x07", Some(1002)),
        (b"\x03\xe8\xff", Some(1007)),
    ] {
        let mut peer = site.open().await;
        peer.send(FIN | CLOSE, payload).await;
        assert_eq!(closing(&mut peer).await, answer, "{payload:?}");
        assert_eq!(peer.frame().await, None, "the server ends the connection");
    }
    super::ends::until_clients(&site.hot, 0).await;
}

/// Returns the code of the next frame, which closes the socket.
async fn closing(peer: &mut Peer) -> Option<u16> {
    let (first, payload) = peer.frame().await.unwrap();
    assert_eq!(first, FIN | CLOSE);
    payload.first_chunk().map(|code| u16::from_be_bytes(*code))
}
