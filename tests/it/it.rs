//! The layer over real sockets: the bytes that clients receive, and all ways to end.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod access;
mod bounds;
mod client;
mod client_files;
#[cfg(feature = "command")]
mod command;
mod console;
mod disabled;
mod documents;
mod draining;
#[cfg(all(unix, feature = "watch"))]
mod editor;
mod escape;
mod faults;
#[cfg(all(target_os = "linux", feature = "command"))]
mod floods;
#[cfg(feature = "watch")]
mod folder;
mod heads;
mod inject;
mod inspector;
mod kept;
mod layers;
#[cfg(feature = "command")]
mod lifetimes;
mod log;
#[cfg(feature = "mcp")]
mod mcp;
#[cfg(feature = "metrics")]
mod metrics;
#[cfg(feature = "watch")]
mod modules;
#[cfg(feature = "watch")]
mod names;
mod parsers;
mod public;
mod secrets;
#[cfg(feature = "watch")]
mod served;
#[cfg(all(target_os = "linux", feature = "command"))]
mod shortage;
mod shutdown;
#[cfg(feature = "watch")]
mod terminal;
mod upload;
mod wait_for;
#[cfg(all(unix, feature = "webpack"))]
mod webpack;
#[cfg(feature = "websocket")]
mod websocket;
mod wire;

use std::{convert::Infallible, net::SocketAddr};

use axum::{Router, routing::get};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
    service::TowerToHyperService,
};
use tokio::net::TcpListener;
use tower::ServiceBuilder;
use tower_hot_middleware::{HotMiddleware, Options};

/// The crate's folder.
const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// A command line for the shell of this system.
#[cfg(feature = "command")]
const fn line<'a>(sh: &'a str, cmd: &'a str) -> &'a str {
    if cfg!(windows) { cmd } else { sh }
}

fn hot() -> HotMiddleware {
    HotMiddleware::new(Options::default())
}

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// Serves an axum app until the test's runtime ends.
async fn serve(app: Router) -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(async move { axum::serve(listener, app).await });
    address
}

/// Serves an axum app with one page under the layer.
async fn serve_app(hot: &HotMiddleware) -> SocketAddr {
    serve(Router::new().route("/", get(|| async { "the app" })).layer(hot.clone())).await
}

/// Serves a plain `service_fn` under the layer with hyper, over HTTP/1.1 or HTTP/2 as the client chooses.
async fn serve_hyper(hot: &HotMiddleware) -> SocketAddr {
    async fn app(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
        Ok(Response::new(Full::from(format!("{} fell through", request.uri().path()))))
    }
    let (listener, address) = listen().await;
    let service = ServiceBuilder::new().layer(hot.clone()).service(tower::service_fn(app));
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(async move {
                let builder = auto::Builder::new(TokioExecutor::new());
                let _ = builder.serve_connection(TokioIo::new(stream), service).await;
            });
        }
    });
    address
}
