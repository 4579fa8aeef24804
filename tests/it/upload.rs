//! Client messages and build reports by `POST`, over real sockets: access, effects and rejections.

use std::{
    convert::Infallible,
    fmt::Write as _,
    future::ready,
    net::SocketAddr,
    sync::{Arc, Mutex, mpsc},
    time::{Duration, Instant},
};

use axum::{Router, response::Html, routing::get};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Empty, Full};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tower::{Layer, Service, service_fn};
use tower_hot_middleware::{Build, HotMiddleware, Options, message::Message};

use crate::{
    access::Lines,
    client::{Reading, open, page_token},
    hot, serve_app, serve_hyper,
};

const PATH: &str = "/__webpack_hmr";
const BUILDER: &str = "0123456789abcdef-the-builder";

/// Returns the statuses of this many requests, pipelined on one connection, because opening thousands of
/// connections would take longer than the one second of the rate limit. A request whose body is not read ends
/// the connection.
async fn pipelined(address: SocketAddr, request: &str, count: usize) -> Vec<u16> {
    let (mut from, mut to) = TcpStream::connect(address).await.unwrap().into_split();
    let requests = request.repeat(count);
    let writing = tokio::spawn(async move { to.write_all(requests.as_bytes()).await.unwrap_or_default() });
    let mut answers = Vec::new();
    while timeout(Duration::from_secs(20), from.read_buf(&mut answers))
        .await
        .unwrap()
        .is_ok_and(|read| read > 0)
    {}
    writing.await.unwrap();
    let answers = String::from_utf8(answers).unwrap();
    answers.split("HTTP/1.1 ").skip(1).map(|answer| answer[..3].parse().unwrap()).collect()
}

/// A server with pages, and their token.
struct Server {
    hot: HotMiddleware,
    address: SocketAddr,
    token: String,
}

async fn server() -> Server {
    let hot = HotMiddleware::new(Options::builder().build_token(BUILDER).build().unwrap());
    let page = || async { Html("<!doctype html><title>page</title>") };
    let app = Router::new().route("/page", get(page)).layer(hot.clone());
    let address = crate::serve(app).await;
    let token = page_token(address).await;
    Server { hot, address, token }
}

impl Server {
    async fn post(&self, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> (u16, String) {
        let body = body.as_ref();
        let mut request = format!("POST {PATH} HTTP/1.1\r\nHost: {}\r\n", self.address);
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        write!(request, "Content-Length: {}\r\n\r\n", body.len()).unwrap();
        let mut request = request.into_bytes();
        request.extend_from_slice(body);
        let reading = Reading::raw(self.address, &request).await;
        assert_eq!(reading.header("cross-origin-resource-policy"), Some("same-origin"));
        assert_eq!(reading.header("x-content-type-options"), Some("nosniff"));
        (reading.status(), reading.rest().await)
    }

    async fn send(&self, body: impl AsRef<[u8]>) -> (u16, String) {
        self.post(&[("Content-Type", "application/json"), ("Hot-Middleware-Token", &self.token)], body).await
    }

    async fn report(&self, body: impl AsRef<[u8]>) -> (u16, String) {
        let bearer = format!("Bearer {BUILDER}");
        self.post(&[("Content-Type", "application/json"), ("Authorization", &bearer)], body).await
    }

    /// Returns the messages of an event from now on.
    fn messages(&self, event: &str) -> mpsc::Receiver<Message> {
        let (sender, receiver) = mpsc::channel();
        let sender = Mutex::new(sender);
        self.hot.on(event, move |_, message| sender.lock().unwrap().send(message.clone()).unwrap());
        receiver
    }
}

#[tokio::test]
async fn a_pages_message_is_delivered_before_the_response() {
    let server = server().await;
    let received = server.messages("chat");
    let body = json!({ "type": "custom", "event": "chat", "data": { "text": "hé" } });
    assert_eq!(server.send(body.to_string()).await, (204, String::new()));
    let message = received.try_recv().unwrap();
    assert_eq!((message.event(), message.data()), ("chat", &json!({ "text": "hé" })));
    let (status, text) = server.send(r#"{"type":"custom","event":"other"}"#).await;
    assert_eq!(status, 404);
    assert!(text.contains("\"other\"") && text.contains("HotMiddleware::on"), "{text}");
}

#[tokio::test]
async fn a_token_is_valid_while_the_process_runs() {
    let server = server().await;
    let received = server.messages("e");
    for _ in 0..3 {
        drop(open(server.address, &format!("{PATH}?ids&changes")).await);
        assert_eq!(server.send(r#"{"type":"custom","event":"e"}"#).await.0, 204);
    }
    assert_eq!(received.try_iter().count(), 3);
    assert_eq!(page_token(server.address).await, server.token, "every page gets the same one");
    assert_ne!(self::server().await.token, server.token, "another process has another");
    assert!(server.token.len() * 4 >= 128, "in hexadecimal");
}

#[tokio::test]
async fn messages_need_the_right_token() {
    let server = server().await;
    let received = server.messages("e");
    let mut stream = open(server.address, PATH).await;
    let json = ("Content-Type", "application/json");
    let body = r#"{"type":"custom","event":"e"}"#;
    let (longer, upper) = (format!("{}0", server.token), server.token.to_uppercase());
    let of_page = format!("Bearer {}", server.token);
    let basic = "Basic dXNlcjpwYXNz".to_owned();
    let cases: [&[(&str, &str)]; 10] = [
        &[json],
        &[json, ("Hot-Middleware-Token", "")],
        &[json, ("Hot-Middleware-Token", &server.token[1..])],
        &[json, ("Hot-Middleware-Token", &longer)],
        &[json, ("Hot-Middleware-Token", &upper)],
        // Neither token is accepted in place of the other.
        &[json, ("Hot-Middleware-Token", BUILDER)],
        &[json, ("Authorization", &of_page)],
        &[json, ("Authorization", &basic)],
        &[json, ("Authorization", "Bearer")],
        // With two tokens, it is unclear which one counts.
        &[json, ("Hot-Middleware-Token", &server.token), ("Hot-Middleware-Token", "x")],
    ];
    for headers in cases {
        let (status, text) = server.post(headers, body).await;
        assert_eq!(status, 403, "{headers:?}: {text}");
        assert!(!text.contains(&server.token) && !text.contains(BUILDER), "{text}");
    }
    // Even the right token doesn't help a foreign page.
    for foreign in [("Origin", "http://evil.example"), ("Origin", "null"), ("Sec-Fetch-Site", "cross-site")] {
        let headers = [json, ("Hot-Middleware-Token", server.token.as_str()), foreign];
        assert_eq!(server.post(&headers, body).await.0, 403, "{foreign:?}");
    }
    assert_eq!(received.try_iter().count(), 0);
    server.hot.publish(&"first").unwrap();
    assert_eq!(stream.data().await, "\"first\"", "no message was delivered");
}

#[tokio::test]
async fn tokens_do_not_leak() {
    let lines = Lines::of_this_thread();
    let server = server().await;
    let json = ("Content-Type", "application/json");
    let [page, builder] = [&server.token, BUILDER].map(|token| format!("{token}0"));
    let bearer = format!("Bearer {builder}");
    for headers in [[json, ("Hot-Middleware-Token", page.as_str())], [json, ("Authorization", &bearer)]] {
        assert_eq!(server.post(&headers, "{}").await.0, 403, "a wrong one, to be logged");
    }
    let _received = server.messages("e");
    assert_eq!(server.send(r#"{"type":"custom","event":"e"}"#).await.0, 204);
    assert_eq!(server.report(r#"{"action":"built","hash":"h"}"#).await.0, 204);

    let logged = lines.text();
    for line in ["refused: The page's token", "refused: The token in", "sent a message", "built h"] {
        assert!(logged.contains(line), "{line:?} is not in {logged}");
    }
    assert!(!logged.contains(&server.token) && !logged.contains(BUILDER), "{logged}");

    let shown = format!("{:?}", server.hot);
    assert!(!shown.contains(&server.token) && !shown.contains(BUILDER), "{shown}");
    let mut stream = open(server.address, &format!("{PATH}?ids&changes")).await;
    let first = stream.data().await;
    assert!(first.contains("connected") && !first.contains(&server.token), "{first}");

    let page = |_| {
        let response = Response::builder().header("content-type", "text/html");
        ready(Ok::<_, Infallible>(response.body(Full::new(Bytes::from("<!doctype html>"))).unwrap()))
    };
    let request = Request::get("/").header("sec-fetch-dest", "document").body(Empty::<Bytes>::new()).unwrap();
    let future = server.hot.layer(service_fn(page)).call(request);
    let mut shown = format!("{future:?}");
    let response = future.await.unwrap();
    write!(shown, "{response:?}").unwrap();
    assert!(shown.contains("Rewritten") && !shown.contains(&server.token), "{shown}");
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains(&server.token), "it is only in the page");
}

#[tokio::test]
async fn an_invalid_body_is_answered_with_the_reason() {
    let server = server().await;
    let received = server.messages("e");
    let (status, text) = server.post(&[("Hot-Middleware-Token", &server.token)], "{}").await;
    assert_eq!((status, text.contains("application/json")), (415, true), "{text}");
    let headers = [("Hot-Middleware-Token", server.token.as_str()), ("Content-Type", "text/plain")];
    let (status, text) = server.post(&headers, r#"{"type":"custom","event":"e"}"#).await;
    assert_eq!((status, text.contains("\"text/plain\"")), (415, true), "{text}");
    let nested =
        format!(r#"{{"type":"custom","event":"e","data":{}1{}}}"#, "[".repeat(20_000), "]".repeat(20_000));
    let bodies: [(&[u8], &str); 6] = [
        (b"", "EOF"),
        (b"{", "column 1"),
        (b"\xff\xfe", "invalid utf-8"),
        (br#"{"type":"custom"}"#, "`event`"),
        (br#"{"type":"vite:invoke","event":"e"}"#, "\"vite:invoke\""),
        (nested.as_bytes(), "recursion limit"),
    ];
    for (body, named) in bodies {
        let (status, text) = server.send(body).await;
        assert_eq!(status, 400, "{text}");
        assert!(text.contains(named) && text.len() < 500, "{text:?} does not name {named:?}");
    }
    let large = format!(r#"{{"type":"custom","event":"e","data":"{}"}}"#, "x".repeat(64 << 10));
    let (status, text) = server.send(&large).await;
    assert_eq!((status, text.contains("65536")), (413, true), "{text}");
    assert_eq!(received.try_iter().count(), 0);
}

/// Without a `Content-Length`, the body is measured as it arrives.
#[tokio::test]
async fn a_chunked_body_has_the_same_bound() {
    let server = server().await;
    let received = server.messages("e");
    let post = async |body: &str| {
        let mut request = format!(
            "POST {PATH} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nHot-Middleware-Token: {}\r\n\
             Transfer-Encoding: chunked\r\n\r\n",
            server.address, server.token
        );
        for piece in body.as_bytes().chunks(1000) {
            let piece = std::str::from_utf8(piece).unwrap();
            write!(request, "{:x}\r\n{piece}\r\n", piece.len()).unwrap();
        }
        request.push_str("0\r\n\r\n");
        Reading::raw(server.address, request.as_bytes()).await.status()
    };
    let body = |length: usize| format!(r#"{{"type":"custom","event":"e","data":"{}"}}"#, "x".repeat(length));
    assert_eq!(post(&body(60_000)).await, 204);
    assert_eq!(post(&body(70_000)).await, 413);
    assert_eq!(received.try_iter().count(), 1);
}

#[tokio::test]
async fn a_flood_is_rate_limited_and_recovers() {
    let server = server().await;
    let received = server.messages("e");
    let body = r#"{"type":"custom","event":"e"}"#;
    let one = format!(
        "POST {PATH} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nHot-Middleware-Token: {}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        server.address,
        server.token,
        body.len()
    );
    let (mut taken, mut refused, mut is_faster) = (0, 0, false);
    // On a machine that is busy, one flood may come no faster than is allowed; under Wine, all of them.
    for _ in 0..10 {
        let begun = Instant::now();
        let answers = pipelined(server.address, &one, 5_000).await;
        let count = |status| answers.iter().filter(|answer| **answer == status).count();
        assert_eq!(count(204) + count(429), answers.len());
        let allowed = 1_001 + usize::try_from(begun.elapsed().as_millis()).unwrap();
        assert!(count(204) <= allowed, "{} of {allowed}", count(204));
        taken += count(204);
        refused += count(429);
        is_faster |= answers.len() > allowed;
        if refused > 0 {
            break;
        }
    }
    let is_slow = cfg!(windows) && !is_faster;
    assert!(taken >= 1_000 && (refused > 0 || is_slow), "{taken} taken, {refused} refused");
    assert_eq!(received.try_iter().count(), taken);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert_eq!(server.send(body).await.0, 204, "a moment later there is room again");
}

#[tokio::test]
async fn a_build_report_is_published_on_the_stream() {
    let server = server().await;
    let mut stream = open(server.address, PATH).await;
    for (report, event) in [
        (
            r#"{"action":"building","name":"main","file":"./a.js"}"#,
            r#"{"action":"building","name":"main","file":"./a.js"}"#,
        ),
        (
            r#"{"action":"built","name":"main","hash":"h1","time":5,"modules":[{"id":1,"name":"./a.js"}]}"#,
            r#"{"name":"main","action":"built","time":5,"hash":"h1","warnings":[],"errors":[],"modules":{"1":"./a.js"}}"#,
        ),
        (
            r#"{"action":"sync","name":"main","hash":"h2"}"#,
            r#"{"name":"main","action":"sync","hash":"h2","warnings":[],"errors":[],"modules":{}}"#,
        ),
        (
            r#"{"action":"progress","percent":40,"message":"sealing"}"#,
            r#"{"action":"progress","percent":40,"message":"sealing"}"#,
        ),
        (r#"{"action":"reload"}"#, r#"{"action":"reload"}"#),
        ("{\"mine\":\n[1]}", r#"{"mine": [1]}"#),
    ] {
        assert_eq!(server.report(report).await, (204, String::new()));
        assert_eq!(stream.data().await, event);
    }
    let (status, text) = server.report(r#"{"action":"built","hash":}"#).await;
    assert_eq!((status, text.contains("line 1 column 26")), (400, true), "{text}");
}

#[tokio::test]
async fn a_server_without_a_build_token_accepts_no_reports() {
    let hot = hot();
    hot.built(Build::new("h"));
    let address = serve_hyper(&hot).await;
    let headers = [("Authorization", "Bearer 0123456789abcdef"), ("Content-Type", "application/json")];
    let reading = Reading::request(address, "POST", PATH, &headers).await;
    assert_eq!(reading.status(), 405, "there is no such route");
    hot.on("e", |_, _| {});
    let reading = Reading::request(address, "POST", PATH, &headers).await;
    assert_eq!(reading.status(), 403, "there is a listener for pages, and no token for builds");
    assert!(reading.rest().await.contains("OptionsBuilder::build_token"));
}

#[tokio::test]
async fn a_sent_event_reaches_every_page() {
    let server = server().await;
    let (mut one, mut other) = (open(server.address, PATH).await, open(server.address, PATH).await);
    let echo = server.hot.on("chat", |hot, message| hot.send("chat", message.data()).unwrap());
    assert_eq!(server.send(r#"{"type":"custom","event":"chat","data":"hi"}"#).await.0, 204);
    for stream in [&mut one, &mut other] {
        assert_eq!(stream.data().await, r#"{"type":"custom","event":"chat","data":"hi"}"#);
    }
    echo.stop();
    assert_eq!(server.send(r#"{"type":"custom","event":"chat"}"#).await.0, 404);
}

#[tokio::test]
async fn a_listener_that_panics_affects_no_other() {
    let server = server().await;
    server.hot.on("e", |_, _| panic!("a listener of this test, on purpose"));
    let received = server.messages("e");
    assert_eq!(server.send(r#"{"type":"custom","event":"e"}"#).await.0, 204);
    assert_eq!(received.try_iter().count(), 1);
}

#[tokio::test]
async fn after_close_a_message_goes_to_the_app() {
    let server = server().await;
    let asked = Arc::new(Mutex::new(0));
    let counted = asked.clone();
    server.hot.on("e", move |_, _| *counted.lock().unwrap() += 1);
    server.hot.close();
    let request = format!("POST {PATH} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n\r\n", server.address);
    let reading = Reading::raw(server.address, request.as_bytes()).await;
    assert_eq!(reading.status(), 404, "the app has no such route");
    assert_eq!(*asked.lock().unwrap(), 0);
}

#[tokio::test]
async fn messages_are_accepted_once_there_is_a_listener() {
    let hot = hot();
    let address = serve_app(&hot).await;
    let method_not_allowed = async |method, target| {
        let reading = Reading::request(address, method, target, &[]).await;
        assert_eq!(reading.status(), 405);
        let allowed = reading.header("allow").unwrap().to_owned();
        assert!(reading.rest().await.contains(&allowed));
        allowed
    };
    assert_eq!(method_not_allowed("POST", PATH).await, "GET, HEAD");
    let listener = hot.on("e", |_, _| {});
    assert_eq!(method_not_allowed("PUT", PATH).await, "GET, HEAD, POST");
    assert_eq!(Reading::request(address, "POST", PATH, &[]).await.status(), 403);
    assert_eq!(method_not_allowed("POST", "/__webpack_hmr/client.js").await, "GET, HEAD");
    listener.stop();
    assert_eq!(method_not_allowed("POST", PATH).await, "GET, HEAD");
}
