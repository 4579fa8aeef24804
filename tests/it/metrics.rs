//! The values that a recorder of `metrics` receives, of requests over real sockets.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use ::metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use serde_json::Value;
use tower_hot_middleware::{Build, Change};

use crate::{
    client::{Reading, open},
    hot, serve_app,
};

const PATH: &str = "/__webpack_hmr";

/// Keeps values by their name and label.
#[derive(Default)]
struct Kept {
    counters: Mutex<BTreeMap<String, Arc<AtomicU64>>>,
    gauges: Mutex<BTreeMap<String, Arc<AtomicU64>>>,
    histogram: Arc<Samples>,
    described: Mutex<Vec<String>>,
}

#[derive(Default)]
struct Samples(Mutex<Vec<f64>>);

impl HistogramFn for Samples {
    fn record(&self, value: f64) {
        self.0.lock().unwrap().push(value);
    }
}

fn name(key: &Key) -> String {
    let labels = key.labels().map(|label| format!(" {}={}", label.key(), label.value()));
    format!("{}{}", key.name(), labels.collect::<String>())
}

impl Kept {
    fn describe(&self, key: &KeyName) {
        self.described.lock().unwrap().push(key.as_str().to_owned());
    }

    fn count(&self, name: &str) -> u64 {
        self.counters.lock().unwrap().get(name).map_or(0, |count| count.load(Ordering::SeqCst))
    }

    fn gauge(&self, name: &str) -> f64 {
        let gauges = self.gauges.lock().unwrap();
        gauges.get(name).map_or(0.0, |gauge| f64::from_bits(gauge.load(Ordering::SeqCst)))
    }
}

impl Recorder for Kept {
    fn describe_counter(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&key);
    }

    fn describe_gauge(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&key);
    }

    fn describe_histogram(&self, key: KeyName, _: Option<Unit>, _: SharedString) {
        self.describe(&key);
    }

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.counters.lock().unwrap().entry(name(key)).or_default().clone())
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::from_arc(self.gauges.lock().unwrap().entry(name(key)).or_default().clone())
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(self.histogram.clone())
    }
}

fn css(hash: &str) -> Build {
    Build::new(hash).module("/a.css", "./static/a.css").change(Change::new("/a.css"))
}

#[tokio::test]
async fn clients_events_bytes_builds_receipts_and_refusals_are_counted() {
    let kept = Kept::default();
    // The test's runtime has one thread, as the server's.
    let _guard = ::metrics::set_default_local_recorder(&kept);
    let hot = hot();
    let described = kept.described.lock().unwrap().clone();
    assert_eq!(described.len(), 9, "{described:?}");
    assert!(described.iter().all(|name| name.starts_with("hot_middleware_")));
    hot.built(css("1"));
    let address = serve_app(&hot).await;

    let mut stream = open(address, &format!("{PATH}?ids&changes&client=one")).await;
    let greeting = stream.event().await;
    let connected: Value = serde_json::from_str(greeting.split("data: ").nth(1).unwrap()).unwrap();
    let key = connected["receipts"].as_str().unwrap();
    let sync = stream.event().await;
    let received = 1 + greeting.len() + sync.len();
    assert_eq!(kept.count("hot_middleware_sent_bytes_total transport=events"), received as u64);
    assert!((kept.gauge("hot_middleware_clients transport=events") - 1.0).abs() < f64::EPSILON);

    // With sockets, events are kept for the first one.
    let before = kept.count("hot_middleware_events_total");
    hot.built(css("2"));
    hot.built(Build::new("3").error("broken"));
    let event = stream.event().await;
    let id = event.lines().find_map(|line| line.strip_prefix("id: ")).unwrap();
    let body = format!(
        r#"{{"type":"receipt","receipts":[{{"event":"{id}","outcome":"updated","ms":12.5}},{{"event":"{id}","outcome":"failed"}}]}}"#
    );
    let request = format!(
        "POST {PATH}?receipts HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\nHot-Middleware-Client: one\r\n\
         Hot-Middleware-Receipts: {key}\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(Reading::raw(address, request.as_bytes()).await.status(), 204);
    let foreign = Reading::request(address, "GET", PATH, &[("Origin", "http://evil.example")]).await;
    assert_eq!(foreign.status(), 403);

    for (name, expected) in [
        ("hot_middleware_streams_opened_total transport=events", 1),
        ("hot_middleware_events_total", before + 2),
        ("hot_middleware_builds_total result=ok", 2),
        ("hot_middleware_builds_total result=failed", 1),
        ("hot_middleware_receipts_total outcome=updated", 1),
        ("hot_middleware_receipts_total outcome=failed", 0),
        ("hot_middleware_refusals_total", 1),
        ("hot_middleware_lagged_events_total", 0),
    ] {
        assert_eq!(kept.count(name), expected, "{name}");
    }
    assert_eq!(*kept.histogram.0.lock().unwrap(), [0.0125], "in seconds");

    stream.event().await;
    drop(stream);
    // The next events find that the client is gone.
    while kept.gauge("hot_middleware_clients transport=events") > 0.5 {
        hot.publish(&"more").unwrap();
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn events_that_a_client_has_missed_are_counted() {
    let kept = Kept::default();
    let _guard = ::metrics::set_default_local_recorder(&kept);
    let options = tower_hot_middleware::Options::builder().replay_buffer_events(2).build().unwrap();
    let hot = tower_hot_middleware::HotMiddleware::new(options);
    let address = serve_app(&hot).await;
    let mut stream = open(address, PATH).await;
    for n in 0..10 {
        hot.publish(&n).unwrap();
    }
    let lagged: Value = serde_json::from_str(&stream.data().await).unwrap();
    assert_eq!((&lagged["action"], &lagged["missed"]), (&"lagged".into(), &10.into()));
    assert_eq!(kept.count("hot_middleware_lagged_events_total"), 10);
    assert_eq!(kept.count("hot_middleware_events_total"), 10);
}
