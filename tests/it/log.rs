//! The log's contents for slow clients, and its cost.

use std::time::Duration;

use tokio::sync::Mutex;
use tower_hot_middleware::{HotMiddleware, Options};

use crate::{client::open, hot, serve_app};

const PATH: &str = "/__webpack_hmr";

/// Held by the tests that move megabytes: one measures this process's memory, another its reading speed.
static ALONE: Mutex<()> = Mutex::const_new(());

/// Returns the resident memory of this process in bytes.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_unpaced_burst_reaches_a_client_that_reads() {
    let hot = hot();
    let address = serve_app(&hot).await;
    let mut stream = open(address, PATH).await;
    for n in 0..200 {
        hot.publish(&n).unwrap();
    }
    for n in 0..200 {
        assert_eq!(stream.data().await, n.to_string());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_five_megabytes_a_second_reach_a_client_that_reads() {
    let _alone = ALONE.lock().await;
    // Room for all of it: on a machine that is busy, a reader may be held up for longer than the default buffer lasts.
    // There, it takes longer than the default heartbeat as well.
    let options = Options::builder().replay_buffer_bytes(64 << 20).heartbeat(Duration::from_secs(300));
    let hot = HotMiddleware::new(options.build().unwrap());
    let address = serve_app(&hot).await;
    let mut stream = open(address, PATH).await;
    let text = "x".repeat(250_000);
    let event = move |n: u32| (n, text.clone());
    let expected: Vec<_> =
        (0..100).map(|n| format!("data: {}\n\n", serde_json::to_string(&event(n)).unwrap())).collect();
    let publisher = tokio::spawn(async move {
        let begin = tokio::time::Instant::now();
        for n in 0..100 {
            tokio::time::sleep_until(begin + n * Duration::from_millis(10)).await;
            hot.publish(&event(n)).unwrap();
        }
        hot
    });
    // Parsed only after reading: unoptimized parsing would be slower than the stream.
    let bytes = stream.take(expected.iter().map(String::len).sum()).await;
    assert!(bytes == expected.concat().into_bytes(), "every event came, in order");
    publisher.await.unwrap();
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_never_reads_costs_the_log_and_delays_no_one() {
    use std::time::Instant;

    use serde_json::value::RawValue;
    use tower_hot_middleware::Build;

    let _alone = ALONE.lock().await;
    let hot = hot();
    hot.built(Build::new("h"));
    let address = serve_app(&hot).await;
    let mut stuck = open(address, PATH).await;
    let mut reads = open(address, PATH).await;
    assert!(reads.data().await.contains("sync"));
    // Raw, because escaping 200 MB would take most of the time of an unoptimized test.
    let text = RawValue::from_string(format!("\"{}\"", "x".repeat(200_000))).unwrap();
    let before = resident();
    let mut slowest = Duration::ZERO;
    for n in 0..1000_u32 {
        let published = Instant::now();
        hot.publish(&(n, &text)).unwrap();
        assert!(reads.data().await.starts_with(&format!("[{n},")));
        slowest = slowest.max(published.elapsed());
    }
    let cost = resident().saturating_sub(before);
    assert!(cost < 64 << 20, "200 MB to a client that never read cost {cost} bytes");
    assert!(slowest < Duration::from_secs(2), "the client that reads waited {slowest:?}");

    // Now it reads: first the bytes in the socket, then the number of missed events, and the latest state.
    assert!(stuck.data().await.contains("sync"));
    let mut seen = 0;
    let missed = loop {
        let data = stuck.data().await;
        match data.strip_prefix(r#"{"action":"lagged","missed":"#) {
            Some(missed) => break missed.trim_end_matches('}').parse::<u32>().unwrap(),
            None => assert!(data.starts_with(&format!("[{seen},"))),
        }
        seen += 1;
    };
    assert_eq!(seen + missed, 1000, "every event was either read or counted as missed");
    assert!(stuck.data().await.contains(r#""action":"sync","hash":"h""#));
    hot.publish(&"now").unwrap();
    assert_eq!(stuck.data().await, "\"now\"");
}
