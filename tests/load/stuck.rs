//! Clients that never read, next to many that do.

use std::time::{Duration, Instant};

use crate::{
    Form, figure, mib,
    process::Server,
    stream::{Crowd, PATH, Stream},
};

const STUCK: usize = 10;
const READERS: usize = 500;
/// Number of readers that stay until the end in the short form.
const FEW: usize = 10;

const EVENT: u64 = 64 << 10;
/// Number of events that are published at once; the next ones follow when every reader has these.
const WINDOW: u64 = 16;
const WINDOW_BYTES: u64 = WINDOW * EVENT;

/// The log's default bound.
const LOG: usize = 16 << 20;
/// Memory that hyper uses for a connection whose socket is full: 400 KiB, and the event that exceeded them.
const WRITE_BUFFER: usize = (408 << 10) + (64 << 10);
/// Memory for all reading clients and events on their way.
const READING: usize = 4 << 20;

/// Publishes five hundred megabytes. Each reader gets all of them in the long form; in the short form most
/// readers leave after the first part.
pub(crate) async fn never_reading(form: Form) {
    let mut server = Server::start(Duration::from_secs(10));
    let mut readers = Crowd::join(&mut server, PATH, READERS).await;
    let start = server.quiet().await;
    // The first ones fill buffers, here and in the kernel, so they are not compared.
    windows(&mut server, &mut readers, 2).await;
    let alone = windows(&mut server, &mut readers, 8).await;

    let mut stuck = Vec::new();
    for _ in 0..STUCK {
        stuck.push(Stream::open(server.address, PATH).await.unwrap());
    }
    server.has_clients(READERS + STUCK).await;
    server.ask("reset-peak");

    let all = 500_000_000_u64.div_ceil(WINDOW_BYTES);
    let at_all_readers = form.pick(32, all);
    let rest = all - at_all_readers;
    let begin = Instant::now();
    let loaded = windows(&mut server, &mut readers, at_all_readers).await;
    let left = if at_all_readers < all { FEW } else { READERS };
    readers.shrink(left).await;
    server.has_clients(left + STUCK).await;
    windows(&mut server, &mut readers, rest).await;
    let took = begin.elapsed().as_secs_f64();
    let heap = server.heap_peak() - start.heap;
    let resident = server.resident_peak() - start.resident;

    let megabytes = |windows: u64| windows * WINDOW_BYTES / 1_000_000;
    figure!(
        "{STUCK} clients never read while {} MB went out, in events of 64 KiB, in {took:.1} s",
        megabytes(all)
    );
    figure!("{} MB of it to each of {READERS} readers", megabytes(at_all_readers));
    if rest > 0 {
        figure!("and {} MB to each of {left}, once the others had left", megabytes(rest));
    }
    let bytes = megabytes(at_all_readers * READERS as u64 + rest * left as u64);
    figure!("{} GB in all", bytes / 1000);
    figure!("memory grew at most by {:.1} MiB on the heap, {:.1} MiB resident", mib(heap), mib(resident));
    figure!("1 MiB at all {READERS} readers: {alone:.0?} before, {loaded:.0?} with those who never read");

    let bound = LOG + STUCK * WRITE_BUFFER + READING;
    assert!(heap < bound, "the heap grew by {heap} bytes, the bound is {bound}");
    // The freed memory that the allocator keeps may double this.
    assert!(resident < 2 * bound, "resident memory grew by {resident} bytes, twice the bound of {bound}");
    assert!(loaded < alone * 5 + Duration::from_millis(500), "readers waited for clients that never read");
    server.has_clients(left + STUCK).await;
    drop((stuck, readers));
    server.has_clients(0).await;
}

/// Publishes windows of events, each once all readers have the one before; returns the median time of a
/// window.
async fn windows(server: &mut Server, readers: &mut Crowd, count: u64) -> Duration {
    let mut times = Vec::new();
    for _ in 0..count {
        let begin = Instant::now();
        let last = server.ask(&format!("publish {WINDOW} {EVENT}"));
        readers.has_read(last).await;
        times.push(begin.elapsed());
    }
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
