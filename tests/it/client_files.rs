//! The client's files under their hash, and the request by which a page that shares a stream catches up.

use tower_hot_middleware::Build;

use crate::{client::Reading, hot, serve};

/// The folder of the client's files, from the tag of a page.
async fn folder(address: std::net::SocketAddr) -> String {
    let html = Reading::request(address, "GET", "/", &[("Sec-Fetch-Dest", "document")]).await.rest().await;
    let src = html.split("src=\"").nth(1).unwrap().split('"').next().unwrap();
    format!("/{}", src.strip_suffix("/load.js").unwrap())
}

fn app() -> axum::Router {
    let page = || async { axum::response::Html("<!doctype html><html><head></head><body></body></html>") };
    axum::Router::new().route("/", axum::routing::get(page))
}

#[tokio::test]
async fn a_file_under_its_hash_is_kept_and_under_another_is_not() {
    let address = serve(app().layer(hot())).await;
    let folder = folder(address).await;
    let (start, hash) = folder.split_once("/client-").unwrap();
    assert_eq!((start, hash.len()), ("/__webpack_hmr", 16));
    let earlier = "/__webpack_hmr/client-0123456789abcdef";
    let kept = Some("private, max-age=31536000, immutable");
    for (target, status, caching, location) in [
        (format!("{folder}/load.js"), 200, kept, None),
        (format!("{folder}/stream/worker.js"), 200, kept, None),
        (format!("{earlier}/stream/worker.js"), 200, Some("no-cache"), None),
        ("/__webpack_hmr/load.js".into(), 200, Some("no-cache"), None),
        ("/__webpack_hmr/client.js".into(), 200, Some("no-cache"), None),
        ("/__webpack_hmr/page.js".into(), 307, Some("no-cache"), Some(format!("client-{hash}/page.js"))),
        (
            "/__webpack_hmr/stream/worker.js".into(),
            307,
            Some("no-cache"),
            Some(format!("../client-{hash}/stream/worker.js")),
        ),
        (format!("{folder}/none.js"), 404, None, None),
        (format!("{folder}/../client.js"), 404, None, None),
    ] {
        let reading = Reading::get(address, &target).await;
        let found = (reading.status(), reading.header("cache-control"), reading.header("location"));
        assert_eq!(found, (status, caching, location.as_deref()), "{target}");
    }
    let stranger = [("Origin", "http://evil.test"), ("Sec-Fetch-Site", "cross-site")];
    let refused = Reading::request(address, "GET", &format!("{folder}/load.js"), &stranger).await;
    assert_eq!(refused.status(), 403);
}

#[tokio::test]
async fn a_catch_up_ends_where_a_stream_would_wait() {
    let hot = hot();
    let address = serve(app().layer(hot.clone())).await;
    hot.built(Build::new("h1"));
    hot.built(Build::new("h2"));
    let body = Reading::get(address, "/__webpack_hmr?ids&changes&since=h1&catchup").await.rest().await;
    let events: Vec<_> = body.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    let [connected, sync] = events[..] else { panic!("{body}") };
    assert!(connected.contains(r#""action":"connected""#), "{body}");
    assert!(sync.contains(r#""action":"sync""#) && sync.contains(r#""hash":"h2""#), "{body}");
    let id = body.lines().filter_map(|line| line.strip_prefix("id: ")).next_back().unwrap();
    assert!(body.ends_with("\n\n"), "{body}");

    hot.built(Build::new("h3"));
    let again = format!("/__webpack_hmr?ids&changes&catchup&lastEventId={id}");
    let body = Reading::get(address, &again).await.rest().await;
    let events: Vec<_> = body.lines().filter_map(|line| line.strip_prefix("data: ")).collect();
    assert!(events.len() == 2 && events[1].contains(r#""action":"built""#), "{body}");
}
