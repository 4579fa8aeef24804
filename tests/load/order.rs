//! Many threads that publish, and many clients that compare the events that they received.

use std::{
    sync::{Arc, Barrier},
    thread,
    time::Instant,
};

use axum::{Router, routing::get};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tower_hot_middleware::{HotMiddleware, Options};

use crate::{
    Form, figure,
    stream::{PATH, Stream},
    until,
};

const THREADS: usize = 8;
const CLIENTS: usize = 6;

pub(crate) async fn one_order(form: Form) {
    let each = form.pick(4_000, 40_000);
    let all = THREADS * each;
    // The threads are not slowed down, so the log must hold all events that clients have not read yet: here,
    // all of them.
    let options =
        Options::builder().replay_buffer_events(all).replay_buffer_bytes(all * 100).build().unwrap();
    let hot = HotMiddleware::new(options);
    let app = Router::new().route("/", get(|| async { "the app" })).layer(hot.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });

    let mut clients = Vec::new();
    for n in 0..CLIENTS {
        let target = if n % 2 == 0 { PATH.to_owned() } else { format!("{PATH}?ids") };
        let mut stream = Stream::open(address, &target).await.unwrap();
        clients.push(tokio::spawn(async move {
            let mut received = Vec::with_capacity(all);
            while received.len() < all {
                let event = stream.next().await;
                received.push((event.data, event.id));
            }
            received
        }));
    }
    until("the clients' streams", || hot.client_count() == CLIENTS).await;

    let begin = Instant::now();
    let together = Arc::new(Barrier::new(THREADS));
    let publish = |thread| {
        let (hot, together) = (hot.clone(), together.clone());
        move || {
            together.wait();
            for n in 0..each {
                hot.publish(&json!({ "thread": thread, "count": n })).unwrap();
            }
        }
    };
    let threads: Vec<_> = (0..THREADS).map(|thread| thread::spawn(publish(thread))).collect();
    let mut received = Vec::new();
    for client in clients {
        received.push(client.await.unwrap());
    }
    for thread in threads {
        thread.join().unwrap();
    }
    figure!(
        "{THREADS} threads published {each} events each, {CLIENTS} clients received all {all} in one order, in {:.1?}",
        begin.elapsed()
    );

    let mut next = [0; THREADS];
    let mut turns = 0;
    let mut before = None;
    for (data, _) in &received[0] {
        let event: Value = serde_json::from_str(data).unwrap();
        let [thread, count] =
            ["thread", "count"].map(|key| usize::try_from(event[key].as_u64().unwrap()).unwrap());
        assert_eq!(count, next[thread], "the events of one thread keep their order");
        next[thread] += 1;
        turns += usize::from(before.replace(thread) != Some(thread));
    }
    figure!("the threads took turns {turns} times");
    assert!(turns > THREADS, "the threads published at once, not one after another");
    for other in &received[1..] {
        let differs = received[0].iter().zip(other).position(|((data, _), (theirs, _))| data != theirs);
        assert_eq!(differs, None, "every client receives the same order");
    }
    for (at, (_, id)) in received[1].iter().enumerate() {
        assert!(id.ends_with(&format!("-{}", at + 1)), "the {at}th event has the id {id:?}");
    }
}
