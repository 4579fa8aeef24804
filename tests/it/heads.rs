//! Heads of responses (RFC 9110): HEAD and GET agree, and `Connection` doesn't contradict itself.

use std::{net::SocketAddr, time::Duration};

use axum::{Router, response::Html, routing::get};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt, Empty, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{net::TcpStream, time::timeout};
use tower::ServiceBuilder;
use tower_hot_middleware::HotMiddleware;
use tower_http::services::ServeDir;

use crate::{client::Reading, faults::all_bytes, hot, serve, serve_hyper};

const PATH: &str = "/__webpack_hmr";
const PATIENCE: Duration = Duration::from_secs(20);
const PAGE: &str = "<!doctype html><html><head><title>t</title></head><body>b</body></html>";
const ASSET: &str = "/__webpack_hmr/client.js";

const NAVIGATION: Line = ("Sec-Fetch-Dest", "document");

/// A header's name and value.
type Line = (&'static str, &'static str);
type Case = (&'static str, &'static str, &'static [Line]);

/// Names of requests, their targets, and their headers other than `Host`.
const REQUESTS: &[Case] = &[
    ("a file of the client", ASSET, &[]),
    ("a file that the browser has", ASSET, &[("If-None-Match", "*")]),
    ("a file for another origin", ASSET, &[("Origin", "http://evil.test"), ("Sec-Fetch-Site", "cross-site")]),
    ("the stream", PATH, &[]),
    ("the stream for another origin", PATH, &[("Origin", "http://evil.test")]),
    ("a page", "/page", &[NAVIGATION]),
    ("a page for a tool", "/page", &[("Accept", "*/*")]),
    ("a page on disk", "/files/chat.html", &[NAVIGATION]),
    ("a page on disk that the browser has", "/files/chat.html", &[NAVIGATION, ("If-None-Match", "*")]),
    ("a page on disk for a tool", "/files/chat.html", &[]),
    ("a page that streams", "/streamed", &[NAVIGATION]),
    ("a part of a page", "/page", &[("HX-Request", "true"), ("Accept", "text/html")]),
    ("a text", "/text", &[NAVIGATION]),
    ("an error page", "/missing", &[NAVIGATION]),
    ("an error in text", "/broken", &[NAVIGATION]),
    ("an error in text to a tool", "/broken", &[]),
    ("an error without text", "/files/none", &[NAVIGATION]),
];

/// An axum app with a route for each of them, without the layer.
fn app() -> Router {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples");
    let streamed = || async {
        let pieces = [&PAGE[..20], &PAGE[20..]].map(|piece| Ok::<_, std::io::Error>(piece.to_owned()));
        Html(axum::body::Body::from_stream(futures_util::stream::iter(pieces)))
    };
    Router::new()
        .route("/page", get(|| async { Html(PAGE) }))
        .route("/text", get(|| async { "a text" }))
        .route("/missing", get(|| async { (StatusCode::NOT_FOUND, Html(PAGE)) }))
        .route("/broken", get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "a text") }))
        .route("/streamed", get(streamed))
        .nest_service("/files", ServeDir::new(folder))
}

/// Serves the app with the layer inside axum, where it wraps each route, and around all of axum.
async fn servers(hot: &HotMiddleware) -> [(&'static str, SocketAddr); 2] {
    let around = ServiceBuilder::new().layer(hot.clone()).service(app());
    let around = Router::new().fallback_service(around);
    [("routes", serve(app().layer(hot.clone())).await), ("all", serve(around).await)]
}

/// Formats the lines of a request's head.
fn lines(headers: &[(&str, &str)]) -> String {
    headers.iter().fold(String::new(), |lines, (name, value)| lines + name + ": " + value + "\r\n")
}

/// Returns the status and the headers that both methods share.
fn comparable(head: &str) -> Vec<String> {
    let is_framing = |line: &str| line.starts_with("date:") || line.starts_with("transfer-encoding:");
    let mut lines: Vec<_> = head.lines().filter(|line| !is_framing(line)).map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

#[tokio::test]
async fn head_and_get_agree_over_http_1() {
    let hot = hot();
    for (server, address) in servers(&hot).await {
        for (case, target, headers) in REQUESTS {
            let get = Reading::request(address, "GET", target, headers).await;
            let head = Reading::request(address, "HEAD", target, headers).await;
            assert_eq!(comparable(&head.head), comparable(&get.head), "{case} under {server}");
            let lines = lines(headers);
            let request =
                format!("HEAD {target} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{lines}\r\n");
            let bytes = all_bytes(address, &request).await;
            assert!(bytes.ends_with("\r\n\r\n") && bytes.matches("\r\n\r\n").count() == 1, "{case}: {bytes}");
            if *target != PATH && get.header("content-length").is_some() {
                let length: usize = get.header("content-length").unwrap().parse().unwrap();
                assert_eq!(get.rest().await.len(), length, "{case} under {server}");
            }
        }
    }
}

#[tokio::test]
async fn head_and_get_agree_over_http_2() {
    let hot = hot();
    for (server, address) in servers(&hot).await {
        let socket = TcpStream::connect(address).await.unwrap();
        let (mut client, connection) =
            hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket)).await.unwrap();
        tokio::spawn(connection);
        for (case, target, headers) in REQUESTS {
            let request = |method: Method| {
                let request = Request::builder().method(method).uri(format!("http://{address}{target}"));
                let request =
                    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
                request.body(Empty::<Bytes>::new()).unwrap()
            };
            let (get, _unread) = client.send_request(request(Method::GET)).await.unwrap().into_parts();
            let (head, body) = client.send_request(request(Method::HEAD)).await.unwrap().into_parts();
            let without_date = |mut headers: http::HeaderMap| {
                headers.remove("date");
                headers
            };
            assert_eq!(head.status, get.status, "{case} under {server}");
            assert_eq!(without_date(head.headers), without_date(get.headers), "{case} under {server}");
            let body = timeout(PATIENCE, body.collect()).await.expect("an end").unwrap().to_bytes();
            assert!(body.is_empty(), "{case} under {server}: {body:?}");
        }
    }
}

#[tokio::test]
async fn responses_without_a_body_have_no_length() {
    let hot = hot();
    hot.on("seen", |_, _| {});
    let address = serve(Router::new().route("/page", get(|| async { Html(PAGE) })).layer(hot)).await;
    let token = crate::client::page_token(address).await;
    let body = r#"{"type":"custom","event":"seen"}"#;
    let cases: [(&str, String, u16); 2] = [
        ("not modified", format!("GET {ASSET} HTTP/1.1\r\nIf-None-Match: *\r\n"), 304),
        (
            "a message",
            format!(
                "POST {PATH} HTTP/1.1\r\nHot-Middleware-Token: {token}\r\nContent-Type: application/json\r\n\
                 Content-Length: {}\r\n",
                body.len()
            ),
            204,
        ),
    ];
    for (case, request, status) in cases {
        let sent = if status == 204 { body } else { "" };
        let request = format!("{request}Host: {address}\r\nConnection: close\r\n\r\n{sent}");
        let answer = all_bytes(address, &request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{case}: {answer}");
        assert!(!answer.contains("content-length"), "RFC 9110, section 8.6: {case}: {answer}");
    }
}

#[tokio::test]
async fn refusals_have_the_length_of_their_text() {
    let address = serve(Router::new().layer(hot())).await;
    let stranger = ("Host", "evil.test");
    for (case, method, target, headers, status) in [
        ("another method", "PUT", PATH, &[][..], StatusCode::METHOD_NOT_ALLOWED),
        ("another method on a file", "POST", ASSET, &[], StatusCode::METHOD_NOT_ALLOWED),
        ("a preflight", "OPTIONS", PATH, &[], StatusCode::METHOD_NOT_ALLOWED),
        ("a foreign page", "GET", PATH, &[("Origin", "http://evil.test")], StatusCode::FORBIDDEN),
        ("a foreign host", "POST", PATH, &[stranger], StatusCode::FORBIDDEN),
    ] {
        let lines = lines(headers);
        let host = if headers.contains(&stranger) { String::new() } else { format!("Host: {address}\r\n") };
        let request = format!("{method} {target} HTTP/1.1\r\n{host}Connection: close\r\n{lines}\r\n");
        let answer = all_bytes(address, &request).await;
        let (head, text) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!(" {} ", status.as_u16())), "{case}: {head}");
        assert!(head.contains(&format!("content-length: {}\r\n", text.len())), "{case}: {answer}");
        assert!(!text.is_empty(), "{case}");
    }
}

/// Returns the tokens of all `Connection` lines of a head.
fn connection(head: &str) -> Vec<String> {
    let lines = head.lines().filter_map(|line| line.strip_prefix("connection:"));
    lines.flat_map(|line| line.split(',')).map(|token| token.trim().to_ascii_lowercase()).collect()
}

#[tokio::test]
async fn the_streams_connection_header_does_not_contradict_itself() {
    let hot = hot();
    let app = serve(Router::new().layer(hot.clone())).await;
    let bare = serve_hyper(&hot).await;
    for (case, version, lines, expected) in [
        ("as in browsers", "1.1", "Connection: keep-alive\r\n", &["keep-alive"][..]),
        ("without the header", "1.1", "", &["keep-alive"]),
        ("with close", "1.1", "Connection: close\r\n", &["close"]),
        ("in capitals, in a list", "1.1", "Connection: TE, CLOSE\r\n", &["close"]),
        ("on a second line", "1.1", "Connection: te\r\nConnection: close\r\n", &["close"]),
        ("another token", "1.1", "Connection: not-close\r\n", &["keep-alive"]),
        ("HTTP/1.0", "1.0", "", &[]),
        ("HTTP/1.0 with keep-alive", "1.0", "Connection: keep-alive\r\n", &[]),
        ("HTTP/1.0 without keep-alive", "1.0", "Connection: close\r\n", &[]),
    ] {
        for method in ["GET", "HEAD"] {
            for address in [app, bare] {
                let request = format!("{method} {PATH} HTTP/{version}\r\nHost: {address}\r\n{lines}\r\n");
                let reading = Reading::raw(address, request.as_bytes()).await;
                let said = connection(&reading.head);
                let without_close: Vec<_> = said.iter().filter(|token| *token != "close").collect();
                if version == "1.0" {
                    assert!(without_close.is_empty(), "{case}, {method}: {said:?}");
                    assert_eq!(reading.header("transfer-encoding"), None, "{case}, {method}");
                } else {
                    assert_eq!(said, expected, "{case}, {method}: {}", reading.head);
                }
            }
        }
    }
}

#[tokio::test]
async fn a_body_in_a_response_to_head_is_not_sent() {
    // Not axum, which removes it itself.
    let service = tower::service_fn(|_: Request<hyper::body::Incoming>| async {
        let response = http::Response::builder().header("content-type", "text/html");
        Ok::<_, std::convert::Infallible>(response.body(Full::from(PAGE)).unwrap())
    });
    let (listener, address) = crate::listen().await;
    let service = ServiceBuilder::new().layer(hot()).service(service);
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let service = hyper_util::service::TowerToHyperService::new(service.clone());
            let builder = hyper_util::server::conn::auto::Builder::new(TokioExecutor::new());
            tokio::spawn(async move { builder.serve_connection(TokioIo::new(socket), service).await.ok() });
        }
    });
    let get = Reading::request(address, "GET", "/", &[NAVIGATION]).await;
    let head = Reading::request(address, "HEAD", "/", &[NAVIGATION]).await;
    assert_eq!(comparable(&head.head), comparable(&get.head));
    let length: usize = head.header("content-length").unwrap().parse().unwrap();
    assert!(length > PAGE.len() && get.rest().await.len() == length);
}
