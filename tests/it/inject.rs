//! The client's tag in real pages: over sockets, from disk, compressed, streamed.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    http::{StatusCode, header},
    response::Html,
    routing::{get, post},
};
use bytes::Bytes;
use tower_hot_middleware::{Build, HotMiddleware, Options};
use tower_http::{compression::CompressionLayer, services::ServeDir};

use crate::{client::Reading, hot, serve};

const ID: [(&str, &str); 1] = [("x-request-id", "7")];
const JSON: [(&str, &str); 1] = [("content-type", "application/json")];
const PAGE: &str = "<!doctype html><html><head><title>t</title></head><body>b</body></html>";
const NAVIGATION: [(&str, &str); 2] = [("Sec-Fetch-Dest", "document"), ("Accept", "text/html,*/*;q=0.8")];

/// A folder with a page, removed at the end.
struct Site(PathBuf);

impl Site {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("hot-inject-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("index.html"), PAGE).unwrap();
        Self(folder)
    }
}

impl Drop for Site {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn pages() -> Router {
    Router::new()
        .route("/", get(|| async { Html(PAGE) }))
        .route("/json", get(|| async { ([(header::CONTENT_TYPE, "application/json")], PAGE) }))
        .route("/missing", get(|| async { (StatusCode::NOT_FOUND, Html(PAGE)) }))
        .route("/form", post(|| async { Html(PAGE) }))
        .route("/invalid", post(|| async { (StatusCode::UNPROCESSABLE_ENTITY, Html(PAGE)) }))
        .route("/broken", get(|| async { (StatusCode::INTERNAL_SERVER_ERROR, ID, "bad <template> & more") }))
        .route(
            "/problem",
            get(|| async { (StatusCode::UNPROCESSABLE_ENTITY, ID, JSON, r#"{"error":"<b>"}"#) }),
        )
        .route("/nothing", get(|| async { (StatusCode::SERVICE_UNAVAILABLE, ID) }))
        .route("/lost/{*path}", get(|| async { Html(PAGE) }))
        .route("/empty", get(|| async { (StatusCode::NO_CONTENT, [(header::CONTENT_TYPE, "text/html")]) }))
        .route(
            "/nonce",
            get(|| async { ([(header::CONTENT_SECURITY_POLICY, "script-src 'nonce-r4nd0m'")], Html(PAGE)) }),
        )
}

async fn load(address: std::net::SocketAddr, target: &str) -> Reading {
    Reading::request(address, "GET", target, &NAVIGATION).await
}

fn tag_count(html: &str) -> usize {
    html.matches("data-hot-middleware").count()
}

#[tokio::test]
async fn the_tag_has_the_clients_display_options() {
    for (options, said) in [
        (Options::builder(), None),
        (Options::builder().client_overlay(true).keep_state(true), None),
        (Options::builder().client_overlay(false), Some(r#""overlay":false"#)),
        (Options::builder().keep_state(false), Some(r#""keep":false"#)),
    ] {
        let hot = HotMiddleware::new(options.build().unwrap());
        let html = load(serve(pages().layer(hot)).await, "/").await.rest().await;
        assert_eq!(tag_count(&html), 1, "{html}");
        for key in [r#""overlay":false"#, r#""keep":false"#] {
            assert_eq!(html.contains(key), said == Some(key), "{html}");
        }
    }
}

#[tokio::test]
async fn the_tag_names_the_allowed_hosts() {
    let options = Options::builder().allowed_host("App.test").allowed_host(".dev.test");
    let address = serve(pages().layer(HotMiddleware::new(options.build().unwrap()))).await;
    let html = load(address, "/").await.rest().await;
    assert!(html.contains(r#""hosts":["app.test",".dev.test"]"#), "{html}");
    let rebound = [NAVIGATION[0], NAVIGATION[1], ("X-Forwarded-Host", "evil.test")];
    let html = Reading::request(address, "GET", "/", &rebound).await.rest().await;
    assert!(tag_count(&html) == 1 && !html.contains("hosts"), "{html}");
    let html = load(serve(pages().layer(hot())).await, "/").await.rest().await;
    assert!(!html.contains("hosts"), "{html}");
}

#[tokio::test]
async fn a_navigation_gets_the_tag_and_nothing_else_does() {
    let hot = hot();
    hot.built(Build::new("h1"));
    let address = serve(pages().layer(hot)).await;
    let html = load(address, "/").await.rest().await;
    assert!(html.starts_with("<!doctype html><html><head><script defer src=\"__webpack_hmr/client-"));
    assert!(html.contains(r#""hashes":{"":"h1"}"#), "{html}");

    for target in ["/json", "/empty"] {
        assert_eq!(tag_count(&load(address, target).await.rest().await), 0, "{target}");
    }
    let navigations: [&[(&str, &str)]; 4] = [
        &[("Hot-Middleware-Navigation", "1"), ("Sec-Fetch-Dest", "empty")],
        &[("Sec-Fetch-Dest", "document")],
        &[("Upgrade-Insecure-Requests", "1"), ("Accept", "text/html,*/*;q=0.8")],
        &[("Upgrade-Insecure-Requests", "1"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Mode", "same-origin")],
    ];
    for headers in navigations {
        let html = Reading::request(address, "GET", "/", headers).await.rest().await;
        assert_eq!(tag_count(&html), 1, "{headers:?}");
    }
    let others: [&[(&str, &str)]; 6] = [
        &[],
        &[("Accept", "*/*"), ("User-Agent", "curl/8.14.1")],
        &[("HX-Request", "true"), ("Accept", "text/html")],
        &[("Datastar-Request", "true"), ("Accept", "text/event-stream, text/html, application/json")],
        &[("Sec-Fetch-Dest", "empty"), ("Accept", "text/html")],
        &[("Accept", "application/json")],
    ];
    for headers in others {
        let html = Reading::request(address, "GET", "/", headers).await.rest().await;
        assert_eq!(html, PAGE, "{headers:?}");
    }
}

#[tokio::test]
async fn a_page_of_any_status_gets_the_tag_which_names_an_error() {
    let address = serve(pages().layer(hot())).await;
    for (method, target, status, named) in [
        ("GET", "/missing", 404, &[r#""status":404"#][..]),
        ("GET", "/lost/in/an/app", 200, &[]),
        ("POST", "/form", 200, &[r#""method":"POST""#]),
        ("POST", "/invalid", 422, &[r#""method":"POST""#, r#""status":422"#]),
    ] {
        let headers = [NAVIGATION[0], NAVIGATION[1], ("Content-Length", "0")];
        let reading = Reading::request(address, method, target, &headers).await;
        assert_eq!(reading.status(), status, "{target}");
        let length: usize = reading.header("content-length").unwrap().parse().unwrap();
        let html = reading.rest().await;
        assert_eq!((html.len(), tag_count(&html)), (length, 1), "{target}: {html}");
        for field in [r#""status":404"#, r#""status":422"#, r#""method":"POST""#] {
            assert_eq!(html.contains(field), named.contains(&field), "{target}, {field}: {html}");
        }
    }
    for headers in [&[("Content-Length", "0")][..], &[("Content-Length", "0"), ("Sec-Fetch-Dest", "empty")]] {
        let html = Reading::request(address, "POST", "/form", headers).await.rest().await;
        assert_eq!(html, PAGE, "{headers:?}");
    }
}

#[tokio::test]
async fn an_error_without_a_page_becomes_one_for_a_navigation_alone() {
    let address = serve(pages().layer(hot())).await;
    for (target, status, own, shown) in [
        ("/broken", 500, "bad <template> & more", "bad &lt;template&gt; &amp; more"),
        ("/problem", 422, r#"{"error":"<b>"}"#, r#"{"error":"&lt;b&gt;"}"#),
        ("/nothing", 503, "", "503 Service Unavailable"),
    ] {
        let reading = load(address, target).await;
        assert_eq!(reading.status(), status, "{target}");
        assert_eq!(reading.header("content-type"), Some("text/html;charset=utf-8"), "{target}");
        assert_eq!(reading.header("cache-control"), Some("no-cache"), "{target}");
        assert_eq!(reading.header("x-request-id"), Some("7"), "{target}");
        let html = reading.rest().await;
        assert!(html.contains(&format!("<pre>{shown}</pre>")), "{target}: {html}");
        assert_eq!(tag_count(&html), 1, "{target}");

        let plain = Reading::get(address, target).await;
        assert_eq!(plain.status(), status, "{target}");
        assert_eq!(plain.rest().await, own, "{target}");
    }
}

/// A header's name and value.
type Line = (&'static str, &'static str);

/// Requests with the headers that browsers send, and whether HTML in their response differs from a page's.
#[rustfmt::skip]
const FETCHED: &[(&str, &[Line], bool)] = &[
    ("a page", &NAVIGATION, true),
    ("a page over plain HTTP", &[("Upgrade-Insecure-Requests", "1")], true),
    ("a fragment over plain HTTP", &[("Accept", "text/html")], true),
    ("fetch", &[("Sec-Fetch-Dest", "empty"), ("Accept", "*/*")], true),
    ("fetch over plain HTTP", &[("Accept", "*/*")], true),
    ("a link to prefetch", &[("Sec-Fetch-Dest", "empty"), ("Sec-Purpose", "prefetch")], true),
    ("a piece of a page", &[("HX-Request", "true"), ("Accept", "*/*")], true),
    ("an object", &[("Sec-Fetch-Dest", "object")], true),
    ("fetch of JSON over plain HTTP", &[("Accept", "application/json")], true),
    ("an image", &[("Sec-Fetch-Dest", "image")], false),
    ("a script", &[("Sec-Fetch-Dest", "script")], false),
];

#[tokio::test]
async fn cached_html_is_not_used_for_a_page_that_needs_a_tag() {
    let with_vary = pages().route(
        "/vary",
        get(|| async { ([(header::VARY, "Cookie"), (header::CACHE_CONTROL, "max-age=60")], Html(PAGE)) }),
    );
    let (hot, off) = (hot(), HotMiddleware::new(Options::builder().inject(false).build().unwrap()));
    let (address, bare) = (serve(with_vary.clone().layer(hot)).await, serve(with_vary.layer(off)).await);
    for (case, headers, is_told_apart) in FETCHED {
        for (target, own) in [("/", None), ("/missing", None), ("/vary", Some("Cookie"))] {
            let reading = Reading::request(address, "GET", target, headers).await;
            let lines: Vec<_> = reading.head.lines().filter_map(|line| line.strip_prefix("vary: ")).collect();
            let expected: Vec<_> = own
                .into_iter()
                .chain(is_told_apart.then_some("Sec-Fetch-Dest, Upgrade-Insecure-Requests"))
                .collect();
            assert_eq!(lines, expected, "{case}, {target}");
            let untouched = Reading::request(bare, "GET", target, headers).await;
            assert_eq!(untouched.header("vary"), own, "{case}, {target}");
        }
        let json = Reading::request(address, "GET", "/json", headers).await;
        assert_eq!(json.header("vary"), None, "{case}: only HTML");
    }
    let post = Reading::request(address, "POST", "/", &[("Content-Length", "0")]).await;
    assert_eq!(post.header("vary"), None);
}

#[tokio::test]
async fn a_page_whose_policy_makes_its_origin_opaque_has_no_tag() {
    for (policy, count) in [("sandbox allow-scripts", 0), ("sandbox allow-scripts allow-same-origin", 1)] {
        let page = move || async move { ([(header::CONTENT_SECURITY_POLICY, policy)], Html(PAGE)) };
        let address = serve(Router::new().route("/", get(page)).layer(hot())).await;
        let html = load(address, "/").await.rest().await;
        assert_eq!(tag_count(&html), count, "{policy}: {html}");
    }
}

#[tokio::test]
async fn the_content_length_includes_the_tag() {
    let address = serve(pages().layer(hot())).await;
    let reading = load(address, "/").await;
    let length: usize = reading.header("content-length").unwrap().parse().unwrap();
    assert_eq!(reading.rest().await.len(), length);
}

#[tokio::test]
async fn the_pages_own_nonce_is_used() {
    let address = serve(pages().layer(hot())).await;
    assert!(load(address, "/nonce").await.rest().await.contains(r#" nonce="r4nd0m"></script>"#));
}

#[tokio::test]
async fn two_layers_add_one_tag() {
    let address = serve(pages().layer(hot()).layer(hot())).await;
    assert_eq!(tag_count(&load(address, "/").await.rest().await), 1);
}

#[tokio::test]
async fn it_can_be_turned_off() {
    for options in [Options::builder().inject(false), Options::builder().enabled(false)] {
        let hot = HotMiddleware::new(options.build().unwrap());
        let address = serve(pages().layer(hot)).await;
        assert_eq!(load(address, "/").await.rest().await, PAGE);
    }
    let hot = hot();
    let address = serve(pages().layer(hot.clone())).await;
    hot.close();
    assert_eq!(load(address, "/").await.rest().await, PAGE, "after close there is no client to load");
}

#[tokio::test]
async fn a_browser_that_revalidates_gets_the_whole_page_with_the_current_hash() {
    let site = Site::new("revalidate");
    let hot = hot();
    hot.built(Build::new("h1"));
    let app = Router::new().fallback_service(ServeDir::new(&site.0));
    let bare = serve(app.clone()).await;
    let layered = serve(app.layer(hot.clone())).await;

    let modified = load(bare, "/").await.header("last-modified").unwrap().to_owned();
    let conditional = [NAVIGATION[0], NAVIGATION[1], ("If-Modified-Since", modified.as_str())];
    assert_eq!(
        Reading::request(bare, "GET", "/", &conditional).await.status(),
        304,
        "the app alone would answer so"
    );

    hot.built(Build::new("h2"));
    let reading = Reading::request(layered, "GET", "/", &conditional).await;
    assert_eq!(
        (reading.status(), reading.header("last-modified"), reading.header("etag")),
        (200, None, None)
    );
    assert_eq!(reading.header("cache-control"), Some("no-cache"));
    assert!(reading.rest().await.contains(r#""hashes":{"":"h2"}"#));
}

#[tokio::test]
async fn compression_works_outside_and_does_no_harm_inside() {
    let long = PAGE.replace("<body>", &format!("<body>{}", "text ".repeat(100)));
    let app = Router::new().route("/", get(|| async move { Html(long) }));
    let accept = [NAVIGATION[0], NAVIGATION[1], ("Accept-Encoding", "gzip")];

    let outside = serve(app.clone().layer(hot()).layer(CompressionLayer::new())).await;
    let reading = Reading::request(outside, "GET", "/", &accept).await;
    assert_eq!(reading.header("content-encoding"), Some("gzip"));
    assert_eq!(tag_count(&load(outside, "/").await.rest().await), 1);

    let inside = serve(app.layer(CompressionLayer::new()).layer(hot())).await;
    let mut reading = Reading::request(inside, "GET", "/", &accept).await;
    assert_eq!(reading.header("content-encoding"), Some("gzip"));
    assert_eq!(reading.take(2).await, [0x1f, 0x8b], "the encoded page is passed on unchanged");

    for address in [outside, inside] {
        let mut stream =
            Reading::request(address, "GET", "/__webpack_hmr", &[("Accept-Encoding", "gzip")]).await;
        assert_eq!(stream.header("content-encoding"), None);
        assert_eq!(stream.take(1).await, b"\n");
    }
}

type Chunks = futures_channel::mpsc::UnboundedReceiver<Result<Bytes, std::io::Error>>;

/// A page whose chunks are sent one by one.
fn streaming(chunks: Chunks) -> Router {
    let body = Arc::new(Mutex::new(Some(Body::from_stream(chunks))));
    let page = move || {
        let body = body.lock().unwrap().take().unwrap();
        async move { ([(header::CONTENT_TYPE, "text/html")], body) }
    };
    Router::new().route("/", get(page))
}

#[tokio::test]
async fn a_page_streams_through() {
    let (send, receive) = futures_channel::mpsc::unbounded();
    let address = serve(streaming(receive).layer(hot())).await;
    send.unbounded_send(Ok("<!doctype html><he".into())).unwrap();
    let mut reading = load(address, "/").await;
    assert_eq!(reading.take(15).await, b"<!doctype html>", "only what may become a tag name is held back");
    send.unbounded_send(Ok("ad><title>first".into())).unwrap();
    let head = reading.take("<head><script".len()).await;
    assert_eq!(head, b"<head><script");
    drop(send);
    assert!(reading.rest().await.ends_with("<title>first"));
}

#[tokio::test]
async fn an_error_midway_ends_the_page_as_without_the_layer() {
    let (send, receive) = futures_channel::mpsc::unbounded();
    let address = serve(streaming(receive).layer(hot())).await;
    send.unbounded_send(Ok("<html><head><body>half".into())).unwrap();
    let mut reading = load(address, "/").await;
    assert_eq!(reading.take(12).await, b"<html><head>");
    send.unbounded_send(Err(std::io::Error::other("the disk is gone"))).unwrap();
    let cut = tokio::spawn(reading.rest()).await.unwrap_err();
    assert!(cut.is_panic(), "the body is cut, not ended");
}

#[cfg(feature = "axum")]
#[tokio::test]
async fn the_tag_is_relative_under_nest() {
    // Without a fallback of its own, axum passes requests that a nested router has no route for to the outer
    // one.
    let pages = pages().route("/deep/page", get(|| async { Html(PAGE) })).fallback(|| async { "lost" });
    let inner = pages.layer(hot());
    let nested = serve(Router::new().nest("/app", inner.clone())).await;
    let service = serve(Router::new().nest_service("/app", inner)).await;
    for address in [nested, service] {
        for (target, src) in [
            ("/app", "src=\"app/__webpack_hmr/client-"),
            ("/app/deep/page", "src=\"../../app/__webpack_hmr/client-"),
        ] {
            let html = load(address, target).await.rest().await;
            assert!(html.contains(src), "{target}: {html}");
        }
    }
    for address in [nested, service] {
        assert_eq!(load(address, "/app/__webpack_hmr/load.js").await.status(), 200);
    }
}

#[tokio::test]
async fn a_base_path_can_be_set() {
    let options = Options::builder().base_path("/behind/a/proxy").build().unwrap();
    let address = serve(pages().layer(HotMiddleware::new(options))).await;
    let html = load(address, "/").await.rest().await;
    assert!(html.contains("src=\"/behind/a/proxy/__webpack_hmr/client-"), "{html}");
}

#[tokio::test]
async fn the_clients_files_are_revalidated() {
    let address = serve(pages().layer(hot())).await;
    let target = "/__webpack_hmr/client.js";
    let reading = Reading::get(address, target).await;
    assert_eq!(reading.header("content-type"), Some("text/javascript;charset=utf-8"));
    assert_eq!(reading.header("cache-control"), Some("no-cache"));
    let etag = reading.header("etag").unwrap().to_owned();
    assert!(reading.rest().await.contains("import "));
    let again = Reading::request(address, "GET", target, &[("If-None-Match", &etag)]).await;
    assert_eq!((again.status(), again.header("etag")), (304, Some(etag.as_str())));
    let other = Reading::request(address, "GET", target, &[("If-None-Match", "\"other\"")]).await;
    assert_eq!(other.status(), 200);
    let head = Reading::request(address, "HEAD", target, &[("Connection", "close")]).await;
    assert_eq!((head.status(), head.rest().await.as_str()), (200, ""));
    assert_eq!(Reading::request(address, "POST", target, &[]).await.status(), 405);
}
