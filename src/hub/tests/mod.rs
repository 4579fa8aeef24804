//! The hub polled by hand, with its wakes counted.

use std::{
    convert::Infallible,
    sync::atomic::{AtomicUsize, Ordering},
    task::{Context, Poll, Wake, Waker},
    thread,
};

use super::*;
use crate::build::Change;

mod bounds;
#[cfg(properties)]
mod model;

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

fn hub(events: usize, bytes: usize) -> Arc<Hub> {
    Hub::new(NonZeroUsize::new(events).unwrap(), bytes)
}

fn say(hub: &Hub, text: &str) {
    let Ok(()) = hub.publish(|| Ok::<_, Infallible>(Frame::new(text.as_bytes())));
}

fn stock(hub: &Arc<Hub>) -> Subscriber {
    hub.subscribe(&Subscribe::default()).unwrap()
}

fn with_ids(hub: &Arc<Hub>, last_event_id: Option<&str>) -> Subscriber {
    let last_event_id = last_event_id.map(str::to_owned);
    hub.subscribe(&Subscribe { ids: true, last_event_id, ..Subscribe::default() }).unwrap()
}

/// Returns all that can be read now, and whether the stream has ended.
fn read(subscriber: &mut Subscriber) -> (String, bool) {
    let mut cx = Context::from_waker(Waker::noop());
    let mut text = Vec::new();
    loop {
        match subscriber.poll_next(&mut cx) {
            Poll::Ready(Some(bytes)) => text.extend_from_slice(&bytes),
            Poll::Ready(None) => return (String::from_utf8(text).unwrap(), true),
            Poll::Pending => return (String::from_utf8(text).unwrap(), false),
        }
    }
}

/// Returns the data of all events that can be read now.
fn data(subscriber: &mut Subscriber) -> Vec<String> {
    let text = read(subscriber).0;
    text.lines().filter_map(|line| line.strip_prefix("data: ")).map(str::to_owned).collect()
}

fn sync(hash: &str) -> String {
    format!(r#"{{"name":"","action":"sync","hash":"{hash}","warnings":[],"errors":[],"modules":{{}}}}"#)
}

#[test]
fn every_client_reads_every_event_in_order() {
    let hub = hub(16, 1 << 20);
    let (mut a, mut b) = (stock(&hub), stock(&hub));
    for n in 0..10 {
        say(&hub, &n.to_string());
    }
    let expected: Vec<_> = (0..10).map(|n| n.to_string()).collect();
    assert_eq!(data(&mut a), expected);
    assert_eq!(data(&mut b), expected);
}

#[test]
fn a_waiting_client_is_woken_once_and_a_dropped_one_never() {
    let hub = hub(16, 1 << 20);
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(wakes.clone());
    let mut cx = Context::from_waker(&waker);
    let (mut stays, mut leaves) = (stock(&hub), stock(&hub));
    assert!(stays.poll_next(&mut cx).is_pending() && leaves.poll_next(&mut cx).is_pending());
    drop(leaves);
    say(&hub, "1");
    say(&hub, "2");
    assert_eq!(wakes.0.load(Ordering::SeqCst), 1, "one wake until it has polled again");
    assert_eq!(data(&mut stays), ["1", "2"]);
    assert!(stays.poll_next(&mut cx).is_pending());
    hub.close();
    assert_eq!(wakes.0.load(Ordering::SeqCst), 2);
    assert!(matches!(stays.poll_next(&mut cx), Poll::Ready(None)));
}

#[test]
fn dropping_a_subscriber_drops_its_waker_outside_the_lock() {
    /// A waker that holds another subscription, as a task's waker holds the task.
    struct Holds(#[expect(dead_code, reason = "held to be dropped")] Subscriber);
    impl Wake for Holds {
        fn wake(self: Arc<Self>) {}
    }
    let hub = hub(16, 1 << 20);
    let waker = Waker::from(Arc::new(Holds(stock(&hub))));
    let mut outer = stock(&hub);
    assert!(outer.poll_next(&mut Context::from_waker(&waker)).is_pending());
    drop(waker);
    drop(outer);
    assert_eq!(hub.client_count(), 0);
}

#[test]
fn a_newcomer_receives_only_the_state() {
    let hub = hub(16, 1 << 20);
    let mut old = stock(&hub);
    hub.building(None, None);
    assert_eq!(data(&mut stock(&hub)), [r#"{"action":"building"}"#], "a build is under way");
    hub.built(Build::new("h1"));
    say(&hub, "1");
    assert_eq!(data(&mut stock(&hub)), [sync("h1")]);
    assert_eq!(data(&mut old), [r#"{"action":"building"}"#, &sync("h1").replace("sync", "built"), "1"]);
}

#[test]
fn events_without_readers_are_not_encoded() {
    let hub = hub(16, 1 << 20);
    let encoded = hub.publish(|| Err::<Frame, _>("encoded"));
    assert_eq!(encoded, Ok(()));
    hub.built(Build::new("h1"));
    assert_eq!(hub.lock().log.len(), 0);
    drop(with_ids(&hub, None));
    assert_eq!(hub.publish(|| Err::<Frame, _>("encoded")), Err("encoded"), "a client with ids may come back");
}

#[test]
fn a_slow_client_receives_the_number_of_missed_events_and_the_state() {
    let cases = [("by events", hub(4, 1 << 20)), ("by bytes", hub(100, 4 * "data: 12\n\n".len()))];
    for (case, hub) in cases {
        let mut slow = stock(&hub);
        hub.built(Build::new("h1"));
        hub.built(Build::new("a").name("other"));
        for n in 10..20 {
            say(&hub, &n.to_string());
        }
        hub.building(Some("other"), None);
        let expected = [
            r#"{"action":"lagged","missed":13}"#,
            &sync("h1"),
            &sync("a").replace(r#""name":"""#, r#""name":"other""#),
            r#"{"action":"building","name":"other"}"#,
        ];
        assert_eq!(data(&mut slow), expected, "{case}");
        say(&hub, "20");
        assert_eq!(data(&mut slow), ["20"], "{case}");
        assert!(hub.lock().log.len() <= 4, "{case}");
    }
}

#[test]
fn an_event_larger_than_the_log_still_arrives() {
    let hub = hub(16, 8);
    let mut client = stock(&hub);
    say(&hub, "\"0123456789\"");
    assert_eq!(data(&mut client), ["\"0123456789\""]);
}

#[test]
fn ids_replay_what_was_missed_once_and_in_order() {
    let hub = hub(4, 1 << 20);
    hub.built(Build::new("h1"));
    let mut client = with_ids(&hub, None);
    let boot = hub.boot.clone();
    say(&hub, "1");
    let (text, _) = read(&mut client);
    assert_eq!(text, format!("id: {boot}-0\ndata: {}\n\nid: {boot}-1\ndata: 1\n\n", sync("h1")));
    drop(client);
    for n in 2..=4 {
        say(&hub, &n.to_string());
    }
    let id = |n: u64| format!("{boot}-{n}");
    let cases = [
        ("all later events", id(1), vec!["2", "3", "4"]),
        ("the oldest that the log can follow", id(0), vec!["1", "2", "3", "4"]),
        ("nothing was missed", id(4), vec![]),
    ];
    for (case, last, expected) in cases {
        assert_eq!(data(&mut with_ids(&hub, Some(&last))), expected, "{case}");
    }
    let state = [sync("h1")];
    for (case, last) in [
        ("another process", "0-1".to_owned()),
        ("an event that never existed", id(5)),
        ("not a number", format!("{boot}-x")),
        ("a number too large", format!("{boot}-99999999999999999999")),
        ("empty", String::new()),
    ] {
        assert_eq!(data(&mut with_ids(&hub, Some(&last))), state, "{case}");
    }
    say(&hub, "5");
    assert_eq!(data(&mut with_ids(&hub, Some(&id(0)))), [r#"{"action":"lagged","missed":5}"#, &sync("h1")]);
}

#[test]
fn the_same_hash_again_is_a_sync_for_its_bundle_alone() {
    let hub = hub(16, 1 << 20);
    let mut client = stock(&hub);
    let actions = |client: &mut Subscriber| -> Vec<String> {
        data(client).iter().map(|json| json.split('"').nth(7).unwrap().to_owned()).collect()
    };
    hub.built(Build::new("h"));
    hub.built(Build::new("h").name("other"));
    hub.built(Build::new("h"));
    hub.built(Build::new("i"));
    assert_eq!(actions(&mut client), ["built", "built", "sync", "built"]);
}

#[test]
fn this_crates_client_receives_what_changed_since_its_hash() {
    let hub = hub(16, 1 << 20);
    hub.built(Build::new("h0").files([("/a.css", "1")]));
    let since = |hash: &str| {
        let request = Subscribe { changes: true, since: vec![hash.into()], ..Subscribe::default() };
        hub.subscribe(&request).unwrap()
    };
    let mut client = since("h0");
    assert_eq!(data(&mut client).len(), 1);
    hub.built(Build::new("h1").change(Change::new("/a.css").version("2").text("a{}")));
    let built = data(&mut client).remove(0);
    assert!(
        built.ends_with(r#","previous":"h0","changes":[{"id":"/a.css","version":"2","text":"a{}"}]}"#),
        "{built}"
    );
    let sync = data(&mut since("h0")).remove(0);
    assert!(
        sync.ends_with(r#","since":"h0","changes":[{"id":"/a.css","version":"2"}],"files":{"/a.css":"2"}}"#),
        "{sync}"
    );
    assert!(!data(&mut stock(&hub)).remove(0).contains("changes"), "a stock client's bytes stay as they are");
}

#[test]
fn a_withdrawn_build_is_a_sync_and_newcomers_see_nothing_of_it() {
    let hub = hub(16, 1 << 20);
    hub.built(Build::new("h"));
    let mut client = stock(&hub);
    hub.building(None, Some("./a"));
    hub.unchanged("");
    assert_eq!(data(&mut client), [sync("h"), r#"{"action":"building","file":"./a"}"#.into(), sync("h")]);
    assert_eq!(data(&mut stock(&hub)), [sync("h")]);
}

#[test]
fn after_close_earlier_events_are_read_and_nothing_new_begins() {
    let hub = hub(16, 1 << 20);
    let mut client = stock(&hub);
    say(&hub, "1");
    hub.close();
    hub.close();
    say(&hub, "2");
    hub.building(None, None);
    hub.built(Build::new("h"));
    hub.unchanged("");
    assert_eq!(read(&mut client), ("data: 1\n\n".to_owned(), true));
    assert_eq!(read(&mut client), (String::new(), true), "the end is final");
    assert!(hub.subscribe(&Subscribe::default()).is_none() && hub.is_closed());
}

#[test]
fn any_number_of_names_leaves_a_bounded_state() {
    let hub = hub(16, 1 << 20);
    for n in 0..2 * bundles::MAX_BUNDLES {
        hub.building(Some(&format!("building {n}")), None);
        hub.built(Build::new("h").name(format!("{n}")));
    }
    let state = hub.lock();
    assert_eq!((state.bundles.held().0, state.building.len()), (bundles::MAX_BUNDLES, MAX_BUILDING));
}

#[test]
fn publishers_on_many_threads_have_one_order_for_all_clients() {
    let hub = hub(10_000, 1 << 24);
    let mut clients = [stock(&hub), stock(&hub), stock(&hub)];
    thread::scope(|scope| {
        for thread in 0..4 {
            let hub = &hub;
            scope.spawn(move || {
                for n in 0..200 {
                    say(hub, &format!("[{thread},{n}]"));
                    hub.built(Build::new(format!("{thread}-{n}")).change(Change::new("/a")));
                }
            });
        }
    });
    let [a, b, c] = clients.each_mut().map(data);
    assert_eq!(a.len(), 4 * 400);
    assert!(a == b && b == c);
    for thread in 0..4 {
        let own: Vec<_> = a.iter().filter(|json| json.starts_with(&format!("[{thread},"))).collect();
        let expected: Vec<_> = (0..200).map(|n| format!("[{thread},{n}]")).collect();
        assert!(own.into_iter().eq(&expected), "one thread's events keep their order");
    }
}

#[test]
fn builds_on_many_threads_each_name_the_one_before() {
    let hub = hub(10_000, 1 << 24);
    let mut client = hub.subscribe(&Subscribe { changes: true, ..Subscribe::default() }).unwrap();
    thread::scope(|scope| {
        for thread in 0..4 {
            let hub = &hub;
            scope.spawn(move || {
                for n in 0..200 {
                    hub.built(Build::new(format!("{thread}-{n}")).change(Change::new("/a")));
                }
            });
        }
    });
    let mut before = None;
    for json in data(&mut client) {
        let event: serde_json::Value = serde_json::from_str(&json).unwrap();
        assert_eq!(event.get("previous").cloned(), before);
        before = event.get("hash").cloned();
    }
}
