//! Open tabs that talk to each other: `cargo run --example chat --features websocket`.
//!
//! Broadcast (`say`), an answer to one tab alone (`echo`) and a push by the clock (`time`), all by custom events. The
//! page uses the client that the layer inserts. With `?vite` it opens Vite's socket instead: the app receives messages from
//! both, and both kinds of tabs receive each other's.

mod common;

use std::{error::Error, time::Duration};

use axum::{Router, response::Html, routing::get};
use serde_json::{Value, json};
use tower_hot_middleware::{HotMiddleware, Options};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address = common::address("chat --features websocket", "Open tabs that talk to each other.");
    let stop = async { tokio::signal::ctrl_c().await.expect("Ctrl-C can be waited for") };
    let options = Options::builder().enabled(cfg!(debug_assertions)).shutdown(stop);
    let hot = HotMiddleware::new(options.build()?);

    hot.on("say", |hot, message| {
        let said = json!({ "text": message.data(), "tabs": hot.client_count() });
        send(hot, "said", &said);
    });
    hot.on("echo", |_, message| {
        if let Some(Err(error)) = message.client().map(|client| client.send("echo", message.data())) {
            eprintln!("{error}");
        }
    });
    let clock = tokio::spawn(push_time(hot.clone()));

    let listener = tower_hot_middleware::listen(address)
        .await
        .map_err(|error| format!("{error}; PORT=3001 takes another port"))?;
    println!("\n  http://{}\n\n  Open it in two tabs. Ctrl-C stops.\n", listener.local_addr()?);

    let app = Router::new().route("/", get(|| async { Html(include_str!("chat.html")) })).layer(hot.clone());
    // Ends the streams and sockets on Ctrl-C, and bounds the wait for clients that don't read.
    let server = axum::serve(listener, app).with_graceful_shutdown(hot.closed());
    hot.drain(server, Duration::from_secs(5)).await.transpose()?;
    clock.abort();
    Ok(())
}

/// Sends every tab each second how long the app has been running.
async fn push_time(hot: HotMiddleware) {
    let mut every = tokio::time::interval(Duration::from_secs(1));
    for seconds in 0_u64.. {
        every.tick().await;
        send(&hot, "time", &json!(seconds));
    }
}

fn send(hot: &HotMiddleware, event: &str, data: &Value) {
    if let Err(error) = hot.send(event, data) {
        eprintln!("{error}");
    }
}
