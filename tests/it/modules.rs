//! Modules with `import.meta.hot` that are served as files, over sockets.

use axum::{
    Router,
    http::header::{CONTENT_ENCODING, CONTENT_TYPE},
    routing::get,
};
use tower_hot_middleware::{HotMiddleware, Options, watch::Watch};
use tower_http::services::ServeDir;

use crate::{client::Reading, folder::Folder, serve};

const HOT: &str = "import.meta.hot?.accept();\n";
const PROLOGUE: &str = "import.meta.hot=globalThis.__hot_middleware__?.hot(import.meta.url);";
/// What a browser sends for a module of a page.
const MODULE: [(&str, &str); 2] = [("Sec-Fetch-Dest", "script"), ("Sec-Fetch-Mode", "cors")];

/// An app that serves the folder, and its files that are made otherwise.
async fn app(folder: &Folder) -> std::net::SocketAddr {
    let hot = HotMiddleware::new(Options::default());
    hot.watch(Watch::new().files("/js", folder.path())).unwrap();
    let gzip = || async { ([(CONTENT_TYPE, "text/javascript"), (CONTENT_ENCODING, "gzip")], HOT) };
    let sealed =
        || async { ([(CONTENT_TYPE.as_str(), "text/javascript"), ("repr-digest", "sha-256=:AA==:")], HOT) };
    let text = || async { ([(CONTENT_TYPE, "text/plain")], HOT) };
    let failed = || async { (axum::http::StatusCode::INTERNAL_SERVER_ERROR, HOT) };
    let app = Router::new()
        .route("/js/gzip.js", get(gzip))
        .route("/js/sealed.js", get(sealed))
        .route("/js/text.js", get(text))
        .route("/js/failed.js", get(failed))
        .nest_service("/js", ServeDir::new(folder.path()));
    serve(app.layer(hot)).await
}

async fn get_module(address: std::net::SocketAddr, target: &str) -> Reading {
    Reading::request(address, "GET", target, &MODULE).await
}

#[tokio::test]
async fn only_modules_that_use_the_hot_api_are_rewritten() {
    let folder = Folder::new();
    for name in ["hot.js", "gzip.js", "sealed.js", "text.js", "failed.js", "[x].js", "ü.mjs"] {
        folder.write(name, HOT);
    }
    folder.write("plain.js", "import './hot.js'; // import.meta.hot");
    folder.write("broken.js", "import.meta.hot; '");
    let address = app(&folder).await;
    for target in ["/js/hot.js", "/js/hot.js?v=1", "/js/[x].js", "/js/%C3%BC.mjs"] {
        let reading = get_module(address, target).await;
        assert_eq!(reading.status(), 200, "{target}");
        assert_eq!(reading.rest().await, format!("{PROLOGUE}{HOT}"), "{target}");
    }
    for (target, expected) in [
        ("/js/plain.js", "import './hot.js'; // import.meta.hot"),
        ("/js/broken.js", "import.meta.hot; '"),
        ("/js/gzip.js", HOT),
        ("/js/sealed.js", HOT),
        ("/js/text.js", HOT),
        ("/js/failed.js", HOT),
    ] {
        assert_eq!(get_module(address, target).await.rest().await, expected, "{target}");
    }
    // Browsers send no such headers over HTTP to a host that is not the own machine.
    let reading = Reading::request(address, "GET", "/js/hot.js", &[]).await;
    assert_eq!(reading.rest().await, format!("{PROLOGUE}{HOT}"));
    let others: [&[(&str, &str)]; 4] = [
        &[("Sec-Fetch-Dest", "script"), ("Sec-Fetch-Mode", "no-cors")],
        &[("Sec-Fetch-Dest", "worker"), ("Sec-Fetch-Mode", "same-origin")],
        &[("Sec-Fetch-Dest", "audioworklet"), ("Sec-Fetch-Mode", "cors")],
        &[("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Mode", "cors")],
    ];
    for headers in others {
        let reading = Reading::request(address, "GET", "/js/hot.js", headers).await;
        assert_eq!(reading.rest().await, HOT, "{headers:?}");
    }
}

#[tokio::test]
async fn the_head_fits_the_rewritten_text() {
    let folder = Folder::new();
    folder.write("hot.js", HOT);
    let address = app(&folder).await;
    let first = get_module(address, "/js/hot.js").await;
    let tag = first.header("etag").expect("the app has a validator").to_owned();
    assert_eq!(first.header("last-modified"), None);
    assert_eq!(first.header("accept-ranges"), None);
    assert_eq!(first.header("cache-control"), Some("no-cache"));
    let with = |name, value| [MODULE[0], MODULE[1], (name, value)];

    let same = Reading::request(address, "GET", "/js/hot.js", &with("If-None-Match", &tag)).await;
    assert_eq!((same.status(), same.header("etag")), (304, Some(tag.as_str())));
    assert_eq!(same.rest().await, "");
    for (name, value) in [
        ("If-None-Match", "\"another\""),
        ("If-Modified-Since", "Fri, 27 Nov 2099 01:02:03 GMT"),
        ("Range", "bytes=0-3"),
    ] {
        let reading = Reading::request(address, "GET", "/js/hot.js", &with(name, value)).await;
        assert_eq!(reading.status(), 200, "{name}");
        assert_eq!(reading.rest().await, format!("{PROLOGUE}{HOT}"), "{name}");
    }
    let head = Reading::request(address, "HEAD", "/js/hot.js", &MODULE).await;
    assert_eq!(
        (head.status(), head.header("etag"), head.header("content-length")),
        (200, Some(tag.as_str()), None)
    );
    assert_eq!(head.rest().await, "");
}
