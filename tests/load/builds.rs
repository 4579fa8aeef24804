//! A session of many hours in a minute: one build after another, as a bundler and a watcher report them.

use std::time::{Duration, Instant};

use serde_json::json;
use tower_hot_middleware::{Build, Change, Stats};

use crate::{
    Form,
    events::Event,
    figure, mib,
    process::{Held, Server},
    stream::{Crowd, PATH, Stream},
};

/// Number of builds after which everything that is bounded is full.
const WARM_UP: u64 = 10_000;
/// Number of builds between two checks of the clients: fewer than the log holds.
const BATCH: u64 = 250;

/// Returns the `n`th build: alternately a bundle as webpack describes it, and one as the file watcher does.
pub(crate) fn build(n: u64) -> Stats {
    let hash = hash(n);
    if n % 2 == 0 {
        let modules: Vec<_> = (0..8)
            .map(|id| {
                let name =
                    if id == n % 8 { format!("./src/page-{}.js", n % 64) } else { format!("./src/{id}.js") };
                json!({ "id": id, "name": name, "size": 1234 })
            })
            .collect();
        let errors = if n % 100 == 0 {
            json!([{ "moduleName": "./src/7.js", "loc": "3:14-15", "message": "Unexpected token" }])
        } else {
            json!([])
        };
        let stats = json!({
            "name": "app",
            "hash": hash,
            "time": n % 300,
            "errors": errors,
            "warnings": [],
            "modules": modules,
        });
        return stats.into();
    }
    let path = format!("/css/{}.css", n % 7);
    let build = Build::new(hash).name("site").time(Duration::from_millis(n % 20));
    if n == 1 {
        return build.files((0..7).map(|at| (format!("/css/{at}.css"), "0"))).into();
    }
    let text = format!("main {{ width: {n}px }}\n").repeat(10);
    build.module(&path, format!("./static{path}")).change(Change::new(path).text(text)).into()
}

fn hash(n: u64) -> String {
    format!("{n:016x}")
}

pub(crate) async fn a_long_session(form: Form) {
    let mut server = Server::start(Duration::from_secs(10));
    let mut plain = Crowd::join(&mut server, PATH, 3).await;
    let mut own = Crowd::join(&mut server, &format!("{PATH}?ids&changes"), 2).await;
    let mut session = async |server: &mut Server, builds: u64| {
        for _ in 0..builds / BATCH {
            let last = server.ask(&format!("build {BATCH}"));
            plain.has_read(last).await;
            own.has_read(last).await;
            come_back(server, last - BATCH + 1).await;
        }
        server.has_clients(5).await;
    };
    session(&mut server, WARM_UP).await;
    let start = server.quiet().await;
    let begin = Instant::now();
    let builds = form.pick(30_000, 1_000_000);
    session(&mut server, builds - WARM_UP).await;
    let took = begin.elapsed().as_secs_f64();
    let end = server.is_back_at(start, 5).await;
    let line = |builds: u64, held: Held| {
        figure!(
            "after {builds} builds: heap {:.2} MiB, resident {:.1} MiB, {} descriptors",
            mib(held.heap),
            mib(held.resident),
            held.descriptors
        );
    };
    line(WARM_UP, start);
    line(builds, end);
    figure!(
        "5 clients received each of them, {} came back with an earlier hash and received what changed since; {took:.1} s",
        builds / BATCH
    );
    let grown = end.resident.saturating_sub(start.resident);
    assert!(grown < 8 << 20, "resident memory grew by {grown} bytes");
}

/// Connects as a page from this build, and leaves once it has received what it missed.
async fn come_back(server: &Server, number: u64) {
    // The watcher's builds are those with odd numbers.
    let since = hash(number | 1);
    let target = format!("{PATH}?ids&changes&since={since}");
    let mut stream = Stream::open(server.address, &target).await.unwrap();
    let first = stream.next().await;
    assert!(first.data.starts_with(r#"{"action":"connected""#), "{first:?}");
    let is_complete = |event: Event| {
        event.data.starts_with(r#"{"name":"site","action":"sync""#)
            && event.data.contains(&format!(r#""since":"{since}""#))
    };
    let [one, other] = [stream.next().await, stream.next().await];
    assert!(
        is_complete(one) || is_complete(other),
        "a page of build {since} did not receive what changed since"
    );
}
