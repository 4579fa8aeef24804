//! Helpers that call the layer as a server does, but without a socket.
//!
//! The targets use only the crate's public API, so they run the same code as a request.

mod chunks;

use std::{
    convert::Infallible,
    pin::pin,
    sync::LazyLock,
    task::{Context, Poll, Waker},
};

use bytes::Bytes;
use futures_util::FutureExt;
use http::{Request, Response};
use http_body::Body;
use serde::de::IgnoredAny;
use serde_json::Value;
use tokio::runtime::{Builder, Runtime};
use tower::{ServiceBuilder, ServiceExt, service_fn};
use tower_hot_middleware::{HotMiddleware, Options, OptionsBuilder, ResponseBody};

pub use self::chunks::Chunks;

/// The path of the stream.
pub const PATH: &str = "/__webpack_hmr";

/// Options with which two runs of one input behave the same, and everything fits into the log.
///
/// libFuzzer handles signals, and the targets' runtimes have no driver for them.
pub fn options() -> OptionsBuilder {
    Options::builder().reload_on_new_binary(false).replay_buffer_events(1 << 16).close_on_signal(false)
}

/// Creates a middleware with these options.
#[must_use]
pub fn hot(options: OptionsBuilder) -> HotMiddleware {
    HotMiddleware::new(options.build().expect("the target's options are valid"))
}

/// Passes a request to the layer around an app that answers everything with this page.
pub fn respond(
    hot: &HotMiddleware,
    request: Request<Chunks>,
    page: Response<Chunks>,
) -> Response<ResponseBody<Chunks>> {
    let app = service_fn(|_| std::future::ready(Ok::<_, Infallible>(page.clone())));
    let service = ServiceBuilder::new().layer(hot.clone()).service(app);
    let answer = service.oneshot(request).now_or_never().expect("neither the app nor the layer waits");
    answer.unwrap_or_else(|never| match never {})
}

/// Passes a request to the layer for one of its own routes.
pub fn ask(hot: &HotMiddleware, request: Request<Chunks>) -> Response<ResponseBody<Chunks>> {
    respond(hot, request, Response::new(Chunks::default()))
}

/// Opens the stream with this query.
#[must_use]
pub fn open(hot: &HotMiddleware, query: &str) -> ResponseBody<Chunks> {
    let request = Request::get(format!("{PATH}?{query}")).body(Chunks::default());
    ask(hot, request.expect("the target's query is valid")).into_body()
}

/// Reads the available chunks of a body, each with the size hint before it.
pub fn pieces(body: impl Body<Data = Bytes>) -> Vec<(http_body::SizeHint, Bytes)> {
    static RUNTIME: LazyLock<Runtime> =
        LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime starts"));
    // The stream's heartbeat needs a runtime. It never fires, because the runtime isn't polled.
    let _entered = RUNTIME.enter();
    let mut body = pin!(body);
    let mut cx = Context::from_waker(Waker::noop());
    let mut pieces = Vec::new();
    loop {
        let hint = body.size_hint();
        match body.as_mut().poll_frame(&mut cx) {
            Poll::Ready(Some(Ok(frame))) => pieces.extend(frame.into_data().ok().map(|data| (hint, data))),
            Poll::Ready(Some(Err(_))) => panic!("the app's bodies don't fail"),
            Poll::Ready(None) | Poll::Pending => return pieces,
        }
    }
}

/// Reads the available text of a body.
pub fn text(body: impl Body<Data = Bytes>) -> String {
    let bytes: Vec<_> = pieces(body).into_iter().map(|(_, bytes)| bytes).collect();
    String::from_utf8(bytes.concat()).expect("the layer's own texts are UTF-8")
}

/// One event of a stream.
#[derive(Debug, PartialEq)]
pub struct Event {
    /// Its `id` line, if it has one.
    pub id: Option<String>,
    /// The JSON in its one `data` line.
    pub json: String,
}

impl Event {
    /// Parses the JSON.
    #[must_use]
    pub fn data(&self) -> Value {
        serde_json::from_str(&self.json).unwrap_or_else(|error| panic!("{error}: {:?}", self.json))
    }
}

/// Reads the available events of a stream, and asserts that it contains only events with one line of JSON.
pub fn events(body: ResponseBody<Chunks>) -> Vec<Event> {
    let text = text(body);
    let events = text.strip_prefix('\n').expect("a stream begins with an empty line");
    events
        .split_inclusive("\n\n")
        .map(|event| {
            let lines = event.strip_suffix("\n\n").expect("every event is whole");
            let (id, data) = match lines.strip_prefix("id: ") {
                Some(rest) => {
                    rest.split_once('\n').map(|(id, data)| (Some(id.to_owned()), data)).expect("data")
                }
                None => (None, lines),
            };
            let data = data.strip_prefix("data: ").filter(|data| !data.contains(['\n', '\r']));
            let data = data.unwrap_or_else(|| panic!("not one line of data: {event:?}"));
            // Not as a value: JSON may have numbers that serde_json can't represent, or deeper nesting.
            let is_json = serde_json::from_str::<IgnoredAny>(data).is_ok();
            assert!(is_json, "not JSON: {data:?}");
            Event { id, json: data.to_owned() }
        })
        .collect()
}

/// Asserts that an error text is one short line that is safe to print in a terminal.
pub fn check_explanation(text: &str) {
    let line = text.strip_suffix('\n').expect("an explanation is a whole line");
    assert!(!line.is_empty() && line.len() < 1_500, "{} bytes: {line:?}", line.len());
    assert!(!line.contains(char::is_control), "{line:?}");
}
