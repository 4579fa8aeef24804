//! The end of a replaced process: it accepts no more connections, and finishes its requests.
//!
//! If a server closes a reused connection, the client's next request on it may be reset. So the last response on such a
//! connection has `connection: close`, and connections that stay idle are closed last.

use std::{
    sync::{
        Arc, LazyLock, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use http::{
    HeaderValue, Method, Request, Response, StatusCode, Version,
    header::{CONNECTION, CONTENT_TYPE},
};

/// Time without traffic, while the process drains, after which an answered connection counts as idle. The page is reloaded in
/// the first moments, on connections that may have been silent since it was loaded.
const QUIET: Duration = Duration::from_secs(2);

/// Milliseconds after which a connection that was being accepted when the process began to drain is counted.
#[cfg(any(unix, windows))]
const ACCEPTED: u64 = 100;

/// Interval at which a draining process checks its connections.
#[cfg(any(unix, windows))]
const LOOK: Duration = Duration::from_millis(20);

static DRAINING: AtomicBool = AtomicBool::new(false);

/// The time at which this process began to drain, in milliseconds since [`START`].
static BEGUN: AtomicU64 = AtomicU64::new(0);

/// Set while the process runs under `cargo hmr`: only then are connections counted.
static COUNTS: AtomicBool = AtomicBool::new(false);

static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// All open connections, and some closed ones.
static CONNECTIONS: Mutex<Vec<Weak<Activity>>> = Mutex::new(Vec::new());

/// Returns true once a newer process accepts in place of this one.
pub(crate) fn is_draining() -> bool {
    DRAINING.load(Ordering::Relaxed)
}

#[cfg(any(unix, windows))]
pub(super) fn begin() {
    BEGUN.store(now(), Ordering::Relaxed);
    DRAINING.store(true, Ordering::Relaxed);
}

/// Returns the relative URL to which a browser's request is redirected, so that the newer process answers it.
///
/// A browser that has just reconnected to the newer process may send its next request on a reused connection to this one,
/// and would get a page of the old build. A redirect to the same URL with `connection: close` makes it use another
/// connection. Only browsers send `Sec-Fetch-Mode`. Other clients may not follow redirects, so they are answered here,
/// unless they request the event stream (`stream` is its path), which is closed here.
pub(crate) fn redirect<B>(request: &Request<B>, base: Option<&str>, stream: &str) -> Option<HeaderValue> {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD);
    let mode = request.headers().get("sec-fetch-mode");
    let moves = mode.is_some_and(|mode| mode != "websocket") || request.uri().path() == stream;
    if !is_read || !moves || request.version() > Version::HTTP_11 {
        return None;
    }
    #[cfg(feature = "axum")]
    let original = request.extensions().get().map(|axum::extract::OriginalUri(uri)| uri);
    #[cfg(not(feature = "axum"))]
    let original: Option<&http::Uri> = None;
    let uri = original.unwrap_or(request.uri());
    let base = base.filter(|_| original.is_none()).unwrap_or_default();
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    // Two slashes at the start would name a host.
    let path = format!("{base}/{}", uri.path().trim_start_matches('/'));
    HeaderValue::try_from(format!("{path}{query}")).ok()
}

/// Completes the head of a response. While this process drains, the connection is closed after the response. A connection
/// with an event stream ends with the stream, so that the client's next request doesn't reach a draining process.
pub(crate) fn finish<B>(mut response: Response<B>) -> Response<B> {
    if COUNTS.load(Ordering::Relaxed) && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let kind = response.headers().get(CONTENT_TYPE);
        let is_stream = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        // Hyper leaves the header out of HTTP/2, where it is forbidden.
        if is_stream || is_draining() {
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
    }
    response
}

/// Counts connections from now on.
#[cfg(any(unix, windows))]
pub(super) fn count() {
    COUNTS.store(true, Ordering::Relaxed);
}

/// Blocks until no connection is open, or all are idle and none waits for a response.
#[cfg(any(unix, windows))]
pub(super) fn wait() {
    loop {
        let mut connections = CONNECTIONS.lock().unwrap_or_else(PoisonError::into_inner);
        connections.retain(|connection| connection.strong_count() > 0);
        let is_busy =
            |connection: &Weak<Activity>| connection.upgrade().is_some_and(|activity| activity.is_busy());
        let is_settled = now().saturating_sub(BEGUN.load(Ordering::Relaxed)) > ACCEPTED;
        if is_settled && !connections.iter().any(is_busy) {
            return;
        }
        drop(connections);
        std::thread::sleep(LOOK);
    }
}

/// Last use of a connection.
#[derive(Debug)]
pub(super) struct Activity {
    /// Milliseconds since [`START`].
    last: AtomicU64,
    /// Set from a read to the next write, while a request waits for its response.
    asked: AtomicBool,
}

impl Activity {
    /// Counts a new connection, if connections are counted.
    pub(super) fn new() -> Option<Arc<Self>> {
        if !COUNTS.load(Ordering::Relaxed) {
            return None;
        }
        let activity = Arc::new(Self { last: AtomicU64::new(now()), asked: AtomicBool::new(false) });
        let mut connections = CONNECTIONS.lock().unwrap_or_else(PoisonError::into_inner);
        if connections.len() == connections.capacity() {
            connections.retain(|connection| connection.strong_count() > 0);
        }
        connections.push(Arc::downgrade(&activity));
        Some(activity)
    }

    pub(super) fn read(&self) {
        self.last.store(now(), Ordering::Relaxed);
        self.asked.store(true, Ordering::Relaxed);
    }

    pub(super) fn written(&self) {
        self.last.store(now(), Ordering::Relaxed);
        self.asked.store(false, Ordering::Relaxed);
    }

    #[cfg(any(unix, windows))]
    fn is_busy(&self) -> bool {
        let since = self.last.load(Ordering::Relaxed).max(BEGUN.load(Ordering::Relaxed));
        let silent = now().saturating_sub(since);
        self.asked.load(Ordering::Relaxed) || u128::from(silent) < QUIET.as_millis()
    }
}

fn now() -> u64 {
    u64::try_from(START.elapsed().as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn redirected(method: Method, uri: &str, base: Option<&str>, headers: &[(&str, &str)]) -> Option<String> {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let location = redirect(&request.body(()).unwrap(), base, "/stream")?;
        Some(location.to_str().unwrap().to_owned())
    }

    #[test]
    fn browsers_are_redirected_to_the_same_address() {
        let navigate = [("sec-fetch-mode", "navigate")];
        let cases = [
            ("the root", "/", None, "/"),
            ("a query", "/a/b?c=d&e", None, "/a/b?c=d&e"),
            ("under a base", "/a", Some("/app"), "/app/a"),
            ("the stream", "/stream?x", None, "/stream?x"),
            ("what would name a host", "//evil.example/a", None, "/evil.example/a"),
        ];
        for (case, uri, base, location) in cases {
            assert_eq!(redirected(Method::GET, uri, base, &navigate).as_deref(), Some(location), "{case}");
        }
    }

    #[test]
    fn other_requests_are_answered_where_they_came() {
        let cases = [("a form", Method::POST, "navigate"), ("a socket", Method::GET, "websocket")];
        for (case, method, mode) in cases {
            assert_eq!(redirected(method, "/", None, &[("sec-fetch-mode", mode)]), None, "{case}");
        }
        assert_eq!(redirected(Method::GET, "/", None, &[]), None, "no browser");
        assert_eq!(
            redirected(Method::GET, "/stream", None, &[]).as_deref(),
            Some("/stream"),
            "the stream is not here"
        );
    }
}
