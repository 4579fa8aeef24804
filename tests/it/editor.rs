//! Files that pages open in an editor, over real sockets: a program that writes its arguments into a file is the editor.

use std::{
    fmt::Write as _,
    fs,
    net::SocketAddr,
    os::unix::fs::{PermissionsExt, symlink},
    path::PathBuf,
    time::{Duration, Instant},
};

use axum::{Router, response::Html, routing::get};
use serde_json::{Value, json};
use tower_hot_middleware::{Build, HotMiddleware, Options, watch::Watch};

use crate::{
    client::{Reading, page_token},
    folder::Folder,
    serve,
};

const PATH: &str = "/__webpack_hmr";
const PATIENCE: Duration = Duration::from_secs(20);

/// An app that watches a folder `static` at `/s` and a folder `templates`.
pub(crate) struct Site {
    pub(crate) hot: HotMiddleware,
    pub(crate) address: SocketAddr,
    pub(crate) folder: Folder,
    token: String,
}

impl Site {
    pub(crate) async fn new() -> Self {
        Self::named("code").await
    }

    /// A site whose editor is a program of this name.
    async fn named(name: &str) -> Self {
        let folder = Folder::new();
        folder.write("static/js/app.js", "");
        folder.write("static/-g x & calc.js", "");
        folder.write("templates/index.html", "");
        folder.write("secret.txt", "");
        let log = folder.join("opened");
        // Each argument on a line of its own, written at once: the end is a line with a dot.
        let script = format!("#!/bin/sh\n{{ printf '%s\\n' \"$@\"; echo .; }} >> '{}'\n", log.display());
        folder.write(name, &script);
        let editor = folder.join(name);
        fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).unwrap();
        let options = Options::builder().editor(format!("'{}'", editor.display())).terminal(false);
        let hot = HotMiddleware::new(options.build().unwrap());
        hot.watch(Watch::new().files("/s", folder.join("static")).reload(folder.join("templates"))).unwrap();
        let page = || async { Html("<!doctype html><title>page</title>") };
        let address = serve(Router::new().route("/page", get(page)).layer(hot.clone())).await;
        let token = page_token(address).await;
        Self { hot, address, folder, token }
    }

    pub(crate) async fn post(&self, headers: &[(&str, &str)], body: &[u8]) -> (u16, String) {
        let mut request = format!("POST {PATH} HTTP/1.1\r\nHost: {}\r\n", self.address);
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        write!(request, "Content-Length: {}\r\n\r\n", body.len()).unwrap();
        let mut request = request.into_bytes();
        request.extend_from_slice(body);
        let reading = Reading::raw(self.address, &request).await;
        (reading.status(), reading.rest().await)
    }

    pub(crate) async fn open(&self, file: &str) -> (u16, String) {
        let body = json!({ "type": "open", "file": file, "line": 3, "column": 7 }).to_string();
        let headers = [("Content-Type", "application/json"), ("Hot-Middleware-Token", self.token.as_str())];
        self.post(&headers, body.as_bytes()).await
    }

    /// Returns the arguments of each start of the editor so far, once there are this many.
    async fn opened(&self, count: usize) -> Vec<Vec<String>> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let text = self.folder.read("opened");
            let starts: Vec<_> =
                text.split_inclusive("\n.\n").filter(|start| start.ends_with("\n.\n")).collect();
            if starts.len() >= count {
                let arguments =
                    |start: &str| start.trim_end_matches("\n.\n").lines().map(str::to_owned).collect();
                return starts.into_iter().map(arguments).collect();
            }
            assert!(Instant::now() < deadline, "{count} starts, but: {text}");
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// Asserts that the editor was not started, by starting it once.
    pub(crate) async fn assert_nothing_opened(&self) {
        assert_eq!(self.open("/s/js/app.js").await, (204, String::new()));
        assert_eq!(self.opened(1).await, [["-g", &self.place("static/js/app.js")]]);
    }

    fn place(&self, file: &str) -> String {
        format!("{}:3:7", self.folder.join(file).display())
    }
}

#[tokio::test]
async fn a_file_below_a_watched_folder_is_opened_at_its_place() {
    let site = Site::new().await;
    let shown = site.folder.path().file_name().unwrap().to_str().unwrap().to_owned();
    let absolute = site.folder.join("static/js/app.js");
    let names = [
        ("/s/js/app.js", "static/js/app.js"),
        ("js/app.js", "static/js/app.js"),
        ("./static/js/app.js", "static/js/app.js"),
        (&format!("{shown}/static/js/app.js"), "static/js/app.js"),
        (absolute.to_str().unwrap(), "static/js/app.js"),
        ("templates/index.html", "templates/index.html"),
        ("index.html", "templates/index.html"),
        ("/s/-g%20x%20%26%20calc.js", "static/-g x & calc.js"),
        ("-g x & calc.js", "static/-g x & calc.js"),
    ];
    for (at, (name, file)) in names.into_iter().enumerate() {
        assert_eq!(site.open(name).await, (204, String::new()), "{name}");
        assert_eq!(site.opened(at + 1).await[at], ["-g", &site.place(file)], "{name}");
    }
}

#[tokio::test]
async fn a_file_that_a_build_names_in_its_errors_is_opened() {
    let site = Site::new().await;
    let elsewhere = Folder::new();
    elsewhere.write("main.rs", "");
    let file = elsewhere.join("main.rs");
    let name = file.to_str().unwrap();
    let (status, text) = site.open(name).await;
    assert!(status == 403 && text.contains("no error of the latest builds names it"), "{status} {text}");
    site.hot.built(Build::new("1").error(format!("error: no\n --> {name}:3:5\n")));
    assert_eq!(site.open(name).await.0, 204);
    assert_eq!(site.opened(1).await, [["-g", &format!("{name}:3:7")]]);
    site.hot.built(Build::new("2"));
    assert_eq!(site.open(name).await.0, 403, "the latest build has no errors");
}

#[tokio::test]
async fn other_files_are_refused_with_the_reason() {
    let site = Site::new().await;
    symlink("/etc/passwd", site.folder.join("static/link.txt")).unwrap();
    symlink(site.folder.path(), site.folder.join("static/up")).unwrap();
    let pipe = site.folder.join("static/pipe.js");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let secret = site.folder.join("secret.txt");
    let above = format!("{}/../secret.txt", site.folder.join("static").display());
    let name = "is not the name of a file";
    let unknown = "not below a watched folder";
    for (file, reason) in [
        ("", name),
        ("..", name),
        ("../secret.txt", name),
        ("./../secret.txt", name),
        ("/s/../secret.txt", name),
        ("/s/%2e%2e/secret.txt", name),
        ("/s/..%2fsecret.txt", name),
        ("/s/%2e%2e%5csecret.txt", name),
        ("js/../../secret.txt", name),
        (above.as_str(), name),
        ("/s/js/app.js\0.txt", name),
        ("/s/js/app.js%00", name),
        ("a\nb", name),
        ("C:\\Windows\\win.ini", name),
        ("\\\\evil.example\\share\\a.js", name),
        ("\\\\?\\C:\\a.js", name),
        ("\\\\.\\pipe\\x", name),
        (&"a/".repeat(2_000), name),
        ("//evil.example/share/a.js", unknown),
        ("file:///etc/passwd", unknown),
        ("/etc/passwd", unknown),
        ("/dev/stdin", unknown),
        ("/proc/self/environ", unknown),
        (secret.to_str().unwrap(), unknown),
        ("secret.txt", unknown),
        ("/s/none.js", unknown),
        ("/s", unknown),
        ("/s/js", unknown),
        ("pipe.js", unknown),
        ("nul", unknown),
        ("~/.ssh/id_rsa", unknown),
        ("$HOME/.profile", unknown),
        ("-g", unknown),
        ("/s/link.txt", "leads out of its watched folder"),
        ("/s/up/secret.txt", "leads out of its watched folder"),
        ("static/up/secret.txt", "leads out of its watched folder"),
    ] {
        let (status, text) = site.open(file).await;
        assert!(status == 403 && text.contains(reason), "{file:?}: {status} {text}");
        assert!(text.len() < 600 && !text.trim_end().contains(char::is_control), "{file:?}: {text:?}");
    }
    site.assert_nothing_opened().await;
}

#[tokio::test]
async fn only_the_apps_own_pages_open_files() {
    let site = Site::new().await;
    let body = json!({ "type": "open", "file": "/s/js/app.js" }).to_string();
    let json = ("Content-Type", "application/json");
    let token = ("Hot-Middleware-Token", site.token.as_str());
    for (case, status, headers) in [
        ("no token", 403, &[json][..]),
        ("a wrong token", 403, &[json, ("Hot-Middleware-Token", &site.token[1..])]),
        ("a build tool's", 403, &[json, ("Authorization", "Bearer 0123456789abcdef")]),
        ("a reader's key", 403, &[json, ("Hot-Middleware-Receipts", &site.token)]),
        ("a foreign origin", 403, &[json, token, ("Origin", "http://evil.example")]),
        ("another port", 403, &[json, token, ("Origin", "http://localhost:1")]),
        ("a sandboxed frame", 403, &[json, token, ("Origin", "null")]),
        ("a foreign site", 403, &[json, token, ("Sec-Fetch-Site", "cross-site")]),
        ("a rebound name", 403, &[json, token, ("X-Forwarded-Host", "evil.example")]),
        ("a form", 415, &[("Content-Type", "application/x-www-form-urlencoded"), token]),
        ("plain text", 415, &[("Content-Type", "text/plain"), token]),
    ] {
        assert_eq!(site.post(headers, body.as_bytes()).await.0, status, "{case}");
    }
    for target in [format!("{PATH}?open&file=/s/js/app.js"), format!("{PATH}/open?file=/s/js/app.js")] {
        drop(Reading::get(site.address, &target).await);
    }
    let headers = [json, token];
    for body in [
        &br#"{"type":"open"}"#[..],
        br#"{"type":"open","file":7}"#,
        br#"{"type":"open","file":"a","line":-1}"#,
        b"\xff",
    ] {
        assert_eq!(site.post(&headers, body).await.0, 400);
    }
    site.assert_nothing_opened().await;
}

#[tokio::test]
async fn a_flood_opens_ten_files() {
    let site = Site::new().await;
    let mut statuses = Vec::new();
    for _ in 0..30 {
        statuses.push(site.open("/s/js/app.js").await.0);
    }
    assert!(statuses[..10].iter().all(|status| *status == 204), "{statuses:?}");
    assert!(statuses[10..].iter().filter(|status| **status == 429).count() >= 18, "{statuses:?}");
    let opened = site.opened(10).await.len();
    assert!(opened <= 12, "{opened}");
}

#[tokio::test]
async fn without_an_editor_the_answer_says_what_to_set() {
    let site = Site::named("vim").await;
    if std::env::var_os("TMUX").is_none() {
        let (status, text) = site.open("/s/js/app.js").await;
        assert!(status == 404 && text.contains("HOT_EDITOR=code"), "{status} {text}");
    }
    let site = Site::named("code").await;
    fs::remove_file(site.folder.join("code")).unwrap();
    let (status, text) = site.open("/s/js/app.js").await;
    assert!(
        status == 404 && text.contains("can't be started") && text.contains("HOT_EDITOR"),
        "{status} {text}"
    );
}

/// The tag of the page, and the status of a request to open a file.
async fn asked(options: Options, watched: Option<PathBuf>) -> (Value, u16) {
    let hot = HotMiddleware::new(options);
    if let Some(folder) = watched {
        hot.watch(Watch::new().files("/s", folder)).unwrap();
    }
    let page = || async { Html("<!doctype html><title>page</title>") };
    let address = serve(Router::new().route("/page", get(page)).layer(hot.clone())).await;
    let headers = [("Sec-Fetch-Dest", "document")];
    let html = Reading::request(address, "GET", "/page", &headers).await.rest().await;
    let config = html.split("data-hot-middleware='").nth(1).unwrap().split('\'').next().unwrap();
    let config: Value = serde_json::from_str(config).unwrap();
    let body = r#"{"type":"open","file":"/s/a.js"}"#;
    let token = config["token"].as_str().unwrap();
    let request = format!(
        "POST {PATH} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nHot-Middleware-Token: {token}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let status = Reading::raw(address, request.as_bytes()).await.status();
    (config["editor"].clone(), status)
}

#[tokio::test]
async fn without_a_watch_or_with_the_option_nothing_can_be_opened() {
    let folder = Folder::new();
    folder.write("a.js", "");
    let options = |editor: &str| Options::builder().editor(editor).build().unwrap();
    let watched = || Some(folder.path().to_owned());
    assert_eq!(asked(options("code"), None).await, (Value::Null, 405));
    let (key, status) = asked(options("/does/not/exist"), watched()).await;
    assert_eq!((key, status), (json!(true), 404));
    let (key, status) = asked(options(""), watched()).await;
    assert_eq!(key, Value::Null);
    assert!(matches!(status, 404 | 405), "{status}");
}
