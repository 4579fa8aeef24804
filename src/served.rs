//! The files that browsers have to revalidate: those under the URL prefixes of watched folders.

#[cfg(feature = "watch")]
use std::sync::OnceLock;

use http::{HeaderMap, HeaderValue, StatusCode, header};

/// The URL prefixes under which watched files are served. Reading the list takes no lock, as every request does.
#[cfg(feature = "watch")]
#[derive(Debug, Default)]
pub(crate) struct ServedPrefixes(OnceLock<Box<Node>>);

#[cfg(feature = "watch")]
#[derive(Debug)]
struct Node {
    prefix: Box<str>,
    rest: ServedPrefixes,
}

#[cfg(feature = "watch")]
impl ServedPrefixes {
    /// Adds a prefix: empty for all paths, or beginning with a slash and without one at its end.
    pub(crate) fn add(&self, prefix: &str) {
        let mut list = self;
        loop {
            let node = list.0.get_or_init(|| Box::new(Node { prefix: prefix.into(), rest: Self::default() }));
            if *node.prefix == *prefix {
                return;
            }
            list = &node.rest;
        }
    }

    /// Returns true if a path is one of the prefixes or below it.
    #[inline]
    pub(crate) fn contains(&self, path: &str) -> bool {
        let mut list = self;
        while let Some(node) = list.0.get() {
            if path.strip_prefix(&*node.prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
                return true;
            }
            list = &node.rest;
        }
        false
    }
}

/// Makes browsers revalidate a file that they may keep without asking.
///
/// Without `Cache-Control` and `Expires`, a cache may take a response as fresh for a tenth of the time since
/// `Last-Modified` (RFC 9111, section 4.2.2). A file that was saved while another page was open would be stale in the
/// next one.
pub(crate) fn revalidate(status: StatusCode, headers: &mut HeaderMap) {
    let is_file = matches!(status, StatusCode::OK | StatusCode::PARTIAL_CONTENT);
    if is_file
        && headers.contains_key(header::LAST_MODIFIED)
        && !headers.contains_key(header::CACHE_CONTROL)
        && !headers.contains_key(header::EXPIRES)
    {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

    use super::revalidate;

    #[cfg(feature = "watch")]
    #[test]
    fn a_path_is_served_under_its_prefixes() {
        let served = super::ServedPrefixes::default();
        assert!(!served.contains("/a"), "without a prefix");
        for prefix in ["/assets", "/assets", "/a/b", "/favicon.ico"] {
            served.add(prefix);
        }
        let cases = [
            ("/assets", true),
            ("/assets/", true),
            ("/assets/x/y.css", true),
            ("/assets2/x", false),
            ("/asset", false),
            ("/a/b/c", true),
            ("/a/c", false),
            ("/favicon.ico", true),
            ("/favicon.icon", false),
            ("/", false),
            ("", false),
            ("*", false),
        ];
        for (path, expected) in cases {
            assert_eq!(served.contains(path), expected, "{path:?}");
        }
        served.add("");
        assert!(served.contains("/") && served.contains("/a/c"), "the empty prefix has every path");
    }

    #[cfg(feature = "watch")]
    #[test]
    fn prefixes_that_are_added_at_once_are_all_there() {
        let served = super::ServedPrefixes::default();
        std::thread::scope(|scope| {
            for thread in 0..4 {
                let served = &served;
                scope.spawn(move || (0..50).for_each(|n| served.add(&format!("/{}", n * 2 + thread % 2))));
            }
        });
        assert!((0..100).all(|n| served.contains(&format!("/{n}/x"))));
    }

    #[test]
    fn a_file_is_revalidated_unless_the_app_says_otherwise() {
        const MODIFIED: (&str, &str) = ("last-modified", "Sat, 29 Oct 1994 19:43:31 GMT");
        type Case<'a> = (&'a str, u16, &'a [(&'a str, &'a str)], Option<&'a str>);
        let cases: [Case<'_>; 7] = [
            ("a file", 200, &[MODIFIED], Some("no-cache")),
            ("a part of a file", 206, &[MODIFIED], Some("no-cache")),
            ("an error", 404, &[MODIFIED], None),
            ("a revalidation", 304, &[MODIFIED], None),
            ("nothing to guess by", 200, &[("etag", "\"1\"")], None),
            ("the app's own rule", 200, &[MODIFIED, ("cache-control", "max-age=60")], Some("max-age=60")),
            ("the app's own time", 200, &[MODIFIED, ("expires", "0")], None),
        ];
        for (case, status, lines, expected) in cases {
            let mut headers: HeaderMap = lines
                .iter()
                .map(|(name, value)| {
                    let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
                    (name, HeaderValue::from_str(value).unwrap())
                })
                .collect();
            revalidate(StatusCode::from_u16(status).unwrap(), &mut headers);
            let found = headers.get("cache-control").map(|value| value.to_str().unwrap());
            assert_eq!(found, expected, "{case}");
        }
    }
}
