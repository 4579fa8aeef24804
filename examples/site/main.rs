//! A site on axum whose open pages show every save: `cargo run --example site`, then edit the files that it names.

#[path = "../common/mod.rs"]
mod common;

use std::{error::Error, time::Duration};

use axum::{Router, http::StatusCode, response::Html, routing::get};
use minijinja::{Environment, context, path_loader};
use tower_hot_middleware::{HotMiddleware, Options, watch::Watch};
use tower_http::services::ServeDir;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = common::address("site", "A site on axum whose open pages show every save.");
    tracing_subscriber::fmt().without_time().init();
    // The folders below are relative to the example's own.
    std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/site"))?;

    let stop = async { tokio::signal::ctrl_c().await.expect("Ctrl-C can be waited for") };
    let options = Options::builder().enabled(cfg!(debug_assertions)).shutdown(stop);
    let hot = HotMiddleware::new(options.build()?);
    hot.watch(Watch::new().files("/static", "static").reload("templates"))?;

    let app = Router::new()
        .route("/", get(|| async { page("index.html") }))
        .route("/about", get(|| async { page("about.html") }))
        .nest_service("/static", ServeDir::new("static"))
        .layer(hot.clone());

    let listener = tower_hot_middleware::listen(address)
        .await
        .map_err(|error| format!("{error}; PORT=3001 takes another port"))?;
    println!(
        "\n  http://{}\n\n  Open it, then edit in examples/site/ and save:\n\
         \x20   static/style.css      the style changes, the counter keeps its count\n\
         \x20   static/logo.svg       the image changes\n\
         \x20   static/counter.js     the module is swapped, the counter keeps its count\n\
         \x20   static/app.js         the page reloads\n\
         \x20   templates/index.html  the text changes, the count and the notes stay\n\n  Ctrl-C stops.\n",
        listener.local_addr()?
    );

    // Ends the event streams on Ctrl-C, and bounds the wait for clients that don't read.
    let server = axum::serve(listener, app).with_graceful_shutdown(hot.closed());
    hot.drain(server, Duration::from_secs(5)).await.transpose()?;
    Ok(())
}

/// Renders a template as it is on disk now.
fn page(name: &str) -> Result<Html<String>, (StatusCode, String)> {
    let mut templates = Environment::new();
    templates.set_loader(path_loader("templates"));
    let html = templates.get_template(name).and_then(|template| template.render(context! { page => name }));
    html.map(Html).map_err(|error| (StatusCode::INTERNAL_SERVER_ERROR, format!("{error:#}")))
}
