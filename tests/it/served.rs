//! `Cache-Control` of the files under a watched prefix, over sockets.

use std::{
    fs::File,
    time::{Duration, SystemTime},
};

use axum::{
    Router,
    http::header::{CACHE_CONTROL, ETAG},
    middleware::map_response,
    response::Response,
    routing::{get, post},
};
use tower_hot_middleware::{HotMiddleware, Options, OptionsBuilder, watch::Watch};
use tower_http::services::ServeDir;

use crate::{client::Reading, folder::Folder, serve};

/// A method, a target, headers, and the status and `Cache-Control` of the response.
type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], u16, Option<&'a str>);

const SCRIPT: [(&str, &str); 1] = [("Sec-Fetch-Dest", "script")];

/// As tower-http's `ServeDir` before 0.7 answers: without an `ETag`.
fn by_seconds(folder: &Folder) -> Router {
    let without_tag = |mut response: Response| async {
        response.headers_mut().remove(ETAG);
        response
    };
    Router::new().fallback_service(ServeDir::new(folder.path())).layer(map_response(without_tag))
}

fn app(folder: &Folder) -> Router {
    Router::new()
        .nest_service("/assets/seconds", by_seconds(folder))
        .nest_service("/elsewhere/seconds", by_seconds(folder))
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

    set_age(&folder, Duration::from_secs(60));
    let first = Reading::request(address, "GET", "/assets/app.js", &SCRIPT).await;
    let modified = first.header("last-modified").unwrap().to_owned();
    let conditional = [SCRIPT[0], ("If-Modified-Since", modified.as_str())];
    let again = Reading::request(address, "GET", "/assets/app.js", &conditional).await;
    assert_eq!(again.status(), 304, "a file that has not changed is not sent again");
}

/// Sets the time since `app.js` was saved.
fn set_age(folder: &Folder, age: Duration) {
    let file = File::options().append(true).open(folder.path().join("app.js")).unwrap();
    file.set_modified(SystemTime::now() - age).unwrap();
}

#[tokio::test]
async fn a_file_that_is_saved_twice_within_a_second_is_sent_twice() {
    let folder = Folder::new();
    folder.write("app.js", "1");
    let address = serve(app(&folder).layer(watching(&folder, Options::builder()))).await;
    for age in [0, 60] {
        set_age(&folder, Duration::from_secs(age));
        for (target, is_kept) in [
            ("/assets/seconds/app.js", age > 0),
            ("/assets/app.js", true),
            ("/elsewhere/seconds/app.js", true),
        ] {
            let reading = Reading::request(address, "GET", target, &SCRIPT).await;
            assert_eq!(reading.status(), 200);
            let found = reading.header("last-modified").is_some();
            assert_eq!(found, is_kept, "{target}, {age} s after the save");
        }
    }
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
