//! The separate port of the sockets: access, and time limits of connections.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
    time::timeout,
};
use tower_hot_middleware::Options;

use super::{
    Peer, Site,
    peer::{CLOSE, FIN, handshake},
    site, site_with,
};
use crate::client::Reading;

const PROMPT: Duration = Duration::from_secs(20);

async fn own_port(site: &Site) -> (SocketAddr, JoinHandle<()>) {
    let (listener, address) = crate::listen().await;
    let hot = site.hot.clone();
    let serving = tokio::spawn(async move { hot.serve_sockets(listener).await.unwrap() });
    // The layer knows its port from the first poll on.
    assert_eq!(Reading::get(address, "/").await.status(), 426);
    (address, serving)
}

/// Hosts and origins, and the status of a handshake with the right token. `PORT` is the port of the sockets,
/// `APP` the app's.
#[rustfmt::skip]
const HANDSHAKES: &[(&str, &str, &str, u16)] = &[
    ("the app's page", "127.0.0.1:PORT", "http://127.0.0.1:APP", 101),
    ("the app's page by name", "localhost:PORT", "http://localhost:APP", 101),
    ("one loopback name by another", "127.0.0.1:PORT", "http://localhost:APP", 101),
    ("a page over TLS", "localhost:PORT", "https://localhost", 101),
    ("a page under an address of the network", "192.168.0.7:PORT", "http://192.168.0.7:APP", 101),
    ("a page under an allowed name", "app.test:PORT", "https://app.test", 101),
    ("an allowed origin", "localhost:PORT", "http://front.test:5000", 101),
    ("a tool without an origin", "127.0.0.1:PORT", "", 101),

    ("a rebound page", "127.0.0.1:PORT", "http://evil.test:APP", 403),
    ("a rebound page by its own name", "evil.test:PORT", "http://evil.test:APP", 403),
    ("an allowed name and another host", "127.0.0.1:PORT", "http://app.test:APP", 403),
    ("a page of another address", "127.0.0.1:PORT", "http://192.168.0.7:APP", 403),
    ("a page of a site by its address", "192.168.0.7:PORT", "http://203.0.113.7", 403),
    ("an allowed origin on another port", "localhost:PORT", "http://front.test:5001", 403),
    ("a sandboxed frame", "127.0.0.1:PORT", "null", 403),
    ("another scheme", "127.0.0.1:PORT", "ftp://127.0.0.1:APP", 403),
    ("an invalid origin", "127.0.0.1:PORT", "evil", 403),
];

#[tokio::test]
async fn a_page_is_allowed_if_it_asks_its_own_host() {
    let site =
        site_with(Options::builder().allowed_host("app.test").allowed_origin("http://front.test:5000")).await;
    let (address, _serving) = own_port(&site).await;
    let fill = |text: &str| {
        text.replace("PORT", &address.port().to_string()).replace("APP", &site.address.port().to_string())
    };
    for (case, host, origin, expected) in HANDSHAKES {
        let (host, origin) = (fill(host), fill(origin));
        for (protocol, target) in
            [("vite-hmr", format!("/?token={}", site.token)), ("vite-ping", "/".to_owned())]
        {
            let headers = [("Host", &*host), ("Origin", &origin), ("Sec-WebSocket-Protocol", protocol)];
            let reading = Reading::raw(address, handshake(address, &target, &headers).as_bytes()).await;
            assert_eq!(reading.status(), *expected, "{case}, {protocol}: {}", reading.head);
        }
        let headers = [("Host", &*host), ("Origin", &origin), ("Sec-WebSocket-Protocol", "vite-hmr")];
        for target in ["/", "/?token=wrong"] {
            let reading = Reading::raw(address, handshake(address, target, &headers).as_bytes()).await;
            assert!(matches!(reading.status(), 403 | 429), "{case}: the origin alone is not enough");
        }
    }
}

#[tokio::test]
async fn a_foreign_site_learns_nothing_without_a_socket() {
    let site = site().await;
    let (address, _serving) = own_port(&site).await;
    let plain =
        Reading::request(address, "GET", "/", &[("Origin", "http://evil.test"), ("Connection", "close")])
            .await;
    assert_eq!((plain.status(), plain.header("access-control-allow-origin")), (426, None));
    assert_eq!(plain.header("cross-origin-resource-policy"), Some("same-origin"));
}

/// Connections that never become a socket, by the bytes that they send.
#[rustfmt::skip]
const STALLED: &[(&str, &str)] = &[
    ("nothing", ""),
    ("half of the first line", "GET / HT"),
    ("a head without its end", "GET / HTTP/1.1\r\nHost: localhost\r\n"),
    ("an empty line", "\r\n"),
];

// The clock advances on its own while all tasks wait.
#[tokio::test(start_paused = true)]
async fn a_connection_that_never_becomes_a_socket_is_closed() {
    let site = site().await;
    let (address, _serving) = own_port(&site).await;
    for (case, sent) in STALLED {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let begun = tokio::time::Instant::now();
        let mut rest = Vec::new();
        let ended = timeout(Duration::from_secs(60), stream.read_to_end(&mut rest)).await;
        assert!(ended.is_ok_and(|end| end.is_ok()) && rest.is_empty(), "{case}: {rest:?}");
        assert!(begun.elapsed() >= Duration::from_secs(9), "{case}: {:?}", begun.elapsed());
    }
}

#[tokio::test]
async fn an_answered_connection_is_closed() {
    let site = site().await;
    let (address, _serving) = own_port(&site).await;
    for request in [
        "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\n",
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        timeout(PROMPT, stream.read_to_string(&mut answer))
            .await
            .expect("the connection did not end")
            .unwrap();
        assert!(
            answer.starts_with("HTTP/1.1 426 ") && answer.contains("connection: upgrade, close"),
            "{answer}"
        );
    }
    let mut stream = TcpStream::connect(address).await.unwrap();
    let long = format!("GET /{} HTTP/1.1\r\n", "x".repeat(100_000));
    stream.write_all(long.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    // Unread bytes may reset the connection before the response arrives.
    drop(timeout(PROMPT, stream.read_to_end(&mut answer)).await.expect("the connection did not end"));
    assert!(!answer.starts_with(b"HTTP/1.1 2"), "{answer:?}");
}

#[tokio::test]
async fn connections_beyond_the_bound_wait_their_turn() {
    let site = site().await;
    let (address, serving) = own_port(&site).await;
    let mut stalled = Vec::new();
    for _ in 0..300 {
        stalled.push(TcpStream::connect(address).await.unwrap());
    }
    let headers = [("Sec-WebSocket-Protocol", "vite-hmr")];
    let head = handshake(address, &format!("/?token={}", site.token), &headers);
    let mut late = TcpStream::connect(address).await.unwrap();
    late.write_all(head.as_bytes()).await.unwrap();
    // Those before it leave, and it is accepted.
    stalled.truncate(10);
    let mut first = [0; 12];
    timeout(PROMPT, late.read_exact(&mut first)).await.expect("it was not accepted").unwrap();
    assert_eq!(&first, b"HTTP/1.1 101");
    site.hot.close();
    timeout(PROMPT, serving).await.expect("it ends").unwrap();
}

#[tokio::test]
async fn close_ends_every_connection() {
    let site = site().await;
    let (address, serving) = own_port(&site).await;
    let target = format!("/?token={}", site.token);
    let mut open = Peer::open(address, &target, &[("Sec-WebSocket-Protocol", "vite-hmr")]).await;
    assert_eq!(open.text().await, r#"{"type":"connected"}"#);
    let mut half = TcpStream::connect(address).await.unwrap();
    half.write_all(b"GET / HTTP/1.1\r\nHost:").await.unwrap();
    let mut silent = TcpStream::connect(address).await.unwrap();
    // It was accepted, because a later one is answered.
    assert_eq!(Reading::get(address, "/").await.status(), 426);
    site.hot.close();
    timeout(PROMPT, serving).await.expect("it ends").unwrap();
    assert_eq!(open.frame().await.map(|(first, _)| first), Some(FIN | CLOSE));
    for stream in [&mut half, &mut silent] {
        let mut rest = Vec::new();
        drop(
            timeout(Duration::from_secs(5), stream.read_to_end(&mut rest))
                .await
                .expect("the connection did not end"),
        );
        assert!(rest.is_empty(), "{rest:?}");
    }
}
