//! The app of the restart benchmark: one page, under this crate's layer or under tower-livereload's. Prints the time
//! from which it accepts connections, in milliseconds since 1970, and ends with standard input.

use std::{
    env, io,
    time::{SystemTime, UNIX_EPOCH},
};

use axum::{Router, response::Html, routing::get};
use tower_hot_middleware::{HotMiddleware, Options};
use tower_livereload::LiveReloadLayer;

/// Notes when it has shown its process's stamp, after a load and after an update in place alike.
const SCRIPT: &str = "<script>{
    const stamp = document.getElementById('stamp');
    const show = () => requestAnimationFrame(() => {
        globalThis.shownAt = Date.now();
        globalThis.shown = stamp.textContent;
    });
    new MutationObserver(show).observe(stamp, { childList: true, characterData: true, subtree: true });
    show();
}</script>";

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = env::args().skip(1);
    let layer = arguments.next().unwrap_or_default();
    let port: u16 = arguments.next().unwrap_or_default().parse()?;
    let stamp = SystemTime::now().duration_since(UNIX_EPOCH)?.as_nanos();
    let page = format!(
        "<!doctype html><html><head><title>app</title></head><body><p id=stamp>{stamp}</p>{SCRIPT}</body></html>"
    );
    let app = Router::new().route("/", get(async || Html(page)));
    let app = match layer.as_str() {
        "hot" => app.layer(HotMiddleware::new(Options::default())),
        "livereload" => app.layer(LiveReloadLayer::new()),
        other => return Err(format!("{other:?} is not a layer: give hot or livereload, and a port").into()),
    };
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await?;
    let listening = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    println!("{{\"port\":{},\"listening\":{listening}}}", listener.local_addr()?.port());
    let ended = tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink()));
    tokio::select! {
        served = axum::serve(listener, app) => served?,
        _ = ended => {}
    }
    // As if the process was killed: neither layer can close its streams.
    std::process::exit(0);
}
