//! All ways to end a socket: timeouts, the app, peers that don't read; and the events that are sent before.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{Router, routing::get};
use tokio::{sync::oneshot, time::timeout};
use tower_hot_middleware::{HotMiddleware, Options};

use super::{
    Peer,
    peer::{FIN, PING, PONG, TEXT},
    site, site_with,
};
use crate::{client::page_token, listen};

const PROMPT: Duration = Duration::from_secs(10);

pub(super) async fn until_clients(hot: &HotMiddleware, count: usize) {
    let waiting = async {
        while hot.client_count() != count {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PROMPT, waiting).await.unwrap_or_else(|_| panic!("{} clients, not {count}", hot.client_count()));
}

/// Options with a short heartbeat that a peer can answer in time, however slow the machine is: several times as long as
/// a new socket takes.
async fn quick() -> tower_hot_middleware::OptionsBuilder {
    let other = site().await;
    let begun = Instant::now();
    other.open().await;
    let heartbeat = (10 * begun.elapsed()).clamp(Duration::from_millis(100), Duration::from_secs(2));
    Options::builder().heartbeat(heartbeat)
}

#[tokio::test]
async fn a_peer_that_answers_pings_stays_and_one_that_does_not_is_dropped() {
    let site = site_with(quick().await).await;
    let (mut alive, mut dead) = (site.open().await, site.open().await);
    assert_eq!(dead.frame().await, Some((FIN | PING, Vec::new())));
    for _ in 0..5 {
        assert_eq!(alive.frame().await, Some((FIN | PING, Vec::new())));
        alive.send(FIN | PONG, "").await;
    }
    until_clients(&site.hot, 1).await;
    site.hot.send("still", &0).unwrap();
    assert!(alive.text().await.contains("still"));
    assert_eq!(dead.frame().await, None);
}

#[tokio::test]
async fn an_unfinished_message_keeps_no_socket_open() {
    let site = site_with(quick().await).await;
    let mut peer = site.open().await;
    peer.send(TEXT, r#"{"type":"#).await;
    until_clients(&site.hot, 0).await;
}

#[tokio::test]
async fn a_peer_that_does_not_read_is_dropped_while_others_are_served() {
    let large = "x".repeat(1 << 20);
    let other = site().await;
    let mut reading = other.open().await;
    let begun = Instant::now();
    other.hot.send("large", &large).unwrap();
    assert!(reading.text().await.contains("large"));
    let one = begun.elapsed();
    // Two of these are enough for a test's unoptimized server to send a message to a peer that reads.
    let heartbeat = (4 * one).clamp(Duration::from_millis(500), Duration::from_secs(3));
    let site = site_with(Options::builder().heartbeat(heartbeat)).await;
    let (mut reading, _stuck) = (site.open().await, site.open().await);
    let sending = async {
        for _ in 0..16 {
            site.hot.send("large", &large).unwrap();
            assert!(reading.text().await.contains("large"));
        }
    };
    timeout(PROMPT.max(32 * one), sending).await.expect("no other client waits for it");
    let hot = site.hot.clone();
    let forgotten = tokio::spawn(async move { until_clients(&hot, 1).await });
    while !forgotten.is_finished() {
        // Keeps the reading peer alive: an answer to each ping.
        if let Some((first, payload)) = reading.frame().await {
            assert_eq!(first, FIN | PING);
            reading.send(FIN | PONG, payload).await;
        }
    }
    forgotten.await.unwrap();
}

#[tokio::test]
async fn close_sends_earlier_events_and_a_close_frame() {
    let site = site().await;
    let mut peers = [site.open().await, site.open().await];
    for n in 0..10 {
        site.hot.send("n", &n).unwrap();
    }
    site.hot.close();
    site.hot.send("late", &0).unwrap();
    for peer in &mut peers {
        for n in 0..10 {
            assert_eq!(peer.json().await["data"], n);
        }
        assert_eq!(peer.closed().await, 1001);
    }
    until_clients(&site.hot, 0).await;
    assert!(site.hot.clients().is_empty());
}

#[tokio::test]
async fn a_graceful_shutdown_returns_with_sockets_open() {
    for by_option in [false, true] {
        let (stop, stopped) = oneshot::channel::<()>();
        let (end, ended) = oneshot::channel::<()>();
        let options = Options::builder();
        let options = if by_option { options.shutdown(async { drop(ended.await) }) } else { options };
        let hot = HotMiddleware::new(options.build().unwrap());
        let (listener, address) = listen().await;
        let page = || async { axum::response::Html("<!doctype html><title>page</title>") };
        let app = Router::new().route("/page", get(page)).layer(hot.clone());
        let closing = hot.clone();
        let signal = async move {
            stopped.await.unwrap();
            if !by_option {
                closing.close();
            }
        };
        let server =
            tokio::spawn(async move { axum::serve(listener, app).with_graceful_shutdown(signal).await });
        let target = format!("/?token={}", page_token(address).await);
        let mut peer = Peer::open(address, &target, &[("Sec-WebSocket-Protocol", "vite-hmr")]).await;
        assert_eq!(peer.text().await, r#"{"type":"connected"}"#);
        stop.send(()).unwrap();
        drop(end);
        timeout(PROMPT, server).await.expect("the server stops").unwrap().unwrap();
        assert_eq!(peer.closed().await, 1001);
    }
}

#[tokio::test]
async fn messages_beyond_the_rate_limit_are_delivered_later() {
    const SENT: usize = 1_300;
    let site = site().await;
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    site.hot.on("n", move |_, _| _ = counted.fetch_add(1, Ordering::Relaxed));
    let mut peer = site.open().await;
    let begun = Instant::now();
    for _ in 0..SENT {
        peer.send_text(r#"{"type":"custom","event":"n"}"#).await;
    }
    let all = async {
        while count.load(Ordering::Relaxed) < SENT {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(PROMPT, all).await.expect("none is lost");
    // A bucket of a thousand, and the rest at a thousand per second.
    assert!(begun.elapsed() > Duration::from_millis(250), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn endless_unanswered_pings_cost_no_memory() {
    let site = site_with(quick().await).await;
    let mut peer = site.open().await;
    let payload = "x".repeat(125);
    let flood = async {
        for _ in 0..100_000 {
            peer.send(FIN | PING, &payload).await;
        }
    };
    // The pongs fill the system's buffers, the server stops reading, and its timeout ends.
    drop(timeout(PROMPT, flood).await);
    until_clients(&site.hot, 0).await;
}
