//! The inspector: a page for the developer, at the stream's own path, and the state that it shows.
//!
//! Nothing is recorded for it. The state is put together when it is requested, from the hub, the terminal, the access policy and
//! the journal.

mod devtools;
mod state;

use http::{
    HeaderMap, HeaderValue, Response,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY},
};

pub(crate) use self::{
    devtools::{WORKSPACE, workspace},
    state::State,
};
use crate::{client_files::immutable_path, json::to_json, shared::Shared};

/// The path of the state, below the stream's path and its slash.
pub(crate) const STATE: &str = "state";

/// The page. Its relative URLs are right under a nested router and behind a proxy that strips a prefix.
const PAGE: &str = include_str!("../../client-js/inspector/page.html");

/// The folder of the page's files, as it is written in the page.
const FOLDER: &str = "{folder}";

/// Nothing but its own files and its own state: no text from outside can become a script, a style or a request.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'";

/// Returns true if a browser asks for the stream's path in its address bar.
///
/// `EventSource`, `fetch`, frames and `curl` get the stream. Browsers leave `Sec-Fetch-Dest` out over plain HTTP to another machine,
/// where `Upgrade-Insecure-Requests` shows a navigation.
pub(crate) fn is_asked_for(headers: &HeaderMap) -> bool {
    let (mut upgrades, mut accepts_html) = (false, false);
    // A look-up of a name that is not a standard one costs more than all headers of a browser.
    for (name, value) in headers {
        match name.as_str() {
            "sec-fetch-dest" => return value == "document",
            "upgrade-insecure-requests" => upgrades = value == "1",
            "accept" => {
                let mut ranges = value.to_str().unwrap_or_default().split(',');
                accepts_html = ranges.any(|range| range.trim().starts_with("text/html"));
            }
            _ => {}
        }
    }
    upgrades && accepts_html
}

/// Returns the page.
pub(crate) fn page(shared: &Shared) -> Response<String> {
    // From now on, events are in the log although no client is connected.
    shared.hub().make_resumable();
    // `{last segment}/client-HASH/inspector`, as seen from the page, which is in the folder of that segment.
    let name = shared.options().path.rsplit('/').next().unwrap_or_default();
    let file = immutable_path("inspector");
    let mut response = Response::new(PAGE.replace(FOLDER, &format!("./{name}/{file}")));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html;charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Returns the state as JSON. `after=N` in the query leaves out the events up to that number.
pub(crate) fn state(shared: &Shared, query: Option<&str>) -> Response<Vec<u8>> {
    shared.hub().make_resumable();
    let mut pairs = query.unwrap_or_default().split('&');
    let after = pairs.find_map(|pair| pair.strip_prefix("after=")?.parse().ok()).unwrap_or(0);
    let mut response = Response::new(to_json(&State::of(shared, after)));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    #[test]
    fn only_an_address_bar_asks_for_the_page() {
        const HTML: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        for (case, lines, expected) in [
            ("curl", &[("accept", "*/*")][..], false),
            ("nothing", &[], false),
            ("EventSource", &[("accept", "text/event-stream"), ("sec-fetch-dest", "empty")], false),
            ("a document", &[("accept", HTML), ("sec-fetch-dest", "document")], true),
            ("a frame", &[("accept", HTML), ("sec-fetch-dest", "iframe")], false),
            (
                "a fetch that accepts HTML",
                &[("accept", HTML), ("sec-fetch-dest", "empty"), ("upgrade-insecure-requests", "1")],
                false,
            ),
            ("over plain HTTP", &[("accept", HTML), ("upgrade-insecure-requests", "1")], true),
            ("a client that accepts HTML", &[("accept", HTML)], false),
            ("an upgrade alone", &[("accept", "*/*"), ("upgrade-insecure-requests", "1")], false),
        ] {
            let headers: HeaderMap = lines
                .iter()
                .map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            assert_eq!(is_asked_for(&headers), expected, "{case}");
        }
    }

    #[test]
    fn the_page_has_nothing_inline() {
        assert_eq!(PAGE.matches(FOLDER).count(), 2);
        for forbidden in ["<style", " style=", " on", "javascript:", "http:", "https:"] {
            assert!(!PAGE.contains(forbidden), "{forbidden}");
        }
        assert_eq!(PAGE.matches("<script").count(), 1);
    }
}
