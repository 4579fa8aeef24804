//! The cost of one request for all others, over real sockets.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tower_hot_middleware::{Build, Change, HotMiddleware, Options};

use crate::{
    client::{Reading, open},
    hot, serve, serve_app,
};

const PATH: &str = "/__webpack_hmr";
const BUILDER: &str = "0123456789abcdef-the-builder";

/// Long enough for the slowest machine; tests that pass don't wait for it.
const PATIENCE: Duration = Duration::from_secs(60);

/// Creates this many bundles with the longest history: this many builds each.
fn with_histories(bundles: usize, builds: usize) -> HotMiddleware {
    let hot = hot();
    for bundle in 0..bundles {
        for n in 0..builds {
            let change = Change::new(format!("/{n}.css")).version(n.to_string());
            hot.built(Build::new(format!("{bundle}-{n}")).name(bundle.to_string()).change(change));
        }
    }
    hot
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_query_with_thousands_of_hashes_delays_no_other_request() {
    let hot = with_histories(32, 1024);
    let address = serve_app(&hot).await;
    let mut reader = open(address, PATH).await;
    for _ in 0..32 {
        assert!(reader.data().await.contains("sync"));
    }
    // No bundle has ever had the first hashes, and the others are at the end of a history.
    let unknown = (0..60).map(|n| format!("&since=none-{n}"));
    let oldest = (0..8_000).map(|n| format!("&since={}-0", n % 32));
    let query: String = unknown.chain(oldest).collect();
    let target = format!("{PATH}?ids&changes{}", &query[..60_000]);
    let attack = tokio::spawn(async move {
        let mut found = 0;
        for _ in 0..8 {
            let mut stream = open(address, &target).await;
            assert!(stream.data().await.contains("connected"));
            for _ in 0..32 {
                found += usize::from(stream.data().await.contains("\"since\""));
            }
        }
        found
    });
    let mut slowest = Duration::ZERO;
    let mut rounds = 0;
    while !attack.is_finished() {
        let begin = Instant::now();
        hot.publish(&rounds).unwrap();
        assert_eq!(reader.data().await, rounds.to_string());
        slowest = slowest.max(begin.elapsed());
        rounds += 1;
    }
    let found = attack.await.unwrap();
    assert_eq!(found, 8 * 4, "64 values are read, in their order");
    assert!(slowest < Duration::from_secs(2), "an event took {slowest:?} meanwhile");
}

async fn reporting() -> (HotMiddleware, SocketAddr) {
    let hot = HotMiddleware::new(Options::builder().build_token(BUILDER).build().unwrap());
    let app = Router::new().route("/", get(|| async { "the app" })).layer(hot.clone());
    (hot, serve(app).await)
}

/// Sends part of a report whose `Content-Length` is this long.
async fn report(address: SocketAddr, length: usize, body: &[u8]) -> TcpStream {
    let mut socket = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Authorization: Bearer {BUILDER}\r\nContent-Length: {length}\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    // A body that is too large is refused before all of it is read.
    socket.write_all(body).await.unwrap_or_default();
    socket
}

async fn answer(socket: &mut TcpStream) -> String {
    let mut answer = vec![0; 1024];
    let count = timeout(PATIENCE, socket.read(&mut answer)).await.expect("an answer").unwrap();
    String::from_utf8_lossy(&answer[..count]).into_owned()
}

// One thread serves all requests, so that blocking it is noticed.
#[tokio::test]
async fn a_large_report_delays_no_other_request() {
    let (_hot, address) = reporting().await;
    let modules: Vec<_> = (0..200_000)
        .map(|id| json!({ "id": id, "name": format!("./src/components/module-{id}.js") }))
        .collect();
    let body = json!({ "action": "built", "hash": "h", "modules": modules }).to_string();
    assert!(body.len() > 8 << 20);
    let mut socket = report(address, body.len(), body.as_bytes()).await;
    let begin = Instant::now();
    let reported = tokio::spawn(async move { answer(&mut socket).await });
    let mut slowest = Duration::ZERO;
    while !reported.is_finished() {
        let asked = Instant::now();
        assert_eq!(Reading::get(address, "/").await.rest().await, "the app");
        slowest = slowest.max(asked.elapsed());
    }
    let took = begin.elapsed();
    let answer = reported.await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 204"), "{answer}");
    assert!(slowest * 2 < took, "a request took {slowest:?} of the {took:?} that the report took");
    assert!(open(address, PATH).await.data().await.starts_with(r#"{"name":"","action":"sync","hash":"h""#));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reports_being_received_are_bounded_in_bytes() {
    let (_hot, address) = reporting().await;
    let body = vec![b' '; 31 << 20];
    let mut waiting = Vec::new();
    for _ in 0..2 {
        waiting.push(report(address, 32 << 20, &body).await);
    }
    let mut refused = report(address, 32 << 20, &body).await;
    let text = answer(&mut refused).await;
    assert!(
        text.starts_with("HTTP/1.1 429") && text.to_ascii_lowercase().contains("retry-after: 1"),
        "{text}"
    );
    // Small ones are refused too, until one of the large ones is gone.
    drop(waiting);
    let small = r#"{"action":"built","hash":"h"}"#;
    let begin = Instant::now();
    loop {
        let mut socket = report(address, small.len(), small.as_bytes()).await;
        if answer(&mut socket).await.starts_with("HTTP/1.1 204") {
            break;
        }
        assert!(begin.elapsed() < PATIENCE, "the bytes of a dropped report are not returned");
    }
}

#[tokio::test]
async fn a_report_with_a_lone_surrogate_is_accepted() {
    let (_hot, address) = reporting().await;
    let mut stream = open(address, PATH).await;
    for (body, expected) in [
        (
            r#"{"action":"built","hash":"h","errors":["cut \ud83d"],"modules":[]}"#,
            r#"{"name":"","action":"built","hash":"h","warnings":[],"errors":["cut �"],"modules":{}}"#,
        ),
        (r#"{"text":"cut \ud83d"}"#, r#"{"text":"cut \ud83d"}"#),
    ] {
        let mut socket = report(address, body.len(), body.as_bytes()).await;
        assert!(answer(&mut socket).await.starts_with("HTTP/1.1 204"), "{body}");
        assert_eq!(stream.data().await, expected);
    }
}
