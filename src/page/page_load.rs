//! What a request's head says about being a page load.

use http::{HeaderMap, HeaderName, Method, header};

use super::field;

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

// As names and not as text, which is parsed anew for each look: every request of the app is looked at.
static SEC_FETCH_DEST: HeaderName = HeaderName::from_static("sec-fetch-dest");
static SEC_FETCH_MODE: HeaderName = HeaderName::from_static("sec-fetch-mode");
static X_REQUESTED_WITH: HeaderName = HeaderName::from_static("x-requested-with");

/// A request that loads a page, or may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PageLoad {
    certain: bool,
}

impl PageLoad {
    /// Reads a request's head; `None` where the answer is not for a browser's tab or frame.
    ///
    /// Browsers send `Sec-Fetch-Dest` to trustworthy origins (HTTPS and localhost) and it settles
    /// the matter. It is missing on plain HTTP over a network, the phone that opens the
    /// developer's machine by its address; there `Accept` is what tells a navigation, which names
    /// HTML, from an image, a stylesheet or a script.
    pub(crate) fn of(method: &Method, headers: &HeaderMap) -> Option<Self> {
        if method != Method::GET {
            return None;
        }
        // What tells the most comes first: almost every request of a browser is settled by one look.
        let dest = headers.get(&SEC_FETCH_DEST);
        if dest.is_some_and(|dest| !matches!(dest.as_bytes(), b"document" | b"iframe" | b"frame")) {
            return None;
        }
        let load = if dest.is_some() { Self { certain: true } } else { accepts(headers)? };
        if headers.get(&SEC_FETCH_MODE).is_some_and(|mode| mode != "navigate") {
            return None;
        }
        if dest.is_some() {
            return Some(load);
        }
        // Who asks for bytes of it is not reading a page: a download taken up again, a video.
        if !load.certain && headers.contains_key(header::RANGE) {
            return None;
        }
        // Through the names there are, which are few, and not with a look for each of these.
        let is_partial = headers.keys().any(|name| PARTIAL.contains(&name.as_str())) || is_ajax(headers);
        (!is_partial).then_some(load)
    }

    /// Whether the answer, if it is HTML, is a page without a look at it.
    ///
    /// `Accept: */*` and no `Accept` are what curl sends, but also what `fetch` sends for a piece
    /// of a page: there the body has to begin as a whole document does.
    pub(crate) fn is_certain(self) -> bool {
        self.certain
    }

    /// Takes from a certain page load what could bring back less than the whole, fresh page.
    ///
    /// A 304 would bring back a page that was kept with an older hash in it, or with no tag, and a
    /// 206 only a piece of one. Other requests keep their conditions: without `Sec-Fetch-Dest` an
    /// uncertain load may as well be a script or a video, for which 304 and 206 are right.
    pub(crate) fn make_unconditional(self, headers: &mut HeaderMap) {
        if self.certain {
            for name in [header::IF_NONE_MATCH, header::IF_MODIFIED_SINCE, header::IF_RANGE, header::RANGE] {
                headers.remove(name);
            }
        }
    }
}

/// Whether `X-Requested-With` says that a script asks.
///
/// Android's web view sends it with navigations too, and then it holds the app's package: a dotted
/// name, which no script library sends.
fn is_ajax(headers: &HeaderMap) -> bool {
    headers.get_all(&X_REQUESTED_WITH).iter().any(|value| !value.as_bytes().contains(&b'.'))
}

/// What `Accept` makes of a request that nothing else tells about.
///
/// `*/*` beside other types does not ask for a page: it is how images (`image/webp,*/*;q=0.8`),
/// stylesheets and JSON clients end their list.
fn accepts(headers: &HeaderMap) -> Option<PageLoad> {
    let mut anything_only = true;
    for range in field::members(headers, header::ACCEPT) {
        let media = field::essence(range);
        let is_anything = media == b"*/*";
        let is_page =
            media.eq_ignore_ascii_case(b"text/html") || media.eq_ignore_ascii_case(b"application/xhtml+xml");
        let wanted = (is_anything || is_page) && !field::parameter(range, "q").any(is_zero);
        if wanted && is_page {
            return Some(PageLoad { certain: true });
        }
        anything_only &= wanted;
    }
    anything_only.then_some(PageLoad { certain: false })
}

fn is_zero(weight: &[u8]) -> bool {
    !weight.is_empty() && weight.iter().all(|byte| matches!(byte, b'0' | b'.'))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, Method, header};

    use super::PageLoad;

    const CERTAIN: Option<PageLoad> = Some(PageLoad { certain: true });
    const UNCERTAIN: Option<PageLoad> = Some(PageLoad { certain: false });
    const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

    /// A header's name and value.
    type Line = (&'static str, &'static str);

    /// Names, heads of GET requests and what they are.
    #[rustfmt::skip]
    const REQUESTS: &[(&str, &[Line], Option<PageLoad>)] = &[
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
            assert_eq!(PageLoad::of(&Method::GET, &headers(lines)), *expected, "{name}");
        }
    }

    #[test]
    fn partials_are_not_pages() {
        for name in super::PARTIAL {
            let mut lines = headers(&[("accept", BROWSER)]);
            lines.insert(HeaderName::from_static(name), HeaderValue::from_static("true"));
            assert_eq!(PageLoad::of(&Method::GET, &lines), None, "{name}");
        }
    }

    #[test]
    fn other_methods_load_no_page() {
        let lines = headers(&[("sec-fetch-dest", "document"), ("accept", BROWSER)]);
        for method in [Method::HEAD, Method::POST, Method::OPTIONS] {
            assert_eq!(PageLoad::of(&method, &lines), None, "{method}");
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
        PageLoad { certain: true }.make_unconditional(&mut certain);
        assert_eq!(certain.keys().collect::<Vec<_>>(), [header::ACCEPT]);

        let mut uncertain = conditions.clone();
        PageLoad { certain: false }.make_unconditional(&mut uncertain);
        assert_eq!(uncertain, conditions);
    }
}
