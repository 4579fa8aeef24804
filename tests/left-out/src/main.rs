//! An app that leaves the crate out of its release build.

use std::error::Error;

use axum::{Router, response::Html, routing::get};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let app = Router::new().route("/", get(|| async { Html("<!doctype html><title>app</title>") }));
    #[cfg(feature = "hot")]
    let app = app.layer(hot()?);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, app).await?)
}

#[cfg(feature = "hot")]
fn hot() -> Result<tower_hot_middleware::HotMiddleware, Box<dyn Error>> {
    use tower_hot_middleware::{HotMiddleware, watch::Watch};

    let hot = HotMiddleware::dev();
    hot.watch(Watch::new().files("/static", "static").reload("templates"))?;
    Ok(hot)
}
