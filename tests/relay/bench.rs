//! `make bench-relay`: the time that an event takes over Redis, and the events per second of two processes.
//!
//! Everything runs on this machine: Redis, both processes and all clients.
#![allow(clippy::unwrap_used, reason = "a benchmark may panic")]
// What only the tests use.
#![allow(dead_code)]

mod client;
mod processes;

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpStream,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::processes::{Redis, Replica, until};

/// Events of the latency's measurement, and the time between two.
const SAMPLES: usize = 2000;
const PACE: Duration = Duration::from_millis(2);

/// Bytes of an event's text, and the time for which each rate is published.
const BYTES: usize = 170;
const RUN: Duration = Duration::from_secs(3);

fn main() {
    let Some(redis) = Redis::start(&[]) else {
        eprintln!("redis-server is missing");
        return;
    };
    let url = redis.url();
    println!("An event of 200 B, every {PACE:?}: milliseconds from `publish` to the client");
    println!("| | p50 | p99 |\n|---|---|---|");
    let alone = Replica::start("none", "latency", "alone");
    row("one process without a relay", latencies(&alone, &[alone.port]).remove(0));
    drop(alone);
    let [a, b] = ["a", "b"].map(|name| Replica::with(&[&url, "latency", name]));
    let mut delays = latencies(&a, &[a.port, b.port]).into_iter();
    row("over Redis, a page of the same process", delays.next().unwrap());
    row("over Redis, a page of the other process", delays.next().unwrap());
    drop((a, b));
    println!("\nEvents of 200 B, published at one process for {RUN:?}, received by all clients of both");
    println!(
        "| clients of each process | events/s | received | lost | time to the last event |\n|---|---|---|---|---|"
    );
    for (clients, rates) in
        [(1, &[1_000, 5_000, 10_000, 20_000][..]), (1_000, &[50, 100, 200, 400, 800, 1_600])]
    {
        for &rate in rates {
            if !throughput(&url, clients, rate) {
                break;
            }
        }
    }
}

fn row(name: &str, mut delays: Vec<f64>) {
    delays.sort_by(f64::total_cmp);
    let at = |part: usize| delays[(delays.len() - 1) * part / 100];
    println!("| {name} | {:.2} | {:.2} |", at(50), at(99));
}

/// Publishes at one process, and returns the delays in milliseconds at each port.
fn latencies(publisher: &Replica, ports: &[u16]) -> Vec<Vec<f64>> {
    let readers: Vec<_> = ports
        .iter()
        .map(|port| {
            let mut stream = TcpStream::connect(("127.0.0.1", *port)).unwrap();
            write!(stream, "GET /__webpack_hmr HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
            thread::spawn(move || {
                let mut delays = Vec::with_capacity(SAMPLES);
                for line in BufReader::new(stream).lines() {
                    let line = line.unwrap();
                    let Some((_, rest)) = line.split_once("\"t\":") else { continue };
                    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
                    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap();
                    let sent = Duration::from_nanos(rest[..end].parse().unwrap());
                    delays.push(now.saturating_sub(sent).as_secs_f64() * 1e3);
                    if delays.len() == SAMPLES {
                        break;
                    }
                }
                delays
            })
        })
        .collect();
    until("the clients are connected", || publisher.clients().1 == ports.len());
    for n in 0..SAMPLES {
        publisher.post(&format!("/publish?from={n}&bytes={BYTES}&stamp=1"));
        thread::sleep(PACE);
    }
    readers.into_iter().map(|reader| reader.join().unwrap()).collect()
}

/// Publishes at this rate, and returns true if every client has received every event.
fn throughput(url: &str, clients: usize, rate: usize) -> bool {
    const TICK: Duration = Duration::from_millis(20);
    let prefix = format!("load-{clients}-{rate}");
    let replicas = ["a", "b"].map(|name| Replica::with(&[url, &prefix, name, "60000"]));
    let received: Arc<Vec<AtomicU64>> = Arc::new((0..2 * clients).map(|_| AtomicU64::new(0)).collect());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ports = [replicas[0].port, replicas[1].port];
    let counting = received.clone();
    let (stop, mut stopped) = tokio::sync::watch::channel(());
    let crowd = thread::spawn(move || {
        runtime.block_on(async move {
            for n in 0..2 * clients {
                let (port, received) = (ports[n % 2], counting.clone());
                tokio::spawn(async move {
                    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                    stream
                        .write_all(b"GET /__webpack_hmr HTTP/1.0\r\nHost: localhost\r\n\r\n")
                        .await
                        .unwrap();
                    let mut buffer = vec![0; 16 << 10];
                    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                        // Each event has one brace that opens; a heartbeat and the head have none.
                        let events = buffer[..read].split(|byte| *byte == b'{').count() - 1;
                        received[n].fetch_add(events as u64, Ordering::Relaxed);
                    }
                });
            }
            let _ = stopped.changed().await;
        });
    });
    until("the clients are connected", || replicas[0].clients() == (clients, 2 * clients));
    let begin = Instant::now();
    let mut published = 0;
    while begin.elapsed() < RUN {
        let due = rate * usize::try_from(begin.elapsed().as_millis()).unwrap() / 1000 - published;
        if due > 0 {
            replicas[0].post(&format!("/publish?from={published}&count={due}&bytes={BYTES}"));
            published += due;
        }
        thread::sleep(TICK);
    }
    let all = || received.iter().map(|received| received.load(Ordering::Relaxed)).collect::<Vec<_>>();
    // Until everything is there, or nothing more comes.
    let (mut last, mut since) = (all(), Instant::now());
    while since.elapsed() < Duration::from_secs(3) && last.iter().any(|received| *received < published as u64)
    {
        thread::sleep(TICK);
        let now = all();
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
    let took = since.saturating_duration_since(begin);
    let total = last.iter().sum::<u64>();
    let lost = (published * 2 * clients) as u64 - total.min((published * 2 * clients) as u64);
    println!("| {clients} | {rate} | {total} | {lost} | {:.1} s |", took.as_secs_f64());
    stop.send(()).unwrap();
    crowd.join().unwrap();
    // What takes twice as long as it was published for is more than the machine can deliver.
    lost == 0 && took < 2 * RUN
}
