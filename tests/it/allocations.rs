//! Allocations for requests that are passed to the app: none. A separate binary, because it replaces the
//! allocator.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{convert::Infallible, future::ready};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::Empty;
use tower::{Layer, Service, service_fn};
use tower_hot_middleware::{HotMiddleware, Options};

/// Returns the number of allocations while the layer answers a request with these headers.
fn allocations(hot: &HotMiddleware, path: &'static str, headers: &[(&'static str, &'static str)]) -> u64 {
    let answer = |_: Request<Empty<Bytes>>| ready(Ok::<_, Infallible>(Response::new(Empty::<Bytes>::new())));
    let mut service = hot.layer(service_fn(answer));
    let mut request = Request::get(path).body(Empty::<Bytes>::new()).unwrap();
    for &(name, value) in headers {
        request.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    let mut response = None;
    let counted = allocation_counter::measure(|| response = service.call(request).now_or_never());
    assert_eq!(response.unwrap().unwrap().status(), 200);
    counted.count_total
}

#[test]
fn a_request_for_the_app_allocates_nothing() {
    let inject = HotMiddleware::new(Options::default());
    let plain = HotMiddleware::new(Options::builder().inject(false).build().unwrap());
    let off = HotMiddleware::new(Options::builder().enabled(false).build().unwrap());
    let requests: [(&str, &[(&str, &str)]); 6] = [
        ("no headers", &[]),
        ("curl", &[("accept", "*/*")]),
        ("an API call", &[("accept", "application/json")]),
        ("a script", &[("accept", "*/*"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "script")]),
        ("fetch", &[("accept", "*/*"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")]),
        ("an image over plain HTTP", &[("accept", "image/avif,image/webp,*/*;q=0.8")]),
    ];
    for (case, headers) in requests {
        for hot in [&inject, &plain, &off] {
            assert_eq!(allocations(hot, "/assets/app.js", headers), 0, "{case}");
        }
    }
    assert_eq!(allocations(&plain, "/", &[("sec-fetch-dest", "document")]), 0, "a page without injection");
    for path in ["/", "/__webpack_hmr", "/__webpack_hmr/client.js"] {
        assert_eq!(
            allocations(&off, path, &[("sec-fetch-dest", "document")]),
            0,
            "{path} of a disabled layer"
        );
    }
}

/// Only a file gets a header.
#[cfg(feature = "watch")]
#[test]
fn a_response_under_a_watched_prefix_allocates_nothing() {
    use tower_hot_middleware::watch::Watch;

    let hot = HotMiddleware::new(Options::default());
    hot.watch(Watch::new().files("/assets", "src/html").files("/more", "src/html")).unwrap();
    for path in ["/assets/app.js", "/more/app.js", "/elsewhere"] {
        assert_eq!(allocations(&hot, path, &[("sec-fetch-dest", "script")]), 0, "{path}");
    }
}

#[test]
fn the_counter_works() {
    let hot = HotMiddleware::new(Options::default());
    assert!(allocations(&hot, "/", &[("sec-fetch-dest", "document")]) > 0, "a navigation prepares the tag");
}
