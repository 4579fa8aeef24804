//! The app of `terminal.rs`, in a process of its own: its standard error is read. It ends with its standard input.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{env, fs, io, io::Read, time::Duration};

use axum::{
    Router,
    http::header::CONTENT_SECURITY_POLICY,
    response::{Html, IntoResponse},
    routing::get,
};
use tower_hot_middleware::{HotMiddleware, Options, command::Command, watch::Watch};
use tower_http::{compression::CompressionLayer, services::ServeDir};
use tracing_subscriber::filter::LevelFilter;

/// Serves the current directory as the kind of app that its argument names.
#[tokio::main]
async fn main() {
    let kind = env::args().nth(1).unwrap();
    if kind == "traced" || kind == "detailed" {
        let level = if kind == "traced" { LevelFilter::INFO } else { LevelFilter::DEBUG };
        let traced = tracing_subscriber::fmt().with_ansi(false).without_time().with_max_level(level);
        traced.with_writer(io::stdout).init();
    }
    let mut options = Options::builder().terminal(kind != "off");
    if kind == "no editor" {
        options = options.editor("");
    }
    let hot = HotMiddleware::new(options.build().unwrap());
    let templates = if kind == "missing" { "templates/*.html" } else { "templates" };
    hot.watch(Watch::new().files("/static", "static").reload(templates)).unwrap();
    if kind == "detailed" {
        hot.watch(Watch::new().name("polled").reload("static").poll(Duration::from_secs(1))).unwrap();
    }
    if kind == "troubled" {
        fs::create_dir("src").unwrap();
        fs::create_dir("pkg").unwrap();
        fs::write("pkg/.gitignore", "*.js").unwrap();
        fs::write("pkg/app.js", "").unwrap();
        hot.watch(Watch::new().name("pkg").files("/pkg", "pkg")).unwrap();
        drop(hot.watch(Watch::new().name("src").reload("src")).unwrap().stop_on_drop());
        hot.command(Command::new("echo run >> src/output.txt").watch("src")).unwrap();
    }
    let has_policy = kind == "policy";
    let page = move || async move {
        let html = Html(fs::read_to_string("templates/index.html").unwrap());
        if has_policy {
            return ([(CONTENT_SECURITY_POLICY, "script-src 'none'")], html).into_response();
        }
        html.into_response()
    };
    let app = Router::new().route("/page", get(page)).nest_service("/static", ServeDir::new("static"));
    let app = match kind.as_str() {
        "compressed" => app.layer(CompressionLayer::new()).layer(hot.clone()),
        "nested" => Router::new().nest("/app", app.layer(hot.clone())),
        _ => app.layer(hot.clone()),
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("listening on {}", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, app).await });
    let ended = tokio::task::spawn_blocking(|| io::stdin().read_to_end(&mut Vec::new()));
    ended.await.unwrap().unwrap();
}
