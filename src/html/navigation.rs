//! Recognition of navigation requests by their heads.

use http::{HeaderMap, HeaderValue, Method, header};

/// Returns true if a request may be a navigation, or fetch HTML that a browser may reuse for one. Cheap enough for
/// every request of the app.
///
/// Inlined, because a request that is borrowed by a function that isn't is copied on its way.
#[inline]
pub(crate) fn may_load(method: &Method, headers: &HeaderMap) -> bool {
    is_navigable(method) && dest(headers).is_none_or(|dest| is_page(dest) || is_fetched(dest))
}

/// Returns true if a browser can navigate by this method. Forms use `GET` and `POST`; `HEAD` has the headers of `GET`.
#[inline]
fn is_navigable(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::POST)
}

/// Returns true if the response becomes a document in a tab or frame.
fn is_page(dest: &HeaderValue) -> bool {
    matches!(dest.as_bytes(), b"document" | b"iframe" | b"frame")
}

/// Returns true if the response may be HTML that does not become a document: `fetch`, `<link rel=prefetch>`, `<object>`.
fn is_fetched(dest: &HeaderValue) -> bool {
    matches!(dest.as_bytes(), b"empty" | b"object" | b"embed")
}

/// The value of `Sec-Fetch-Dest`.
///
/// Iterates over the headers, which for a browser's number of headers is faster than a look-up: `http` hashes a
/// non-standard name each time.
#[inline]
fn dest(headers: &HeaderMap) -> Option<&HeaderValue> {
    headers.iter().find(|(name, _)| name.as_str() == "sec-fetch-dest").map(|(_, value)| value)
}

/// The recipient of the response to a navigation request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Navigation {
    /// A browser, which shows it in a tab or a frame.
    Browser,
    /// The client, which asks for its own page. A service worker may keep that response for navigations.
    Client,
    /// The client, which compares the page with the one that is shown.
    Parser,
}

/// The header with which the client asks for its own page, and its two values.
const ASK: &str = "hot-middleware-navigation";
const ASK_FOR_PAGE: &str = "1";
const ASK_FOR_DOCUMENT: &str = "document";

/// Returns the kind of a navigation request, in a tab or a frame; `None` for other requests.
///
/// `Upgrade-Insecure-Requests: 1` comes with every navigation of every engine and with nothing else (Upgrade Insecure
/// Requests, section 3.2.1): also over plain HTTP to an address of the network, where `Sec-Fetch-*` is missing, and
/// through a service worker, where `Sec-Fetch-Dest` is `empty`. Safari leaves it out over HTTPS, where
/// `Sec-Fetch-Dest` takes its place.
pub(crate) fn navigation(method: &Method, headers: &HeaderMap) -> Option<Navigation> {
    if !is_navigable(method) {
        return None;
    }
    let (mut page, mut other_mode, mut upgrade) = (false, false, false);
    for (name, value) in headers {
        match name.as_str() {
            ASK if value == ASK_FOR_DOCUMENT => return Some(Navigation::Parser),
            ASK if value == ASK_FOR_PAGE => return Some(Navigation::Client),
            "upgrade-insecure-requests" if value == "1" => upgrade = true,
            "sec-fetch-dest" => page = is_page(value),
            "sec-fetch-mode" => other_mode = value != "navigate",
            _ => {}
        }
    }
    (upgrade || page && !other_mode).then_some(Navigation::Browser)
}

/// Removes headers of a navigation request that could lead to less than the whole, fresh page.
///
/// A 304 would show a cached page with an older hash or without a tag, and a 206 only a part of a page.
pub(crate) fn make_unconditional(headers: &mut HeaderMap) {
    for name in [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE, header::IF_RANGE, header::RANGE] {
        headers.remove(name);
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

    use super::{Navigation, make_unconditional, may_load, navigation};

    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    const UPGRADE: Line = ("upgrade-insecure-requests", "1");

    /// A header's name and value.
    type Line = (&'static str, &'static str);

    const BY_BROWSER: Option<Navigation> = Some(Navigation::Browser);
    const BY_CLIENT: Option<Navigation> = Some(Navigation::Client);
    const BY_PARSER: Option<Navigation> = Some(Navigation::Parser);

    /// Names, heads of requests and their kinds.
    #[rustfmt::skip]
    const REQUESTS: &[(&str, &[Line], Option<Navigation>)] = &[
        ("navigation", &[UPGRADE, ("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate"), ("accept", BROWSER)], BY_BROWSER),
        ("navigation over HTTPS in WebKit", &[("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate"), ("accept", BROWSER)], BY_BROWSER),
        ("iframe", &[("sec-fetch-dest", "iframe")], BY_BROWSER),
        ("frame", &[("sec-fetch-dest", "frame")], BY_BROWSER),
        ("a page in an object", &[UPGRADE, ("sec-fetch-dest", "object"), ("sec-fetch-mode", "navigate")], BY_BROWSER),
        ("an image in an object", &[("sec-fetch-dest", "object"), ("sec-fetch-mode", "no-cors")], None),
        ("prefetched page", &[("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate"), ("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch")], BY_BROWSER),
        ("a service worker in between", &[UPGRADE, ("sec-fetch-dest", "empty"), ("sec-fetch-mode", "same-origin"), ("accept", BROWSER)], BY_BROWSER),
        ("the client asks for its page", &[("hot-middleware-navigation", "1"), ("sec-fetch-dest", "empty"), ("accept", BROWSER)], BY_CLIENT),
        ("the client compares its page", &[("sec-fetch-dest", "empty"), ("sec-fetch-mode", "cors"), ("hot-middleware-navigation", "document")], BY_PARSER),
        ("the client asks through a service worker", &[UPGRADE, ("hot-middleware-navigation", "document")], BY_PARSER),
        ("another value of the client's header", &[("hot-middleware-navigation", "Document"), ("sec-fetch-dest", "empty")], None),
        ("plain HTTP over a network", &[UPGRADE, ("accept", BROWSER)], BY_BROWSER),
        ("an app's WebView", &[UPGRADE, ("accept", BROWSER), ("x-requested-with", "com.example.app")], BY_BROWSER),
        ("a fragment over plain HTTP", &[("accept", "text/html")], None),
        ("a page that a script asks for over plain HTTP", &[("accept", BROWSER)], None),
        ("fetch that asks for HTML", &[("sec-fetch-dest", "empty"), ("sec-fetch-mode", "cors"), ("accept", "text/html")], None),
        ("script", &[("sec-fetch-dest", "script")], None),
        ("a document that is not navigated to", &[("sec-fetch-dest", "document"), ("sec-fetch-mode", "no-cors")], None),
        ("a mode alone", &[("sec-fetch-mode", "navigate"), ("accept", BROWSER)], None),
        ("curl", &[("accept", "*/*")], None),
        ("no header", &[], None),
        ("an upgrade that is none", &[("upgrade-insecure-requests", "0"), ("accept", BROWSER)], None),
    ];

    fn headers(lines: &[Line]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
            })
            .collect()
    }

    #[test]
    fn a_navigation_is_recognised_by_its_head() {
        for (name, lines, expected) in REQUESTS {
            for method in [Method::GET, Method::HEAD, Method::POST] {
                assert_eq!(navigation(&method, &headers(lines)), *expected, "{method}, {name}");
                assert!(expected.is_none() || may_load(&method, &headers(lines)), "{method}, {name}");
            }
            for method in [Method::PUT, Method::OPTIONS, Method::DELETE] {
                assert_eq!(navigation(&method, &headers(lines)), None, "{method}, {name}");
            }
        }
    }

    #[test]
    fn a_navigation_loses_its_conditions() {
        let mut conditions = headers(&[
            ("if-none-match", "\"1\""),
            ("if-modified-since", "Sat, 29 Oct 1994 19:43:31 GMT"),
            ("if-range", "\"1\""),
            ("range", "bytes=0-"),
            ("accept", BROWSER),
        ]);
        make_unconditional(&mut conditions);
        assert_eq!(conditions.keys().collect::<Vec<_>>(), [header::ACCEPT]);
    }
}
