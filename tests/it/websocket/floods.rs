//! Floods of pings from peers that don't read their pongs.

use std::time::Duration;

use tokio::time::timeout;
use tower_hot_middleware::{Options, OptionsBuilder};

use super::{
    peer::{FIN, PING, PONG, TEXT, frames},
    site_with,
};

/// More than the system's buffers of both ends hold together.
const MUCH: usize = 256 << 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_from_a_peer_that_does_not_read_stay_in_its_connection() {
    // The heartbeat must not end the socket first.
    let site = site_with(Options::builder().heartbeat(Duration::from_secs(60))).await;
    for (case, payload) in [("long pings", "x".repeat(125)), ("empty pings", String::new())] {
        let mut peer = site.open().await;
        let block = frames(FIN | PING, &payload, 64 << 10);
        let mut sent = 0;
        while sent < MUCH {
            match timeout(Duration::from_secs(2), peer.write(&block[sent % block.len()..])).await {
                Ok(written) => sent += written,
                Err(_) => break,
            }
        }
        assert!(sent < MUCH / 4, "{case}: {sent} bytes were taken");
    }
}

/// The server sends no ping of its own during a test.
fn without_pings() -> OptionsBuilder {
    Options::builder().heartbeat(Duration::from_secs(3600))
}

#[tokio::test]
async fn every_ping_of_a_peer_that_reads_is_answered() {
    let site = site_with(without_pings()).await;
    let mut peer = site.open().await;
    for round in 0..50 {
        let payloads: Vec<String> = (0..100).map(|n| format!("{round}.{n}")).collect();
        for payload in &payloads {
            peer.send(FIN | PING, payload).await;
        }
        for payload in &payloads {
            assert_eq!(peer.frame().await, Some((FIN | PONG, payload.clone().into_bytes())));
        }
    }
}

#[tokio::test]
async fn a_large_event_reaches_a_slow_peer_that_sends_pings() {
    let site = site_with(without_pings()).await;
    let mut peer = site.open().await;
    let large = "x".repeat(24 << 20);
    site.hot.send("large", &large).unwrap();
    let pings = frames(FIN | PING, "0123456789", 200 << 10);
    peer.send_raw(&pings).await;
    let (mut pongs, mut read) = (0, 0);
    while pongs < pings.len() / 16 || read == 0 {
        match peer.frame().await {
            Some((first, payload)) if first == FIN | TEXT => read = payload.len(),
            Some((first, payload)) if first == FIN | PONG => {
                assert_eq!(payload, b"0123456789");
                pongs += 1;
            }
            other => panic!("{:?}", other.map(|(first, _)| first)),
        }
    }
    assert!(read > large.len());
}
