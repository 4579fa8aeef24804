//! `Cache-Control` of the files under a watched prefix, over sockets.

use axum::{
    Router,
    http::header::CACHE_CONTROL,
    routing::{get, post},
};
use tower_hot_middleware::{HotMiddleware, Options, OptionsBuilder, watch::Watch};
use tower_http::services::ServeDir;

use crate::{client::Reading, folder::Folder, serve};

/// A method, a target, headers, and the status and `Cache-Control` of the response.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], u16, Option<&'a str>);

const SCRIPT: [(&str, &str); 1] = [("Sec-Fetch-Dest", "script")];

fn app(folder: &Folder) -> Router {
    Router::new()
        .nest_service("/assets", ServeDir::new(folder.path()))
        .nest_service("/elsewhere", ServeDir::new(folder.path()))
        .route("/assets/kept.js", get(|| async { ([(CACHE_CONTROL, "max-age=60")], "kept") }))
        .route("/assets/api", get(|| async { "{}" }))
        .route("/assets/form", post(|| async { ([("last-modified", "now")], "sent") }))
}

/// The layer with a watch of the folder at `/assets`.
fn watching(folder: &Folder, options: OptionsBuilder) -> HotMiddleware {
    let hot = HotMiddleware::new(options.build().unwrap());
    hot.watch(Watch::new().files("/assets/", folder.path())).unwrap();
    hot
}

#[tokio::test]
async fn files_under_a_watched_prefix_are_revalidated_unless_the_app_says_otherwise() {
    let folder = Folder::new();
    folder.write("app.js", "1");
    folder.write("page.html", "<p>a fragment</p>");
    let address = serve(app(&folder).layer(watching(&folder, Options::builder()))).await;
    let fetch = [("Sec-Fetch-Dest", "empty"), ("Accept", "text/html")];
    let range = [SCRIPT[0], ("Range", "bytes=0-0")];
    let cases: [Case<'_>; 9] = [
        ("GET", "/assets/app.js", &SCRIPT, 200, Some("no-cache")),
        ("GET", "/assets/app.js?v=1", &[], 200, Some("no-cache")),
        ("HEAD", "/assets/app.js", &SCRIPT, 200, Some("no-cache")),
        ("GET", "/assets/app.js", &range, 206, Some("no-cache")),
        ("GET", "/assets/page.html", &fetch, 200, Some("no-cache")),
        ("GET", "/elsewhere/app.js", &SCRIPT, 200, None),
        ("GET", "/assets/kept.js", &SCRIPT, 200, Some("max-age=60")),
        ("GET", "/assets/api", &SCRIPT, 200, None),
        ("POST", "/assets/form", &SCRIPT, 200, None),
    ];
    for (method, target, headers, status, expected) in cases {
        let reading = Reading::request(address, method, target, headers).await;
        let found = (reading.status(), reading.header("cache-control"));
        assert_eq!(found, (status, expected), "{method} {target} {headers:?}");
    }

    let first = Reading::request(address, "GET", "/assets/app.js", &SCRIPT).await;
    let modified = first.header("last-modified").unwrap().to_owned();
    let conditional = [SCRIPT[0], ("If-Modified-Since", modified.as_str())];
    let again = Reading::request(address, "GET", "/assets/app.js", &conditional).await;
    assert_eq!(again.status(), 304, "a file that has not changed is not sent again");
}

#[tokio::test]
async fn the_option_and_a_disabled_layer_leave_files_as_they_are() {
    let folder = Folder::new();
    folder.write("app.js", "1");
    for options in [Options::builder().revalidate_files(false), Options::builder().enabled(false)] {
        let address = serve(app(&folder).layer(watching(&folder, options))).await;
        let reading = Reading::request(address, "GET", "/assets/app.js", &SCRIPT).await;
        assert_eq!((reading.status(), reading.header("cache-control")), (200, None));
    }
}
