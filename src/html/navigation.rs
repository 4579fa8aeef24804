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

/// Returns true if a browser navigates with this request, in a tab or a frame.
///
/// `Upgrade-Insecure-Requests: 1` comes with every navigation of every engine and with nothing else (Upgrade Insecure
/// Requests, section 3.2.1): also over plain HTTP to an address of the network, where `Sec-Fetch-*` is missing, and
/// through a service worker, where `Sec-Fetch-Dest` is `empty`. Safari leaves it out over HTTPS, where
/// `Sec-Fetch-Dest` takes its place.
///
/// The client asks for its own page with a header of this crate's: a service worker may keep that answer for navigations.
pub(crate) fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    if !is_navigable(method) {
        return false;
    }
    let (mut page, mut other_mode) = (false, false);
    for (name, value) in headers {
        match name.as_str() {
            "upgrade-insecure-requests" | "hot-middleware-navigation" if value == "1" => return true,
            "sec-fetch-dest" => page = is_page(value),
            "sec-fetch-mode" => other_mode = value != "navigate",
            _ => {}
        }
    }
    page && !other_mode
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

    use super::{is_navigation, make_unconditional, may_load};

    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    const UPGRADE: Line = ("upgrade-insecure-requests", "1");

    /// A header's name and value.
    type Line = (&'static str, &'static str);

    /// Names, heads of requests and whether they are navigations.
    #[rustfmt::skip]
    const REQUESTS: &[(&str, &[Line], bool)] = &[
        ("navigation", &[UPGRADE, ("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate"), ("accept", BROWSER)], true),
        ("navigation over HTTPS in WebKit", &[("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate"), ("accept", BROWSER)], true),
        ("iframe", &[("sec-fetch-dest", "iframe")], true),
        ("frame", &[("sec-fetch-dest", "frame")], true),
        ("a page in an object", &[UPGRADE, ("sec-fetch-dest", "object"), ("sec-fetch-mode", "navigate")], true),
        ("an image in an object", &[("sec-fetch-dest", "object"), ("sec-fetch-mode", "no-cors")], false),
        ("prefetched page", &[("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate"), ("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch")], true),
        ("a service worker in between", &[UPGRADE, ("sec-fetch-dest", "empty"), ("sec-fetch-mode", "same-origin"), ("accept", BROWSER)], true),
        ("the client asks for its page", &[("hot-middleware-navigation", "1"), ("sec-fetch-dest", "empty"), ("accept", BROWSER)], true),
        ("plain HTTP over a network", &[UPGRADE, ("accept", BROWSER)], true),
        ("an app's WebView", &[UPGRADE, ("accept", BROWSER), ("x-requested-with", "com.example.app")], true),
        ("a fragment over plain HTTP", &[("accept", "text/html")], false),
        ("a page that a script asks for over plain HTTP", &[("accept", BROWSER)], false),
        ("fetch that asks for HTML", &[("sec-fetch-dest", "empty"), ("sec-fetch-mode", "cors"), ("accept", "text/html")], false),
        ("script", &[("sec-fetch-dest", "script")], false),
        ("a document that is not navigated to", &[("sec-fetch-dest", "document"), ("sec-fetch-mode", "no-cors")], false),
        ("a mode alone", &[("sec-fetch-mode", "navigate"), ("accept", BROWSER)], false),
        ("curl", &[("accept", "*/*")], false),
        ("no header", &[], false),
        ("an upgrade that is none", &[("upgrade-insecure-requests", "0"), ("accept", BROWSER)], false),
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
                assert_eq!(is_navigation(&method, &headers(lines)), *expected, "{method}, {name}");
                assert!(!expected || may_load(&method, &headers(lines)), "{method}, {name}");
            }
            for method in [Method::PUT, Method::OPTIONS, Method::DELETE] {
                assert!(!is_navigation(&method, &headers(lines)), "{method}, {name}");
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
