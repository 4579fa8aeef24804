//! The hot paths, each through the public API only.

use std::{
    cell::Cell,
    convert::Infallible,
    future::{Ready, ready},
    hint::black_box,
    pin::Pin,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderName, HeaderValue, Request, Response, header::CONTENT_TYPE};
use http_body::Body;
use http_body_util::Full;
use tower::{Layer, Service, service_fn};
use tower_hot_middleware::{Build, HotMiddleware, Options, ResponseBody};

/// A path that runs often.
pub(crate) struct Path {
    pub(crate) name: &'static str,
    /// Recorded number of instructions of one run.
    pub(crate) instructions: f64,
    /// Numbers of runs of the two measurements: a few, and more.
    pub(crate) times: [u32; 2],
    pub(crate) run: fn(u32),
}

pub(crate) const PATHS: &[Path] = &[
    Path { name: "a script's request is passed on", instructions: 3_890.0, times: [50, 250], run: script },
    Path {
        name: "a request without headers is passed on",
        instructions: 3_860.0,
        times: [50, 250],
        run: bare,
    },
    Path { name: "a fetch by a script is passed on", instructions: 7_460.0, times: [50, 250], run: fetched },
    Path {
        name: "a page of 100 kB gets its tag and is kept",
        instructions: 220_000.0,
        times: [10, 40],
        run: page,
    },
    Path { name: "an event is sent to a client", instructions: 10_170.0, times: [50, 250], run: delivery },
    Path { name: "a client connects", instructions: 68_100.0, times: [10, 60], run: newcomer },
    Path {
        name: "a build of 2,000 modules is published",
        instructions: 27_400_000.0,
        times: [1, 3],
        run: build,
    },
];

type Answer = Result<Response<Full<Bytes>>, Infallible>;

fn request(path: &'static str, headers: &[(&'static str, &'static str)]) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::default());
    *request.uri_mut() = http::Uri::from_static(path);
    for &(name, value) in headers {
        request.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
    }
    request
}

fn hot() -> HotMiddleware {
    HotMiddleware::new(Options::default())
}

fn call(
    service: &mut impl Service<
        Request<Full<Bytes>>,
        Response = Response<ResponseBody<Full<Bytes>>>,
        Error = Infallible,
    >,
    request: Request<Full<Bytes>>,
) -> Response<ResponseBody<Full<Bytes>>> {
    match black_box(service.call(request).now_or_never()) {
        Some(Ok(response)) => response,
        None => panic!("all of these are answered at once"),
    }
}

fn empty(_: Request<Full<Bytes>>) -> Ready<Answer> {
    ready(Ok(Response::new(Full::default())))
}

/// The app returns the request, so that no work goes into creating requests.
fn pass(times: u32, headers: &[(&'static str, &'static str)]) {
    let desk = Cell::new(Some(request("/assets/app.js", headers)));
    let app = |request| {
        desk.set(Some(request));
        ready(Answer::Ok(Response::new(Full::default())))
    };
    let mut service = hot().layer(service_fn(app));
    for _ in 0..times {
        let request = desk.take().expect("the app returns the request");
        black_box(call(&mut service, request));
    }
}

fn script(times: u32) {
    pass(times, &[("accept", "*/*"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "script")]);
}

fn bare(times: u32) {
    pass(times, &[]);
}

fn fetched(times: u32) {
    pass(times, &[("accept", "*/*"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")]);
}

fn page(times: u32) {
    let html =
        Bytes::from(format!("<!doctype html><html><head></head><body>{}", "<p>text</p>".repeat(9_090)));
    let app = move |_| {
        let mut response = Response::new(Full::new(html.clone()));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
        ready(Answer::Ok(response))
    };
    let mut service = hot().layer(service_fn(app));
    for _ in 0..times {
        let mut response = call(&mut service, request("/", &[("sec-fetch-dest", "document")]));
        assert!(drain(response.body_mut()) > 100_000);
    }
}

/// Reads all that is available of a body.
fn drain(body: &mut ResponseBody<Full<Bytes>>) -> usize {
    let mut cx = Context::from_waker(Waker::noop());
    let mut length = 0;
    while let Poll::Ready(Some(Ok(frame))) = Pin::new(&mut *body).poll_frame(&mut cx) {
        length += frame.data_ref().map_or(0, Bytes::len);
    }
    length
}

fn connect(hot: &HotMiddleware) -> ResponseBody<Full<Bytes>> {
    let stream = request("/__webpack_hmr", &[("host", "localhost:3000")]);
    let mut body = call(&mut hot.layer(service_fn(empty)), stream).into_body();
    assert!(drain(&mut body) > 0, "a stream begins with a byte");
    body
}

/// Runs work in a runtime, which the timers of streams need.
fn in_runtime<T>(work: impl FnOnce() -> T) -> T {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime starts");
    runtime.block_on(async { work() })
}

fn delivery(times: u32) {
    in_runtime(|| {
        let hot = hot();
        let mut body = connect(&hot);
        for number in 0..times {
            hot.publish(&number).expect("a number is JSON");
            assert!(drain(&mut body) > 0);
        }
    });
}

fn newcomer(times: u32) {
    in_runtime(|| {
        let hot = hot();
        let bodies: Vec<_> = (0..times).map(|_| connect(&hot)).collect();
        assert_eq!(hot.client_count(), bodies.len());
    });
}

fn build(times: u32) {
    in_runtime(|| {
        let hot = hot();
        let mut body = connect(&hot);
        for number in 0..times {
            let build = (0..2_000).fold(Build::new(number.to_string()), |build, n| {
                build.module(format!("./src/{n}.js"), format!("./src/{n}.js"))
            });
            hot.built(build);
            assert!(drain(&mut body) > 60_000);
        }
    });
}
