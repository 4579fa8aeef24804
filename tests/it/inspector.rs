//! The inspector: its page, its state and who gets them, over real sockets.

use std::net::SocketAddr;

use axum::{Router, routing::get};
use serde_json::Value;
use tower_hot_middleware::{Build, Change, HotMiddleware, Options};

use crate::{
    client::{Reading, open},
    hot, serve, serve_app,
};

const PATH: &str = "/__webpack_hmr";
const STATE: &str = "/__webpack_hmr/state";
const ADDRESS_BAR: [(&str, &str); 5] = [
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("Upgrade-Insecure-Requests", "1"),
    ("Sec-Fetch-Dest", "document"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-Site", "none"),
];
const OWN: (&str, &str) = ("Sec-Fetch-Site", "same-origin");

async fn state(address: SocketAddr, query: &str) -> Value {
    let reading = Reading::request(address, "GET", &format!("{STATE}{query}"), &[OWN]).await;
    assert_eq!(reading.status(), 200, "{}", reading.head);
    assert_eq!(reading.header("content-type"), Some("application/json"));
    assert_eq!(reading.header("cache-control"), Some("no-store"));
    serde_json::from_str(&reading.rest().await).unwrap()
}

fn css(hash: &str) -> Build {
    Build::new(hash).module("/a.css", "./static/a.css").change(Change::new("/a.css"))
}

#[tokio::test]
async fn a_navigation_gets_the_page_and_everything_else_the_stream() {
    let address = serve_app(&hot()).await;
    let page = Reading::request(address, "GET", PATH, &ADDRESS_BAR).await;
    assert_eq!((page.status(), page.header("content-type")), (200, Some("text/html;charset=utf-8")));
    assert_eq!(page.header("cross-origin-resource-policy"), Some("same-origin"));
    assert_eq!(page.header("cache-control"), Some("no-store"));
    let policy = page.header("content-security-policy").unwrap().to_owned();
    for directive in
        ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]
    {
        assert!(policy.contains(directive), "{policy}");
    }
    assert!(!policy.contains("unsafe"), "{policy}");
    let html = page.rest().await;
    for (file, content_type) in [("inspector.js", "text/javascript"), ("inspector.css", "text/css")] {
        // Relative to the page, so that it is right behind a prefix.
        let url = html.split('"').find(|text| text.ends_with(file)).unwrap();
        assert!(url.starts_with("./__webpack_hmr/client-"), "{url}");
        let file = Reading::get(address, url.strip_prefix('.').unwrap()).await;
        assert_eq!(file.status(), 200, "{url}");
        assert!(file.header("content-type").unwrap().starts_with(content_type), "{url}");
    }

    let head = Reading::request(address, "HEAD", PATH, &ADDRESS_BAR).await;
    assert_eq!(head.header("content-length"), Some(html.len().to_string().as_str()));
    for headers in [
        &[][..],
        &[("Accept", "*/*")],
        &[("Accept", "text/event-stream"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Mode", "cors"), OWN],
        &[("Accept", "text/html"), ("Sec-Fetch-Dest", "iframe"), ("Sec-Fetch-Mode", "navigate"), OWN],
    ] {
        let reading = Reading::request(address, "GET", PATH, headers).await;
        assert_eq!(reading.header("content-type"), Some("text/event-stream;charset=utf-8"), "{headers:?}");
    }
}

#[tokio::test]
async fn the_page_and_its_state_are_protected_as_the_stream_is() {
    let options = Options::builder().allowed_origin("http://other.example");
    let address = serve_app(&HotMiddleware::new(options.build().unwrap())).await;
    let get = |target: &'static str, headers: Vec<(&'static str, &'static str)>| async move {
        Reading::request(address, "GET", target, &headers).await.status()
    };
    let from = |site: &'static str| {
        let mut headers = ADDRESS_BAR.to_vec();
        headers[4].1 = site;
        headers
    };
    assert_eq!(get(PATH, from("same-origin")).await, 200);
    for site in ["cross-site", "same-site"] {
        assert_eq!(get(PATH, from(site)).await, 403, "{site}");
        assert_eq!(get(STATE, vec![("Sec-Fetch-Site", site)]).await, 403, "{site}");
    }
    assert_eq!(get(STATE, vec![OWN]).await, 200);
    assert_eq!(get(STATE, vec![]).await, 200, "curl");
    assert_eq!(get(STATE, vec![("Sec-Fetch-Site", "none")]).await, 403, "the address bar");
    assert_eq!(get(STATE, vec![("Origin", "http://evil.example")]).await, 403);
    // It may read the stream, and not more.
    assert_eq!(get(PATH, vec![("Origin", "http://other.example")]).await, 200);
    assert_eq!(get(STATE, vec![("Origin", "http://other.example")]).await, 403);
    let rebound = format!("GET {STATE} HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    assert_eq!(Reading::raw(address, rebound.as_bytes()).await.status(), 403);
    let rebound = format!("GET {PATH} HTTP/1.1\r\nHost: evil.example\r\nSec-Fetch-Dest: document\r\n\r\n");
    assert_eq!(Reading::raw(address, rebound.as_bytes()).await.status(), 403);
    assert_eq!(Reading::request(address, "POST", STATE, &[OWN]).await.status(), 405);

    let refusals = state(address, "").await["refusals"].as_array().unwrap().clone();
    let remedy = "OptionsBuilder::allowed_host(\"evil.example\")";
    let evil = refusals.iter().find(|refusal| refusal["text"].as_str().unwrap().contains(remedy));
    assert!(evil.is_some_and(|evil| evil["count"] == 2), "{refusals:?}");
}

#[tokio::test]
async fn the_state_has_saves_pages_bundles_and_events() {
    let hot = hot();
    hot.built(css("1").name("site").warning("unused"));
    let address = serve_app(&hot).await;
    let agent = ("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
    let target = format!("{PATH}?ids&changes&client=one&page=%2Fshop%2Fcart");
    let mut stream = Reading::request(address, "GET", &target, &[agent]).await;
    stream.take(1).await;
    let connected: Value = serde_json::from_str(&stream.data().await).unwrap();
    let key = connected["receipts"].as_str().unwrap().to_owned();
    stream.data().await;
    // With sockets, events are kept for the first one.
    let before = state(address, "").await["buffer"]["events"].as_u64().unwrap();
    hot.built(css("2").name("site"));
    let event = stream.event().await;
    let id = event.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
    let body = format!(
        r#"{{"type":"receipt","page":"/shop/paid","receipts":[{{"event":"{id}","outcome":"updated","ms":4.5}}]}}"#
    );
    let request = format!(
        "POST {PATH}?receipts HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nHot-Middleware-Client: one\r\n\
         Hot-Middleware-Receipts: {key}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(Reading::raw(address, request.as_bytes()).await.status(), 204);
    hot.publish(&serde_json::json!({ "action": "news" })).unwrap();
    hot.built(Build::new("3").name("site").error("\u{1b}[31mno such module"));

    let state = self::state(address, &format!("?after={before}")).await;
    let page = &state["pages"][0];
    assert_eq!(state["pages"].as_array().unwrap().len(), 1);
    assert_eq!((&page["path"], &page["agent"]), (&"/shop/paid".into(), &"Firefox 140".into()));
    assert_eq!(
        (&page["carrier"], &page["silent"]),
        (&"stream".into(), &false.into()),
        "a failed build has no answer"
    );
    let bundle = &state["bundles"][0];
    assert_eq!(
        (&bundle["name"], &bundle["hash"], &bundle["error_count"]),
        (&"site".into(), &"3".into(), &1.into())
    );
    let [first, save, failed] = &state["saves"].as_array().unwrap()[..] else { panic!("{state}") };
    assert_eq!((&first["own"], &first["updated"]), (&0.into(), &0.into()), "no page was open");
    assert_eq!((&save["label"], &save["updated"]), (&"static/a.css".into(), &1.into()));
    assert_eq!(save["paint"], serde_json::json!([4.5, 4.5]));
    assert_eq!(failed["errors"], 1);
    let events = state["events"].as_array().unwrap();
    let texts: Vec<_> = events.iter().map(|event| event["text"].as_str().unwrap()).collect();
    assert!(texts[0].contains("\"built\"") && texts[1] == r#"{"action":"news"}"#, "{texts:?}");
    assert_eq!(events[0]["event"], save["event"]);
    assert_eq!(events[2]["event"], failed["event"], "its row is the failed build's");
    assert_eq!(state["buffer"]["events"], before + 3);
    let number = events[1]["number"].as_u64().unwrap();
    let later = self::state(address, &format!("?after={number}")).await;
    assert_eq!(later["events"].as_array().unwrap().len(), 1);

    let hostile = "x".repeat(20_000);
    hot.publish(&hostile).unwrap();
    let state = self::state(address, "").await;
    let text = state["events"].as_array().unwrap().last().unwrap()["text"].as_str().unwrap();
    assert!(text.len() < 2_100, "{}", text.len());
    drop(stream);
}

#[tokio::test]
async fn the_inspector_is_no_page_and_can_be_off() {
    let hot = hot();
    let address = serve_app(&hot).await;
    Reading::request(address, "GET", PATH, &ADDRESS_BAR).await.rest().await;
    let state = state(address, "").await;
    assert_eq!((hot.client_count(), state["pages"].as_array().unwrap().len()), (0, 0));
    hot.publish(&"kept").unwrap();
    assert_eq!(self::state(address, "").await["events"][0]["text"], "\"kept\"", "without any client");

    let quiet = HotMiddleware::new(Options::builder().inspector(false).build().unwrap());
    let address = serve_app(&quiet).await;
    let stream = Reading::request(address, "GET", PATH, &ADDRESS_BAR).await;
    assert_eq!(stream.header("content-type"), Some("text/event-stream;charset=utf-8"));
    assert_eq!(Reading::request(address, "GET", STATE, &[OWN]).await.rest().await, "");
}

#[tokio::test]
async fn pages_that_share_a_stream_are_listed_until_they_leave() {
    let hot = hot();
    let address = serve_app(&hot).await;
    let agent = ("User-Agent", "Firefox/140.0");
    let mut worker = Reading::request(address, "GET", &format!("{PATH}?ids&changes"), &[agent]).await;
    let connected: Value = {
        worker.take(1).await;
        serde_json::from_str(&worker.data().await).unwrap()
    };
    let key = connected["receipts"].as_str().unwrap();
    for (name, page) in [("one", "%2Fa"), ("two", "%2Fb")] {
        let target = format!("{PATH}?ids&changes&client={name}&page={page}&catchup");
        Reading::request(address, "GET", &target, &[agent]).await.rest().await;
    }
    let paths = |state: &Value| -> Vec<String> {
        let pages = state["pages"].as_array().unwrap().iter();
        pages.map(|page| format!("{} {}", page["path"], page["carrier"]).replace('"', "")).collect()
    };
    assert_eq!(paths(&state(address, "").await), ["/a shared", "/b shared"]);
    let body = r#"{"type":"receipt","receipts":[],"left":true}"#;
    let request = format!(
        "POST {PATH}?receipts HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nHot-Middleware-Client: one\r\n\
         Hot-Middleware-Receipts: {key}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(Reading::raw(address, request.as_bytes()).await.status(), 204);
    assert_eq!(paths(&state(address, "").await), ["/b shared"]);
    let other = open(address, PATH).await;
    assert_eq!(paths(&state(address, "").await), ["/b shared", "null other"]);
    drop(other);
}

#[tokio::test]
async fn the_folder_is_told_to_developer_tools_on_this_machine_alone() {
    const WORKSPACE: &str = "/.well-known/appspecific/com.chrome.devtools.json";
    let app = || Router::new().fallback(get(|| async { "the app" }));
    let options = Options::builder().devtools_workspace(crate::ROOT).allowed_host("app.test");
    let address = serve(app().layer(HotMiddleware::new(options.build().unwrap()))).await;
    let ask = |host: String| async move {
        let request = format!("GET {WORKSPACE} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        Reading::raw(address, request.as_bytes()).await
    };
    let reading = ask(address.to_string()).await;
    assert_eq!((reading.status(), reading.header("content-type")), (200, Some("application/json")));
    let answer: Value = serde_json::from_str(&reading.rest().await).unwrap();
    let workspace = &answer["workspace"];
    let root = std::path::absolute(crate::ROOT).unwrap();
    assert_eq!(workspace["root"].as_str(), root.to_str());
    assert_eq!(workspace["uuid"].as_str().unwrap().len(), 36);
    assert_eq!(ask("app.test".to_owned()).await.status(), 200);
    for host in ["192.168.0.7:3000", "evil.example"] {
        assert_eq!(ask(host.to_owned()).await.status(), 403, "{host}");
    }
    let foreign = [("Sec-Fetch-Site", "cross-site")];
    assert_eq!(Reading::request(address, "GET", WORKSPACE, &foreign).await.status(), 403);

    let address = serve(app().layer(hot())).await;
    assert_eq!(Reading::get(address, WORKSPACE).await.rest().await, "the app", "by default");
}

#[cfg(feature = "command")]
#[tokio::test]
async fn the_output_of_a_command_is_in_the_state() {
    let folder = crate::folder::Folder::new();
    folder.write("src/a", "");
    let hot = hot();
    let address = serve_app(&hot).await;
    let mut stream = open(address, PATH).await;
    let line = crate::line("printf '\\033[31mbuilt\\033[0m it\\n'", "echo built it");
    let command = tower_hot_middleware::command::Command::new(line)
        .name("css")
        .watch(folder.join("src"))
        .output(tower_hot_middleware::command::Output::Tracing);
    let _guard = hot.command(command).unwrap().stop_on_drop();
    while !stream.data().await.contains(r#""action":"built""#) {}
    let output = &state(address, "").await["output"];
    assert_eq!(*output, serde_json::json!([{ "name": "css", "text": "built it" }]), "without its colours");
}
