//! Two processes with one log.

use serde_json::json;

use super::{
    client::Client,
    processes::{Redis, Replica, request, until},
};

const EVENTS: &str = "{hot-middleware:test}:events";

fn pair(redis: &Redis) -> [Replica; 2] {
    ["a", "b"].map(|name| Replica::start(&redis.url(), "test", name))
}

#[test]
fn an_event_of_one_process_reaches_the_pages_of_all_in_one_order() {
    let Some(redis) = Redis::start(&[]) else { return };
    let [a, b] = pair(&redis);
    let pages = [Client::open(a.port), Client::open(b.port), Client::open(b.port)];
    until("all pages are connected", || a.clients() == (1, 3) && b.clients() == (2, 3));
    std::thread::scope(|scope| {
        scope.spawn(|| a.post("/publish?from=0&count=100"));
        scope.spawn(|| b.post("/publish?from=100&count=100"));
    });
    until("the events", || pages.iter().all(|page| page.numbers().len() >= 200));
    let all: Vec<_> = pages.iter().map(Client::events).collect();
    assert_eq!((&all[0], &all[0]), (&all[1], &all[2]), "the same events with the same ids in the same order");
    let mut sorted = pages[0].numbers();
    sorted.sort_unstable();
    assert_eq!(sorted, (0..200).collect::<Vec<_>>(), "each once");
    let stream: redis::Value = redis.command(&["XRANGE", EVENTS, &pages[0].last(), "+"]);
    assert!(
        matches!(stream, redis::Value::Array(entries) if entries.len() == 1),
        "the id is that of the last entry"
    );
}

#[test]
fn a_page_reads_on_at_another_process_and_at_a_new_one() {
    let Some(redis) = Redis::start(&[]) else { return };
    let [mut a, b] = pair(&redis);
    let page = Client::open(a.port);
    until("the page is connected", || a.clients().0 == 1);
    a.post("/publish?from=0&count=5");
    page.receives(0..5);
    let last = page.last();
    drop(page);
    a.post("/publish?from=5&count=5");
    until("the events are in the log", || redis.command::<usize>(&["XLEN", EVENTS]) == 10);
    a.kill();
    let page = Client::with(b.port, "ids", &last);
    page.receives(5..10);
    let c = Replica::start(&redis.url(), "test", "c");
    let newer = Client::with(c.port, "ids", &last);
    newer.receives(5..10);
    b.post("/publish?from=10&count=1");
    newer.receives(5..11);
    page.receives(5..11);
    assert_eq!(page.events(), newer.events());
}

#[test]
fn a_newcomer_gets_the_state_wherever_it_connects() {
    let Some(redis) = Redis::start(&[]) else { return };
    let [a, b] = pair(&redis);
    let watching = [Client::open(a.port), Client::open(b.port)];
    let posts = [
        (&a, "/built?name=site&hash=h1"),
        (&b, "/built?name=admin&hash=g1"),
        (&a, "/built?name=site&hash=h2&change=/a.css"),
        (&a, "/building?name=admin"),
    ];
    for (events, (process, path)) in (1..).zip(posts) {
        process.post(path);
        // What two processes publish at the same time comes in either order.
        until("the event is in the log", || redis.command::<usize>(&["XLEN", EVENTS]) == events);
    }
    for page in &watching {
        page.awaits("the last event", |data| data.iter().any(|event| event["action"] == "building"));
    }
    let c = Replica::start(&redis.url(), "test", "c");
    for replica in [&a, &b, &c] {
        let page = Client::with(replica.port, "ids&changes&since=h1", "");
        page.awaits("the state", |data| data.iter().any(|event| event["action"] == "building"));
        let data = page.data();
        let [connected, site, admin, building] = &*data else { panic!("{data:?}") };
        assert_eq!(connected["action"], "connected");
        assert_eq!(
            (&site["action"], &site["name"], &site["hash"]),
            (&json!("sync"), &json!("site"), &json!("h2"))
        );
        assert_eq!((&site["since"], &site["changes"][0]["id"]), (&json!("h1"), &json!("/a.css")));
        assert_eq!((&admin["action"], &admin["hash"]), (&json!("sync"), &json!("g1")));
        assert_eq!(building, &json!({ "action": "building", "name": "admin" }));
    }
}

#[test]
fn a_message_is_heard_once_and_answered_wherever_the_page_is() {
    let Some(redis) = Redis::start(&[]) else { return };
    let [a, b] = pair(&redis);
    let (page, other) =
        (Client::with(a.port, "ids&client=page-1", ""), Client::with(b.port, "ids&client=page-2", ""));
    until("the pages are connected", || a.clients() == (1, 2) && b.clients() == (1, 2));
    let html = request(a.port, "GET / HTTP/1.0\r\nHost: localhost\r\nUpgrade-Insecure-Requests: 1\r\n\r\n").1;
    let token = html
        .split_once("\"token\":\"")
        .and_then(|(_, rest)| rest.split_once('"'))
        .expect("the tag has a token")
        .0;
    for (answers, replica) in [(1, &a), (2, &b)] {
        let body = r#"{"type":"custom","event":"ask","data":7}"#;
        let (status, text) = request(
            replica.port,
            &format!(
                "POST /__webpack_hmr HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                 Hot-Middleware-Token: {token}\r\nHot-Middleware-Client: page-1\r\nContent-Length: {}\r\n\r\n{body}",
                body.len()
            ),
        );
        assert_eq!(status, 204, "{text}");
        page.awaits("the answer", |data| data.len() == answers);
    }
    let by: Vec<_> = page.data().iter().map(|answer| answer["data"]["by"].clone()).collect();
    assert_eq!(by, [json!("a"), json!("b")]);
    assert_eq!([a.get("/heard"), b.get("/heard")], ["[7]", "[7]"], "each by the process that it was sent to");
    a.post("/send");
    other.awaits("a later event", |data| !data.is_empty());
    assert_eq!(
        other.data(),
        [json!({ "type": "custom", "event": "hello", "data": 1 })],
        "the answers are not for it"
    );
}

#[test]
fn apps_with_different_prefixes_do_not_meet_and_their_keys_expire() {
    let Some(redis) = Redis::start(&[]) else { return };
    let (a, b) = (Replica::start(&redis.url(), "shop", "a"), Replica::start(&redis.url(), "blog", "b"));
    let pages = [Client::open(a.port), Client::open(b.port)];
    until("the pages are connected", || a.clients() == (1, 1) && b.clients() == (1, 1));
    a.post("/publish?from=1");
    b.post("/publish?from=2");
    pages[0].receives([1]);
    pages[1].receives([2]);
    let keys: Vec<String> = redis.command(&["KEYS", "*"]);
    assert!(keys.iter().any(|key| key.starts_with("{hot-middleware:shop}:")), "{keys:?}");
    for key in keys {
        assert!(
            key.starts_with("{hot-middleware:shop}:") || key.starts_with("{hot-middleware:blog}:"),
            "{key}"
        );
        let left: i64 = redis.command(&["PTTL", &key]);
        assert!((1..=60_000).contains(&left), "{key} expires in {left} ms");
    }
}

#[test]
fn the_log_in_redis_is_bounded_as_the_replay_buffer() {
    let Some(redis) = Redis::start(&[]) else { return };
    let a = Replica::with(&[&redis.url(), "test", "a", "16"]);
    let page = Client::open(a.port);
    until("the page is connected", || a.clients().0 == 1);
    a.post("/publish?from=0&count=10");
    page.receives(0..10);
    a.post("/publish?from=10&count=90");
    until("all events were in the log", || {
        redis.command::<String>(&["HGET", "{hot-middleware:test}:state", "at"]) == "100"
    });
    assert_eq!(redis.command::<usize>(&["XLEN", EVENTS]), 16);
    page.awaits("the end", |data| data.iter().any(|event| event["n"] == 99 || event["action"] == "lagged"));
}
