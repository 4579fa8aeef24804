//! Properties of the hub in every order in which threads can take its lock.

use interleavings::{Client, Hub};
use loom::thread;

fn subscribe(hub: &Hub) -> Client {
    hub.subscribe(None).expect("the hub is open")
}

/// Returns the `sync` or `built` event of a build of the one bundle, up to the keys that depend on the
/// previous build.
fn outcome(action: &str, hash: &str) -> String {
    format!(r#"{{"name":"","action":"{action}","hash":"{hash}","warnings":[],"errors":[],"modules":{{}}"#)
}

fn value<'a>(event: &'a str, key: &str) -> Option<&'a str> {
    let (_, rest) = event.split_once(&format!("\"{key}\":\""))?;
    rest.split('"').next()
}

#[test]
fn no_wake_is_lost() {
    loom::model(|| {
        let hub = Hub::new(4);
        let mut client = subscribe(&hub);
        let publisher = thread::spawn({
            let hub = hub.clone();
            move || {
                hub.publish(1);
                hub.publish(2);
            }
        });
        // A task that polls, and polls again after each wake.
        let ended = client.read();
        publisher.join().unwrap();
        assert!(!ended);
        if client.events().len() < 2 {
            assert_eq!(client.wakes(), 1, "it waits forever with {:?}", client.events());
        }
        client.read();
        assert_eq!(client.events(), ["1", "2"]);
    });
}

#[test]
fn a_waiting_client_is_woken_by_close() {
    loom::model(|| {
        let hub = Hub::new(4);
        let mut client = subscribe(&hub);
        let closers = [(); 2].map(|()| {
            let hub = hub.clone();
            thread::spawn(move || hub.close())
        });
        let ended = client.read();
        for closer in closers {
            closer.join().unwrap();
        }
        assert_eq!(client.wakes(), usize::from(!ended), "exactly a waiting client is woken");
        assert!(client.read());
    });
}

#[test]
fn events_before_close_are_read_and_none_after_it() {
    loom::model(|| {
        let hub = Hub::new(4);
        let mut client = subscribe(&hub);
        let publisher = thread::spawn({
            let hub = hub.clone();
            move || (1..=3).for_each(|number| hub.publish(number))
        });
        hub.close();
        assert!(client.read());
        let read = client.events().len();
        publisher.join().unwrap();
        assert!(client.read());
        assert_eq!(client.events(), ["1", "2", "3"][..read], "the end is final");
        assert!(hub.subscribe(None).is_none());
    });
}

#[test]
fn all_clients_read_one_order() {
    loom::model(|| {
        let hub = Hub::new(4);
        let mut early = subscribe(&hub);
        let publish = |hub: &Hub, number| (number..number + 2).for_each(|number| hub.publish(number));
        let publisher = thread::spawn({
            let hub = hub.clone();
            move || publish(&hub, 10)
        });
        let newcomer = thread::spawn({
            let hub = hub.clone();
            move || subscribe(&hub)
        });
        publish(&hub, 20);
        publisher.join().unwrap();
        let mut late = newcomer.join().unwrap();
        early.read();
        late.read();
        let all = early.events();
        assert!(all.ends_with(&late.events()), "{:?} and {all:?}", late.events());
        let of = |thread| all.iter().filter(|event| event.starts_with(thread)).copied().collect::<Vec<_>>();
        assert_eq!((all.len(), of("1"), of("2")), (4, vec!["10", "11"], vec!["20", "21"]));
    });
}

#[test]
fn a_newcomer_neither_misses_a_build_nor_receives_it_twice() {
    loom::model(|| {
        let hub = Hub::new(4);
        let _other = subscribe(&hub);
        let builder = thread::spawn({
            let hub = hub.clone();
            move || {
                hub.building();
                hub.built("h1");
            }
        });
        let mut client = subscribe(&hub);
        builder.join().unwrap();
        client.read();
        let events = client.events();
        let (last, before) = events.split_last().expect("it receives the build in any case");
        assert_eq!(value(last, "hash"), Some("h1"));
        let building = r#"{"action":"building"}"#;
        match value(last, "action") {
            Some("sync") => assert!(before.is_empty(), "{events:?}"),
            _ => assert_eq!(before, [building], "{events:?}"),
        }
    });
}

#[test]
fn each_build_names_the_previous_one_of_any_thread() {
    loom::model(|| {
        let hub = Hub::new(4);
        hub.built("h0");
        let mut client = subscribe(&hub);
        let builders = ["h1", "h2"].map(|hash| {
            let hub = hub.clone();
            thread::spawn(move || hub.built(hash))
        });
        for builder in builders {
            builder.join().unwrap();
        }
        client.read();
        let events = client.events();
        let [sync, first, second] = events[..] else { panic!("{events:?}") };
        assert!(sync.starts_with(&outcome("sync", "h0")), "{sync}");
        assert_eq!(value(first, "previous"), Some("h0"));
        assert_eq!(value(second, "previous"), value(first, "hash"));
        assert!(first.starts_with(&outcome("built", value(first, "hash").unwrap_or_default())), "{first}");
    });
}

#[test]
fn a_build_withdrawn_during_another_leaves_none_under_way() {
    loom::model(|| {
        let hub = Hub::new(8);
        hub.built("h0");
        hub.building();
        let mut client = subscribe(&hub);
        let builder = thread::spawn({
            let hub = hub.clone();
            move || hub.built("h1")
        });
        hub.unchanged();
        builder.join().unwrap();
        client.read();
        let newest = |client: &Client| {
            let events = client.events();
            let hashes: Vec<_> = events.iter().filter_map(|event| value(event, "hash")).collect();
            hashes.last().map(ToString::to_string)
        };
        let mut newcomer = subscribe(&hub);
        newcomer.read();
        assert_eq!(newcomer.events().len(), 1, "nothing is building: {:?}", newcomer.events());
        assert_eq!(newest(&client), newest(&newcomer), "{:?}", client.events());
    });
}

#[test]
fn a_reconnecting_client_has_every_event_once() {
    loom::model(|| {
        let hub = Hub::new(4);
        let mut before = subscribe(&hub);
        let publisher = thread::spawn({
            let hub = hub.clone();
            move || (1..=3).for_each(|number| hub.publish(number))
        });
        before.read();
        let mut after = hub.subscribe(before.last_event_id()).expect("the hub is open");
        let mut read: Vec<_> = before.events().into_iter().map(str::to_owned).collect();
        let nothing_seen = read.is_empty();
        drop(before);
        publisher.join().unwrap();
        after.read();
        read.extend(after.events().into_iter().map(str::to_owned));
        assert!(["1", "2", "3"].ends_with(&read.iter().map(String::as_str).collect::<Vec<_>>()), "{read:?}");
        assert!(nothing_seen || read.len() == 3, "{read:?}");
    });
}

#[test]
fn a_client_that_leaves_takes_no_other_clients_wake() {
    loom::model(|| {
        let hub = Hub::new(4);
        let (mut client, mut gone) = (subscribe(&hub), subscribe(&hub));
        gone.read();
        let leaver = thread::spawn(move || drop(gone));
        let newcomer = thread::spawn({
            let hub = hub.clone();
            move || {
                let mut client = subscribe(&hub);
                client.read();
                client
            }
        });
        client.read();
        hub.publish(1);
        leaver.join().unwrap();
        let mut other = newcomer.join().unwrap();
        assert_eq!(hub.clients(), 2);
        for one in [&mut client, &mut other] {
            let (wakes, read) = (one.wakes(), one.events().len());
            one.read();
            assert_eq!(wakes, one.events().len() - read, "woken exactly for its unread events");
        }
        assert_eq!(client.events(), ["1"]);
        drop((client, other));
        assert_eq!(hub.clients(), 0);
    });
}

#[test]
fn an_overtaken_client_receives_the_number_of_missed_events() {
    loom::model(|| {
        let hub = Hub::new(2);
        hub.built("h0");
        let mut client = subscribe(&hub);
        let publisher = thread::spawn({
            let hub = hub.clone();
            move || (1..=4).for_each(|number| hub.publish(number))
        });
        client.read();
        publisher.join().unwrap();
        client.read();
        let mut reached = 0;
        for event in client.events() {
            if let Some((_, missed)) = event.split_once("\"missed\":") {
                reached += missed.trim_end_matches('}').parse::<u32>().expect("a number");
            } else if let Ok(number) = event.parse::<u32>() {
                reached += 1;
                assert_eq!(number, reached, "{:?}", client.events());
            } else {
                assert!(event.starts_with(&outcome("sync", "h0")), "{event}");
            }
        }
        assert_eq!(reached, 4, "{:?}", client.events());
    });
}
