//! Redis and processes that fail.

use std::{
    collections::BTreeSet,
    thread,
    time::{Duration, Instant},
};

use super::{
    client::{Client, as_set},
    processes::{Redis, Replica, until, warnings},
};

fn pair(redis: &Redis) -> [Replica; 2] {
    ["a", "b"].map(|name| Replica::start(&redis.url(), "test", name))
}

/// Opens a page at each process, once both processes share the log.
fn pages(replicas: &[Replica; 2]) -> [Client; 2] {
    let pages = [Client::open(replicas[0].port), Client::open(replicas[1].port)];
    until("both processes share the log", || replicas.iter().all(|replica| replica.clients() == (1, 2)));
    pages
}

#[test]
fn without_redis_at_the_start_pages_get_their_own_events_and_later_all() {
    let Some(mut redis) = Redis::stopped(&[]) else { return };
    let replicas = pair(&redis);
    let [a, b] = &replicas;
    let pages = [Client::open(a.port), Client::open(b.port)];
    a.post("/publish?from=0&count=3");
    pages[0].receives(0..3);
    b.post("/publish?from=10&count=3");
    pages[1].receives(10..13);
    redis.begin();
    until("both processes share the log", || replicas.iter().all(|replica| replica.clients() == (1, 2)));
    a.post("/publish?from=20");
    until("the last event", || pages.iter().all(|page| page.numbers().contains(&20)));
    for (page, own) in pages.iter().zip([[0, 1, 2], [10, 11, 12]]) {
        let all = as_set(&page.numbers());
        assert!(own.iter().all(|n| all.contains(n)), "{all:?}");
    }
    // Whoever was connected before is told how much is missing, or has received it.
    for page in &pages {
        let all = page.numbers();
        assert!(all.len() == 7 || page.count("lagged") > 0, "{:?}", page.events());
    }
    assert_eq!([warnings(a), warnings(b)], [1, 1]);
    let late = Client::with(b.port, "ids", "");
    b.post("/publish?from=21");
    late.receives([21]);
}

#[test]
fn while_redis_hangs_local_events_go_on_and_everything_is_caught_up() {
    let Some(redis) = Redis::start(&[]) else { return };
    let replicas = pair(&redis);
    let pages = pages(&replicas);
    let [a, b] = &replicas;
    a.post("/publish?from=0");
    for page in &pages {
        page.receives([0]);
    }
    redis.signal("-STOP");
    a.post("/publish?from=1&count=3");
    b.post("/publish?from=11&count=3");
    pages[0].receives(0..4);
    pages[1].receives([0, 11, 12, 13]);
    // A page that moves to the other process meanwhile, and one that comes back.
    let moved = Client::with(b.port, "ids", &pages[0].last());
    let back = Client::with(a.port, "ids", &pages[0].last());
    redis.signal("-CONT");
    let all = BTreeSet::from([0, 1, 2, 3, 11, 12, 13]);
    until("everything is caught up", || pages.iter().all(|page| page.numbers().len() >= all.len()));
    a.post("/publish?from=4");
    until("a later event", || {
        pages.iter().chain([&moved, &back]).all(|page| page.numbers().last() == Some(&4))
    });
    let all: BTreeSet<_> = all.into_iter().chain([4]).collect();
    for page in &pages {
        assert_eq!(as_set(&page.numbers()), all);
        assert_eq!(page.count("lagged"), 0);
    }
    let others = BTreeSet::from([4, 11, 12, 13]);
    assert_eq!(
        as_set(&moved.numbers()),
        others,
        "it has seen the first process's events: {:?}",
        moved.events()
    );
    assert_eq!(as_set(&back.numbers()), others, "{:?}", back.events());
    assert!([warnings(a), warnings(b)].iter().all(|warnings| *warnings <= 1), "no flood of warnings");
}

#[test]
fn a_flushed_log_goes_on_with_the_state_and_all_pages() {
    let Some(redis) = Redis::start(&[]) else { return };
    let replicas = pair(&redis);
    let pages = pages(&replicas);
    let [a, b] = &replicas;
    a.post("/built?name=site&hash=h1");
    a.post("/publish?from=0");
    for page in &pages {
        page.receives([0]);
    }
    let last = pages[0].last();
    let _: String = redis.command(&["FLUSHALL"]);
    b.post("/publish?from=1");
    for page in &pages {
        page.receives([0, 1]);
    }
    let c = Replica::start(&redis.url(), "test", "c");
    let page = Client::open(c.port);
    page.awaits("the state", |data| data.iter().any(|event| event["hash"] == "h1"));
    let page = Client::with(b.port, "ids", &last);
    page.receives([1]);
    assert_eq!(pages[0].count("lagged") + pages[1].count("lagged"), 0, "nothing was missed");
}

#[test]
fn a_flushed_log_that_nobody_writes_to_is_begun_once() {
    let Some(redis) = Redis::start(&[]) else { return };
    let replicas = pair(&redis);
    let pages = pages(&replicas);
    replicas[0].post("/built?name=site&hash=h1");
    for page in &pages {
        page.awaits("a build", |data| data.iter().any(|event| event["hash"] == "h1"));
    }
    let last = pages[0].last();
    let key = redis.command::<Vec<String>>(&["KEYS", "*:state"]).remove(0);
    let epoch = || redis.command::<Option<String>>(&["HGET", &key, "epoch"]);
    let before = epoch();
    let _: String = redis.command(&["FLUSHALL"]);
    until("a new log", || epoch().is_some_and(|epoch| Some(&epoch) != before.as_ref()));
    let begun = epoch();
    // Each process counts its clients once a second.
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(epoch(), begun, "it is not begun again and again");
    let page = Client::with(replicas[1].port, "ids", &last);
    replicas[1].post("/publish?from=7");
    page.receives([7]);
    assert_eq!(page.count("lagged"), 0, "nothing was missed");
}

#[test]
fn entries_of_another_program_stop_nothing() {
    let Some(redis) = Redis::start(&[]) else { return };
    let replicas = pair(&redis);
    let pages = pages(&replicas);
    replicas[0].post("/built?name=site&hash=h1");
    for page in &pages {
        page.awaits("a build", |data| data.iter().any(|event| event["hash"] == "h1"));
    }
    let key = redis.command::<Vec<String>>(&["KEYS", "*:events"]).remove(0);
    for (n, id) in ["*", "18446744073709551000-0"].into_iter().enumerate() {
        let _: String = redis.command(&["XADD", &key, id, "a", "b"]);
        std::thread::sleep(Duration::from_millis(700));
        for (from, replica) in replicas.iter().enumerate() {
            replica.post(&format!("/publish?from={}", 2 * n + from));
        }
        for page in &pages {
            page.awaits("both events", |_| true);
            until("both events", || page.numbers().len() == 2 * (n + 1));
        }
    }
    let newcomer = Replica::start(&redis.url(), "test", "c");
    let page = Client::open(newcomer.port);
    page.awaits("the state", |data| data.iter().any(|event| event["hash"] == "h1"));
    assert!(replicas.iter().all(|replica| warnings(replica) <= 1), "no flood of warnings");
}

#[test]
fn a_restarted_empty_redis_is_begun_anew_with_one_warning() {
    let Some(mut redis) = Redis::start(&[]) else { return };
    let replicas = pair(&redis);
    let pages = pages(&replicas);
    let [a, b] = &replicas;
    a.post("/built?name=site&hash=h1");
    for page in &pages {
        page.awaits("a build", |data| data.iter().any(|event| event["hash"] == "h1"));
    }
    redis.kill();
    a.post("/publish?from=0&count=3");
    pages[0].receives(0..3);
    redis.begin();
    until("the events", || pages[1].numbers().len() == 3);
    b.post("/publish?from=3");
    until("a later event", || pages.iter().all(|page| page.numbers().contains(&3)));
    assert_eq!(pages[0].numbers(), [0, 1, 2, 3]);
    assert_eq!(pages[1].numbers(), [0, 1, 2, 3]);
    assert!(warnings(a) <= 1 && warnings(b) <= 1);
}

#[test]
fn a_full_redis_refuses_and_local_events_go_on() {
    let Some(redis) = Redis::start(&[]) else { return };
    let replicas = pair(&redis);
    let pages = pages(&replicas);
    let [a, _] = &replicas;
    let _: String = redis.command(&["CONFIG", "SET", "maxmemory", "1"]);
    a.post("/publish?from=0&count=3");
    pages[0].receives(0..3);
    until("a warning", || warnings(a) == 1);
    let _: String = redis.command(&["CONFIG", "SET", "maxmemory", "0"]);
    pages[1].receives(0..3);
    a.post("/publish?from=3");
    for page in &pages {
        page.receives(0..4);
    }
}

#[test]
fn a_process_that_sleeps_longer_than_the_buffer_catches_up_with_a_count() {
    let Some(redis) = Redis::start(&[]) else { return };
    let replicas = ["a", "b"].map(|name| Replica::with(&[&redis.url(), "test", name, "32"]));
    let pages = pages(&replicas);
    let [a, b] = &replicas;
    a.post("/publish?from=0");
    for page in &pages {
        page.receives([0]);
    }
    b.signal("-STOP");
    a.post("/built?name=site&hash=h1");
    for first in (1..101).step_by(10) {
        a.post(&format!("/publish?from={first}&count=10"));
        until("the events", || pages[0].numbers().len() as u64 == first + 10);
    }
    b.signal("-CONT");
    pages[1].awaits("the loss", |data| data.iter().any(|event| event["action"] == "lagged"));
    let missed = pages[1].data().iter().find_map(|event| event["missed"].as_u64());
    pages[1].awaits("the state", |data| data.iter().any(|event| event["hash"] == "h1"));
    a.post("/publish?from=101");
    pages[1].receives([0, 101]);
    assert_eq!(missed, Some(101));
}

#[test]
fn a_killed_process_is_not_counted_for_long() {
    let Some(redis) = Redis::start(&[]) else { return };
    let replicas = pair(&redis);
    let pages = pages(&replicas);
    let [a, mut b] = replicas;
    b.kill();
    let begin = Instant::now();
    until("the process is gone", || a.clients() == (1, 1));
    assert!(begin.elapsed() < Duration::from_secs(10));
    a.post("/publish?from=0");
    pages[0].receives([0]);
}

#[test]
fn a_slow_redis_delays_local_pages_by_a_moment_at_most() {
    let Some(redis) = Redis::start(&[]) else { return };
    let replicas = pair(&redis);
    let pages = pages(&replicas);
    let [a, _] = &replicas;
    let url = redis.url();
    let sleeper = thread::spawn(move || {
        let mut connection = redis::Client::open(url).unwrap().get_connection().unwrap();
        redis::cmd("DEBUG").arg("SLEEP").arg("4").query::<String>(&mut connection)
    });
    thread::sleep(Duration::from_millis(100));
    let begin = Instant::now();
    a.post("/publish?from=0&count=3");
    pages[0].receives(0..3);
    assert!(begin.elapsed() < Duration::from_secs(3), "{:?}", begin.elapsed());
    let _ = sleeper.join().unwrap();
    pages[1].receives(0..3);
    a.post("/publish?from=3");
    for page in &pages {
        page.receives(0..4);
    }
}
