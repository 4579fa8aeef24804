//! Memory kept after reports, counted to the byte in this process, which serves no connection.

use std::{convert::Infallible, time::Instant};

use bytes::Bytes;
use futures_util::{FutureExt, future::ready};
use http::{Request, Response};
use http_body_util::{BodyExt, Empty};
use tower::{Layer, Service, service_fn};
use tower_hot_middleware::{Build, Change, HotMiddleware, Options, Stats};

use crate::{Form, HEAP, figure, mib, stream::PATH};

fn hot() -> HotMiddleware {
    HotMiddleware::new(Options::default())
}

/// Returns the number of allocated bytes beyond an earlier count.
fn grown(before: usize) -> usize {
    HEAP.current_usage().saturating_sub(before)
}

/// Bundlers put hashes into file names, so every build has new names, and most don't report the removal of
/// the old ones.
pub(crate) fn hashed_names(form: Form) {
    const EACH: usize = 5_000;
    let builds = form.pick(60, 200);
    let hot = hot();
    let before = HEAP.current_usage();
    let mut most = 0;
    for n in 0..builds {
        let name = |file| format!("/assets/chunk-{file}-{:032x}.js", n * EACH + file);
        hot.built(Build::new(n.to_string()).changes((0..EACH).map(|file| Change::new(name(file)))));
        most = most.max(grown(before));
    }
    figure!(
        "{} names, each built once: heap at most {:.1} MiB, at the end {:.1} MiB",
        builds * EACH,
        mib(most),
        mib(grown(before))
    );
    assert!(most < 64 << 20, "{most} bytes");
}

/// Memory kept after large reports, under one name and under the maximum of names: for a size that is kept
/// whole, and for one that is kept without its modules.
pub(crate) async fn large_reports(form: Form) {
    for modules in [90_000, 380_000] {
        let report = report(modules);
        let hot = hot();
        let before = HEAP.current_usage();
        let names = form.pick(4, 256);
        let mut first = 0;
        for name in 0..names {
            let begin = Instant::now();
            HEAP.reset_peak_usage();
            let stats = Stats::from_json(format!(r#"{{"name":"{name}",{report}"#).as_bytes()).unwrap();
            let (took, peak) = (begin.elapsed().as_secs_f64(), HEAP.peak_usage().saturating_sub(before));
            hot.built(stats);
            if name == 0 {
                // A client reads the state, so that it is encoded too.
                let state = read_state(&hot).await;
                first = grown(before);
                figure!(
                    "a report of {:.1} MiB: read in {took:.2} s with {:.1} MiB at once, itself included; {:.1} MiB are \
                     kept, and a newcomer is sent {:.1} MiB",
                    mib(report.len()),
                    mib(peak),
                    mib(first),
                    mib(state)
                );
            }
        }
        let state = read_state(&hot).await;
        let kept = grown(before);
        figure!(
            "under {names} names: {:.1} MiB are kept, and a newcomer is sent {:.1} MiB",
            mib(kept),
            mib(state)
        );
        assert!(first < 26 << 20 && kept < 70 << 20, "{first} bytes of one, {kept} bytes of all");
    }
}

/// Returns a report of this many modules, without its beginning.
fn report(modules: usize) -> String {
    let module = |id| format!(r#"{{"id":{id},"name":"./src/components/module-number-{id}.js"}}"#);
    format!(r#""hash":"h","modules":[{}]}}"#, (0..modules).map(module).collect::<Vec<_>>().join(","))
}

/// Returns the number of bytes that a newcomer receives.
async fn read_state(hot: &HotMiddleware) -> usize {
    let app = |_: Request<Empty<Bytes>>| ready(Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())));
    let request = Request::get(PATH).header("host", "localhost").body(Empty::new()).unwrap();
    let mut body = hot.layer(service_fn(app)).call(request).await.unwrap().into_body();
    let mut read = 0;
    while let Some(Some(Ok(frame))) = body.frame().now_or_never() {
        read += frame.data_ref().map_or(0, Bytes::len);
    }
    read
}
