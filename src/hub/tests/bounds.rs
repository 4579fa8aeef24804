//! Bounds on the hub's memory in bytes, and on the work under its lock.

use bytes::Bytes;

use super::*;
use crate::bundle::MAX_COMPARED_BYTES;

fn named(hub: &Arc<Hub>, name: &str) -> Subscriber {
    hub.subscribe(&Subscribe { client: Some(name.to_owned()), ..Subscribe::default() }).unwrap()
}

fn frame(bytes: usize) -> Frame {
    Frame::new(format!("\"{}\"", "-".repeat(bytes)).as_bytes())
}

#[test]
fn unread_inboxes_are_bounded_over_all_clients() {
    let hub = hub(100, 10_000);
    hub.built(Build::new("h"));
    let mut clients: Vec<_> = (0..50).map(|n| named(&hub, &n.to_string())).collect();
    for client in &mut clients {
        assert_eq!(data(client), [sync("h")]);
    }
    let number = |n: usize| hub.client_named(&n.to_string()).unwrap();
    assert!((0..9).all(|_| hub.send_to(number(0), frame(900))), "one client leaves most of it unread");
    for round in 0..4 {
        for n in 1..50 {
            assert!(hub.send_to(number(n), frame(50)));
            let held = hub.lock().clients.inbox_bytes();
            assert!(held <= 10_000, "{held} bytes in round {round}");
        }
    }
    assert_eq!(
        data(&mut clients[0]),
        [r#"{"action":"lagged","missed":9}"#, &sync("h")],
        "the client with the most unread"
    );
    let read: Vec<_> = clients[1..].iter_mut().map(data).collect();
    let complete = read.iter().filter(|read| read.len() == 4 && read[0].starts_with("\"-")).count();
    assert!(complete >= 30, "{complete} of 49 have all of their events");
    assert_eq!(hub.lock().clients.inbox_bytes(), 0);
    assert!(hub.send_to(number(7), frame(20_000)), "an event larger than the bound still arrives");
    assert_eq!(data(&mut clients[7])[0].len(), 20_002);
    assert!(hub.send_to(number(8), frame(20_000)));
    drop(clients);
    assert_eq!(hub.lock().clients.inbox_bytes(), 0);
}

#[test]
fn a_name_refers_to_the_latest_client_with_it() {
    let hub = hub(16, 1 << 20);
    let first = named(&hub, "page");
    let second = named(&hub, "page");
    let (older, newer) = (first.number(), second.number());
    assert_eq!(hub.client_named("page"), Some(newer));
    drop(second);
    assert_eq!(hub.client_named("page"), Some(older));
    drop(first);
    assert_eq!((hub.client_named("page"), hub.addressable_clients()), (None, vec![]));
}

/// A build of a bundle with this many bytes of module names.
fn large(name: &str, hash: &str, bytes: usize) -> Build {
    let module = "m".repeat(1 << 10);
    (0..bytes >> 10).fold(Build::new(hash).name(name), |build, n| build.module(n.to_string(), module.clone()))
}

#[test]
fn the_state_of_all_bundles_is_bounded_in_bytes() {
    let hub = hub(16, 1 << 20);
    hub.built(Build::new("first").name("first"));
    for n in 0..40 {
        hub.built(large(&format!("large {n}"), "h", 2 << 20));
        // A bundle that is built again and again stays, whichever others come.
        hub.built(Build::new(format!("{n}")).name("first"));
        let (count, bytes) = hub.lock().bundles.held();
        assert!(bytes <= bundles::MAX_BYTES, "{count} bundles take up {bytes} bytes");
    }
    let state = data(&mut stock(&hub));
    assert!((8..40).contains(&state.len()), "{}", state.len());
    assert!(state[0].starts_with(r#"{"name":"first","action":"sync","hash":"39""#), "{}", &state[0][..80]);
    let written: usize = state.iter().map(String::len).sum();
    assert!(written <= bundles::MAX_BYTES / 2, "{written} bytes are written, and their sources kept");
}

#[test]
fn a_build_that_is_too_large_is_published_whole_and_kept_without_its_modules() {
    let hub = hub(16, 1 << 20);
    let mut client = stock(&hub);
    let problem = "e".repeat(100 << 10);
    let build = (0..30).fold(large("", "h", 32 << 20), |build, _| build.error(problem.clone()).warning("w"));
    hub.built(build);
    assert!(data(&mut client)[0].len() > 32 << 20);
    let kept = data(&mut stock(&hub)).remove(0);
    assert!(kept.len() < 2 << 20 && kept.ends_with(r#""modules":{}}"#), "{} bytes", kept.len());
    assert!(kept.contains(r#""hash":"h""#) && kept.contains(" more errors are too long to be kept"));
    assert_eq!(kept.matches("\"w\"").count(), 30);
    let (_, bytes) = hub.lock().bundles.held();
    assert!(bytes < 4 << 20, "{bytes} bytes");
}

#[test]
fn names_that_come_and_go_leave_a_bounded_set() {
    let hub = hub(16, 1 << 20);
    hub.built(Build::new("h").files([("/app.css", "1")]));
    let mut most = 0;
    for n in 0..60_u32 {
        let names = (0..5_000).map(|file| Change::new(format!("/assets/chunk-{:032x}.js", n * 5_000 + file)));
        hub.built(Build::new(n.to_string()).changes(names));
        most = most.max(hub.lock().bundles.held().1);
    }
    assert!(most < 40 << 20, "300,000 hashed names take up {most} bytes");
    let request = Subscribe { changes: true, since: vec!["58".to_owned()], ..Subscribe::default() };
    let sync = data(&mut hub.subscribe(&request).unwrap()).remove(0);
    assert!(sync.contains(r#""since":"58","changes":[{"#), "{}", &sync[..200]);
}

#[test]
fn builds_under_way_are_bounded_in_bytes() {
    let hub = hub(16, 1 << 20);
    let long = "n".repeat(MAX_BUILDING_BYTES);
    hub.building(Some(&long), None);
    hub.building(Some("file"), Some(&long));
    hub.building(Some("short"), Some("./a.js"));
    assert_eq!(data(&mut stock(&hub)), [r#"{"action":"building","name":"short","file":"./a.js"}"#]);
}

#[test]
fn comparing_for_a_newcomer_is_bounded_over_all_bundles() {
    let hub = hub(16, 1 << 20);
    let text = "f".repeat(200);
    for bundle in 0..8 {
        let build = |hash: &str| Build::new(hash).name(format!("b{bundle}"));
        hub.built(build(&format!("{bundle}-old")).change(Change::new("/a")));
        let files = (0..4_000).map(|n| Change::new(format!("/{text}{n}")));
        hub.built(build(&format!("{bundle}-new")).changes(files));
    }
    let since: Vec<_> = (0..8).map(|bundle| format!("{bundle}-old")).collect();
    let newcomer = hub.subscribe(&Subscribe { changes: true, since, ..Subscribe::default() });
    let received = data(&mut newcomer.unwrap());
    let compared = received.iter().filter(|sync| sync.contains("\"since\"")).count();
    assert_eq!(received.len(), 8);
    assert!((1..8).contains(&compared), "{compared} of 8 bundles are compared");
    let bytes: usize = received.iter().map(String::len).sum();
    assert!(bytes < 2 * MAX_COMPARED_BYTES, "{bytes} bytes");
}

/// Name, builds begun, and the events that a newcomer receives.
type Case = (&'static str, fn(&Hub), Vec<String>);

#[test]
fn a_stock_newcomer_receives_nothing_of_bundles_being_built() {
    let building = |name: Option<&str>| match name {
        Some(name) => format!(r#"{{"action":"building","name":"{name}"}}"#),
        None => r#"{"action":"building"}"#.to_owned(),
    };
    let of = |name: &str| sync("h").replace(r#""name":"""#, &format!(r#""name":"{name}""#));
    let cases: [Case; 4] = [
        ("nothing", |_| {}, vec![of(""), of("a")]),
        ("a compiler", |hub| hub.building(None, None), vec![building(None)]),
        ("one bundle", |hub| hub.building(Some("a"), None), vec![of(""), building(Some("a"))]),
        ("the one without a name", |hub| hub.building_unnamed(None), vec![of("a"), building(None)]),
    ];
    for (case, begin, expected) in cases {
        let hub = hub(16, 1 << 20);
        hub.built(Build::new("h"));
        hub.built(Build::new("h").name("a"));
        begin(&hub);
        assert_eq!(data(&mut stock(&hub)), expected, "{case}");
        let own = Subscribe { changes: true, ..Subscribe::default() };
        let mut own = hub.subscribe(&own).unwrap();
        assert_eq!(data(&mut own).iter().filter(|event| event.contains("sync")).count(), 2, "{case}");
    }
}

/// Bytes that check the hub's lock on drop, as the last reference to an event.
struct Watches(Arc<Hub>, Arc<AtomicUsize>);

impl AsRef<[u8]> for Watches {
    fn as_ref(&self) -> &[u8] {
        b"data: 1\n\n"
    }
}

impl Drop for Watches {
    fn drop(&mut self) {
        self.1.fetch_add(1, Ordering::SeqCst);
        assert!(self.0.state.try_lock().is_ok(), "an event was dropped under the lock");
    }
}

#[test]
fn events_are_dropped_outside_the_lock() {
    let hub = hub(2, 1 << 20);
    let dropped = Arc::<AtomicUsize>::default();
    let frame = || Frame::raw(Bytes::from_owner(Watches(hub.clone(), dropped.clone())));
    let count = |expected: usize, case: &str| assert_eq!(dropped.load(Ordering::SeqCst), expected, "{case}");
    let say = || hub.publish(|| Ok::<_, Infallible>(frame())).unwrap();
    let client = named(&hub, "page");
    let number = client.number();
    (0..5).for_each(|_| say());
    count(3, "they fell out of the log");
    (0..5).for_each(|_| assert!(hub.send_to(number, frame())));
    count(6, "they fell out of the inbox");
    assert!(!hub.send_to(number + 1, frame()));
    count(7, "there was no such client");
    let _other = stock(&hub);
    drop(client);
    count(9, "its inbox was left unread");
    hub.close();
    say();
    count(9, "nothing is encoded once the hub is closed");
    assert!(!hub.send_to(number, frame()));
    count(10, "the hub was closed to messages");
}
