//! The open pages: those with a stream or socket of their own, and those that share the stream of a worker.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::SystemTime,
};

use http::{
    HeaderMap, Uri,
    header::{REFERER, USER_AGENT},
};

use super::agent;
use crate::escape::Escaped;

/// The most streams that are listed, and the most pages that share one.
const MOST: usize = 256;

/// The most characters of a `User-Agent` that are kept.
const MOST_AGENT: usize = 300;

/// The longest path, in characters.
const MOST_PATH: usize = 200;

/// The way in which a page receives events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Carrier {
    /// A stream of its own.
    Own,
    /// The stream of a shared worker, with other pages.
    Shared,
    /// The stream that a worker holds for pages. Not a page itself.
    Worker,
    /// A stream of another client: webpack-hot-middleware's, `curl`.
    Other,
    /// A socket of Vite's client.
    #[cfg(feature = "websocket")]
    Socket,
}

impl Carrier {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Own => "stream",
            Self::Shared => "shared",
            Self::Worker => "worker",
            Self::Other => "other",
            #[cfg(feature = "websocket")]
            Self::Socket => "vite",
        }
    }
}

/// What the head of a request tells about its sender.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    path: Option<String>,
    /// The same for the pages and the worker of a browser.
    user_agent: String,
}

impl Visitor {
    /// Reads a head. `path` is the page's, if its client names it; otherwise it comes from `Referer`.
    pub(crate) fn of(headers: &HeaderMap, path: Option<&str>) -> Self {
        let text = |name| headers.get(name).and_then(|value: &http::HeaderValue| value.to_str().ok());
        let user_agent: String = text(USER_AGENT).unwrap_or_default().chars().take(MOST_AGENT).collect();
        let referer = || text(REFERER)?.parse::<Uri>().ok().map(|uri| uri.path().to_owned());
        Self { path: path.map(str::to_owned).or_else(referer).and_then(|path| cleaned(&path)), user_agent }
    }
}

/// A path that is short and harmless to show.
fn cleaned(path: &str) -> Option<String> {
    let short: String = path.chars().take(MOST_PATH).collect();
    path.starts_with('/').then(|| Escaped(short).to_string())
}

/// An open page, as it is listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OpenPage {
    pub(crate) path: Option<String>,
    pub(crate) agent: String,
    pub(crate) carrier: Carrier,
    pub(crate) since: SystemTime,
    /// Time of its latest receipts.
    pub(crate) answered: Option<SystemTime>,
}

#[derive(Debug)]
struct Entry {
    name: Option<String>,
    carrier: Carrier,
    visitor: Visitor,
    since: SystemTime,
    answered: Option<SystemTime>,
}

impl Entry {
    fn page(&self) -> OpenPage {
        let Self { carrier, since, answered, .. } = *self;
        let Visitor { path, user_agent } = &self.visitor;
        let (path, agent) = (path.clone(), agent::name(user_agent));
        OpenPage { path, agent, carrier, since, answered }
    }

    fn is_named(&self, name: &str) -> bool {
        self.name.as_deref() == Some(name)
    }
}

#[derive(Debug, Default)]
struct State {
    /// Those with a connection, each with a number of its own, which ascend.
    streams: Vec<(u64, Entry)>,
    /// Those that share the stream of a worker, the oldest first.
    shared: VecDeque<Entry>,
    last: u64,
}

/// The open pages. The lock guards look-ups and moves.
#[derive(Debug, Default)]
pub(crate) struct Pages(Mutex<State>);

/// A connection that is listed until this is dropped.
#[derive(Debug)]
pub(crate) struct Entered {
    pages: Arc<Pages>,
    number: u64,
}

impl Pages {
    /// Lists a connection while the returned value lives; `None` if as many are listed as can be.
    pub(crate) fn enter(
        self: &Arc<Self>,
        carrier: Carrier,
        name: Option<&str>,
        visitor: Visitor,
    ) -> Option<Entered> {
        let entry = Entry {
            name: name.map(str::to_owned),
            carrier,
            visitor,
            since: SystemTime::now(),
            answered: None,
        };
        let mut state = self.lock();
        if state.streams.len() == MOST {
            return None;
        }
        if let Some(name) = name {
            // It has shared a stream so far.
            state.shared.retain(|other| !other.is_named(name));
        }
        state.last += 1;
        let number = state.last;
        state.streams.push((number, entry));
        drop(state);
        Some(Entered { pages: self.clone(), number })
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        let mut state = self.pages.lock();
        let Ok(at) = state.streams.binary_search_by_key(&self.number, |(number, _)| *number) else { return };
        let (_, left) = state.streams.remove(at);
        let browser = left.visitor.user_agent;
        if left.carrier == Carrier::Worker && !state.has_worker(&browser) {
            state.shared.retain(|page| page.visitor.user_agent != browser);
        }
    }
}

impl State {
    fn has_worker(&self, user_agent: &str) -> bool {
        self.streams
            .iter()
            .any(|(_, entry)| entry.carrier == Carrier::Worker && entry.visitor.user_agent == user_agent)
    }
}

impl Pages {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes a page that shares a stream: it has asked for what it missed.
    pub(crate) fn shares(&self, name: &str, visitor: Visitor) {
        let mut state = self.lock();
        if let Some(page) = state.shared.iter_mut().find(|page| page.is_named(name)) {
            page.visitor = visitor;
            return;
        }
        if state.shared.len() == MOST {
            state.shared.pop_front();
        }
        let (name, since) = (Some(name.to_owned()), SystemTime::now());
        state.shared.push_back(Entry { name, carrier: Carrier::Shared, visitor, since, answered: None });
    }

    /// Notes that a page has sent receipts, and the path that it has now.
    pub(crate) fn answered(&self, name: &str, path: Option<&str>) {
        let mut state = self.lock();
        let State { streams, shared, .. } = &mut *state;
        if let Some(page) =
            streams.iter_mut().map(|(_, page)| page).chain(shared).find(|page| page.is_named(name))
        {
            page.answered = Some(SystemTime::now());
            if let Some(path) = path.and_then(cleaned) {
                page.visitor.path = Some(path);
            }
        }
    }

    /// Notes that a page that shares a stream is closed, or has gone to another.
    pub(crate) fn left(&self, name: &str) {
        self.lock().shared.retain(|page| !page.is_named(name));
    }

    /// Returns the open pages and other clients, those that were opened first at the front.
    pub(crate) fn list(&self) -> Vec<OpenPage> {
        let state = self.lock();
        let streams =
            state.streams.iter().map(|(_, entry)| entry).filter(|entry| entry.carrier != Carrier::Worker);
        let shared = state.shared.iter().filter(|entry| state.has_worker(&entry.visitor.user_agent));
        let mut pages: Vec<_> = streams.chain(shared).map(Entry::page).collect();
        drop(state);
        pages.sort_by_key(|page| page.since);
        pages
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn visitor(user_agent: &'static str, path: &str) -> Visitor {
        let mut headers = HeaderMap::new();
        headers.insert(USER_AGENT, HeaderValue::from_static(user_agent));
        Visitor::of(&headers, Some(path))
    }

    fn paths(pages: &Pages) -> Vec<String> {
        pages.list().into_iter().filter_map(|page| page.path).collect()
    }

    #[test]
    fn pages_that_share_a_stream_are_listed_while_it_is_open() {
        let pages = Arc::new(Pages::default());
        pages.shares("one", visitor("Firefox/1", "/one"));
        assert_eq!(paths(&pages), [""; 0], "its worker has no stream yet");
        let worker = pages.enter(Carrier::Worker, None, visitor("Firefox/1", "/worker.js"));
        let other = pages.enter(Carrier::Worker, None, visitor("Chrome/1", "/worker.js"));
        pages.shares("two", visitor("Firefox/1", "/two"));
        pages.shares("three", visitor("Chrome/1", "/three"));
        assert_eq!(paths(&pages), ["/one", "/two", "/three"]);
        pages.left("two");
        pages.answered("one", Some("/elsewhere"));
        assert_eq!(paths(&pages), ["/elsewhere", "/three"]);
        assert!(pages.list()[0].answered.is_some());
        drop(worker);
        assert_eq!(paths(&pages), ["/three"], "another browser's page stays");
        drop(other);
        assert_eq!(pages.list(), []);
    }

    #[test]
    fn a_page_with_a_stream_of_its_own_is_listed_once_and_as_long_as_that() {
        let pages = Arc::new(Pages::default());
        let _worker = pages.enter(Carrier::Worker, None, visitor("Firefox/1", "/worker.js"));
        pages.shares("one", visitor("Firefox/1", "/one"));
        let own = pages.enter(Carrier::Own, Some("one"), visitor("Firefox/1", "/one"));
        assert_eq!(paths(&pages), ["/one"]);
        drop(own);
        assert_eq!(pages.list(), []);
    }

    #[test]
    fn what_requests_say_is_bounded_and_harmless() {
        let pages = Arc::new(Pages::default());
        let long = format!("/\u{1b}{}", "x".repeat(9_000));
        let entered: Vec<_> =
            (0..1_000).map(|_| pages.enter(Carrier::Other, None, visitor("", &long))).collect();
        assert_eq!(entered.iter().flatten().count(), MOST);
        for n in 0..1_000 {
            pages.shares(&n.to_string(), visitor("", &long));
        }
        assert_eq!(pages.lock().shared.len(), MOST);
        assert!(paths(&pages).iter().all(|path| path.len() < 300 && path.starts_with("/\\u{1b}x")));
        assert_eq!(visitor("", "javascript:x").path, None);
        let mut headers = HeaderMap::new();
        headers.insert(REFERER, HeaderValue::from_static("http://localhost:3000/a?secret=1"));
        assert_eq!(Visitor::of(&headers, None).path.as_deref(), Some("/a"));
    }
}
