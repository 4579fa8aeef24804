//! Problems of pages as lines for the developer, over real sockets: effects, access and floods.

use std::{fmt::Write as _, net::SocketAddr};

use axum::{Router, response::Html, routing::get};
use serde_json::{Value, json};
use tower_hot_middleware::{Console, ConsoleLevel, HotMiddleware, Options, OptionsBuilder};

use crate::{
    access::Lines,
    client::{Reading, open, page_token},
    serve,
};

const PATH: &str = "/__webpack_hmr";

struct Site {
    _hot: HotMiddleware,
    address: SocketAddr,
}

impl Site {
    async fn of(options: OptionsBuilder) -> Self {
        let hot = HotMiddleware::new(options.build().unwrap());
        let page = || async { Html("<!doctype html><title>page</title>") };
        let address = serve(Router::new().route("/page", get(page)).layer(hot.clone())).await;
        Self { _hot: hot, address }
    }

    async fn greeting(&self) -> Value {
        let mut stream = open(self.address, &format!("{PATH}?ids&changes&client=one")).await;
        serde_json::from_str(&stream.data().await).unwrap()
    }

    async fn key(&self) -> String {
        self.greeting().await["console"].as_str().expect("a key").to_owned()
    }

    async fn post(&self, headers: &[(&str, &str)], body: &str) -> (u16, String) {
        let mut request = format!("POST {PATH}?receipts HTTP/1.1\r\nHost: {}\r\n", self.address);
        for (name, value) in headers {
            write!(request, "{name}: {value}\r\n").unwrap();
        }
        write!(request, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        let reading = Reading::raw(self.address, request.as_bytes()).await;
        (reading.status(), reading.rest().await)
    }

    async fn send(&self, key: &str, body: &Value) -> (u16, String) {
        let headers = [("Content-Type", "application/json"), ("Hot-Middleware-Receipts", key)];
        self.post(&headers, &body.to_string()).await
    }

    async fn config(&self) -> Value {
        let page = [("Sec-Fetch-Dest", "document")];
        let html = Reading::request(self.address, "GET", "/page", &page).await.rest().await;
        let config = html.split("data-hot-middleware='").nth(1).unwrap().split('\'').next().unwrap();
        serde_json::from_str(config).unwrap()
    }
}

fn problem(text: &str) -> Value {
    json!({ "page": "/cart", "kind": "error", "level": "error", "text": text, "place": "src/cart.ts:12:7" })
}

fn sent(entries: impl Into<Value>) -> Value {
    json!({ "type": "console", "entries": entries.into() })
}

#[tokio::test]
async fn a_problem_is_an_event_of_its_target_and_level() {
    let lines = Lines::of_this_thread();
    let warn = Console::lines([ConsoleLevel::Warn]);
    let site = Site::of(Options::builder().console(warn)).await;
    let key = site.key().await;
    let line = |level: &str| json!({ "page": "/", "kind": "console", "level": level, "text": level });
    let entries = json!([problem("TypeError: no"), line("warn"), line("log")]);
    assert_eq!(site.send(&key, &sent(entries)).await, (204, String::new()));
    let text = lines.text();
    let lines: Vec<_> = text.lines().filter(|line| line.contains("middleware::console: ")).collect();
    assert_eq!(lines.len(), 2, "{text}");
    assert!(lines[0].contains("ERROR"), "{text}");
    assert!(
        lines[0].ends_with("tower_hot_middleware::console: /cart: TypeError: no (src/cart.ts:12:7)"),
        "{text}"
    );
    assert!(lines[1].contains("WARN") && lines[1].ends_with("/: console.warn: warn"), "{text}");
}

#[tokio::test]
async fn pages_report_what_the_option_says() {
    for (console, key, methods) in [
        (None, true, Value::Null),
        (Some(Console::problems()), true, Value::Null),
        (Some(Console::lines([ConsoleLevel::Log, ConsoleLevel::Error])), true, json!(["error", "log"])),
        (Some(Console::off()), false, json!(false)),
    ] {
        let mut options = Options::builder();
        if let Some(console) = &console {
            options = options.console(console.clone());
        }
        let site = Site::of(options).await;
        assert_eq!(site.config().await["console"], methods, "{console:?}");
        assert_eq!(site.greeting().await["console"].is_string(), key, "{console:?}");
    }
    // With neither lines of saves nor problems, there is no key at all.
    let site = Site::of(Options::builder().console(Console::off()).terminal(false)).await;
    let greeting = site.greeting().await;
    assert_eq!((&greeting["console"], &greeting["receipts"]), (&Value::Null, &Value::Null));
    assert_eq!(site.post(&[("Content-Type", "application/json")], "{}").await.0, 405);
    let site = Site::of(Options::builder().terminal(false)).await;
    let greeting = site.greeting().await;
    assert!(greeting["console"].is_string() && greeting["receipts"].is_null(), "{greeting}");
}

#[tokio::test]
async fn a_forged_report_adds_no_line() {
    let lines = Lines::of_this_thread();
    let site = Site::of(Options::builder()).await;
    let key = site.key().await;
    let token = page_token(site.address).await;
    let body = sent(json!([problem("forged")])).to_string();
    let json = ("Content-Type", "application/json");
    let (longer, upper) = (format!("{key}0"), key.to_uppercase());
    let right = ("Hot-Middleware-Receipts", key.as_str());
    for (case, status, headers) in [
        ("no key", 403, &[json][..]),
        ("an empty key", 403, &[json, ("Hot-Middleware-Receipts", "")]),
        ("a wrong key", 403, &[json, ("Hot-Middleware-Receipts", &key[1..])]),
        ("a longer key", 403, &[json, ("Hot-Middleware-Receipts", &longer)]),
        ("another case", 403, &[json, ("Hot-Middleware-Receipts", &upper)]),
        ("the page's token as the key", 403, &[json, ("Hot-Middleware-Receipts", &token)]),
        ("the page's token", 400, &[json, ("Hot-Middleware-Token", &token)]),
        ("two keys", 403, &[json, right, right]),
        ("a foreign origin", 403, &[json, right, ("Origin", "http://evil.example")]),
        ("a sandboxed frame", 403, &[json, right, ("Origin", "null")]),
        ("a foreign site", 403, &[json, right, ("Sec-Fetch-Site", "cross-site")]),
        ("a rebound name", 403, &[json, right, ("X-Forwarded-Host", "evil.example")]),
        ("a simple request", 415, &[("Content-Type", "text/plain"), right]),
    ] {
        let (answered, text) = site.post(headers, &body).await;
        assert_eq!(answered, status, "{case}: {text}");
        assert!(!text.contains(&key) && !text.contains(&token), "{case}: {text}");
    }
    assert!(!lines.text().contains("forged"), "{}", lines.text());
    assert_eq!(site.post(&[json, right], &body).await.0, 204, "the app's own page");
    assert!(lines.text().contains("forged"));
}

#[tokio::test]
async fn hostile_texts_stay_one_line_without_control_characters() {
    let lines = Lines::of_this_thread();
    let site = Site::of(Options::builder()).await;
    let key = site.key().await;
    let hostile = "\u{1b}[2J\u{1b}]0;title\u{7}\r\n2026 ERROR forged line\u{202e}\u{9b}31m<script>alert(1)</script>\u{0}";
    let entry =
        json!({ "page": hostile, "kind": "error", "level": "error", "text": hostile, "place": hostile });
    assert_eq!(site.send(&key, &sent(json!([entry]))).await.0, 204);
    let long = problem(&"x".repeat(60_000));
    assert_eq!(site.send(&key, &sent(json!([long]))).await.0, 204);
    let text = lines.text();
    let written: Vec<_> = text.lines().filter(|line| line.contains("middleware::console: ")).collect();
    assert_eq!(written.len(), 2, "{text}");
    assert!(written[0].contains(r"\u{1b}[2J") && written[0].contains("<script>"), "{text}");
    assert!(
        !text.contains(|char: char| char.is_control() && char != '\n') && !text.contains('\u{202e}'),
        "{text:?}"
    );
    assert!(!text.lines().any(|line| line.starts_with("2026 ERROR")), "{text}");
    assert!(written[1].len() < 2_500, "{}", written[1].len());
}

#[tokio::test]
async fn a_flood_of_reports_is_cut_and_counted() {
    let lines = Lines::of_this_thread();
    let site = Site::of(Options::builder()).await;
    let key = site.key().await;
    for round in 0..20 {
        let entries: Vec<_> = (0..200).map(|n| problem(&format!("{round} {n}"))).collect();
        assert_eq!(site.send(&key, &sent(entries)).await.0, 204);
    }
    let written = |text: &str| text.lines().filter(|line| line.contains("middleware::console: ")).count();
    let text = lines.text();
    assert!(text.contains("messages are left out"), "{text}");
    // The bucket has 100 lines, and gets 20 in each second that the test takes.
    assert!((100..1_000).contains(&written(&text)), "{}", written(&text));
    let (status, _) = site.send(&key, &sent(json!([problem(&"x".repeat(70_000))]))).await;
    assert_eq!(status, 413);
    let (status, text) = site.send(&key, &json!({ "type": "console" })).await;
    assert_eq!(status, 400, "{text}");
}
