//! Two processes with one stream: `PORT=3000 cargo run --example replicas --features redis`, and in another terminal the
//! same with `PORT=3001`. Redis runs at `REDIS_URL`, which is `redis://localhost` by default.
//!
//! Open a page of each. A click in one is a message to its process, which publishes it to the pages of both. `compose.yaml`
//! beside this file has both processes behind nginx.

#[path = "../common/mod.rs"]
mod common;

use std::{env, error::Error, process, time::Duration};

use axum::{Router, response::Html, routing::get};
use serde_json::json;
use tower_hot_middleware::{HotMiddleware, Options, relay::Redis};

const PAGE: &str = r#"<!doctype html>
<title>Replicas</title>
<h1>Answered by process PROCESS</h1>
<button>Say hello to all pages</button>
<ul></ul>
<script type="module">
  const hot = globalThis.__hot_middleware__;
  hot.on('said', ({ by, pages }) => {
    const line = document.createElement('li');
    line.textContent = `process ${by} heard a page, and says so to all ${pages} connections`;
    document.querySelector('ul').append(line);
  });
  document.querySelector('button').onclick = () => hot.send('say', null);
</script>"#;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut address = common::address("replicas --features redis", "Two processes with one stream.");
    // In a container, the proxy is on another host.
    if let Ok(ip) = env::var("ADDRESS") {
        address.set_ip(ip.parse()?);
    }
    let url = env::var("REDIS_URL").unwrap_or_else(|_| "redis://localhost".to_owned());
    let mut relay = Redis::new(url)?.prefix("replicas");
    // Without it, a process refuses the messages of pages that another one has served.
    if let Ok(token) = env::var("PAGE_TOKEN") {
        relay = relay.page_token(token);
    }
    let hot = HotMiddleware::new(Options::builder().relay(relay).build()?);
    hot.on("say", |hot, _| {
        let said = json!({ "by": process::id(), "pages": hot.total_client_count() });
        if let Err(error) = hot.send("said", &said) {
            eprintln!("{error}");
        }
    });

    let page = Html(PAGE.replace("PROCESS", &process::id().to_string()));
    let app = Router::new().route("/", get(|| async { page })).layer(hot.clone());
    let listener = tower_hot_middleware::listen(address).await?;
    println!("\n  http://{}\n\n  Ctrl-C stops.\n", listener.local_addr()?);
    let stop = {
        let hot = hot.clone();
        async move {
            tokio::signal::ctrl_c().await.expect("Ctrl-C can be waited for");
            hot.close();
        }
    };
    tokio::spawn(stop);
    let server = axum::serve(listener, app).with_graceful_shutdown(hot.closed());
    hot.drain(server, Duration::from_secs(2)).await.transpose()?;
    Ok(())
}
