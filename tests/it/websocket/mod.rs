//! Vite's protocol over real sockets.

mod ends;
mod floods;
mod frames;
mod handshake;
mod messages;
mod own_port;
mod peer;

use std::net::SocketAddr;

use axum::{Router, response::Html, routing::get};
use peer::Peer;
use tower_hot_middleware::{HotMiddleware, Options, OptionsBuilder};

use crate::client::page_token;

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

impl Site {
    /// Opens a socket and reads the `connected` message.
    async fn open(&self) -> Peer {
        let mut peer = self.open_silent().await;
        assert_eq!(peer.text().await, r#"{"type":"connected"}"#);
        peer
    }

    /// Opens a socket without reading from it.
    async fn open_silent(&self) -> Peer {
        let origin = format!("http://{}", self.address);
        let target = format!("/?token={}", self.token);
        Peer::open(self.address, &target, &[("Origin", &origin), ("Sec-WebSocket-Protocol", "vite-hmr")])
            .await
    }
}
