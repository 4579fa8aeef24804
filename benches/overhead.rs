//! The layer's overhead for requests that it passes on: `make bench-overhead`.
//!
//! Each kind of request goes through a service that answers at once, and then through the same service under:
//! the least that a middleware with a path can do, the same with a look at one header, the layer, and
//! tower-livereload.

use std::{
    cell::Cell,
    convert::Infallible,
    future::{Future, Ready, ready},
    hint::black_box,
    pin::pin,
    rc::Rc,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use criterion::{Bencher, BenchmarkId, Criterion, criterion_group, criterion_main};
use futures_util::future::Either;
use http::{HeaderName, HeaderValue, Request, Response};
use http_body_util::Empty;
use tower::{Layer, Service, service_fn};
use tower_hot_middleware::{HotMiddleware, Options};
use tower_livereload::LiveReloadLayer;

type Answer = Result<Response<Empty<Bytes>>, Infallible>;

/// A header's name and value.
type Line = (&'static str, &'static str);

/// The headers that Chromium sends with every request to localhost.
const BROWSER: [Line; 7] = [
    ("host", "localhost:3000"),
    ("connection", "keep-alive"),
    ("user-agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0"),
    ("sec-ch-ua-platform", "\"Linux\""),
    ("accept-encoding", "gzip, deflate, br, zstd"),
    ("accept-language", "en-US,en;q=0.9"),
    ("sec-fetch-site", "same-origin"),
];

static SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");

/// Kinds of requests, and the headers that distinguish them.
const REQUESTS: [(&str, &[Line]); 4] = [
    ("no headers", &[]),
    ("script", &[("accept", "*/*"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "script")]),
    ("image over plain HTTP", &[("accept", "image/avif,image/webp,image/png,*/*;q=0.8")]),
    (
        "page",
        &[("accept", "text/html,*/*;q=0.8"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")],
    ),
];

fn request(lines: &[Line]) -> Request<Empty<Bytes>> {
    let mut request = Request::new(Empty::new());
    *request.uri_mut() = "/assets/app.js".parse().expect("the path is a valid URI");
    let browser = if lines.is_empty() { &[] } else { &BROWSER[..] };
    for (name, value) in browser.iter().chain(lines) {
        request.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    request
}

/// The least that a middleware with a path can do: compare it.
#[derive(Clone)]
struct PathCheck<S>(S);

impl<S> Service<Request<Empty<Bytes>>> for PathCheck<S>
where
    S: Service<Request<Empty<Bytes>>, Response = Response<Empty<Bytes>>, Error = Infallible>,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = Either<Ready<Answer>, S::Future>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Empty<Bytes>>) -> Self::Future {
        if request.uri().path() == black_box("/__webpack_hmr") {
            Either::Left(ready(Ok(Response::default())))
        } else {
            Either::Right(self.0.call(request))
        }
    }
}

/// The least that a middleware can do to recognize navigations: read one header.
#[derive(Clone)]
struct HeaderCheck<S>(S);

impl<S: Service<Request<Empty<Bytes>>>> Service<Request<Empty<Bytes>>> for HeaderCheck<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.0.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Empty<Bytes>>) -> Self::Future {
        black_box(request.headers().contains_key(&SEC_FETCH_DEST));
        self.0.call(request)
    }
}

/// Sends one request through a service again and again. The app returns it, so that no time goes into
/// creating requests.
fn send<S>(
    bencher: &mut Bencher<'_>,
    service: &mut S,
    desk: &Cell<Option<Request<Empty<Bytes>>>>,
    lines: &[Line],
) where
    S: Service<Request<Empty<Bytes>>>,
{
    desk.set(Some(request(lines)));
    let mut cx = Context::from_waker(Waker::noop());
    bencher.iter(|| {
        let request = desk.take().expect("the app returns the request");
        let Poll::Ready(Ok(response)) = pin!(service.call(black_box(request))).poll(&mut cx) else {
            panic!("the app answers at once");
        };
        black_box(response);
    });
}

fn overhead(criterion: &mut Criterion) {
    let desk = Rc::new(Cell::new(None));
    let returned = Rc::clone(&desk);
    let app = service_fn(move |request: Request<Empty<Bytes>>| {
        returned.set(Some(request));
        ready(Answer::Ok(Response::new(Empty::new())))
    });
    let layer = |enabled, inject| {
        let options = Options::builder().enabled(enabled).inject(inject).build();
        HotMiddleware::new(options.expect("the defaults are valid"))
    };

    for (name, lines) in REQUESTS {
        let mut group = criterion.benchmark_group(name);
        group.bench_function(BenchmarkId::from_parameter("app alone"), |bencher| {
            send(bencher, &mut app.clone(), &desk, lines);
        });
        group.bench_function(BenchmarkId::from_parameter("path check"), |bencher| {
            send(bencher, &mut PathCheck(app.clone()), &desk, lines);
        });
        group.bench_function(BenchmarkId::from_parameter("path check and one header"), |bencher| {
            send(bencher, &mut HeaderCheck(PathCheck(app.clone())), &desk, lines);
        });
        group.bench_function(BenchmarkId::from_parameter("layer, disabled"), |bencher| {
            send(bencher, &mut layer(false, true).layer(app.clone()), &desk, lines);
        });
        group.bench_function(BenchmarkId::from_parameter("layer without injection"), |bencher| {
            send(bencher, &mut layer(true, false).layer(app.clone()), &desk, lines);
        });
        group.bench_function(BenchmarkId::from_parameter("layer"), |bencher| {
            send(bencher, &mut layer(true, true).layer(app.clone()), &desk, lines);
        });
        group.bench_function(BenchmarkId::from_parameter("tower-livereload"), |bencher| {
            send(bencher, &mut LiveReloadLayer::new().layer(app.clone()), &desk, lines);
        });
        group.finish();
    }
}

criterion_group!(benches, overhead);
criterion_main!(benches);
