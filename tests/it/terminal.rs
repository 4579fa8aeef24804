//! Lines on standard error of an app in a process of its own.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
    time::Duration,
};

use crate::{
    client::{Reading, open},
    folder::Folder,
};

const PATH: &str = "/__webpack_hmr";
const PATIENCE: Duration = Duration::from_secs(20);

/// A running app, its folder, and the lines of its standard error.
struct App {
    child: Child,
    folder: Folder,
    address: SocketAddr,
    lines: Receiver<String>,
    stdout: Receiver<String>,
    /// Lines of its standard output from before it listened.
    early: Vec<String>,
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
        let mut child = Command::new(env!("CARGO_BIN_EXE_terminal-app"))
            .arg(kind)
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
        let mut early = Vec::new();
        let address = loop {
            let line = stdout.recv_timeout(PATIENCE).unwrap();
            if let Some(address) = line.strip_prefix("listening on ") {
                break address.parse().unwrap();
            }
            early.push(line);
        };
        Self { child, folder, address, lines, stdout, early }
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
    /// The header that proves who it is.
    secret: String,
}

impl<'a> Page<'a> {
    /// A page that catches up, as all do that share a stream, and receives the key for receipts.
    async fn of(app: &'a App, name: &'static str) -> Self {
        let mut stream = open(app.address, &format!("{PATH}?ids&changes&catchup&client={name}")).await;
        let connected: serde_json::Value = serde_json::from_str(&stream.data().await).unwrap();
        assert_eq!(connected["action"], "connected");
        let key = connected["receipts"].as_str().expect("the key for receipts");
        Self { app, name, secret: format!("Hot-Middleware-Receipts: {key}") }
    }

    async fn send(&self, body: &str) -> u16 {
        let length = body.len();
        let Self { app, name, secret } = self;
        let request = format!(
            "POST {PATH} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nHot-Middleware-Client: {name}\r\n\
             {secret}\r\nContent-Length: {length}\r\n\r\n{body}",
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
    app.folder.write("templates/index.html", "<!doctype html><p>three</p>");
    let event = built(&mut stream).await;
    let reason = format!(
        r#"{{"type":"receipt","receipts":[{{"event":"{event}","outcome":"reloaded","text":"<base> changed"}}]}}"#
    );
    assert_eq!(pages[0].send(&reason).await, 204);
    assert_eq!(pages[1].receipt(&event, "updated").await, 204);
    assert_eq!(app.line(), "[hmr] templates/index.html → 1 page; reload, 1 page (<base> changed)");
    for (number, is_first) in [(1, true), (2, false)] {
        app.folder.write("templates/other.html", &number.to_string());
        let event = built(&mut stream).await;
        assert_eq!(pages[0].receipt(&event, "same").await, 204);
        assert_eq!(app.line(), "[hmr] templates/other.html → unchanged, 1 page");
        if is_first {
            let hint = app.line();
            assert!(hint.contains("askama") && hint.contains("cargo hmr"), "{hint}");
        }
    }

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
    std::fs::remove_file(app.folder.join("static/old.txt")).unwrap();
    let event = built(&mut stream).await;
    assert_eq!(pages[1].receipt(&event, "unused").await, 204);
    assert_eq!(app.line(), "[hmr] /static/old.txt (removed) → no page uses /static/old.txt");
    let mut stock = open(app.address, PATH).await;
    assert!(stock.data().await.contains("sync"));
    app.folder.write("static/style.css", "p { margin: 3px }");
    let event = built(&mut stream).await;
    assert_eq!(pages[1].receipt(&event, "updated").await, 204);
    assert_eq!(app.line(), "[hmr] static/style.css → 1 page; sent to 1 other client");
    assert_eq!(app.end(), [] as [&str; 0]);
}

#[tokio::test]
async fn receipts_need_the_key_of_the_stream_and_reach_no_listener() {
    // A watch would open the route to requests for an editor.
    let app = App::start("no editor");
    let watching = app.line();
    assert!(watching.contains("watching"), "{watching}");
    let post = format!("POST {PATH} HTTP/1.1\r\nHost: {}\r\nContent-Length: 0\r\n\r\n", app.address);
    let html = app.navigate("/page").await;
    assert_eq!(
        Reading::raw(app.address, post.as_bytes()).await.status(),
        405,
        "nobody was asked for receipts"
    );
    let page = Page::of(&app, "one").await;
    assert_eq!(Reading::raw(app.address, post.as_bytes()).await.status(), 403);
    assert!(app.line().starts_with("[hmr] refused: "));
    assert_eq!(page.receipt("elsewhere-7", "updated").await, 204, "for another process: ignored");
    assert_eq!(
        page.send(r#"{"type":"custom","event":"receipt"}"#).await,
        400,
        "the key is for receipts alone"
    );
    assert_eq!(page.send(r#"{"type":"receipt"}"#).await, 400);

    let key = page.secret.rsplit(' ').next().unwrap();
    assert!(!html.contains(key), "the key is not in the page");
    let token = html.split(r#""token":""#).nth(1).unwrap().split('"').next().unwrap();
    let as_token =
        |token: &str| Page { secret: format!("Hot-Middleware-Token: {token}"), app: &app, name: "one" };
    assert_eq!(
        as_token(token).receipt("elsewhere-7", "updated").await,
        400,
        "a page's token is for messages alone"
    );
    assert_eq!(as_token(key).receipt("elsewhere-7", "updated").await, 403);
    assert!(app.line().starts_with("[hmr] refused: The page's token is not that of this process"));
    // As of a process before: no line of its own.
    let forged =
        Page { secret: format!("Hot-Middleware-Receipts: {}", "0".repeat(64)), app: &app, name: "one" };
    assert_eq!(forged.receipt("elsewhere-7", "updated").await, 403);
    let twice = Page { secret: format!("{}\r\n{}", page.secret, page.secret), app: &app, name: "one" };
    assert_eq!(twice.receipt("elsewhere-7", "updated").await, 403);
    assert_eq!(app.end(), [] as [&str; 0]);
}

#[tokio::test]
async fn a_terminal_that_is_off_has_problems_alone() {
    let app = App::start("off");
    app.folder.write("static/style.css", "p { margin: 1px }");
    let html = app.navigate("/page").await;
    assert!(html.contains("data-hot-middleware"), "{html}");
    let mut stream = open(app.address, &format!("{PATH}?ids&changes")).await;
    let connected = stream.data().await;
    assert!(connected.contains("connected") && !connected.contains("receipts"), "{connected}");
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

#[test]
fn the_backend_of_each_folder_is_named_at_debug_level() {
    let app = App::start("detailed");
    let backend = if cfg!(target_os = "linux") {
        "backend=Inotify detail=Exact"
    } else if cfg!(windows) {
        "backend=Windows detail=Coarse"
    } else if cfg!(target_vendor = "apple") {
        "backend=FsEvents detail=Coarse"
    } else {
        "backend=Kqueue detail=Coarse"
    };
    for (folder, wanted) in [
        ("static", format!("the system reports changes of files path=\"{{}}\" {backend}")),
        ("templates", format!("the system reports changes of files path=\"{{}}\" {backend}")),
        ("static", "files are compared at an interval path=\"{}\" interval=1s".to_owned()),
    ] {
        let (before, after) = wanted.split_once("{}").unwrap();
        let is_it = |line: &&String| {
            line.starts_with("DEBUG ") && line.contains(before) && line.ends_with(&format!("{folder}{after}"))
        };
        assert_eq!(app.early.iter().filter(is_it).count(), 1, "{folder}: {wanted} in {:?}", app.early);
    }
    app.end();
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

#[tokio::test]
async fn a_module_that_is_compressed_inside_the_layer_is_reported_once() {
    let app = App::start("compressed");
    app.folder.write("static/app.js", &format!("import.meta.hot?.accept();{}", " ".repeat(100)));
    let headers = [("Accept-Encoding", "gzip"), ("Sec-Fetch-Dest", "script"), ("Sec-Fetch-Mode", "cors")];
    let line = loop {
        let line = app.line();
        if line.contains("→") {
            for _ in 0..2 {
                let reading = Reading::request(app.address, "GET", "/static/app.js", &headers).await;
                assert_eq!(reading.header("content-encoding"), Some("gzip"));
            }
        } else if !line.contains("watching") {
            break line;
        }
    };
    let part = "the module \"/static/app.js\" has no import.meta.hot: it is encoded (gzip)";
    assert!(line.contains(part), "{line}");
    assert!(!app.end().iter().any(|line| line.contains(part)), "it is said twice");
}

#[tokio::test]
async fn problems_of_watches_and_commands_are_named_without_a_subscriber() {
    let app = App::start("troubled");
    app.folder.write("src/input.txt", "one");
    let pkg = format!(
        "{}pkg\" is watched: its own .gitignore leaves out all of it; include files by `ignore(",
        std::path::MAIN_SEPARATOR
    );
    let mut wanted = vec![
        pkg.as_str(),
        "the watch is stopped right after its start, as its guard was dropped; keep the guard in a variable",
        "the command \"echo\" rewrites its own source \"./src/output.txt\" in each run, and would run forever",
    ];
    while !wanted.is_empty() {
        let line = app.line();
        wanted.retain(|text| !line.contains(text));
    }
    app.end();
}

// On Windows no folder can have this name, and the watch is an error.
#[cfg(unix)]
#[tokio::test]
async fn a_folder_that_is_missing_at_the_start_is_named() {
    let app = App::start("missing");
    let (missing, watching) = (app.line(), app.line());
    assert!(
        missing.contains("templates/*.html\" is missing. Give a folder or a file, not a pattern"),
        "{missing}"
    );
    assert!(watching.ends_with("templates/*.html (reloads pages, 0 files)"), "{watching}");
    assert_eq!(app.end(), [] as [&str; 0]);
}
