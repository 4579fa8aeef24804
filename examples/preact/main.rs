//! Components with Preact and htm without a build step: `cargo run --example preact`, then edit the files that it names.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/npm.rs"]
mod npm;

use std::{error::Error, time::Duration};

use axum::Router;
use tower_hot_middleware::{HotMiddleware, Options, watch::Watch};
use tower_http::services::ServeDir;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = common::address("preact", "Components with Preact and htm without a build step.");
    tracing_subscriber::fmt().without_time().init();
    // The folders below are relative to the example's own.
    std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/preact"))?;
    npm::install("preact")?;

    let stop = async { tokio::signal::ctrl_c().await.expect("Ctrl-C can be waited for") };
    let options = Options::builder().enabled(cfg!(debug_assertions)).shutdown(stop);
    let hot = HotMiddleware::new(options.build()?);
    hot.watch(Watch::new().files("/", "public"))?;

    // The import map in public/index.html names the packages below /npm.
    let app = Router::new()
        .nest_service("/npm", ServeDir::new("node_modules"))
        .fallback_service(ServeDir::new("public"))
        .layer(hot.clone());

    let listener = tower_hot_middleware::listen(address)
        .await
        .map_err(|error| format!("{error}; PORT=3001 takes another port"))?;
    println!(
        "\n  http://{}\n\n  Open it, click the button, then edit in examples/preact/public:\n\n\
         \x20   counter.js  the component changes and keeps its count\n\
         \x20   words.js    the modules that import it run again\n\n  Ctrl-C stops.\n",
        listener.local_addr()?
    );

    // Ends the event streams on Ctrl-C, and bounds the wait for clients that don't read.
    let server = axum::serve(listener, app).with_graceful_shutdown(hot.closed());
    hot.drain(server, Duration::from_secs(5)).await.transpose()?;
    Ok(())
}
