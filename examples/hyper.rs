//! The site of `examples/site` on bare hyper: `cargo run --example hyper`.

mod common;

use std::{convert::Infallible, error::Error, io, pin::pin, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, server::graceful::GracefulShutdown, service::TowerToHyperService};
use minijinja::{Environment, context, path_loader};
use tower::{ServiceBuilder, ServiceExt};
use tower_hot_middleware::{HotMiddleware, Options, watch::Watch};
use tower_http::services::ServeDir;

type Body = UnsyncBoxBody<Bytes, io::Error>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = common::address("hyper", "The site of examples/site on bare hyper.");
    tracing_subscriber::fmt().without_time().init();
    std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/site"))?;

    let stop = async { tokio::signal::ctrl_c().await.expect("Ctrl-C can be waited for") };
    let options = Options::builder().enabled(cfg!(debug_assertions)).shutdown(stop);
    let hot = HotMiddleware::new(options.build()?);
    hot.watch(Watch::new().files("/static", "static").reload("templates"))?;
    let service = ServiceBuilder::new().layer(hot.clone()).service(tower::service_fn(app));

    let listener = tower_hot_middleware::listen(address)
        .await
        .map_err(|error| format!("{error}; PORT=3001 takes another port"))?;
    println!(
        "\n  http://{}\n\n  Open it, then edit in examples/site/. Ctrl-C stops.\n",
        listener.local_addr()?
    );

    let builder = http1::Builder::new();
    let graceful = GracefulShutdown::new();
    let mut closed = pin!(hot.closed());
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((stream, _)) = accepted else {
                    // A temporary error, such as no free descriptors.
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                };
                let service = TowerToHyperService::new(service.clone());
                let connection = builder.serve_connection(TokioIo::new(stream), service);
                tokio::spawn(graceful.watch(connection));
            }
            () = &mut closed => break,
        }
    }
    drop(listener);
    // The event streams have ended on Ctrl-C. This bounds the wait for clients that don't read.
    hot.drain(graceful.shutdown(), Duration::from_secs(5)).await;
    Ok(())
}

/// The app: two pages rendered from templates, and a folder of files.
async fn app(mut request: Request<Incoming>) -> Result<Response<Body>, Infallible> {
    match request.uri().path() {
        "/" => Ok(page("index.html")),
        "/about" => Ok(page("about.html")),
        path => match path.strip_prefix("/static/").and_then(|file| format!("/{file}").parse().ok()) {
            Some(file) => {
                *request.uri_mut() = file;
                let response = ServeDir::new("static").oneshot(request).await?;
                Ok(response.map(BodyExt::boxed_unsync))
            }
            None => Ok(answer(StatusCode::NOT_FOUND, "text/plain", "There is no such page.\n".to_owned())),
        },
    }
}

/// Renders a template as it is on disk now.
fn page(name: &str) -> Response<Body> {
    let mut templates = Environment::new();
    templates.set_loader(path_loader("templates"));
    match templates.get_template(name).and_then(|template| template.render(context! { page => name })) {
        Ok(html) => answer(StatusCode::OK, "text/html; charset=utf-8", html),
        Err(error) => answer(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", format!("{error:#}")),
    }
}

fn answer(status: StatusCode, content_type: &'static str, text: String) -> Response<Body> {
    let body = Full::from(text).map_err(|never| match never {}).boxed_unsync();
    let response = Response::builder().status(status).header(CONTENT_TYPE, content_type).body(body);
    response.expect("the status and the header are valid")
}
