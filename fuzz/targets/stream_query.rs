//! Any request for the stream: the first line is the query, the second the header `Last-Event-ID`.
//!
//! `BOOT` in either is replaced by the prefix of this process's ids.
#![no_main]

use std::{collections::VecDeque, sync::LazyLock};

use http::{HeaderValue, Request, StatusCode};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tower_hot_middleware::{Build, Change, HotMiddleware};
use tower_hot_middleware_fuzz::{Chunks, Event, PATH, ask, events, hot, open, options};

/// A middleware whose log has lost some of its twelve events, and the prefix of its ids.
static HOT: LazyLock<(HotMiddleware, String)> = LazyLock::new(|| {
    let hot = hot(options().replay_buffer_events(KEPT));
    let first = events(open(&hot, "ids&changes")).remove(0).id.expect("the stream was requested with ids");
    let boot = first.split('-').next().expect("a boot and a number").to_owned();
    for number in 0..PUBLISHED {
        let change = Change::new("/a.css").version(format!("{number}"));
        hot.built(Build::new(format!("h{number}")).change(change));
    }
    (hot, boot)
});

const PUBLISHED: u64 = 12;
const KEPT: usize = 8;

fuzz_target!(|input: &[u8]| {
    let (hot, boot) = &*HOT;
    let Ok(input) = std::str::from_utf8(input) else { return };
    let input = input.replace("BOOT", boot);
    let (query, header) =
        input.split_once('\n').map_or((&*input, None), |(query, header)| (query, Some(header)));
    let Ok(mut request) = Request::get(format!("{PATH}?{query}")).body(Chunks::default()) else { return };
    if let Some(header) = header {
        let Ok(header) = HeaderValue::from_str(header) else { return };
        request.headers_mut().insert("last-event-id", header);
    }
    let query = request.uri().query().unwrap_or_default().to_owned();
    let response = ask(hot, request);
    assert_eq!(response.status(), StatusCode::OK);
    let events = events(response.into_body());
    assert_eq!(hot.client_count(), 0);

    let asks = |name| query.split('&').any(|pair| pair.split('=').next() == Some(name));
    assert!(events.iter().all(|event| event.id.is_some() == asks("ids")), "{events:?}");
    assert!(events.iter().filter_map(number).is_sorted(), "{events:?}");
    let mut received: VecDeque<_> = events.iter().map(Event::data).collect();
    if asks("changes") {
        assert_eq!(received.pop_front().expect("it is always there")["action"], "connected");
    }
    let lagged = received.pop_front_if(|event| event["action"] == "lagged");
    if let Some(missed) = lagged.as_ref().map(|lagged| lagged["missed"].as_u64()) {
        assert!(missed.is_some_and(|missed| (KEPT as u64 + 1..=PUBLISHED).contains(&missed)), "{missed:?}");
    }
    if let Some(sync) = received.pop_front_if(|event| event["action"] == "sync") {
        assert_eq!((received.len(), sync["hash"].as_str()), (0, Some(&*format!("h{}", PUBLISHED - 1))));
        let expected = newest_known(&query).filter(|_| asks("changes"));
        assert_eq!(sync.get("since").and_then(Value::as_str), expected.as_deref(), "{sync}");
    } else {
        assert!(lagged.is_none() && received.len() <= KEPT, "{received:?}");
        let expected = (PUBLISHED - received.len() as u64..PUBLISHED).map(|number| format!("h{number}"));
        assert!(
            received
                .iter()
                .map(|event| &event["hash"])
                .eq(expected.map(Value::from).collect::<Vec<_>>().iter())
        );
    }
});

/// Returns the first of the query's hashes that was built, unless it has the latest; within the bounds on
/// number and length.
fn newest_known(query: &str) -> Option<String> {
    const VALUES: usize = 64;
    const LONGEST: usize = 128;
    let pairs = query.split('&').map(|pair| pair.split_once('=').unwrap_or((pair, "")));
    let values = pairs.filter(|(name, _)| *name == "since").map(|(_, value)| decode(value));
    let values: Vec<_> = values.filter(|value| value.len() <= LONGEST).take(VALUES).collect();
    let built = |number: u64| format!("h{number}");
    if values.contains(&built(PUBLISHED - 1)) {
        return None;
    }
    let known = values.iter().find(|value| (0..PUBLISHED - 1).any(|number| **value == built(number)));
    known.cloned()
}

/// Decodes a value with the `url` crate. It parses forms, in which a plus is a blank.
fn decode(value: &str) -> String {
    let form = format!("v={}", value.replace('+', "%2B"));
    url::form_urlencoded::parse(form.as_bytes())
        .next()
        .map(|(_, value)| value.into_owned())
        .unwrap_or_default()
}

/// Returns the number in an event's id.
fn number(event: &Event) -> Option<u64> {
    event.id.as_deref()?.rsplit('-').next()?.parse().ok()
}
