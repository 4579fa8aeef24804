//! The event stream of one client (HTML standard, section 9.2): a subscription and its heartbeat.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue, Request, Response, Version,
    header::{CACHE_CONTROL, CONNECTION, CONTENT_TYPE},
};
use pin_project_lite::pin_project;
use tokio::time::{Instant, Sleep, sleep};

use super::query;
use crate::{
    header_values,
    hub::{Subscribe, Subscriber},
    journal::{Carrier, Entered, Visitor},
    metrics::{Connected, Transport},
    options::Options,
    shared::Shared,
    shutdown::Shutdown,
    wire::{Event, Frame},
};

/// The first byte of every stream, which shows proxies and clients that the response has begun.
const START: Bytes = Bytes::from_static(b"\n");
const HEARTBEAT: Bytes = Bytes::from_static("data: 💓\n\n".as_bytes());

/// The head of an event stream, as its request needs it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Head {
    version: Version,
    keep_alive: bool,
}

impl Head {
    /// Returns the head for a request.
    ///
    /// Only HTTP/1.1 has `Connection: keep-alive`: HTTP/2 forbids the header (RFC 9113, section 8.2.2), and
    /// over HTTP/1.0 the stream ends with its connection. If the request says `close`, servers add `close`,
    /// which would contradict `keep-alive`.
    pub(crate) fn of<B>(request: &Request<B>) -> Self {
        let mut connection = header_values::members(request.headers(), CONNECTION);
        let version = request.version();
        let keep_alive =
            version == Version::HTTP_11 && !connection.any(|token| token.eq_ignore_ascii_case(b"close"));
        Self { version, keep_alive }
    }

    /// Creates the response with this body and with webpack-hot-middleware's headers, except its CORS grant.
    pub(crate) fn response<B>(self, body: B) -> Response<B> {
        let mut response = Response::new(body);
        // hyper would keep an HTTP/1.0 connection open on request, unless the response is HTTP/1.0 too.
        if self.version == Version::HTTP_10 {
            *response.version_mut() = Version::HTTP_10;
        }
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/event-stream;charset=utf-8"));
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache, no-transform"));
        // nginx buffers proxied responses unless this header disables it.
        headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
        if self.keep_alive {
            headers.insert(CONNECTION, HeaderValue::from_static("keep-alive"));
        }
        response
    }
}

/// Reads a request for the stream from its query and `Last-Event-ID`.
pub(crate) fn subscribe_request(asked: Option<&str>, headers: &HeaderMap) -> Subscribe {
    let mut request = Subscribe::default();
    for pair in asked.unwrap_or_default().split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        match name {
            "ids" => request.ids = true,
            "changes" => request.changes = true,
            "catchup" => request.catch_up = true,
            "since" if request.since.len() < query::MAX_VALUES => request.since.extend(query::value(value)),
            "client" => request.client = query::value(value).filter(|name| is_client_name(name)),
            "lastEventId" => request.last_event_id = query::value(value),
            _ => {}
        }
    }
    if let Some(id) = headers.get("last-event-id").and_then(|id| id.to_str().ok()) {
        request.last_event_id = Some(id).filter(|id| id.len() <= query::MAX_BYTES).map(str::to_owned);
    }
    request
}

/// Reads from a request who opens the stream.
pub(crate) fn visitor(asked: Option<&str>, headers: &HeaderMap) -> Visitor {
    let mut pairs = asked.unwrap_or_default().split('&');
    let page = pairs.find_map(|pair| pair.strip_prefix("page=")).and_then(query::value);
    Visitor::of(headers, page.as_deref())
}

/// Lists a client as long as its stream is open, or as a page that shares another stream.
fn enter(shared: &Shared, request: &Subscribe, visitor: Visitor) -> Option<Entered> {
    let name = request.client.as_deref();
    let carrier = match (request.changes, request.catch_up, name) {
        (_, true, Some(name)) => {
            shared.journal().pages.shares(name, visitor);
            return None;
        }
        (_, true, None) => return None,
        (true, false, Some(_)) => Carrier::Own,
        (true, false, None) => Carrier::Worker,
        (false, false, _) => Carrier::Other,
    };
    shared.journal().pages.enter(carrier, name, visitor)
}

/// Returns true for a valid client name. It is kept while the stream is open.
fn is_client_name(name: &str) -> bool {
    (1..=64).contains(&name.len())
}

pin_project! {
    /// The bytes of one client's event stream. It ends when the hub closes or the shutdown signal comes.
    #[derive(Debug)]
    pub(crate) struct EventStream {
        started: bool,
        subscriber: Subscriber,
        every: Duration,
        // Armed at the first poll, so that creating a stream needs no runtime.
        #[pin]
        heartbeat: Option<Sleep>,
        shutdown: Option<Shutdown>,
        catch_up: bool,
        connected: Connected,
        // Lists the client among the open pages.
        entered: Option<Entered>,
    }
}

impl EventStream {
    /// Subscribes a client; `None` once the hub is closed. A client that asks for changes first receives
    /// `connected`, with what it needs to supervise the stream.
    pub(crate) fn open(shared: &Arc<Shared>, request: &Subscribe, visitor: Visitor) -> Option<Self> {
        let mut subscriber = shared.hub().subscribe(request)?;
        shared.follow_shutdown();
        let Options { heartbeat: every, shutdown, .. } = shared.options();
        if request.changes {
            let heartbeat = u64::try_from(every.as_millis()).unwrap_or(u64::MAX);
            let (receipts, console) = (shared.ask_for_receipts(), shared.ask_for_console());
            subscriber.prepend(&Frame::of(&Event::Connected {
                server: shared.server(),
                heartbeat,
                receipts,
                modules: shared.ask_for_instances(),
                console,
            }));
        }
        let (every, shutdown) = (*every, shutdown.clone());
        let catch_up = request.catch_up;
        let connected = Connected::new(Transport::Events);
        let entered = enter(shared, request, visitor);
        Some(Self {
            started: false,
            subscriber,
            every,
            heartbeat: None,
            shutdown,
            catch_up,
            connected,
            entered,
        })
    }

    /// Polls for the next bytes, always whole lines.
    ///
    /// # Cancel safety
    /// Nothing is lost if the stream is polled again later.
    pub(crate) fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let next = self.as_mut().poll_bytes(cx);
        #[cfg(feature = "metrics")]
        if let Poll::Ready(Some(bytes)) = &next {
            self.project().connected.sent(bytes.len());
        }
        next
    }

    fn poll_bytes(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let mut this = self.project();
        if !*this.started {
            *this.started = true;
            this.heartbeat.set(Some(sleep(*this.every)));
            return Poll::Ready(Some(START));
        }
        if let Some(shutdown) = this.shutdown {
            if Pin::new(shutdown).poll(cx).is_ready() {
                *this.shutdown = None;
                this.subscriber.hub().close();
            }
        }
        if let Poll::Ready(bytes) = this.subscriber.poll_next(cx) {
            return Poll::Ready(bytes);
        }
        #[cfg(feature = "redis")]
        if this.subscriber.is_entering() {
            return Poll::Pending;
        }
        if *this.catch_up {
            return Poll::Ready(None);
        }
        let Some(mut heartbeat) = this.heartbeat.as_mut().as_pin_mut() else { return Poll::Pending };
        ready!(heartbeat.as_mut().poll(cx));
        // From the deadline, so that heartbeats don't drift; from now if a whole one was slept through.
        let next = (heartbeat.deadline() + *this.every).max(Instant::now());
        heartbeat.reset(next);
        Poll::Ready(Some(HEARTBEAT))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_read_leniently() {
        let read = |query| subscribe_request(Some(query), &HeaderMap::new());
        assert_eq!(
            read("name=a&timeout=20000"),
            Subscribe::default(),
            "the stock clients' queries ask for nothing"
        );
        assert_eq!(
            read("ids&changes=1&since=a%20b&since=%zz%&lastEventId=x-1&&="),
            Subscribe {
                ids: true,
                changes: true,
                since: vec!["a b".into(), "%zz%".into()],
                last_event_id: Some("x-1".into()),
                client: None,
                catch_up: false,
            }
        );
        assert!(read("ids&catchup").catch_up);
        assert_eq!(read("client=7f").client.as_deref(), Some("7f"));
        let long = format!("client={}", "7".repeat(65));
        for unfit in ["client", &long] {
            assert_eq!(subscribe_request(Some(unfit), &HeaderMap::new()).client, None, "{unfit}");
        }
        assert_eq!(read("since=%ff").since, ["\u{fffd}"]);
    }

    #[test]
    fn a_query_is_read_within_bounds() {
        let read = |query: &str| subscribe_request(Some(query), &HeaderMap::new());
        let many: Vec<_> = (0..1_000).map(|n| format!("since={n}")).collect();
        let newest: Vec<_> = (0..query::MAX_VALUES).map(|n| n.to_string()).collect();
        assert_eq!(read(&many.join("&")).since, newest);
        let long = "7".repeat(query::MAX_BYTES + 1);
        assert_eq!(read(&format!("since={long}&since=h&since={long}")).since, ["h"]);
        assert_eq!(read(&format!("lastEventId={long}")).last_event_id, None);
        let mut headers = HeaderMap::new();
        headers.insert("last-event-id", HeaderValue::from_str(&long).unwrap());
        assert_eq!(subscribe_request(Some("lastEventId=a-1"), &headers).last_event_id, None);
    }

    #[test]
    fn the_header_has_precedence_over_the_query() {
        let mut headers = HeaderMap::new();
        headers.insert("last-event-id", HeaderValue::from_static("b-2"));
        let request = subscribe_request(Some("lastEventId=a-1"), &headers);
        assert_eq!(request.last_event_id.as_deref(), Some("b-2"));
    }
}
