//! A React front end that this app builds with webpack and serves: `cargo run --example webpack`, then edit the files that
//! it names.

#[path = "../common/mod.rs"]
mod common;
#[path = "../common/npm.rs"]
mod npm;

use std::{error::Error, time::Duration};

use axum::Router;
use tower_hot_middleware::{HotMiddleware, Options, webpack::Webpack};
use tower_http::services::ServeDir;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address =
        common::address("webpack", "A React front end that this app builds with webpack and serves.");
    tracing_subscriber::fmt().without_time().init();
    // The folders below are relative to the example's own.
    std::env::set_current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/webpack"))?;
    npm::install("webpack")?;

    let stop = async { tokio::signal::ctrl_c().await.expect("Ctrl-C can be waited for") };
    // The bundle has its own client.
    let options = Options::builder().enabled(cfg!(debug_assertions)).inject(false).shutdown(stop);
    let hot = HotMiddleware::new(options.build()?);
    let webpack = hot.webpack(Webpack::new("webpack.config.js").client_options("reload=true"))?;
    let files = ServeDir::new("dist").fallback(ServeDir::new("public"));
    let app = Router::new().fallback_service(files).layer(hot.clone());

    // A page that is requested earlier has no bundle to load.
    if let Err(error) = webpack.wait_for_build(Duration::from_secs(60)).await {
        tracing::warn!("the app starts without a bundle: {error}");
    }

    let listener = tower_hot_middleware::listen(address)
        .await
        .map_err(|error| format!("{error}; PORT=3001 takes another port"))?;
    println!(
        "\n  http://{}\n\n  Open it, click the button, then edit in examples/webpack/src:\n\n\
         \x20   counter.jsx  the component changes and keeps its count\n\
         \x20   style.css    the style changes\n\n  Ctrl-C stops.\n",
        listener.local_addr()?
    );

    // Ends the event streams on Ctrl-C, and bounds the wait for clients that don't read.
    let server = axum::serve(listener, app).with_graceful_shutdown(hot.closed());
    hot.drain(server, Duration::from_secs(5)).await.transpose()?;
    Ok(())
}
