//! As many clients at once as a process on many machines has descriptors for.

use std::time::{Duration, Instant};

use crate::{
    Form, figure, mib,
    process::Server,
    stream::{Crowd, PATH},
};

const CLIENTS: usize = 9_000;

pub(crate) async fn nine_thousand(form: Form) {
    let mut server = Server::start(Duration::from_secs(10));
    drop(Crowd::join(&mut server, PATH, 100).await);
    server.has_clients(0).await;
    let start = server.quiet().await;

    for round in 1..=form.pick(2, 5) {
        let begin = Instant::now();
        let mut crowd = Crowd::join(&mut server, PATH, CLIENTS).await;
        let connected = begin.elapsed();

        let begin = Instant::now();
        let last = server.ask("publish 1 1000");
        crowd.has_read(last).await;
        let received = begin.elapsed();
        let full = server.held();

        let begin = Instant::now();
        drop(crowd);
        let end = server.is_back_at(start, 0).await;
        let gone = begin.elapsed();

        figure!(
            "round {round}: {CLIENTS} clients connected in {connected:.1?}, all received an event in {received:.0?}, \
             all had left in {gone:.1?}"
        );
        figure!(
            "heap {:.1} MiB, {:.1} MiB, {:.1} MiB ({} bytes per client); resident {:.1} MiB, {:.1} MiB, {:.1} MiB",
            mib(start.heap),
            mib(full.heap),
            mib(end.heap),
            (full.heap - start.heap) / CLIENTS,
            mib(start.resident),
            mib(full.resident),
            mib(end.resident),
        );
        figure!("descriptors {}, {}, {}", start.descriptors, full.descriptors, end.descriptors);
        assert_eq!(full.descriptors, start.descriptors + CLIENTS);
        // The allocator keeps pages for later, so resident memory stays high; but it reuses the same pages
        // each time.
        let bound = start.resident + (full.heap - start.heap) * 5 / 4;
        assert!(end.resident < bound, "round {round}: {} bytes resident, the bound is {bound}", end.resident);
    }
}
