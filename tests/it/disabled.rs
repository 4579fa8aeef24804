//! A disabled layer, which must behave as if it were absent.

use std::net::SocketAddr;

use axum::{Router, body::Bytes, extract::Request, response::IntoResponse, routing::get};
use http::header::{CONTENT_TYPE, ETAG, LAST_MODIFIED};
use http_body_util::BodyExt;
use serde::{Serialize, Serializer};
use tower_hot_middleware::{Build, HotMiddleware, Options};

use crate::{faults::all_bytes, serve};

/// A middleware that is disabled, with every other option set.
fn off() -> HotMiddleware {
    let options =
        Options::builder().enabled(false).build_token("0123456789abcdef-the-builder").build().unwrap();
    let hot = HotMiddleware::new(options);
    hot.on("message", |_, _| panic!("there is no route for messages"));
    hot
}

/// Answers with the request.
async fn echo(request: Request) -> impl IntoResponse {
    let (head, body) = request.into_parts();
    let body: Bytes = body.collect().await.unwrap().to_bytes();
    format!("{} {} {:?}\n{:#?}\n{body:?}", head.method, head.uri, head.version, head.headers)
}

fn app() -> Router {
    let head =
        [(CONTENT_TYPE, "text/html"), (ETAG, "\"tag\""), (LAST_MODIFIED, "Thu, 01 Jan 1970 00:00:00 GMT")];
    let page = "<!doctype html><html><head><title>t</title></head><body>b</body></html>";
    Router::new().route("/page", get(move || async move { (head, page) })).fallback(echo)
}

/// Returns the whole response, except its date.
async fn answer(address: SocketAddr, request: &str) -> String {
    let answer = all_bytes(address, request).await;
    answer.split_inclusive("\r\n").filter(|line| !line.starts_with("date:")).collect()
}

#[tokio::test]
async fn every_request_reaches_the_app_and_every_response_is_unchanged() {
    let (bare, layered) = (serve(app()).await, serve(app().layer(off())).await);
    let cases = [
        ("the stream", "GET /__webpack_hmr?ids&changes HTTP/1.1", "Accept: text/event-stream\r\n", ""),
        ("from a foreign page", "GET /__webpack_hmr HTTP/1.1", "Origin: http://evil.test\r\n", ""),
        ("its head", "HEAD /__webpack_hmr HTTP/1.1", "", ""),
        ("a preflight", "OPTIONS /__webpack_hmr HTTP/1.1", "Access-Control-Request-Method: POST\r\n", ""),
        ("a message", "POST /__webpack_hmr HTTP/1.1", "Content-Length: 9\r\n", "{\"a\":\"b\"}"),
        (
            "from a build",
            "POST /__webpack_hmr HTTP/1.1",
            "Authorization: Bearer 0123456789abcdef-the-builder\r\nTransfer-Encoding: chunked\r\n",
            "15\r\n{\"action\":\"building\"}\r\n0\r\n\r\n",
        ),
        ("the client", "GET /__webpack_hmr/client.js HTTP/1.1", "If-None-Match: \"x\"\r\n", ""),
        ("a page", "GET /page HTTP/1.1", "Sec-Fetch-Dest: document\r\nAccept: text/html\r\n", ""),
        ("a page again", "GET / HTTP/1.1", "Sec-Fetch-Dest: document\r\nIf-None-Match: \"x\"\r\n", ""),
        ("a part of it", "GET / HTTP/1.1", "Sec-Fetch-Dest: document\r\nRange: bytes=0-9\r\n", ""),
    ];
    for (case, line, headers, body) in cases {
        for host in ["localhost", "evil.test"] {
            let request = format!("{line}\r\nHost: {host}\r\nConnection: close\r\n{headers}\r\n{body}");
            let expected = answer(bare, &request).await;
            assert!(expected.starts_with("HTTP/1.1 200 OK\r\n"), "{expected}");
            assert_eq!(answer(layered, &request).await, expected, "{case}");
        }
    }
}

#[test]
fn published_values_are_not_serialized() {
    struct Unseen;
    impl Serialize for Unseen {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            panic!("there are no clients")
        }
    }
    let hot = off();
    hot.publish(&Unseen).unwrap();
    hot.building();
    hot.built(Build::new("h"));
    hot.reload();
    hot.close();
    assert_eq!(hot.client_count(), 0);
}

#[cfg(all(target_os = "linux", feature = "watch"))]
#[test]
fn it_watches_nothing_and_uses_neither_a_thread_nor_a_descriptor() {
    use std::{fs, path::Path, process::Command};

    use tower_hot_middleware::watch::Watch;

    use crate::faults::alone;

    /// Counts the threads and the open files of this process.
    fn holdings() -> [usize; 2] {
        ["/proc/self/task", "/proc/self/fd"].map(|folder| fs::read_dir(folder).unwrap().count())
    }
    alone(&mut Command::new("env"), || {
        let folder = Path::new(crate::ROOT).join("examples/site/static");
        let before = holdings();
        let hot = off();
        let watches = ["/", "relative", "/none"]
            .map(|root| hot.watch(Watch::new().files("/", root).ignore("[")).expect("whatever is in it"));
        assert_eq!(holdings(), before);
        assert!(watches.iter().all(|watch| !watch.is_running()));

        let on = HotMiddleware::new(Options::default());
        let guard = on.watch(Watch::new().files("/", folder)).unwrap().stop_on_drop();
        let watching = holdings();
        assert!(watching[0] > before[0] && watching[1] > before[1], "{watching:?} after {before:?}");
        drop(guard);
    });
}
