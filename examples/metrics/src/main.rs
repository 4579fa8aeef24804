//! The layer's metrics for Prometheus: `cargo run --manifest-path examples/metrics/Cargo.toml`.
//!
//! `/metrics` has them in Prometheus' text format. The exporter is one of the facade `metrics`; any other can take its place.

use std::{error::Error, time::Duration};

use axum::{Router, response::Html, routing::get};
use metrics_exporter_prometheus::PrometheusBuilder;
use tower_hot_middleware::HotMiddleware;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // Before the layer, which describes its values to it.
    let exporter = PrometheusBuilder::new().install_recorder()?;
    let hot = HotMiddleware::dev();

    let page = || async { Html("<!doctype html><title>metrics</title><a href=\"/metrics\">/metrics</a>") };
    let rendered = exporter.clone();
    let app = Router::new()
        .route("/", get(page))
        .route("/metrics", get(move || async move { rendered.render() }))
        .layer(hot);
    // Frees what old samples take up.
    let upkeep = tokio::spawn(async move {
        loop {
            tokio::time::sleep(Duration::from_secs(5)).await;
            exporter.run_upkeep();
        }
    });

    let listener = tower_hot_middleware::listen("127.0.0.1:3000").await?;
    println!("\n  http://{}/metrics\n\n  Ctrl-C stops.\n", listener.local_addr()?);
    axum::serve(listener, app).await?;
    upkeep.abort();
    Ok(())
}
