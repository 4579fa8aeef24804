//! This crate's layer on bare hyper and under `axum::serve`, both with defaults except for `TCP_NODELAY`.

use std::{convert::Infallible, io::Result, time::Duration};

use axum::{Router, serve::ListenerExt};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::net::TcpListener;
use tower::{Layer, service_fn};
use tower_hot_middleware::{Build, HotMiddleware, Options};

use super::{Command, Commands, MODULES, Small, module};

fn layer() -> HotMiddleware {
    // No heartbeat is sent during a measurement.
    let options = Options::builder().heartbeat(Duration::from_secs(3600)).build();
    HotMiddleware::new(options.expect("an hour is a heartbeat"))
}

async fn publish(hot: HotMiddleware, mut commands: Commands) -> Result<()> {
    while let Some((command, number)) = commands.recv().await {
        match command {
            Command::Small => hot.publish(&Small::new(number)).expect("strings are JSON"),
            Command::Build => hot.built(
                (0..MODULES)
                    .fold(Build::new(format!("{number:07}")).time(Duration::from_millis(10)), |build, n| {
                        build.module(module(n), module(n))
                    }),
            ),
        }
    }
    Ok(())
}

pub(super) async fn on_hyper(listener: TcpListener, commands: Commands) -> Result<()> {
    let hot = layer();
    let app = |_: Request<Incoming>| async { Ok::<_, Infallible>(Response::new(Full::<Bytes>::default())) };
    let service = hot.layer(service_fn(app));
    tokio::spawn(async move {
        let builder = http1::Builder::new();
        while let Ok((stream, _)) = listener.accept().await {
            stream.set_nodelay(true).ok();
            let service = TowerToHyperService::new(service.clone());
            tokio::spawn(builder.serve_connection(TokioIo::new(stream), service));
        }
    });
    publish(hot, commands).await
}

pub(super) async fn under_axum(listener: TcpListener, commands: Commands) -> Result<()> {
    let hot = layer();
    let app = Router::new().fallback(|| async { "an app" }).layer(hot.clone());
    let listener = listener.tap_io(|stream| stream.set_nodelay(true).unwrap_or_default());
    tokio::spawn(axum::serve(listener, app).into_future());
    publish(hot, commands).await
}
