//! The layer in every position that tower, axum and hyper allow.

use std::{
    convert::Infallible,
    task::{Context, Poll},
};

use axum::{Router, routing::get};
use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Empty, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tower::{Layer, Service, ServiceBuilder, ServiceExt};
use tower_hot_middleware::{HotMiddleware, HotMiddlewareService, ResponseBody, ResponseFuture};

use crate::{
    client::{Reading, open},
    hot, serve, serve_hyper,
};

const PATH: &str = "/__webpack_hmr";

#[test]
fn everything_is_send_sync_clone_and_debug() {
    fn is<T: Clone + Send + Sync + std::fmt::Debug + 'static>() {}
    fn is_sent<T: Send + Sync + std::fmt::Debug>() {}
    is::<HotMiddleware>();
    is::<HotMiddlewareService<()>>();
    is_sent::<ResponseBody<Full<Bytes>>>();
    is_sent::<ResponseFuture<std::future::Ready<()>>>();
}

#[tokio::test]
async fn many_routes_of_an_axum_app_share_one_hub() {
    // `Router::layer` calls `Layer::layer` once for each route.
    let hot = hot();
    let app = Router::new()
        .route("/a", get(|| async { "a" }))
        .route("/b", get(|| async { "b" }))
        .fallback(|| async { "fallback" })
        .layer(hot.clone());
    let address = serve(app).await;
    let mut streams = [open(address, PATH).await, open(address, PATH).await];
    assert_eq!(hot.client_count(), 2);
    hot.publish(&1).unwrap();
    for stream in &mut streams {
        assert_eq!(stream.data().await, "1");
    }
    for (target, body) in [("/a", "a"), ("/b", "b"), ("/c", "fallback")] {
        assert_eq!(Reading::get(address, target).await.rest().await, body);
    }
}

#[tokio::test]
async fn under_nest_the_prefix_comes_first() {
    let hot = hot();
    let nested =
        Router::new().route("/", get(|| async { "nested" })).fallback(|| async { "lost" }).layer(hot.clone());
    let address = serve(Router::new().nest("/app", nested)).await;
    let mut stream = open(address, "/app/__webpack_hmr").await;
    hot.publish(&1).unwrap();
    assert_eq!(stream.data().await, "1");
    assert_eq!(
        Reading::get(address, PATH).await.status(),
        404,
        "outside the prefix the app has no such route"
    );
}

#[tokio::test]
async fn in_a_service_builder_among_other_layers() {
    let hot = hot();
    let layers =
        ServiceBuilder::new().layer(hot.clone()).map_request(|request: Request<axum::body::Body>| request);
    let address = serve(Router::new().route("/", get(|| async { "app" })).layer(layers)).await;
    open(address, PATH).await;
    assert_eq!(Reading::get(address, "/").await.rest().await, "app");
}

#[tokio::test]
async fn over_http_2_there_are_no_hop_by_hop_headers() {
    let hot = hot();
    let address = serve_hyper(&hot).await;
    let socket = TcpStream::connect(address).await.unwrap();
    let (mut client, connection) =
        hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(socket)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get(format!("http://{address}{PATH}")).body(Empty::<Bytes>::new()).unwrap();
    let response = client.send_request(request).await.unwrap();
    assert_eq!(response.version(), Version::HTTP_2);
    let mut names: Vec<_> = response.headers().keys().map(http::HeaderName::as_str).collect();
    names.sort_unstable();
    let expected = [
        "cache-control",
        "content-type",
        "cross-origin-resource-policy",
        "date",
        "x-accel-buffering",
        "x-content-type-options",
    ];
    assert_eq!(names, expected);
    let mut body = response.into_body();
    hot.publish(&1).unwrap();
    let mut text = Vec::new();
    while text.len() < "\ndata: 1\n\n".len() {
        text.extend_from_slice(&body.frame().await.unwrap().unwrap().into_data().unwrap());
    }
    assert_eq!(text, b"\ndata: 1\n\n");
    hot.close();
    assert!(body.collect().await.unwrap().to_bytes().is_empty(), "the stream ends like a complete response");
}

/// A service whose error has no conversions, and which says when it is polled for readiness.
#[derive(Clone)]
struct Picky;

#[derive(Debug, PartialEq)]
struct Refused;

impl Service<Request<Empty<Bytes>>> for Picky {
    type Response = Response<Full<Bytes>>;
    type Error = Refused;
    type Future = std::future::Ready<Result<Self::Response, Refused>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Refused>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Empty<Bytes>>) -> Self::Future {
        std::future::ready(match request.uri().path() {
            "/" => Ok(Response::new(Full::from("fine"))),
            _ => Err(Refused),
        })
    }
}

#[tokio::test]
async fn the_inner_services_errors_and_bodies_are_kept() {
    let service = hot().layer(Picky);
    let get = |path: &str| Request::get(path).body(Empty::<Bytes>::new()).unwrap();
    assert_eq!(service.clone().oneshot(get("/other")).await.unwrap_err(), Refused);
    let response = service.oneshot(get("/")).await.unwrap();
    let hint = http_body::Body::size_hint(response.body());
    assert_eq!(hint.exact(), Some(4), "the inner body's size hint is passed on");
    assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), "fine");
}

#[tokio::test]
async fn readiness_is_the_inner_services() {
    struct Busy;
    impl Service<Request<Empty<Bytes>>> for Busy {
        type Response = Response<Full<Bytes>>;
        type Error = Infallible;
        type Future = std::future::Pending<Result<Self::Response, Infallible>>;
        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Pending
        }
        fn call(&mut self, _: Request<Empty<Bytes>>) -> Self::Future {
            std::future::pending()
        }
    }
    let mut service = hot().layer(Busy);
    let mut cx = Context::from_waker(std::task::Waker::noop());
    assert!(service.poll_ready(&mut cx).is_pending());
}
