//! Lines on standard error of an app in a process of its own.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use axum::{
    Router,
    http::header::CONTENT_SECURITY_POLICY,
    response::{Html, IntoResponse},
    routing::get,
};
use tower_hot_middleware::{HotMiddleware, Options, watch::Watch};
use tower_http::{compression::CompressionLayer, services::ServeDir};

use crate::{
    client::{Reading, open},
    folder::Folder,
    listen,
};

const PATH: &str = "/__webpack_hmr";
const PATIENCE: Duration = Duration::from_secs(20);

/// Set in the app's process to the kind of app.
const KIND: &str = "HOT_TEST_APP";

/// The app of the tests below, in its process. It ends with its standard input.
#[tokio::test]
#[ignore = "started by the other tests here"]
async fn the_app() {
    let kind = std::env::var(KIND).unwrap();
    if kind == "traced" {
        let to_stdout =
            tracing_subscriber::fmt().with_ansi(false).without_time().with_writer(std::io::stdout);
        to_stdout.init();
    }
    let hot = HotMiddleware::new(Options::builder().terminal(kind != "off").build().unwrap());
    hot.watch(Watch::new().files("/static", "static").reload("templates")).unwrap();
    let page = move || async move {
        let html = Html(std::fs::read_to_string("templates/index.html").unwrap());
        match std::env::var(KIND).as_deref() {
            Ok("policy") => ([(CONTENT_SECURITY_POLICY, "script-src 'none'")], html).into_response(),
            _ => html.into_response(),
        }
    };
    let app = Router::new().route("/page", get(page)).nest_service("/static", ServeDir::new("static"));
    let app = match kind.as_str() {
        "compressed" => app.layer(CompressionLayer::new()).layer(hot.clone()),
        "nested" => Router::new().nest("/app", app.layer(hot.clone())),
        _ => app.layer(hot.clone()),
    };
    let (listener, address) = listen().await;
    println!("\nlistening on {address}");
    tokio::spawn(async move { axum::serve(listener, app).await });
    let ended = tokio::task::spawn_blocking(|| std::io::stdin().read_to_end(&mut Vec::new()));
    ended.await.unwrap().unwrap();
}

/// A running app, its folder, and the lines of its standard error.
struct App {
    child: Child,
    folder: Folder,
    address: SocketAddr,
    lines: Receiver<String>,
    stdout: Receiver<String>,
}

fn lines_of(pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = mpsc::channel();
    thread::spawn(move || {
        BufReader::new(pipe).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
    });
    lines
}

impl App {
    fn start(kind: &str) -> Self {
        let folder = Folder::new();
        folder.write("static/style.css", "p {}");
        folder.write("templates/index.html", "<!doctype html><p>one</p>");
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["terminal::the_app", "--exact", "--ignored", "--nocapture"])
            .env(KIND, kind)
            .env_remove("NO_COLOR")
            .env_remove("RUST_LOG")
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (lines, stdout) =
            (lines_of(child.stderr.take().unwrap()), lines_of(child.stdout.take().unwrap()));
        let address = loop {
            let line = stdout.recv_timeout(PATIENCE).unwrap();
            if let Some(address) = line.strip_prefix("listening on ") {
                break address.parse().unwrap();
            }
        };
        Self { child, folder, address, lines, stdout }
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line on standard error")
    }

    /// Ends the app, and returns the lines that were not read.
    fn end(mut self) -> Vec<String> {
        self.child.stdin.take().unwrap().flush().unwrap();
        assert!(self.child.wait().unwrap().success());
        self.lines.iter().collect()
    }

    async fn navigate(&self, target: &str) -> String {
        let headers = [("Sec-Fetch-Dest", "document"), ("Accept-Encoding", "gzip"), ("Connection", "close")];
        Reading::request(self.address, "GET", target, &headers).await.rest().await
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A page, as far as the server sees it.
struct Page<'a> {
    app: &'a App,
    name: &'static str,
    token: String,
}

impl<'a> Page<'a> {
    async fn of(app: &'a App, name: &'static str) -> Self {
        let html = app.navigate("/page").await;
        let config = html.split("data-hot-middleware='").nth(1).unwrap().split('\'').next().unwrap();
        let config: serde_json::Value = serde_json::from_str(config).unwrap();
        assert!(config["receipts"].is_string(), "{config}");
        Self { app, name, token: config["token"].as_str().unwrap().to_owned() }
    }

    async fn send(&self, body: &str) -> u16 {
        let length = body.len();
        let Self { app, name, token } = self;
        let request = format!(
            "POST {PATH} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nHot-Middleware-Client: {name}\r\n\
             Hot-Middleware-Token: {token}\r\nContent-Length: {length}\r\n\r\n{body}",
            app.address
        );
        Reading::raw(app.address, request.as_bytes()).await.status()
    }

    async fn receipt(&self, event: &str, outcome: &str) -> u16 {
        self.send(&format!(
            r#"{{"type":"receipt","receipts":[{{"event":"{event}","outcome":"{outcome}"}}]}}"#
        ))
        .await
    }
}

/// Waits for the next build, and returns its event's id.
async fn built(stream: &mut Reading) -> String {
    loop {
        let event = stream.event().await;
        if event.contains(r#""action":"built""#) {
            return event.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
        }
    }
}

#[tokio::test]
async fn the_terminal_has_a_line_at_the_start_and_one_for_each_save() {
    let app = App::start("quick start");
    assert_eq!(
        app.line(),
        "[hmr] watching static (at /static, 1 file) and templates (reloads pages, 1 file)"
    );
    app.folder.write("static/style.css", "p { margin: 1px }");
    assert_eq!(app.line(), "[hmr] static/style.css → no page is open");

    let pages = [Page::of(&app, "one").await, Page::of(&app, "two").await];
    // Both share it, as in a browser.
    let mut stream = open(app.address, &format!("{PATH}?ids&changes")).await;
    app.folder.write("static/style.css", "p { margin: 2px }");
    let event = built(&mut stream).await;
    for page in &pages {
        assert_eq!(page.receipt(&event, "updated").await, 204);
        assert_eq!(page.receipt(&event, "updated").await, 204);
    }
    assert_eq!(app.line(), "[hmr] static/style.css → 2 pages");

    app.folder.write("templates/index.html", "<!doctype html><p>two</p>");
    let event = built(&mut stream).await;
    assert_eq!(pages[0].receipt(&event, "reloaded").await, 204);
    assert_eq!(app.line(), "[hmr] templates/index.html → reload, 1 page");

    app.folder.write("static/notes.txt", "unused");
    let event = built(&mut stream).await;
    let hostile = format!(
        r#"{{"type":"receipt","receipts":[{{"event":"{event}","outcome":"failed","text":"a\u001b]0;x\u0007\nb"}}]}}"#
    );
    assert_eq!(pages[0].send(&hostile).await, 204);
    assert_eq!(app.line(), r"[hmr] static/notes.txt → 1 page failed: a\u{1b}]0;x\u{7}\nb");

    app.folder.write("static/old.txt", "unused");
    let event = built(&mut stream).await;
    assert_eq!(pages[1].receipt(&event, "unused").await, 204);
    assert_eq!(app.line(), "[hmr] static/old.txt → no page uses /static/old.txt");
    let mut stock = open(app.address, PATH).await;
    assert!(stock.data().await.contains("sync"));
    app.folder.write("static/style.css", "p { margin: 3px }");
    let event = built(&mut stream).await;
    assert_eq!(pages[1].receipt(&event, "updated").await, 204);
    assert_eq!(app.line(), "[hmr] static/style.css → 1 page; sent to 1 other client");
    assert_eq!(app.end(), [] as [&str; 0]);
}

#[tokio::test]
async fn receipts_need_a_page_and_its_token_and_reach_no_listener() {
    let app = App::start("quick start");
    let watching = app.line();
    assert!(watching.contains("watching"), "{watching}");
    let post = format!("POST {PATH} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n\r\n", app.address);
    assert_eq!(
        Reading::raw(app.address, post.as_bytes()).await.status(),
        405,
        "no page was asked for receipts"
    );
    let page = Page::of(&app, "one").await;
    assert_eq!(Reading::raw(app.address, post.as_bytes()).await.status(), 403);
    assert!(app.line().starts_with("[hmr] refused: "));
    assert_eq!(page.receipt("elsewhere-7", "updated").await, 204, "for another process: ignored");
    assert_eq!(page.send(r#"{"type":"custom","event":"receipt"}"#).await, 404, "no listener has this name");
    assert_eq!(page.send(r#"{"type":"receipt"}"#).await, 400);
    let forged = Page { token: "0".repeat(64), ..page };
    assert_eq!(forged.receipt("elsewhere-7", "updated").await, 403);
}

#[tokio::test]
async fn a_terminal_that_is_off_has_problems_alone() {
    let app = App::start("off");
    app.folder.write("static/style.css", "p { margin: 1px }");
    let html = app.navigate("/page").await;
    assert!(html.contains("data-hot-middleware") && !html.contains("receipts"), "{html}");
    let refused = Reading::request(app.address, "GET", PATH, &[("Origin", "http://evil.example")]).await;
    assert_eq!(refused.status(), 403);
    let line = app.line();
    assert!(line.starts_with("[hmr] refused: ") && line.contains("evil.example"), "{line}");
    assert_eq!(app.end(), [] as [&str; 0]);
}

#[tokio::test]
async fn a_subscriber_receives_the_lines_in_place_of_standard_error() {
    let app = App::start("traced");
    app.folder.write("static/style.css", "p { margin: 1px }");
    let mut traced = Vec::new();
    while !traced.iter().any(|line: &String| line.contains("no page is open")) {
        traced.push(app.stdout.recv_timeout(PATIENCE).unwrap());
    }
    let line = " INFO tower_hot_middleware::terminal: static/style.css → no page is open";
    assert_eq!(traced.last().unwrap(), line);
    let refused = Reading::request(app.address, "GET", PATH, &[("Origin", "http://evil.example")]).await;
    assert_eq!(refused.status(), 403);
    while !traced.last().unwrap().contains("WARN tower_hot_middleware::access::refusal: refused: ") {
        traced.push(app.stdout.recv_timeout(PATIENCE).unwrap());
    }
    assert_eq!(app.end(), [] as [&str; 0]);
}

#[tokio::test]
async fn a_layer_in_the_wrong_place_is_reported_once() {
    let cases = [
        ("compressed", "/page", "it is encoded (gzip) before this layer sees it"),
        ("policy", "/page", "its Content-Security-Policy has `script-src 'none'`. Add `script-src 'self'`"),
        ("nested", "/app/page", "give the nested router a `.fallback(…)`"),
    ];
    let apps: Vec<_> = cases.iter().map(|(kind, _, _)| App::start(kind)).collect();
    for (app, (kind, target, _)) in apps.iter().zip(cases) {
        app.folder.write("templates/index.html", &format!("<!doctype html>{}", "<p>a page</p>".repeat(100)));
        let headers = [("Sec-Fetch-Dest", "document"), ("Accept-Encoding", "gzip")];
        for _ in 0..2 {
            assert_eq!(Reading::request(app.address, "GET", target, &headers).await.status(), 200, "{kind}");
        }
    }
    for (app, (kind, _, part)) in apps.into_iter().zip(cases) {
        let line = loop {
            let line = app.line();
            if !line.contains("watching") && !line.contains('→') {
                break line;
            }
        };
        assert!(line.contains(part), "{kind}: {line}");
        assert!(!app.end().iter().any(|line| line.contains(part)), "{kind}: it is said twice");
    }
}
