//! Vite's protocol over real sockets.

mod ends;
mod frames;
mod handshake;
mod messages;
mod peer;

use std::net::SocketAddr;

use axum::{Router, response::Html, routing::get};
use serde_json::Value;
use tower_hot_middleware::{HotMiddleware, Options, OptionsBuilder};

use crate::client::Reading;
use peer::Peer;

/// An app under the layer, and the token of its pages.
struct Site {
    hot: HotMiddleware,
    address: SocketAddr,
    token: String,
}

async fn site() -> Site {
    site_with(Options::builder()).await
}

async fn site_with(options: OptionsBuilder) -> Site {
    let hot = HotMiddleware::new(options.build().unwrap());
    let page = || async { Html("<!doctype html><title>page</title>") };
    let app = Router::new().route("/page", get(page)).fallback(|| async { "fell through" });
    let address = crate::serve(app.layer(hot.clone())).await;
    let token = page_token(address).await;
    Site { hot, address, token }
}

/// The token in a page of the app, as its client finds it.
async fn page_token(address: SocketAddr) -> String {
    let page = [("Accept", "text/html"), ("Sec-Fetch-Dest", "document")];
    let html = Reading::request(address, "GET", "/page", &page).await.rest().await;
    let config = html.split("data-hot-middleware='").nth(1).unwrap().split('\'').next().unwrap();
    let config: Value = serde_json::from_str(config).unwrap();
    config["token"].as_str().unwrap().to_owned()
}

impl Site {
    /// A socket that has been told that it is connected.
    async fn open(&self) -> Peer {
        let mut peer = self.open_silent().await;
        assert_eq!(peer.text().await, r#"{"type":"connected"}"#);
        peer
    }

    /// A socket that has read nothing yet.
    async fn open_silent(&self) -> Peer {
        let origin = format!("http://{}", self.address);
        let target = format!("/?token={}", self.token);
        Peer::open(self.address, &target, &[("Origin", &origin), ("Sec-WebSocket-Protocol", "vite-hmr")])
            .await
    }
}
