//! Apps that fail under the layer: by a panic, by an error, midway through a body, or by not being ready.

use std::{
    convert::Infallible,
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    pin::pin,
    task::{Context, Poll, Waker},
};

use axum::{
    Router,
    body::Body,
    extract::Request,
    http::{Response, StatusCode, header::CONTENT_TYPE},
    middleware::{Next, from_fn},
    response::IntoResponse,
    routing::get,
};
use bytes::Bytes;
use futures_util::{FutureExt, StreamExt, stream};
use http_body::{Body as _, Frame};
use http_body_util::{BodyExt, Empty, StreamBody};
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde::{Serialize, Serializer};
use tokio::{io::AsyncWriteExt, net::TcpStream, sync::mpsc, time::timeout};
use tower::{Layer, Service, service_fn};

use super::{PATH, PATIENCE, all_bytes, until};
use crate::{
    client::{Reading, open},
    hot, serve, serve_hyper,
};

const PAGE: &str = "<!doctype html><html><head><title>t</title></head><body>b</body></html>";

/// Panics as the app would, without printing a message.
fn blow_up() -> ! {
    resume_unwind(Box::new("the app blew up"))
}

/// Turns a panic into a response: a short version of tower-http's `CatchPanic`.
async fn catch(request: Request, next: Next) -> axum::response::Response {
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            let message = panic.downcast_ref::<&str>().copied().unwrap_or_default();
            (StatusCode::INTERNAL_SERVER_ERROR, format!("caught: {message}")).into_response()
        }
    }
}

/// Sends the first half of a page, and then panics.
async fn half_a_page() -> impl IntoResponse {
    let half = stream::iter([Ok::<_, Infallible>(Bytes::from(&PAGE[..40]))]);
    let rest = stream::once(async {
        tokio::task::yield_now().await;
        blow_up()
    });
    ([(CONTENT_TYPE, "text/html")], Body::from_stream(half.chain(rest)))
}

#[tokio::test]
async fn a_panic_reaches_the_apps_own_handler_and_affects_no_other_request() {
    let hot = hot();
    let app = Router::new()
        .route("/handler", get(|| async { blow_up() as () }))
        .route("/body", get(half_a_page))
        .route("/", get(|| async { "fine" }))
        .layer(hot.clone())
        .layer(from_fn(catch));
    let address = serve(app).await;
    let mut stream = open(address, PATH).await;
    for n in 0..3 {
        let failed = Reading::get(address, "/handler").await;
        assert_eq!(failed.status(), 500);
        assert_eq!(failed.rest().await, "caught: the app blew up");
        let request = "GET /body HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Dest: document\r\n\r\n";
        let cut = all_bytes(address, request).await;
        assert!(cut.contains("<head>") && !cut.ends_with("0\r\n\r\n"), "{cut}");
        hot.publish(&n).unwrap();
        assert_eq!(stream.data().await, n.to_string());
        assert_eq!(Reading::get(address, "/").await.rest().await, "fine");
    }
    assert_eq!(hot.client_count(), 1);
}

#[test]
fn a_panic_in_call_leaves_the_layer_usable() {
    let hot = hot();
    let app = |request: http::Request<Empty<Bytes>>| match request.uri().path() {
        "/" => std::future::ready(Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new()))),
        _ => blow_up(),
    };
    let mut service = hot.layer(service_fn(app));
    let mut get = |path| service.call(http::Request::get(path).body(Empty::new()).unwrap());
    assert!(catch_unwind(AssertUnwindSafe(|| get("/call"))).is_err());
    assert_eq!(get("/").now_or_never().unwrap().unwrap().status(), 200);
    assert_eq!(get(PATH).now_or_never().unwrap().unwrap().status(), 200);
    assert_eq!(hot.client_count(), 0, "and the stream was dropped with its response");
}

#[tokio::test]
async fn a_value_that_panics_in_serialize_is_not_published_and_the_next_one_is() {
    struct Bomb;
    impl Serialize for Bomb {
        fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
            blow_up()
        }
    }
    let hot = hot();
    let address = serve_hyper(&hot).await;
    let mut stream = open(address, PATH).await;
    for n in 0..3 {
        // It panics when half of it is written.
        assert!(catch_unwind(AssertUnwindSafe(|| hot.publish(&("half", Bomb)))).is_err());
        hot.publish(&n).unwrap();
        assert_eq!(stream.data().await, n.to_string());
    }
    let mut second = open(address, PATH).await;
    hot.publish(&"to both").unwrap();
    assert_eq!([stream.data().await, second.data().await], ["\"to both\"", "\"to both\""]);
}

#[derive(Debug, PartialEq)]
struct Broken;

#[test]
fn an_error_midway_is_passed_on_after_the_bytes_before_it() {
    // Cut at every byte: in a name, in a tag, before and after the position of the client's tag.
    for cut in 0..=PAGE.len() {
        for (name, value) in [("sec-fetch-dest", "document"), ("accept", "*/*")] {
            let app = service_fn(|_: http::Request<Empty<Bytes>>| {
                let (one, two) = PAGE[..cut].split_at(cut / 2);
                let chunks = [Ok(Frame::data(Bytes::from(one))), Ok(Frame::data(Bytes::from(two)))];
                let body = StreamBody::new(stream::iter(chunks.into_iter().chain([Err(Broken)])));
                let response = Response::builder().header(CONTENT_TYPE, "text/html").body(body).unwrap();
                std::future::ready(Ok::<_, Infallible>(response))
            });
            let request = http::Request::get("/").header(name, value).body(Empty::new()).unwrap();
            let response = hot().layer(app).call(request).now_or_never().unwrap().unwrap();
            let mut body = pin!(response.into_body());
            let (mut text, mut cx) = (String::new(), Context::from_waker(Waker::noop()));
            let error = loop {
                match body.as_mut().poll_frame(&mut cx) {
                    Poll::Ready(Some(Ok(frame))) => {
                        text.push_str(std::str::from_utf8(&frame.into_data().unwrap()).unwrap());
                    }
                    Poll::Ready(Some(Err(error))) => break error,
                    end => panic!("{end:?} instead of an error, after {text:?}"),
                }
            };
            assert_eq!(error, Broken);
            let text = without_tag(&text);
            let held_back = PAGE[..cut].strip_prefix(&*text).unwrap_or_else(|| panic!("{text:?}"));
            // A tag name that might continue in the next chunk. Servers cut the connection at an error, and
            // drop what they have not sent yet.
            assert!(held_back.len() < "<!doctype".len() && !held_back.contains('>'), "{held_back:?}");
        }
    }
}

/// Returns the page as the app wrote it. The tag may end in a space, which makes its length even.
fn without_tag(text: &str) -> String {
    const END: &str = "</script>";
    match text.find("<script").zip(text.find(END)) {
        Some((start, end)) => format!("{}{}", &text[..start], text[end + END.len()..].trim_start()),
        None => text.to_owned(),
    }
}

#[test]
fn an_app_that_is_not_ready_reports_its_own_error() {
    struct Down;
    impl Service<http::Request<Empty<Bytes>>> for Down {
        type Response = Response<Empty<Bytes>>;
        type Error = Broken;
        type Future = std::future::Ready<Result<Self::Response, Broken>>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Broken>> {
            Poll::Ready(Err(Broken))
        }
        fn call(&mut self, _: http::Request<Empty<Bytes>>) -> Self::Future {
            std::future::ready(Err(Broken))
        }
    }
    let hot = hot();
    let mut service = hot.layer(Down);
    assert_eq!(service.poll_ready(&mut Context::from_waker(Waker::noop())), Poll::Ready(Err(Broken)));
    let page = http::Request::get("/").header("sec-fetch-dest", "document").body(Empty::new()).unwrap();
    assert_eq!(service.call(page).now_or_never().unwrap().err(), Some(Broken));
}

#[tokio::test]
async fn a_dropped_response_future_drops_the_apps_future() {
    struct Work(mpsc::UnboundedSender<&'static str>);
    impl Drop for Work {
        fn drop(&mut self) {
            let _ = self.0.send("dropped");
        }
    }
    let (sender, mut receiver) = mpsc::unbounded_channel();
    let slow = async move || {
        let work = Work(sender);
        work.0.send("begun").unwrap();
        std::future::pending::<()>().await;
    };
    let address = serve(Router::new().route("/", get(slow)).layer(hot())).await;
    let mut socket = TcpStream::connect(address).await.unwrap();
    socket.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Dest: document\r\n\r\n").await.unwrap();
    assert_eq!(timeout(PATIENCE, receiver.recv()).await, Ok(Some("begun")));
    drop(socket);
    assert_eq!(timeout(PATIENCE, receiver.recv()).await, Ok(Some("dropped")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_reset_within_an_event_does_not_affect_others_on_its_connection() {
    let hot = hot();
    let address = serve_hyper(&hot).await;
    let socket = TcpStream::connect(address).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    let mut bodies = Vec::new();
    for _ in 0..2 {
        let request =
            http::Request::get(format!("http://{address}{PATH}")).body(Empty::<Bytes>::new()).unwrap();
        let mut body = client.send_request(request).await.unwrap().into_body();
        assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "\n");
        bodies.push(body);
    }
    // More than HTTP/2's windows allow for a client that doesn't read.
    let large = "x".repeat(8 << 20);
    hot.publish(&large).unwrap();
    let [mut reset, stays] = <[_; 2]>::try_from(bodies).unwrap();
    let first = reset.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(first.starts_with(b"data: \"x") && first.len() < large.len());
    drop(reset);
    until("one is gone", || hot.client_count() == 1).await;
    hot.publish(&"next").unwrap();
    hot.close();
    let rest = timeout(PATIENCE, stays.collect()).await.expect("the stream ends").unwrap().to_bytes();
    assert!(rest == format!("data: \"{large}\"\n\ndata: \"next\"\n\n").as_bytes(), "nothing is lost");
}
