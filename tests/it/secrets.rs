//! Secrets in pages, forwarded hosts and wrong tokens, over real sockets.

use std::{fmt::Write as _, net::SocketAddr};

use axum::{Router, response::Html, routing::get};
use tower_hot_middleware::{Build, HotMiddleware, Options, OptionsBuilder};

use crate::{access::Lines, client::Reading, serve};

const PATH: &str = "/__webpack_hmr";
const PAGE: &str = "<!doctype html><html><head><title>t</title></head><body>b</body></html>";

/// A request's headers.
type Headers<'a> = &'a [(&'a str, &'a str)];

fn options() -> OptionsBuilder {
    Options::builder().allowed_host("app.test").allowed_origin("http://front.test:5000")
}

async fn site() -> (HotMiddleware, SocketAddr) {
    let hot = HotMiddleware::new(options().build_token("0123456789abcdef").build().unwrap());
    hot.built(Build::new("h4sh"));
    let address = serve(Router::new().route("/", get(|| async { Html(PAGE) })).layer(hot.clone())).await;
    (hot, address)
}

/// Sends exactly these headers, with `PORT` replaced by the server's port.
async fn ask(address: SocketAddr, method: &str, target: &str, headers: Headers<'_>) -> Reading {
    let mut head = format!("{method} {target} HTTP/1.1\r\n");
    for (name, value) in headers {
        write!(head, "{name}: {value}\r\n").unwrap();
    }
    head.push_str("\r\n");
    Reading::raw(address, head.replace("PORT", &address.port().to_string()).as_bytes()).await
}

const LOADS: [(&str, &str); 2] = [
    ("Sec-Fetch-Dest", "document"),
    // Over plain HTTP to another machine.
    ("Upgrade-Insecure-Requests", "1"),
];

#[rustfmt::skip]
const PAGES: &[(&str, Headers<'_>, bool)] = &[
    ("the machine's own name", &[("Host", "localhost:PORT")], true),
    ("a name under localhost", &[("Host", "app.localhost:PORT")], true),
    ("an address of the network", &[("Host", "192.168.0.7:PORT")], true),
    ("an allowed name", &[("Host", "app.test")], true),
    ("no host", &[], true),
    ("a link on another site", &[("Host", "localhost:PORT"), ("Sec-Fetch-Site", "cross-site")], true),
    ("its own origin", &[("Host", "localhost:PORT"), ("Origin", "http://localhost:PORT")], true),
    ("another of the machine's names", &[("Host", "localhost:PORT"), ("Origin", "http://127.0.0.1:PORT")], true),
    ("an allowed origin", &[("Host", "localhost:PORT"), ("Origin", "http://front.test:5000")], true),

    ("a foreign name", &[("Host", "evil.test:PORT")], false),
    ("a foreign name and its own origin", &[("Host", "evil.test:1"), ("Origin", "http://evil.test:1")], false),
    ("a name of the network", &[("Host", "desk.local:PORT")], false),
    ("an invalid host", &[("Host", "127.1:PORT")], false),
    ("two hosts", &[("Host", "localhost:PORT"), ("Host", "localhost:PORT")], false),
    ("a foreign origin", &[("Host", "192.168.0.7:PORT"), ("Origin", "http://evil.test")], false),
    ("another port", &[("Host", "localhost:PORT"), ("Origin", "http://localhost:1")], false),
    ("a sandboxed frame", &[("Host", "localhost:PORT"), ("Origin", "null")], false),
    ("an invalid origin", &[("Host", "localhost:PORT"), ("Origin", "evil")], false),
    ("two origins", &[("Host", "localhost:PORT"), ("Origin", "http://localhost:PORT"), ("Origin", "http://evil.test")], false),
    ("an origin and no host", &[("Origin", "http://localhost:PORT")], false),
];

#[rustfmt::skip]
const FORWARDED: &[(&str, Headers<'_>, bool)] = &[
    ("an allowed name", &[("X-Forwarded-Host", "app.test")], true),
    ("an allowed name and a port", &[("X-Forwarded-Host", "app.test:8443")], true),
    ("the machine's own name", &[("X-Forwarded-Host", "localhost:8080")], true),
    ("several allowed ones", &[("X-Forwarded-Host", "app.test, localhost")], true),
    ("an allowed name, by RFC 7239", &[("Forwarded", "for=192.0.2.1;host=app.test;proto=https")], true),
    ("the same in quotes and capitals", &[("Forwarded", "For=192.0.2.1; Host=\"app.test:8443\"")], true),
    ("no host, by RFC 7239", &[("Forwarded", "for=192.0.2.1, for=\"[2001:db8::1]\"")], true),
    ("other headers of proxies", &[("X-Forwarded-For", "evil.test"), ("X-Forwarded-Proto", "https")], true),

    ("a foreign name", &[("X-Forwarded-Host", "evil.test")], false),
    ("a foreign name behind an allowed one", &[("X-Forwarded-Host", "app.test, evil.test")], false),
    ("a foreign name before an allowed one", &[("X-Forwarded-Host", "evil.test,app.test")], false),
    ("a foreign name on a line of its own", &[("X-Forwarded-Host", "app.test"), ("X-Forwarded-Host", "evil.test")], false),
    ("an invalid host", &[("X-Forwarded-Host", "127.1")], false),
    ("an empty host", &[("X-Forwarded-Host", "")], false),
    ("a foreign name, by RFC 7239", &[("Forwarded", "host=evil.test")], false),
    ("the same in quotes and capitals", &[("Forwarded", "FOR=1;HOST=\"evil.test\"")], false),
    ("in the second element", &[("Forwarded", "host=app.test, for=1;host=evil.test")], false),
    ("behind a quoted comma", &[("Forwarded", "for=\"a,b;c\";host=evil.test")], false),
    ("escaped within quotes", &[("Forwarded", "host=\"evil\\.test\"")], false),
    ("a quote without an end", &[("Forwarded", "host=\"app.test")], false),
    ("both headers, one foreign", &[("X-Forwarded-Host", "app.test"), ("Forwarded", "host=evil.test")], false),
];

/// Asserts that a page has the tag, with all secrets or with none.
fn assert_tag(case: &str, html: &str, has_secrets: bool) {
    let tag = html.split_once("data-hot-middleware='").map(|(_, rest)| rest.split('\'').next().unwrap());
    let tag: serde_json::Value =
        serde_json::from_str(tag.unwrap_or_else(|| panic!("{case}: {html}"))).unwrap();
    assert_eq!(tag["path"], PATH, "{case}: the client can log why the stream is refused");
    let has = [tag["token"].is_string(), tag["server"].is_string(), html.contains("h4sh")];
    assert_eq!(has, [has_secrets; 3], "{case}: {tag}");
}

#[tokio::test]
async fn secrets_are_only_in_pages_with_an_allowed_host_and_origin() {
    let (_hot, address) = site().await;
    for (case, headers, has_secrets) in PAGES {
        for load in LOADS {
            let headers = [*headers, &[load]].concat();
            let reading = ask(address, "GET", "/", &headers).await;
            assert_eq!(reading.status(), 200, "{case}: the app's own routes are open");
            assert_tag(&format!("{case}, {load:?}"), &reading.rest().await, *has_secrets);
        }
    }
}

#[tokio::test]
async fn a_forwarded_host_can_refuse_but_never_allow() {
    let (_hot, address) = site().await;
    for (case, forwarded, passes) in FORWARDED {
        let own = [&[("Host", "127.0.0.1:PORT")], *forwarded].concat();
        let reading = ask(address, "GET", PATH, &own).await;
        assert_eq!(reading.status(), if *passes { 200 } else { 403 }, "{case}: {}", reading.head);
        if !passes {
            let text = reading.rest().await;
            assert!(text.contains("orwarded"), "{case}: {text}");
        }
        let page = [&own, &[LOADS[0]][..]].concat();
        assert_tag(case, &ask(address, "GET", "/", &page).await.rest().await, *passes);

        let foreign = [&[("Host", "evil.test")], *forwarded].concat();
        assert_eq!(ask(address, "GET", PATH, &foreign).await.status(), 403, "{case}");
        let origin = [&own[..], &[("Origin", "https://app.test")]].concat();
        assert_eq!(ask(address, "GET", PATH, &origin).await.status(), 403, "{case}: it allows no origin");
    }
}

/// Sends a build report with this token.
async fn report(address: SocketAddr, token: &str) -> Reading {
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nContent-Type: application/json\r\nContent-Length: 19\r\n\r\n{{\"action\":\"reload\"}}"
    );
    Reading::raw(address, head.as_bytes()).await
}

#[tokio::test]
async fn a_token_can_not_be_guessed_by_trying() {
    let lines = Lines::of_this_thread();
    let (hot, address) = site().await;
    hot.on("x", |_, _| {});
    let mut statuses = Vec::new();
    while statuses.last() != Some(&429) && statuses.len() < 100 {
        statuses.push(report(address, &format!("{:016}", statuses.len())).await.status());
    }
    assert_eq!(statuses, [[403; 10].as_slice(), &[429]].concat());
    let refused = report(address, "0123456789abcdef").await;
    assert_eq!((refused.status(), refused.header("retry-after")), (429, Some("10")), "nor is the right one");

    // The page's token is random, so the right one always passes.
    let page = ask(address, "GET", "/", &[("Host", "127.0.0.1:PORT"), LOADS[0]]).await.rest().await;
    let token = page.split_once("\"token\":\"").unwrap().1.split('"').next().unwrap();
    let send = |token: &str| {
        let head = format!(
            "POST {PATH} HTTP/1.1\r\nHost: {address}\r\nHot-Middleware-Token: {token}\r\nContent-Type: application/json\r\nContent-Length: 29\r\n\r\n{{\"type\":\"custom\",\"event\":\"x\"}}"
        );
        async move { Reading::raw(address, head.as_bytes()).await.status() }
    };
    let mut statuses = Vec::new();
    while statuses.last() != Some(&429) && statuses.len() < 100 {
        statuses.push(send("wrong").await);
    }
    assert_eq!(statuses, [[403; 10].as_slice(), &[429]].concat());
    assert_eq!(send(token).await, 204);
    let refusals = lines.text().lines().filter(|line| line.contains("refused: ")).count();
    assert_eq!(refusals, 3, "each once: {}", lines.text());
}
