//! Clients that come and go all the time while events are published.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    task::JoinSet,
    time::{MissedTickBehavior, interval, timeout},
};

use crate::{
    Form, PATIENCE, figure, mib,
    process::Server,
    stream::{Crowd, PATH, Stream, request},
};

/// Required rate, in clients per minute.
const RATE: f64 = 10_000.0;
const STAYING: usize = 5;

/// They come at twice the rate, so that a busy machine has time left: for a minute in the long form, and for
/// an eighth of a minute in the short one.
pub(crate) async fn coming_and_going(form: Form) {
    let mut server = Server::start(Duration::from_secs(10));
    let mut staying = Crowd::join(&mut server, PATH, STAYING).await;
    // From here on the log is full.
    let mut last = 0;
    for _ in 0..3 {
        last = server.ask("publish 500 1000");
        staying.has_read(last).await;
    }
    come_and_go(server.address, 200, Duration::from_millis(2)).await;
    server.has_clients(STAYING).await;
    let start = server.quiet().await;

    server.ask("begin 5000 1000");
    let begin = Instant::now();
    let count = form.pick(2_500, 20_000);
    come_and_go(server.address, count, Duration::from_millis(3)).await;
    let took = begin.elapsed();
    let rate = 60.0 * f64::from(count) / took.as_secs_f64();
    let published = server.ask("stop");
    staying.has_read(published).await;
    let end = server.is_back_at(start, STAYING).await;

    figure!(
        "{count} connects and disconnects in {took:.1?}, {rate:.0} a minute; {} events meanwhile, all of them at each \
         of {STAYING} clients that stayed",
        published - last,
    );
    figure!(
        "heap {:.2} MiB, then {:.2} MiB; resident {:.1} MiB, then {:.1} MiB; descriptors {}, then {}",
        mib(start.heap),
        mib(end.heap),
        mib(start.resident),
        mib(end.resident),
        start.descriptors,
        end.descriptors,
    );
    assert!(rate > RATE, "{rate} connects and disconnects a minute");
}

/// Connects clients one after another, each leaving in its own way, and waits until all have left.
async fn come_and_go(address: SocketAddr, count: u32, every: Duration) {
    let mut clock = interval(every);
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut tasks = JoinSet::new();
    for n in 0..count {
        clock.tick().await;
        tasks.spawn(async move {
            timeout(PATIENCE, one(address, n)).await.expect("a client did not finish");
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.unwrap();
    }
}

async fn one(address: SocketAddr, n: u32) {
    match n % 4 {
        // After the stream has begun, by a close.
        0 => assert!(Stream::open(address, PATH).await.unwrap().read().await.unwrap()),
        // The same, by a reset.
        1 => {
            let mut stream = Stream::open(address, PATH).await.unwrap();
            assert!(stream.read().await.unwrap());
            stream.socket.set_zero_linger().unwrap();
        }
        // Before the response.
        2 => drop(Stream::open(address, PATH).await.unwrap()),
        // In the middle of the request.
        _ => {
            let text = request(PATH, &[]);
            let mut socket = TcpStream::connect(address).await.unwrap();
            socket.write_all(&text.as_bytes()[..text.len() / 2]).await.unwrap();
        }
    }
}
