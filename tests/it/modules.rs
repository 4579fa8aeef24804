//! Modules with `import.meta.hot` that are served as files, over sockets.

use axum::{
    Router,
    http::header::{CONTENT_ENCODING, CONTENT_TYPE},
    response::Html,
    routing::get,
};
use tower_hot_middleware::{HotMiddleware, Options, watch::Watch};
use tower_http::services::ServeDir;

use crate::{
    client::{Reading, open, page_token},
    folder::Folder,
    serve,
};

const HOT: &str = "import.meta.hot?.accept();\n";
const PROLOGUE: &str =
    "import.meta.hot=globalThis.__hot_middleware__?.hot(import.meta.url,{},import.meta.resolve);";
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
    let html = folder.path().join("page.html");
    let page = move || async move { Html(std::fs::read_to_string(html).unwrap_or_default()) };
    let app = Router::new()
        .route("/page", get(page))
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

/// Opens the page, as a browser does.
async fn visit(address: std::net::SocketAddr) -> String {
    let headers = [("Upgrade-Insecure-Requests", "1"), ("Sec-Fetch-Dest", "document")];
    Reading::request(address, "GET", "/page", &headers).await.rest().await
}

/// The events of a build, up to the one with this action.
async fn until(stream: &mut Reading, action: &str) -> serde_json::Value {
    loop {
        let event: serde_json::Value = serde_json::from_str(&stream.data().await).unwrap();
        if event["action"] == action {
            return event;
        }
    }
}

#[tokio::test]
async fn a_module_whose_bytes_a_page_vouches_for_is_left_as_it_is() {
    let folder = Folder::new();
    for name in ["one.js", "two.js", "three.js"] {
        folder.write(name, HOT);
    }
    folder.write(
        "page.html",
        "<script type=importmap>{\"integrity\":{\"/js/one.js\":\"sha384-x\"}}</script>\
         <script type=module src='js/two.js' integrity=sha384-y></script>",
    );
    let address = app(&folder).await;
    visit(address).await;
    for (name, expected) in
        [("one", HOT.to_owned()), ("two", HOT.to_owned()), ("three", format!("{PROLOGUE}{HOT}"))]
    {
        assert_eq!(get_module(address, &format!("/js/{name}.js")).await.rest().await, expected, "{name}");
    }
    folder.write("page.html", "<script type=module src='js/two.js'></script>");
    visit(address).await;
    assert_eq!(get_module(address, "/js/two.js").await.rest().await, format!("{PROLOGUE}{HOT}"));
}

#[tokio::test]
async fn a_bare_specifier_means_what_the_page_says() {
    let folder = Folder::new();
    folder.write("main.js", "import 'lib';");
    folder.write("it's.js", "");
    folder.write("page.html", r#"<script type="importmap">{"imports":{"lib":"./js/it's.js?v=1"}}</script>"#);
    let address = app(&folder).await;
    let mut stream = open(address, "/__webpack_hmr?changes").await;
    visit(address).await;
    folder.write("it's.js", "1");
    let update = &until(&mut stream, "built").await["update"];
    assert_eq!(update["importers"]["/js/it's.js"], serde_json::json!(["/js/main.js"]), "{update}");
    let change = &update["change"];
    let text = get_module(address, &format!("/js/main.js?__hot={change}")).await.rest().await;
    let url = format!("http://{address}/js/main.js");
    assert_eq!(text, format!("import '../js/it\\'s.js?v=1&__hot={change}';\n//# sourceURL={url}\n"));
}

#[tokio::test]
async fn a_page_passes_the_update_of_a_module_on() {
    let folder = Folder::new();
    folder.write("main.js", "import './hot.js';");
    folder.write("hot.js", HOT);
    let address = app(&folder).await;
    let mut stream = open(address, "/__webpack_hmr?changes").await;
    folder.write("hot.js", &format!("{HOT}1"));
    let change = until(&mut stream, "built").await["update"]["change"].as_u64().unwrap();
    let token = page_token(address).await;
    let post = |token: String, body: String| async move {
        let request = format!(
            "POST /__webpack_hmr HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
             Hot-Middleware-Token: {token}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let reading = Reading::raw(address, request.as_bytes()).await;
        (reading.status(), reading.rest().await)
    };
    let body = |path: &str, change: u64| {
        serde_json::json!({ "type": "invalidate", "path": path, "change": change, "message": "too new" })
            .to_string()
    };
    let (status, text) = post(token.clone(), body("/js/none.js", 0)).await;
    assert_eq!(status, 404);
    assert!(text.contains("\"/js/none.js\""), "{text}");
    assert_eq!(post("0".repeat(64), body("/js/hot.js", change)).await.0, 403);
    for _ in 0..2 {
        assert_eq!(post(token.clone(), body("/js/hot.js", change)).await.0, 204);
    }
    let event = until(&mut stream, "invalidate").await;
    assert_eq!((&event["path"], &event["message"]), (&"/js/hot.js".into(), &"too new".into()), "{event}");
    assert_eq!(event["update"]["invalidated"], serde_json::json!(["/js/main.js"]));
    let next = event["update"]["change"].as_u64().unwrap();
    assert!(next > change);
    let text = get_module(address, &format!("/js/main.js?__hot={next}")).await.rest().await;
    assert!(text.starts_with(&format!("import './hot.js?__hot={change}';")), "{text}");
    // The second message has published nothing.
    folder.write("hot.js", HOT);
    let next: serde_json::Value = serde_json::from_str(&stream.data().await).unwrap();
    assert_eq!(next["action"], "building");
}
