//! The event stream, byte by byte, as webpack-hot-middleware sends it.

use std::time::Duration;

use serde_json::json;
use tower_hot_middleware::{Build, HotMiddleware, Options};

use crate::{
    client::{Reading, open},
    hot, serve_app, serve_hyper,
};

const PATH: &str = "/__webpack_hmr";

#[tokio::test]
async fn the_head_over_http_1() {
    let address = serve_app(&hot()).await;
    let reading = Reading::get(address, PATH).await;
    let mut lines: Vec<_> = reading.head.lines().filter(|line| !line.starts_with("date:")).collect();
    lines.sort_unstable();
    assert_eq!(
        lines,
        [
            "",
            "HTTP/1.1 200 OK",
            "cache-control: no-cache, no-transform",
            "connection: keep-alive",
            "content-type: text/event-stream;charset=utf-8",
            "cross-origin-resource-policy: same-origin",
            "transfer-encoding: chunked",
            "x-accel-buffering: no",
            "x-content-type-options: nosniff",
        ]
    );
}

#[tokio::test]
async fn a_session_of_builds() {
    let hot = hot();
    let address = serve_app(&hot).await;
    let mut old = open(address, PATH).await;
    hot.building();
    hot.building_file("main", "./src/a.js");
    hot.built(json!({
        "name": "main", "time": 31, "hash": "8f3a", "warnings": [], "errors": ["./b.js 1:2\n\u{2028}\"bad\""],
        "modules": [{"id": "./src/a.js", "name": "./src/a.js"}, {"id": 7, "name": "./src/b.js"}],
    }));
    hot.built(Build::new("8f3a").name("main"));
    hot.publish(&json!({"action": "custom", "n": 1})).unwrap();
    hot.reload_file("./page.html");
    let expected = concat!(
        "data: {\"action\":\"building\"}\n\n",
        "data: {\"action\":\"building\",\"name\":\"main\",\"file\":\"./src/a.js\"}\n\n",
        "data: {\"name\":\"main\",\"action\":\"built\",\"time\":31,\"hash\":\"8f3a\",\"warnings\":[],",
        "\"errors\":[\"./b.js 1:2\\n\u{2028}\\\"bad\\\"\"],\"modules\":{\"7\":\"./src/b.js\",\"./src/a.js\":\"./src/a.js\"}}\n\n",
        "data: {\"name\":\"main\",\"action\":\"sync\",\"hash\":\"8f3a\",\"warnings\":[],\"errors\":[],\"modules\":{}}\n\n",
        "data: {\"action\":\"custom\",\"n\":1}\n\n",
        "data: {\"action\":\"reload\",\"file\":\"./page.html\"}\n\n",
    );
    let bytes = old.take(expected.len()).await;
    assert_eq!(String::from_utf8(bytes).unwrap(), expected);

    let mut new = open(address, &format!("{PATH}?name=main&reload=true")).await;
    assert!(new.data().await.contains(r#""action":"sync","hash":"8f3a""#));
    hot.publish(&"only").unwrap();
    assert_eq!(new.event().await, "data: \"only\"\n\n");
    assert_eq!(old.event().await, "data: \"only\"\n\n", "another client's sync is not sent to this one");
}

#[tokio::test]
async fn a_newcomer_receives_the_build_under_way() {
    let hot = hot();
    let address = serve_app(&hot).await;
    hot.building();
    assert_eq!(open(address, PATH).await.event().await, "data: {\"action\":\"building\"}\n\n");
}

#[tokio::test]
async fn heartbeats_are_sent_at_the_configured_interval() {
    let every = Duration::from_millis(100);
    let hot = HotMiddleware::new(Options::builder().heartbeat(every).build().unwrap());
    let address = serve_app(&hot).await;
    let begin = std::time::Instant::now();
    let mut stream = open(address, PATH).await;
    for _ in 0..3 {
        let beat = stream.event().await;
        assert_eq!(beat.as_bytes(), b"data: \xf0\x9f\x92\x93\n\n");
    }
    assert!(begin.elapsed() >= 3 * every, "beats came after {:?}", begin.elapsed());
}

#[tokio::test]
async fn only_requests_for_the_path_are_answered() {
    let hot = hot();
    let address = serve_hyper(&hot).await;
    let absolute = format!("http://{address}{PATH}");
    for target in [PATH, "/__webpack_hmr?", "/__webpack_hmr?a=%ff&b#", absolute.as_str()] {
        let reading = Reading::get(address, target).await;
        assert_eq!(reading.header("content-type"), Some("text/event-stream;charset=utf-8"), "{target}");
    }
    let others = [
        "/__webpack_hmr/",
        "//__webpack_hmr",
        "/__WEBPACK_HMR",
        "/%5f_webpack_hmr",
        "/__webpack_hmr;x",
        "/__webpack_hmrs",
        "/__webpack_hmr/other.js",
        "/__webpack_hmr/../client.js",
        "/app/__webpack_hmr",
        "/",
    ];
    for target in others {
        let text = Reading::get(address, target).await.rest().await;
        assert!(text.ends_with("fell through"), "{target}: {text}");
    }
}

#[tokio::test]
async fn head_is_answered_and_other_methods_are_refused() {
    let hot = hot();
    let address = serve_hyper(&hot).await;
    let head = Reading::request(address, "HEAD", PATH, &[("Connection", "close")]).await;
    let get = Reading::get(address, PATH).await;
    for name in ["content-type", "cache-control", "x-accel-buffering"] {
        assert_eq!(head.header(name), get.header(name));
    }
    assert_eq!((head.status(), head.rest().await.as_str()), (200, ""));
    for method in ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"] {
        let refused = Reading::request(address, method, PATH, &[]).await;
        assert_eq!((refused.status(), refused.header("allow")), (405, Some("GET, HEAD")), "{method}");
        assert!(refused.rest().await.contains("accepts GET, HEAD"));
    }
    drop(get);
}

#[tokio::test]
async fn the_app_can_choose_the_path() {
    let hot = HotMiddleware::new(Options::builder().path("/dev/hot").build().unwrap());
    let address = serve_hyper(&hot).await;
    open(address, "/dev/hot").await;
    assert!(Reading::get(address, PATH).await.rest().await.contains("fell through"));
}

#[tokio::test]
async fn ids_and_replay_over_the_wire() {
    let hot = hot();
    let address = serve_app(&hot).await;
    let mut stream = open(address, &format!("{PATH}?ids")).await;
    for n in 1..=3 {
        hot.publish(&n).unwrap();
    }
    let first = stream.event().await;
    let id = first.strip_prefix("id: ").unwrap().split('\n').next().unwrap().to_owned();
    assert_eq!(first, format!("id: {id}\ndata: 1\n\n"));
    drop(stream);
    hot.publish(&4).unwrap();

    let mut header =
        Reading::request(address, "GET", &format!("{PATH}?ids"), &[("Last-Event-ID", &id)]).await;
    let mut query = Reading::get(address, &format!("{PATH}?ids&lastEventId={id}")).await;
    for reading in [&mut header, &mut query] {
        assert_eq!(reading.take(1).await, b"\n");
        for n in 2..=4 {
            assert_eq!(reading.data().await, n.to_string());
        }
    }
    hot.publish(&5).unwrap();
    assert_eq!(header.data().await, "5", "each event once");
}

#[tokio::test]
async fn this_crates_client_first_receives_connected() {
    let hot = HotMiddleware::new(Options::builder().heartbeat(Duration::from_secs(7)).build().unwrap());
    let address = serve_app(&hot).await;
    hot.built(Build::new("h").files([("/a.css", "1")]));
    let mut stream = open(address, &format!("{PATH}?ids&changes&since=g")).await;
    let connected: serde_json::Value = serde_json::from_str(&stream.data().await).unwrap();
    assert_eq!((&connected["action"], &connected["heartbeat"]), (&json!("connected"), &json!(7000)));
    assert!(connected["server"].as_str().is_some_and(|server| server.contains('-')), "{connected}");
    let sync: serde_json::Value = serde_json::from_str(&stream.data().await).unwrap();
    assert_eq!(sync["files"], json!({"/a.css": "1"}));
}
