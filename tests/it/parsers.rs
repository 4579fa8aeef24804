//! The stream, read by an independent SSE parser.

use futures_util::StreamExt;
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use sse_stream::SseStream;
use tokio::net::TcpStream;
use tower_hot_middleware::Build;

use crate::{hot, serve_app};

#[tokio::test]
async fn a_rust_parser_reads_the_events() {
    let hot = hot();
    let address = serve_app(&hot).await;
    let socket = TcpStream::connect(address).await.unwrap();
    let (mut client, connection) = hyper::client::conn::http1::handshake(TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    let request = http::Request::get("/__webpack_hmr?ids&changes")
        .header("host", address.to_string())
        .body(Empty::<bytes::Bytes>::new())
        .unwrap();
    let response = client.send_request(request).await.unwrap();
    let mut events = SseStream::new(response.into_body());
    hot.built(Build::new("h1").module("/é ü.css", "./é ü.css"));
    hot.publish(&"line\nbreak").unwrap();
    let mut seen = Vec::new();
    for _ in 0..3 {
        let event = events.next().await.unwrap().unwrap();
        let data: serde_json::Value = serde_json::from_str(&event.data.unwrap()).unwrap();
        seen.push((event.id.unwrap().rsplit_once('-').unwrap().1.to_owned(), data));
    }
    assert_eq!((seen[0].0.as_str(), &seen[0].1["action"]), ("0", &"connected".into()));
    assert_eq!((seen[1].0.as_str(), &seen[1].1["modules"]["/é ü.css"]), ("1", &"./é ü.css".into()));
    assert_eq!((seen[2].0.as_str(), &seen[2].1), ("2", &"line\nbreak".into()));
}
