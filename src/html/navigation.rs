//! What a request's head says about being a page load.

use http::{HeaderMap, HeaderValue, Method, header};

use crate::header_values;

/// Headers by which a script asks for a part of a page, or for a page that it will take apart.
const PARTIAL: [&str; 9] = [
    "hx-request",
    "hx-boosted",
    "hx-history-restore-request",
    "turbo-frame",
    "x-up-target",
    "x-up-version",
    "x-pjax",
    "x-alpine-request",
    "x-inertia",
];

/// Reports if a request may load a page, or fetch HTML that a browser may later reuse for one. Cheap enough for every
/// request of the app.
///
/// Inlined, for a request that is lent to code out of sight is copied on its way.
#[inline]
pub(crate) fn may_load(method: &Method, headers: &HeaderMap) -> bool {
    // HEAD says what GET would.
    (*method == Method::GET || *method == Method::HEAD)
        && dest(headers).is_none_or(|dest| is_page(dest) || is_fetched(dest))
}

/// Reports if the response becomes a document in a tab or frame.
fn is_page(dest: &HeaderValue) -> bool {
    matches!(dest.as_bytes(), b"document" | b"iframe" | b"frame")
}

/// Reports if the response may be HTML that does not become a document: `fetch`, `<link rel=prefetch>`, `<object>`.
fn is_fetched(dest: &HeaderValue) -> bool {
    matches!(dest.as_bytes(), b"empty" | b"object" | b"embed")
}

/// The value of `Sec-Fetch-Dest`.
///
/// The headers are gone through in their order, which for as many as a browser sends takes less than to look the
/// name up: `http` hashes a name of no standard anew each time.
#[inline]
fn dest(headers: &HeaderMap) -> Option<&HeaderValue> {
    headers.iter().find(|(name, _)| name.as_str() == "sec-fetch-dest").map(|(_, value)| value)
}

/// How sure it is that a request loads a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NavigationRequest {
    /// The answer, if it is HTML, is a page without a look at it.
    Certain,
    /// `Accept: */*` and no `Accept` are what curl sends, but also what `fetch` sends for a piece of a page: the
    /// answer is a page if its body begins as a whole document does.
    Uncertain,
}

impl NavigationRequest {
    /// Reads a request's head; `None` where the answer is not for a browser's tab or frame.
    ///
    /// Browsers send `Sec-Fetch-Dest` to trustworthy origins (HTTPS and localhost) and it settles
    /// the matter. It is missing on plain HTTP over a network, the phone that opens the
    /// developer's machine by its address; there `Accept` is what tells a navigation, which names
    /// HTML, from an image, a stylesheet or a script.
    pub(crate) fn of(method: &Method, headers: &HeaderMap) -> Option<Self> {
        let dest = dest(headers);
        if !matches!(*method, Method::GET | Method::HEAD) || dest.is_some_and(|dest| !is_page(dest)) {
            return None;
        }
        let is_settled = dest.is_some();
        let load = if is_settled { Self::Certain } else { accepts(headers)? };
        for (name, value) in headers {
            let is_other = match name.as_str() {
                "sec-fetch-mode" => value != "navigate",
                _ if is_settled => false,
                // Who asks for bytes of it is not reading a page: a download taken up again, a video.
                "range" => load == Self::Uncertain,
                // Android's web view sends it with navigations too, and then it holds the app's package: a dotted
                // name, which no script library sends.
                "x-requested-with" => !value.as_bytes().contains(&b'.'),
                name => PARTIAL.contains(&name),
            };
            if is_other {
                return None;
            }
        }
        Some(load)
    }

    /// Takes from a certain page load what could bring back less than the whole, fresh page.
    ///
    /// A 304 would bring back a page that was kept with an older hash in it, or with no tag, and a
    /// 206 only a piece of one. Other requests keep their conditions: without `Sec-Fetch-Dest` an
    /// uncertain load may as well be a script or a video, for which 304 and 206 are right.
    pub(crate) fn make_unconditional(self, headers: &mut HeaderMap) {
        if self == Self::Certain {
            for name in [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE, header::IF_RANGE, header::RANGE] {
                headers.remove(name);
            }
        }
    }
}

/// What `Accept` makes of a request that nothing else tells about.
///
/// `*/*` beside other types does not ask for a page: it is how images (`image/webp,*/*;q=0.8`),
/// stylesheets and JSON clients end their list.
fn accepts(headers: &HeaderMap) -> Option<NavigationRequest> {
    let mut anything_only = true;
    for range in header_values::members(headers, header::ACCEPT) {
        let media = header_values::essence(range);
        let is_anything = media == b"*/*";
        let is_page =
            media.eq_ignore_ascii_case(b"text/html") || media.eq_ignore_ascii_case(b"application/xhtml+xml");
        // Nothing more is to be learned from a `*/*` that is beside other types.
        let wanted =
            (is_page || is_anything && anything_only) && !header_values::parameter(range, "q").any(is_zero);
        if wanted && is_page {
            return Some(NavigationRequest::Certain);
        }
        anything_only &= wanted;
    }
    anything_only.then_some(NavigationRequest::Uncertain)
}

fn is_zero(weight: &[u8]) -> bool {
    !weight.is_empty() && weight.iter().all(|byte| matches!(byte, b'0' | b'.'))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

    use super::NavigationRequest;

    const CERTAIN: Option<NavigationRequest> = Some(NavigationRequest::Certain);
    const UNCERTAIN: Option<NavigationRequest> = Some(NavigationRequest::Uncertain);
    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    /// A header's name and value.
    type Line = (&'static str, &'static str);

    /// Names, heads of GET requests and what they are.
    #[rustfmt::skip]
    const REQUESTS: &[(&str, &[Line], Option<NavigationRequest>)] = &[
        ("navigation", &[("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate"), ("accept", BROWSER)], CERTAIN),
        ("iframe", &[("sec-fetch-dest", "iframe")], CERTAIN),
        ("frame", &[("sec-fetch-dest", "frame")], CERTAIN),
        ("prefetched page", &[("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate"), ("sec-purpose", "prefetch;prerender"), ("purpose", "prefetch")], CERTAIN),
        ("fetch that asks for HTML", &[("sec-fetch-dest", "empty"), ("sec-fetch-mode", "cors"), ("accept", "text/html")], None),
        ("script", &[("sec-fetch-dest", "script")], None),
        ("a document that is not navigated to", &[("sec-fetch-dest", "document"), ("sec-fetch-mode", "no-cors")], None),
        ("a mode alone", &[("sec-fetch-mode", "cors"), ("accept", BROWSER)], None),
        ("Sec-Fetch-Dest outranks the headers of partials", &[("sec-fetch-dest", "document"), ("hx-request", "true")], CERTAIN),
        ("navigation on plain HTTP", &[("accept", BROWSER)], CERTAIN),
        ("XHTML, in capitals, on a second line", &[("accept", "image/png"), ("accept", "Application/XHTML+XML ; Q=\"0.1\"")], CERTAIN),
        ("curl", &[("accept", "*/*")], UNCERTAIN),
        ("no Accept", &[], UNCERTAIN),
        ("empty Accept", &[("accept", "")], UNCERTAIN),
        ("curl for a range", &[("accept", "*/*"), ("range", "bytes=0-")], None),
        ("JSON", &[("accept", "application/json")], None),
        ("JSON or anything", &[("accept", "application/json, text/plain, */*")], None),
        ("image", &[("accept", "image/webp,*/*;q=0.8")], None),
        ("HTML refused", &[("accept", "text/html;q=0.000, */*")], None),
        ("anything refused", &[("accept", "*/*;q=0")], None),
        ("no token", &[("accept", "text/htmlx")], None),
        ("bytes that are not text", &[("accept", "\u{e9},text/html")], CERTAIN),
        ("XMLHttpRequest", &[("accept", BROWSER), ("x-requested-with", "XMLHttpRequest")], None),
        ("Android's WebView", &[("accept", BROWSER), ("x-requested-with", "com.example.app")], CERTAIN),
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
    fn a_request_is_told_by_its_head() {
        for (name, lines, expected) in REQUESTS {
            assert_eq!(NavigationRequest::of(&Method::GET, &headers(lines)), *expected, "{name}");
        }
    }

    #[test]
    fn partials_are_not_pages() {
        for name in super::PARTIAL {
            let mut lines = headers(&[("accept", BROWSER)]);
            lines.insert(HeaderName::from_static(name), HeaderValue::from_static("true"));
            assert_eq!(NavigationRequest::of(&Method::GET, &lines), None, "{name}");
        }
    }

    #[test]
    fn other_methods_load_no_page() {
        let lines = headers(&[("sec-fetch-dest", "document"), ("accept", BROWSER)]);
        assert_eq!(NavigationRequest::of(&Method::HEAD, &lines), CERTAIN, "its head is that of GET");
        for method in [Method::POST, Method::OPTIONS] {
            assert_eq!(NavigationRequest::of(&method, &lines), None, "{method}");
        }
    }

    #[test]
    fn only_a_certain_load_loses_its_conditions() {
        let conditions = headers(&[
            ("if-none-match", "\"1\""),
            ("if-modified-since", "Sat, 29 Oct 1994 19:43:31 GMT"),
            ("if-range", "\"1\""),
            ("range", "bytes=0-"),
            ("accept", BROWSER),
        ]);

        let mut certain = conditions.clone();
        NavigationRequest::Certain.make_unconditional(&mut certain);
        assert_eq!(certain.keys().collect::<Vec<_>>(), [header::ACCEPT]);

        let mut uncertain = conditions.clone();
        NavigationRequest::Uncertain.make_unconditional(&mut uncertain);
        assert_eq!(uncertain, conditions);
    }
}
