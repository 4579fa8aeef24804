//! The HTML of pages, kept for their clients: over sockets, with every reason for which a page is not kept.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::Body,
    http::{StatusCode, header},
    response::{AppendHeaders, Html, Redirect},
    routing::get,
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde_json::Value;
use tower_hot_middleware::{Build, HotMiddleware, Options, OptionsBuilder};
use tower_http::compression::CompressionLayer;

use crate::{client::Reading, hot, serve};

const PAGE: &str =
    "<!doctype html><html><head><noscript><img src=a></noscript><title>t</title></head><body>é</body></html>";
const PARSED: &str =
    "<!doctype html><html><head><noframes><img src=a></noframes><title>t</title></head><body>é</body></html>";
const NAVIGATION: [(&str, &str); 2] = [("Sec-Fetch-Dest", "document"), ("Accept", "text/html,*/*;q=0.8")];
const ASK: (&str, &str) = ("Hot-Middleware-Navigation", "document");

/// Length of a page that is not kept with the options of [`small`].
const LARGE: usize = 70_000;

fn small() -> OptionsBuilder {
    Options::builder().kept_pages_bytes(4 << 16)
}

fn streamed(chunks: impl IntoIterator<Item = &'static str>) -> Body {
    let chunks: Vec<_> = chunks.into_iter().map(|chunk| Ok::<_, Infallible>(Bytes::from(chunk))).collect();
    Body::from_stream(stream::iter(chunks))
}

fn pages() -> Router {
    let latin = [(header::CONTENT_TYPE, "text/html; charset=iso-8859-1")];
    let large = format!("<!doctype html><p>{}", "x".repeat(LARGE));
    let own = r#"<html><head><script type="module" src="/__webpack_hmr/client.js"></script>"#;
    Router::new()
        .route("/", get(|| async { Html(PAGE) }).post(|| async { Html(PAGE) }))
        .route("/latin", get(move || async move { (latin, &b"<!doctype html><p>\xe9"[..]) }))
        .route("/streamed", get(|| async { Html(streamed(PAGE.split_inclusive('>'))) }))
        .route(
            "/large",
            get({
                let large = large.clone();
                move || async move { Html(large) }
            }),
        )
        .route(
            "/large-streamed",
            get(move || async move {
                let chunk = Bytes::from(large);
                Html(Body::from_stream(stream::once(async { Ok::<_, Infallible>(chunk) })))
            }),
        )
        .route(
            "/endless",
            get(|| async {
                let page = stream::iter([Ok::<_, Infallible>(Bytes::from(PAGE))]);
                Html(Body::from_stream(page.chain(stream::pending())))
            }),
        )
        .route("/own", get(move || async move { Html(own) }))
        .route("/created", get(|| async { (StatusCode::CREATED, Html(PAGE)) }))
        .route("/missing", get(|| async { (StatusCode::NOT_FOUND, Html(PAGE)) }))
        .route("/error", get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, "broken") }))
        .route("/moved", get(|| async { Redirect::to("/") }))
        .route("/text", get(|| async { PAGE }))
        .route("/empty", get(|| async { Html("") }))
}

async fn load(address: SocketAddr, target: &str) -> Reading {
    Reading::request(address, "GET", target, &NAVIGATION).await
}

/// The configuration in a page's tag.
fn config(html: &str) -> Value {
    let config = html.split("data-hot-middleware='").nth(1).unwrap().split('\'').next().unwrap();
    serde_json::from_str(config).unwrap()
}

/// The URL of the kept page.
fn kept(html: &str) -> Option<String> {
    let id = config(html)["page"].as_str()?.to_owned();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    Some(format!("/__webpack_hmr/pages/{id}"))
}

#[tokio::test]
async fn a_kept_page_has_the_policy_of_the_page() {
    const POLICIES: [&str; 2] = ["script-src 'self'", "img-src *"];
    for (count, policy) in
        [(0, None), (1, Some("script-src 'self'")), (2, Some("script-src 'self', img-src *"))]
    {
        let page = move || async move {
            let lines = POLICIES.into_iter().take(count).map(|line| (header::CONTENT_SECURITY_POLICY, line));
            (AppendHeaders(lines.collect::<Vec<_>>()), Html(PAGE))
        };
        let address = serve(Router::new().route("/", get(page)).layer(hot())).await;
        let url = kept(&load(address, "/").await.rest().await).unwrap();
        let base = Reading::get(address, &url).await;
        assert_eq!(base.header("hot-middleware-policy"), policy);
        assert_eq!(base.header("content-security-policy"), Some("sandbox; default-src 'none'"));
    }
}

#[tokio::test]
async fn a_page_that_a_browser_shows_is_kept() {
    let address = serve(pages().layer(hot())).await;
    for target in ["/", "/streamed", "/created"] {
        let html = load(address, target).await.rest().await;
        let url = kept(&html).unwrap();
        let base = Reading::get(address, &url).await;
        assert_eq!(base.status(), 200, "{target}");
        for (name, value) in [
            ("content-type", "text/html; charset=utf-8"),
            ("content-length", &*PAGE.len().to_string()),
            ("cache-control", "no-store"),
            ("content-security-policy", "sandbox; default-src 'none'"),
            ("x-content-type-options", "nosniff"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(base.header(name), Some(value), "{target}");
        }
        assert_eq!(
            base.rest().await,
            PARSED,
            "{target}: without the tag, and for a parser without scripting"
        );
        let head = Reading::request(address, "HEAD", &url, &[]).await;
        assert_eq!((head.status(), head.header("content-length")), (200, Some(&*PAGE.len().to_string())));
        let post = Reading::request(address, "POST", &url, &[("Content-Length", "0")]).await;
        assert_eq!((post.status(), post.header("allow")), (405, Some("GET, HEAD")));
        assert_ne!(
            kept(&load(address, target).await.rest().await),
            Some(url),
            "each load has an id of its own"
        );
    }
    let mut latin = load(address, "/latin").await;
    let length = latin.header("content-length").unwrap().parse().unwrap();
    let html = String::from_utf8_lossy(&latin.take(length).await).into_owned();
    let mut base = Reading::get(address, &kept(&html).unwrap()).await;
    assert_eq!(base.header("content-type"), Some("text/html; charset=iso-8859-1"));
    assert_eq!(base.take(19).await, b"<!doctype html><p>\xe9");
}

#[tokio::test]
async fn other_pages_are_not_kept() {
    let address = serve(pages().layer(HotMiddleware::new(small().build().unwrap()))).await;
    let load = |method: &'static str, target: &'static str, headers: &'static [(&str, &str)]| {
        Reading::request(address, method, target, headers)
    };
    assert!(kept(&load("GET", "/", &NAVIGATION).await.rest().await).is_some());
    for target in ["/missing", "/error", "/large"] {
        assert_eq!(kept(&load("GET", target, &NAVIGATION).await.rest().await), None, "{target}");
    }
    for (case, method, headers) in [
        ("the answer to a form", "POST", &[NAVIGATION[0], ("Content-Length", "0")][..]),
        ("the client asks", "GET", &[("Hot-Middleware-Navigation", "1")]),
        ("the client compares", "GET", &[ASK]),
        ("a foreign host", "GET", &[NAVIGATION[0], ("X-Forwarded-Host", "evil.test")]),
        ("a foreign origin", "GET", &[NAVIGATION[0], ("Origin", "http://evil.test")]),
    ] {
        assert_eq!(kept(&load(method, "/", headers).await.rest().await), None, "{case}");
    }
    for target in ["/moved", "/text", "/own"] {
        let html = load("GET", target, &NAVIGATION).await.rest().await;
        assert!(!html.contains("\"page\""), "{target}: {html}");
    }
    let encoded = serve(pages().layer(CompressionLayer::new()).layer(hot())).await;
    let reading = Reading::request(encoded, "GET", "/", &[NAVIGATION[0], ("Accept-Encoding", "gzip")]).await;
    assert_eq!(reading.header("content-encoding"), Some("gzip"));

    // The tag was sent before the page turned out to be one that is not kept.
    for target in ["/large-streamed", "/empty"] {
        let url = kept(&load("GET", target, &NAVIGATION).await.rest().await).unwrap();
        let base = Reading::get(address, &url).await;
        assert_eq!((base.status(), base.header("cache-control")), (204, Some("no-store")), "{target}");
        let head = Reading::request(address, "HEAD", &url, &[]).await;
        assert_eq!((head.status(), head.header("content-length")), (204, None), "{target}");
    }
    let mut endless = load("GET", "/endless", &NAVIGATION).await;
    let mut html = Vec::new();
    while !html.ends_with(b"</script>") {
        html.extend_from_slice(&endless.take(1).await);
    }
    let html = String::from_utf8(html).unwrap();
    let url = kept(&html).unwrap();
    assert_eq!(Reading::get(address, &url).await.status(), 204, "not yet complete");
    drop(endless);
    assert_eq!(Reading::get(address, &url).await.status(), 204, "abandoned");
}

#[tokio::test]
async fn nothing_is_kept_where_pages_are_reloaded() {
    for (options, says) in [
        (Options::builder().kept_pages_bytes(0), None),
        (Options::builder().update_pages(false), Some(false)),
        (Options::builder().update_pages(true), None),
    ] {
        let options = options.build().unwrap();
        let is_kept = format!("{options:?}").contains("update_pages: true, kept_pages_bytes: 8388608");
        let address = serve(pages().layer(HotMiddleware::new(options))).await;
        let html = load(address, "/").await.rest().await;
        assert_eq!(kept(&html).is_some(), is_kept, "{html}");
        assert_eq!(config(&html)["update"].as_bool(), says, "{html}");
    }
}

#[tokio::test]
async fn only_the_app_s_own_pages_read_a_kept_page() {
    let options = Options::builder().allowed_origin("http://front.test").build().unwrap();
    let address = serve(pages().layer(HotMiddleware::new(options))).await;
    let url = kept(&load(address, "/").await.rest().await).unwrap();
    for (case, headers, status) in [
        ("a foreign origin", &[("Origin", "http://evil.test")][..], 403),
        ("an opaque origin", &[("Origin", "null")], 403),
        ("a foreign site", &[("Sec-Fetch-Site", "cross-site")], 403),
        ("a foreign name before a proxy", &[("X-Forwarded-Host", "evil.test")], 403),
        ("the page's own", &[("Sec-Fetch-Site", "same-origin")], 200),
        ("an allowed origin", &[("Origin", "http://front.test")], 200),
    ] {
        assert_eq!(Reading::request(address, "GET", &url, headers).await.status(), status, "{case}");
    }
    for wrong in [
        url.to_uppercase().replace("/__WEBPACK_HMR/PAGES/", "/__webpack_hmr/pages/"),
        format!("{url}0"),
        url[..url.len() - 1].to_owned(),
        format!("/__webpack_hmr/pages/{}", "0".repeat(32)),
        "/__webpack_hmr/pages/".to_owned(),
        "/__webpack_hmr/pages/../client.js".to_owned(),
    ] {
        assert_eq!(Reading::get(address, &wrong).await.status(), 204, "{wrong}");
    }
}

#[tokio::test]
async fn the_client_gets_its_page_as_a_browser_would_and_for_its_parser() {
    let hot = hot();
    hot.built(Build::new("h1"));
    let address = serve(pages().layer(hot)).await;
    for target in ["/", "/streamed"] {
        let reading = Reading::request(
            address,
            "GET",
            target,
            &[ASK, ("Sec-Fetch-Dest", "empty"), ("If-None-Match", "*")],
        )
        .await;
        assert_eq!(reading.status(), 200, "{target}");
        assert_eq!(reading.header("cache-control"), Some("no-store"), "{target}");
        let length = reading.header("content-length").map(str::to_owned);
        let html = reading.rest().await;
        assert!(length.is_none_or(|length| length == html.len().to_string()), "{target}");
        let (before, rest) = html.split_once("<script defer").unwrap();
        let (tag, after) = rest.split_once("></script>").unwrap();
        assert_eq!(format!("{before}{after}"), PARSED, "{target}");
        assert!(tag.contains(r#""hashes":{"":"h1"}"#) && tag.contains("token"), "{target}: {tag}");
    }
    let error = Reading::request(address, "GET", "/error", &[ASK]).await;
    assert_eq!((error.status(), error.header("cache-control")), (500, Some("no-store")));
    assert!(error.rest().await.contains(r#""status":500"#));
    let text = Reading::request(address, "GET", "/text", &[ASK]).await;
    assert_eq!(text.header("cache-control"), None);
    assert_eq!(text.rest().await, PAGE);
}

#[tokio::test]
async fn a_kept_page_is_there_after_close_and_once_it_is_compressed() {
    let hot = hot();
    let address = serve(pages().layer(hot.clone())).await;
    let url = kept(&load(address, "/").await.rest().await).unwrap();
    hot.close();
    assert_eq!(Reading::get(address, &url).await.rest().await, PARSED);
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(Reading::get(address, &url).await.rest().await, PARSED);
}
