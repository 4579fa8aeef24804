//! Messages to and from sockets.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::mpsc;
use tower_hot_middleware::{Build, Change, Options, message::Message};

use super::{Site, site, site_with};
use crate::client::{Reading, open};

const STREAM: &str = "/__webpack_hmr";

/// Returns the messages of an event from now on.
fn messages_of(site: &Site, event: &str) -> mpsc::UnboundedReceiver<Message> {
    let (sender, receiver) = mpsc::unbounded_channel();
    site.hot.on(event, move |_, message| sender.send(message.clone()).unwrap_or_default());
    receiver
}

#[tokio::test]
async fn a_build_is_sent_to_every_socket() {
    let site = site().await;
    site.hot.built(Build::new("h1"));
    let mut peers = [site.open().await, site.open().await];
    assert_eq!(site.hot.client_count(), 2);
    site.hot.building();
    site.hot.built(Build::new("h2").change(Change::new("/a.css").text("p {}")).change(Change::new("/b.js")));
    site.hot.built(Build::new("h3").error("./b.js:3:5: no"));
    site.hot.built(Build::new("h4").change(Change::removed("/b.js")));
    site.hot.reload_file("./news.md");
    for peer in &mut peers {
        let update = peer.json().await;
        assert_eq!(update["type"], "update");
        let [css, js] = &update["updates"].as_array().unwrap()[..] else { panic!("{update}") };
        assert_eq!((&css["type"], &css["path"]), (&json!("css-update"), &json!("/a.css")));
        assert_eq!((&js["type"], &js["acceptedPath"]), (&json!("js-update"), &json!("/b.js")));
        assert!(js["timestamp"].is_u64());
        let error = peer.json().await;
        assert_eq!(
            error,
            json!({ "type": "error", "err": {
                "message": "./b.js:3:5: no", "stack": "", "id": "./b.js",
                "loc": { "file": "./b.js", "line": 3, "column": 5 },
            } })
        );
        assert_eq!(peer.json().await, json!({ "type": "prune", "paths": ["/b.js"] }));
        let reload = json!({ "type": "full-reload", "path": "*", "triggeredBy": "./news.md" });
        assert_eq!(peer.json().await, reload);
    }
}

#[tokio::test]
async fn one_text_is_sent_to_both_kinds_of_clients() {
    let site = site().await;
    let (mut stream, mut peer) = (open(site.address, STREAM).await, site.open().await);
    site.hot.send("chat", &json!({ "text": "hé\n" })).unwrap();
    let text = peer.text().await;
    assert_eq!(text, r#"{"type":"custom","event":"chat","data":{"text":"hé\n"}}"#);
    assert_eq!(stream.data().await, text);
}

#[tokio::test]
async fn events_without_an_open_socket_are_caught_up_once() {
    let site = site().await;
    site.hot.built(Build::new("h1"));
    site.hot.built(Build::new("h2").error("no"));
    let mut first = site.open().await;
    assert_eq!(first.json().await["err"]["message"], "no");
    let mut second = site.open().await;
    site.hot.send("after", &0).unwrap();
    assert_eq!(second.json().await["event"], "after", "it was sent to the first");
    drop((first, second));
    super::ends::until_clients(&site.hot, 0).await;

    site.hot.built(Build::new("h3").error("again"));
    site.hot.built(Build::new("h4").changes([]));
    let mut third = site.open().await;
    site.hot.send("after", &0).unwrap();
    assert_eq!(third.json().await["event"], "after", "fixed errors are not sent");
    drop(third);
    super::ends::until_clients(&site.hot, 0).await;

    site.hot.built(Build::new("h5").error("again"));
    site.hot.reload();
    let mut fourth = site.open().await;
    assert_eq!(fourth.json().await["type"], "full-reload", "the last of them");
}

#[tokio::test]
async fn an_open_event_stream_does_not_count_as_a_socket() {
    let site = site().await;
    let _stream = open(site.address, STREAM).await;
    site.hot.built(Build::new("h1").error("no"));
    assert_eq!(site.open().await.json().await["type"], "error");
}

#[tokio::test]
async fn a_socket_that_was_too_slow_reloads_its_page() {
    // No ping has to be answered meanwhile.
    let options = Options::builder().replay_buffer_events(4).heartbeat(Duration::from_secs(3600));
    let site = site_with(options).await;
    let mut peer = site.open().await;
    // More than the system's buffers hold, so that events have to stay in the log.
    let large = "x".repeat(1 << 20);
    for n in 0..64 {
        site.hot.send("large", &json!([n, large])).unwrap();
        tokio::task::yield_now().await;
    }
    site.hot.send("last", &0).unwrap();
    let (mut reloads, mut last) = (0, Value::Null);
    while last != json!("last") {
        let message = peer.json().await;
        reloads += usize::from(message["type"] == "full-reload");
        last = if message["type"] == "full-reload" { json!("last") } else { message["event"].clone() };
    }
    assert_eq!(reloads, 1, "and a page that reloads needs no other event");
}

#[tokio::test]
async fn a_pages_message_is_delivered_and_it_can_be_answered_alone() {
    let site = site().await;
    let (mut one, mut other) = (site.open().await, site.open().await);
    let listener = site.hot.on("ask", |_, message| {
        assert!(message.client().unwrap().send("answer", message.data()).unwrap());
    });
    one.send_text(r#"{"type":"custom","event":"ask","data":[1]}"#).await;
    assert_eq!(one.json().await, json!({ "type": "custom", "event": "answer", "data": [1] }));
    listener.stop();
    one.send_text(r#"{"type":"custom","event":"ask","data":[2]}"#).await;
    let mut last = messages_of(&site, "last");
    one.send_text(r#"{"type":"custom","event":"last"}"#).await;
    let message = last.recv().await.unwrap();
    assert_eq!(message.data(), &Value::Null);
    site.hot.send("after", &0).unwrap();
    for peer in [&mut one, &mut other] {
        assert_eq!(peer.json().await["event"], "after", "only one socket got the answer");
    }
    let clients = site.hot.clients();
    assert_eq!(clients.len(), 2);
    assert!(clients.contains(message.client().unwrap()));
    drop(one);
    super::ends::until_clients(&site.hot, 1).await;
    assert!(!message.client().unwrap().is_connected());
    assert!(!message.client().unwrap().send("late", &0).unwrap());
}

#[tokio::test]
async fn an_event_streams_client_can_be_answered_alone() {
    let site = site().await;
    let mut lost = open(site.address, &format!("{STREAM}?client=one")).await;
    let mut one = open(site.address, &format!("{STREAM}?client=one")).await;
    let mut other = open(site.address, &format!("{STREAM}?client=other")).await;
    site.hot.on("ask", |_, message| {
        if let Some(client) = message.client() {
            assert!(client.send("answer", message.data()).unwrap());
        }
    });
    let body = r#"{"type":"custom","event":"ask","data":7}"#;
    let token = site.token.clone();
    for name in ["one", "nobody"] {
        let request = format!(
            "POST {STREAM} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\nHot-Middleware-Token: {token}\r\n\
             Hot-Middleware-Client: {name}\r\nContent-Length: {}\r\n\r\n{body}",
            site.address,
            body.len()
        );
        assert_eq!(Reading::raw(site.address, request.as_bytes()).await.status(), 204, "{name}");
    }
    site.hot.send("after", &0).unwrap();
    assert_eq!(one.data().await, r#"{"type":"custom","event":"answer","data":7}"#);
    assert_eq!(one.data().await, r#"{"type":"custom","event":"after","data":0}"#);
    for stream in [&mut other, &mut lost] {
        assert_eq!(stream.data().await, r#"{"type":"custom","event":"after","data":0}"#);
    }
    assert_eq!(site.hot.clients().len(), 3);
}

#[tokio::test]
async fn events_for_one_client_keep_their_order_among_those_for_all() {
    let site = site().await;
    let mut peer = site.open().await;
    let client = site.hot.clients().remove(0);
    for n in 0..20 {
        if n % 3 == 0 { _ = client.send("n", &n).unwrap() } else { site.hot.send("n", &n).unwrap() }
    }
    for n in 0..20 {
        assert_eq!(peer.json().await["data"], n);
    }
}

#[tokio::test]
async fn an_unread_inbox_has_the_bound_of_the_log() {
    let site = site_with(Options::builder().replay_buffer_events(4)).await;
    let mut peer = site.open().await;
    let client = site.hot.clients().remove(0);
    // This test has one thread, so nothing is sent meanwhile.
    for n in 0..6 {
        assert!(client.send("n", &n).unwrap());
    }
    client.send("n", &6).unwrap();
    assert_eq!(peer.json().await["type"], "full-reload");
    site.hot.send("after", &0).unwrap();
    assert_eq!(peer.json().await["event"], "after");
}

#[tokio::test]
async fn a_page_with_an_invalidated_module_is_reloaded() {
    let site = site().await;
    let (mut one, mut other) = (site.open().await, site.open().await);
    for malformed in ["null", "{}", r#"{"path":7}"#, r#""path""#, "[]"] {
        one.send_text(format!(r#"{{"type":"custom","event":"vite:invalidate","data":{malformed}}}"#)).await;
    }
    let data = r#"{"path":"/a.js","message":"no","firstInvalidatedBy":"/a.js"}"#;
    one.send_text(format!(r#"{{"type":"custom","event":"vite:invalidate","data":{data}}}"#)).await;
    let reload = json!({ "type": "full-reload", "path": "*", "triggeredBy": "/a.js" });
    assert_eq!(one.json().await, reload);
    site.hot.send("after", &0).unwrap();
    assert_eq!(other.json().await["event"], "after", "the other page sent no invalidation");
}

#[tokio::test]
async fn calls_are_refused_and_vites_own_events_reach_no_listener() {
    let site = site().await;
    let names = ["vite:invoke", "vite:invalidate", "vite:client:connect", "vite:anything"];
    let mut received: Vec<_> = names.iter().map(|name| messages_of(&site, name)).collect();
    let mut peer = site.open().await;
    let call = |id: &str| {
        let data = format!(r#"{{"name":"fetchModule","id":{id},"data":["/etc/passwd"]}}"#);
        format!(r#"{{"type":"custom","event":"vite:invoke","data":{data}}}"#)
    };
    for id in ["null", "7", "\"x\"", &format!("\"send:{}\"", "x".repeat(65))] {
        peer.send_text(call(id)).await;
    }
    peer.send_text(r#"{"type":"custom","event":"vite:client:connect"}"#).await;
    peer.send_text(r#"{"type":"custom","event":"vite:anything","data":{}}"#).await;
    peer.send_text(call("\"send:7\"")).await;
    let answer = peer.json().await;
    assert_eq!(answer["data"]["id"], "response:7");
    assert_eq!(answer["data"]["data"]["error"]["message"], "this server accepts no calls");
    assert!(received.iter_mut().all(|received| received.try_recv().is_err()));
}

#[tokio::test]
async fn an_invalid_message_is_ignored() {
    let site = site().await;
    let mut last = messages_of(&site, "last");
    let mut peer = site.open().await;
    let deep = format!(r#"{{"type":"custom","event":"last","data":{}{}}}"#, "[".repeat(200), "]".repeat(200));
    for text in [
        "",
        "{",
        "null",
        "[]",
        "\"ping\"",
        r#"{"type":"ping"}"#,
        r#"{"type":7,"event":"last"}"#,
        r#"{"event":"last"}"#,
        r#"{"type":"custom"}"#,
        r#"{"type":"custom","event":7}"#,
        r#"{"type":"update","updates":[]}"#,
        r#"{"type":"custom","event":"nobody","data":1}"#,
        &deep,
    ] {
        peer.send_text(text).await;
    }
    peer.send_text(r#"{"type":"custom","event":"last","data":"delivered"}"#).await;
    let message = last.recv().await.unwrap();
    assert_eq!(message.data(), "delivered", "and no message before it was delivered");
}
