//! Sources of the apps that the tests run.

/// Returns a manifest that ends with the given text.
pub(crate) fn manifest(name: &str, more: &str) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    format!(
        r#"[package]
name = "{name}"
version = "0.1.0"
edition = "2024"

[dependencies]
axum = {{ version = "0.8", default-features = false, features = ["http1", "tokio"] }}
tokio = {{ version = "1", features = ["macros", "net", "rt-multi-thread", "time"] }}
tower-hot-middleware = {{ path = {root:?}, default-features = false, features = ["axum", "listen"] }}

[profile.dev]
debug = false

[workspace]
{more}"#
    )
}

/// An app with the layer and `tower_hot_middleware::listen`. `/` shows `one` and the process id.
pub(crate) const WHOLE: &str = r#"
use axum::{Router, response::Html, routing::get};
use tower_hot_middleware::{HotMiddleware, Options};

const TEXT: &str = "one";

#[tokio::main]
async fn main() {
    let hot = HotMiddleware::new(Options::default());
    let page = || async { Html(format!("<html><head></head><body>{TEXT} {}</body></html>", std::process::id())) };
    let slow = || async {
        tokio::time::sleep(std::time::Duration::from_secs(3)).await;
        "slow"
    };
    let die = || async { if true { println!("last words"); std::process::exit(7) } };
    let app = Router::new().route("/", get(page)).route("/slow", get(slow)).route("/die", get(die)).layer(hot);
    let listener = tower_hot_middleware::listen("127.0.0.1:PORT").await.unwrap();
    axum::serve(listener, app).await.unwrap();
}
"#;

/// The same app with tokio's `bind` in place of `listen`.
pub(crate) fn with_own_port() -> String {
    WHOLE.replace("tower_hot_middleware::listen(", "tokio::net::TcpListener::bind(")
}

/// An app without the layer.
pub(crate) fn without_layer() -> String {
    with_own_port().replace(".layer(hot)", "").replace("let hot", "let _hot")
}

/// An app that ignores SIGTERM: a shell does, and so does the program that it executes.
pub(crate) fn deaf(main: &str) -> String {
    let start = r#"fn main() {
    if std::env::var_os("DEAF").is_none() {
        use std::os::unix::process::CommandExt;
        let error = std::process::Command::new("/bin/sh")
            .args(["-c", "trap '' TERM; exec \"$0\""])
            .arg(std::env::current_exe().unwrap())
            .env("DEAF", "1")
            .exec();
        panic!("{error}");
    }
    serve();
}

#[tokio::main]
async fn serve() {"#;
    main.replace("#[tokio::main]\nasync fn main() {", start)
}

/// An app of the standard library alone, which takes a fraction of a second to build.
pub(crate) const PLAIN: &str = r#"
use std::io::{Read, Write};

const TEXT: &str = "one";

fn main() {
    let listener = std::net::TcpListener::bind("127.0.0.1:PORT").unwrap();
    for mut stream in listener.incoming().flatten() {
        let _ = stream.read(&mut [0; 4096]);
        let body = format!("{TEXT} {}", if cfg!(loud) { "loud" } else { "quiet" });
        let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n", body.len());
        let _ = stream.write_all((head + &body).as_bytes());
    }
}
"#;
