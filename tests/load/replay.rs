//! A client with ids on a connection that breaks all the time.

use std::{
    hash::{BuildHasher, RandomState},
    io,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use serde_json::json;
use tokio::{net::TcpListener, time::timeout};
use tower_hot_middleware::{Build, HotMiddleware, Options};

use crate::{
    Form, PATIENCE, figure,
    proxy::{Proxy, Random},
    stream::{PATH, Stream},
};

/// Largest number of events that the publisher is ahead of the client: well within the log, for which replay
/// is promised.
const AHEAD: u64 = 300;

/// A run can be repeated, as far as the machine allows, with the seed that it prints: `LOAD_SEED=… cargo test
/// --test load`.
pub(crate) async fn cut_again_and_again(form: Form) {
    let seed = match std::env::var("LOAD_SEED") {
        Ok(seed) => seed.parse().expect("LOAD_SEED should be a number"),
        Err(_) => RandomState::new().hash_one(0),
    };
    figure!("seed {seed}");
    let hot = HotMiddleware::new(Options::default());
    hot.built(Build::new("the first"));
    let app = Router::new().route("/", get(|| async { "the app" })).layer(hot.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let server = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await });
    let mut random = Random(seed);
    let proxy = Proxy::start(server, random.clone()).await;

    let seen = Arc::new(AtomicU64::new(0));
    let mut client = Client::default();
    // A client can only resume once it has an id. Each first connection may break before that.
    while client.id.is_empty() {
        client.connect_once(&proxy, &seen).await;
    }
    let period = Duration::from_secs(form.pick(6, 180));
    let publisher = {
        let (hot, seen) = (hot.clone(), seen.clone());
        tokio::spawn(async move {
            let begin = Instant::now();
            let mut published = 0;
            while begin.elapsed() < period {
                while published - seen.load(Relaxed) < AHEAD && random.below(8) > 0 {
                    published += 1;
                    let fill = "x".repeat(usize::try_from(random.below(1500)).unwrap());
                    hot.publish(&json!({ "n": published, "z": fill })).unwrap();
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            published
        })
    };
    let deadline = Instant::now() + period + PATIENCE;
    while !publisher.is_finished() {
        client.connect_once(&proxy, &seen).await;
    }
    let published = publisher.await.unwrap();
    while seen.load(Relaxed) < published {
        assert!(
            Instant::now() < deadline,
            "seed {seed}: of {published} events came {}",
            client.numbers.len()
        );
        client.connect_once(&proxy, &seen).await;
    }
    figure!("{published} events published over {period:?}, {} connections cut off", proxy.cuts());
    assert_eq!(client.others, Vec::<String>::new(), "seed {seed}: nothing but the events is sent again");
    let wrong = client.numbers.iter().zip(1..).find(|&(&number, expected)| number != expected);
    assert_eq!(
        wrong, None,
        "seed {seed}: not every event came once and in order (left: what came first instead)"
    );
    assert_eq!(client.numbers.len() as u64, published, "seed {seed}");
}

/// The state that a page keeps over its connections.
#[derive(Debug, Default)]
struct Client {
    id: String,
    numbers: Vec<u64>,
    /// All events without a number, after the first id.
    others: Vec<String>,
}

impl Client {
    /// Connects and reads until the connection is cut off, or until nothing has come for a while.
    async fn connect_once(&mut self, proxy: &Proxy, seen: &AtomicU64) {
        const A_WHILE: Duration = Duration::from_millis(200);
        let target = format!("{PATH}?ids");
        let Ok(mut stream) = Stream::open_after(proxy.address, &target, &self.id).await else { return };
        loop {
            let read = timeout(A_WHILE, stream.read()).await;
            if let Ok(Err(error)) = &read {
                assert_ne!(error.kind(), io::ErrorKind::Other, "{error}");
            }
            for event in stream.take() {
                match event.number() {
                    Some(number) => self.numbers.push(number),
                    None if self.id.is_empty() => {}
                    None => self.others.push(event.data),
                }
                self.id = event.id;
            }
            seen.store(self.numbers.last().copied().unwrap_or_default(), Relaxed);
            if !matches!(read, Ok(Ok(true))) {
                return;
            }
        }
    }
}
