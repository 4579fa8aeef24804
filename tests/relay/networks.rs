//! Networks that fail, and servers that take over.

use std::{collections::BTreeSet, net::TcpListener};

use super::{
    client::{Client, as_set},
    processes::{Redis, Replica, until, warnings},
    proxy::Proxy,
};

fn both_share(replicas: [&Replica; 2]) {
    until("both processes share the log", || replicas.iter().all(|replica| replica.clients() == (1, 2)));
}

#[test]
fn a_process_that_the_network_cuts_off_goes_on_alone_and_catches_up() {
    let Some(redis) = Redis::start(&[]) else { return };
    let proxy = Proxy::to(&redis.socket());
    let (a, b) = (Replica::start(&redis.url(), "test", "a"), Replica::start(&proxy.url(), "test", "b"));
    let pages = [Client::open(a.port), Client::open(b.port)];
    both_share([&a, &b]);
    a.post("/publish?from=0");
    for page in &pages {
        page.receives([0]);
    }
    proxy.cut();
    a.post("/publish?from=10&count=3");
    b.post("/publish?from=20&count=3");
    pages[0].receives([0, 10, 11, 12]);
    pages[1].receives([0, 20, 21, 22]);
    until("a warning", || warnings(&b) == 1);
    let before = pages[1].last();
    proxy.heal();
    let all = BTreeSet::from([0, 10, 11, 12, 20, 21, 22]);
    until("everything is caught up", || pages.iter().all(|page| page.numbers().len() >= all.len()));
    both_share([&a, &b]);
    b.post("/publish?from=30");
    until("a later event", || pages.iter().all(|page| page.numbers().last() == Some(&30)));
    for page in &pages {
        assert_eq!(as_set(&page.numbers()), all.iter().copied().chain([30]).collect(), "{:?}", page.events());
        assert_eq!(page.count("lagged"), 0, "{:?}", page.events());
    }
    // A page that was at that process meanwhile reads on at the other one.
    let moved = Client::with(a.port, "ids", &before);
    moved.awaits("the rest", |data| data.iter().any(|event| event["n"] == 30));
    assert_eq!(as_set(&moved.numbers()), BTreeSet::from([10, 11, 12, 30]), "{:?}", moved.events());
    assert_eq!([warnings(&a), warnings(&b)], [0, 1]);
}

/// A server and its replica, which has all of it.
fn primary_and_replica() -> Option<(Redis, Redis)> {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    // The last of two `port` options counts.
    let primary = Redis::start(&["--port", &port, "--bind", "127.0.0.1", "--repl-diskless-sync-delay", "0"])?;
    let replica = Redis::start(&["--replicaof", "127.0.0.1", &port])?;
    until("the replica has all", || {
        replica.command::<String>(&["INFO", "replication"]).contains("master_link_status:up")
    });
    Some((primary, replica))
}

#[test]
fn a_replica_that_takes_over_goes_on_with_the_log() {
    let Some((mut primary, replica)) = primary_and_replica() else { return };
    let proxy = Proxy::to(&primary.socket());
    let [a, b] = ["a", "b"].map(|name| Replica::start(&proxy.url(), "test", name));
    let pages = [Client::open(a.port), Client::open(b.port)];
    both_share([&a, &b]);
    a.post("/built?name=site&hash=h1");
    a.post("/publish?from=0&count=3");
    for page in &pages {
        page.receives(0..3);
    }
    let last = pages[0].last();
    until("the replica has all", || primary.command::<usize>(&["WAIT", "1", "1000"]) == 1);
    primary.kill();
    a.post("/publish?from=3&count=3");
    pages[0].receives(0..6);
    let _: String = replica.command(&["REPLICAOF", "NO", "ONE"]);
    proxy.switch(&replica.socket());
    pages[1].receives(0..6);
    both_share([&a, &b]);
    b.post("/publish?from=6");
    for page in &pages {
        page.receives(0..7);
        assert_eq!(page.count("lagged"), 0, "{:?}", page.events());
    }
    let moved = Client::with(b.port, "ids", &last);
    moved.receives(3..7);
    let newcomer = Client::open(b.port);
    newcomer.awaits("the state", |data| data.iter().any(|event| event["hash"] == "h1"));
    assert!(warnings(&a) <= 1 && warnings(&b) <= 1);
}

#[test]
fn a_replica_that_has_lost_the_newest_events_takes_over_and_nothing_comes_twice() {
    let Some((mut primary, replica)) = primary_and_replica() else { return };
    let proxy = Proxy::to(&primary.socket());
    let [a, b] = ["a", "b"].map(|name| Replica::start(&proxy.url(), "test", name));
    let pages = [Client::open(a.port), Client::open(b.port)];
    both_share([&a, &b]);
    a.post("/publish?from=0&count=3");
    for page in &pages {
        page.receives(0..3);
    }
    until("the replica has all", || primary.command::<usize>(&["WAIT", "1", "1000"]) == 1);
    replica.signal("-STOP");
    a.post("/publish?from=3&count=3");
    for page in &pages {
        page.receives(0..6);
    }
    primary.kill();
    replica.signal("-CONT");
    let _: String = replica.command(&["REPLICAOF", "NO", "ONE"]);
    assert!(replica.command::<usize>(&["XLEN", "{hot-middleware:test}:events"]) <= 6);
    proxy.switch(&replica.socket());
    both_share([&a, &b]);
    b.post("/publish?from=6&count=3");
    until("the later events", || pages.iter().all(|page| page.numbers().contains(&8)));
    for page in &pages {
        assert_eq!(as_set(&page.numbers()), (0..9).collect(), "{:?}", page.events());
    }
}

#[test]
fn keys_that_redis_has_evicted_are_made_again() {
    let Some(redis) = Redis::start(&[]) else { return };
    let [a, b] = ["a", "b"].map(|name| Replica::start(&redis.url(), "test", name));
    let pages = [Client::open(a.port), Client::open(b.port)];
    both_share([&a, &b]);
    a.post("/built?name=site&hash=h1");
    a.post("/publish?from=0");
    for page in &pages {
        page.receives([0]);
    }
    let mut sent = 1;
    let keys: Vec<String> = redis.command(&["KEYS", "*"]);
    assert!(keys.len() > 2, "{keys:?}");
    for key in keys {
        let _: usize = redis.command(&["DEL", &key]);
        for process in [&a, &b] {
            process.post(&format!("/publish?from={sent}"));
            sent += 1;
            for page in &pages {
                page.awaits(&format!("an event after {key}"), |data| {
                    data.iter().any(|event| event["n"] == sent - 1)
                });
            }
        }
    }
    for page in &pages {
        assert_eq!(as_set(&page.numbers()), (0..sent).collect(), "{:?}", page.events());
    }
    let c = Replica::start(&redis.url(), "test", "c");
    let newcomer = Client::open(c.port);
    newcomer.awaits("the state", |data| data.iter().any(|event| event["hash"] == "h1"));
}

#[test]
fn what_is_too_much_for_the_outbox_is_told_as_a_loss_to_the_others() {
    let Some(mut redis) = Redis::start(&[]) else { return };
    let [a, b] = ["a", "b"].map(|name| Replica::start(&redis.url(), "test", name));
    let pages = [Client::open(a.port), Client::open(b.port)];
    both_share([&a, &b]);
    a.post("/publish?from=0");
    for page in &pages {
        page.receives([0]);
    }
    redis.kill();
    until("a warning", || warnings(&a) == 1);
    // Twenty times a megabyte: more than the process keeps for the others.
    for n in 1..=20 {
        a.post(&format!("/publish?from={n}&bytes=1000000"));
    }
    pages[0].awaits("its own events", |data| data.iter().any(|event| event["n"] == 20));
    redis.begin();
    pages[1].awaits("the loss", |data| data.iter().any(|event| event["action"] == "lagged"));
    both_share([&a, &b]);
    a.post("/publish?from=21");
    for page in &pages {
        page.awaits("a later event", |data| data.iter().any(|event| event["n"] == 21));
    }
    assert_eq!(as_set(&pages[0].numbers()), (0..=21).collect(), "it had all of them");
    assert_eq!(pages[0].count("lagged"), 0);
    // Each event came, or is counted.
    let missed: u64 = pages[1].data().iter().filter_map(|data| data["missed"].as_u64()).sum();
    let numbers = as_set(&pages[1].numbers());
    assert_eq!(missed + numbers.len() as u64, 22, "{missed}, {numbers:?}");
}
