//! The site of `examples/site` on bare hyper, over HTTP/1.1 and HTTP/2: `cargo run --example hyper`.

use std::{convert::Infallible, error::Error, io, net::Ipv4Addr, pin::pin, time::Duration};

use bytes::Bytes;
use http::{Request, Response, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{conn::auto, graceful::GracefulShutdown},
    service::TowerToHyperService,
};
use minijinja::{Environment, context, path_loader};
use tokio::net::TcpListener;
use tower::{ServiceBuilder, ServiceExt};
use tower_hot_middleware::{HotMiddleware, Options, watch::Watch};
use tower_http::services::ServeDir;

type Body = UnsyncBoxBody<Bytes, io::Error>;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    tracing_subscriber::fmt().without_time().init();
    std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/site"))?;

    let stop = async { tokio::signal::ctrl_c().await.expect("Ctrl-C can be waited for") };
    let options = Options::builder().enabled(cfg!(debug_assertions)).shutdown(stop);
    let hot = HotMiddleware::new(options.build()?);
    hot.watch(Watch::new().files("/static", "static").reload("templates"))?;
    let service = ServiceBuilder::new().layer(hot.clone()).service(tower::service_fn(app));

    let port = match std::env::var("PORT") {
        Ok(port) => {
            port.parse().map_err(|error| format!("PORT is {port:?}, which is not a port: {error}"))?
        }
        Err(_) => 3000,
    };
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))
        .await
        .map_err(|error| format!("port {port} can't be opened: {error}; set PORT to another one"))?;
    println!(
        "\n  http://{}\n\n  Open it, then edit in examples/site/. Ctrl-C stops.\n",
        listener.local_addr()?
    );

    let builder = auto::Builder::new(TokioExecutor::new());
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
                // Without it, the second half of a small response may wait 40 ms until the first is acknowledged.
                drop(stream.set_nodelay(true));
                let service = TowerToHyperService::new(service.clone());
                let connection = builder.serve_connection(TokioIo::new(stream), service).into_owned();
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
