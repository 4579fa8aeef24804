//! The files that browsers have to revalidate: those under the URL prefixes of watched folders.

#[cfg(feature = "watch")]
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

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

    /// Returns true if there is no prefix.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.get().is_none()
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

/// Age from which a file's `Last-Modified` tells its versions apart: the header counts seconds, FAT's times count two.
const DISTINCT: Duration = Duration::from_secs(2);

/// Makes browsers revalidate a file that they may keep without asking, by a validator that can be relied on.
///
/// Without `Cache-Control` and `Expires`, a cache may take a response as fresh for a tenth of the time since
/// `Last-Modified` (RFC 9111, section 4.2.2). A file that was saved while another page was open would be stale in the
/// next one. A file that has just been saved may be saved again with the same `Last-Modified`, and a conditional request
/// would be answered with 304.
pub(crate) fn revalidate(status: StatusCode, headers: &mut HeaderMap, now: SystemTime) {
    let is_file = matches!(status, StatusCode::OK | StatusCode::PARTIAL_CONTENT);
    let Some(modified) = headers.get(header::LAST_MODIFIED).filter(|_| is_file) else { return };
    let is_distinct = headers.contains_key(header::ETAG)
        || modified.to_str().ok().and_then(read_date).is_none_or(|modified| modified + DISTINCT <= now);
    if !headers.contains_key(header::CACHE_CONTROL) && !headers.contains_key(header::EXPIRES) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    if !is_distinct {
        headers.remove(header::LAST_MODIFIED);
    }
}

/// Reads a date in the format that servers have to send: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, section 5.6.7).
fn read_date(text: &str) -> Option<SystemTime> {
    const MONTHS: &str = "JanFebMarAprMayJunJulAugSepOctNovDec";
    let mut parts = text.strip_suffix(" GMT")?.get(5..)?.split([' ', ':']);
    let mut next = || parts.next();
    let day: u8 = next()?.parse().ok().filter(|day| (1..=31).contains(day))?;
    let month = MONTHS.find(next().filter(|name| name.len() == 3)?).filter(|at| at % 3 == 0)? / 3;
    let year: u16 = next()?.parse().ok().filter(|year| (1970..10_000).contains(year))?;
    let [hours, minutes, seconds] =
        [next()?, next()?, next()?].map(|part| part.parse::<u8>().ok().map(u64::from));
    // Years that begin in March have the leap day at their end. The first of March of year 0 is 719,468 days before 1970.
    let (year, month) = (u64::from(year) - u64::from(month < 2), (month as u64 + 10) % 12);
    let days = year * 365 + year / 4 - year / 100 + year / 400 + (month * 153 + 2) / 5 + u64::from(day - 1);
    let seconds = (((days - 719_468) * 24 + hours?) * 60 + minutes?) * 60 + seconds?;
    UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime, UNIX_EPOCH};

    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};

    use super::{read_date, revalidate};

    /// `Last-Modified` of the files below, in seconds since 1970.
    const MODIFIED_AT: u64 = 783_459_811;

    fn at(seconds: u64) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(seconds)
    }

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
            revalidate(StatusCode::from_u16(status).unwrap(), &mut headers, at(MODIFIED_AT + 60));
            let found = headers.get("cache-control").map(|value| value.to_str().unwrap());
            assert_eq!(found, expected, "{case}");
        }
    }

    #[test]
    fn a_file_that_was_just_saved_has_no_validator_of_whole_seconds() {
        let cases = [
            ("saved just now", 200, 0, None, false),
            ("a part of it", 206, 0, None, false),
            ("in the next second", 200, 1, None, false),
            ("later", 200, 2, None, true),
            ("in the future", 200, -60, None, false),
            ("with a validator of its own", 200, 0, Some("\"1\""), true),
            ("an error", 404, 0, None, true),
        ];
        for (case, status, age, etag, is_kept) in cases {
            let mut headers = HeaderMap::new();
            headers.insert("last-modified", HeaderValue::from_static("Sat, 29 Oct 1994 19:43:31 GMT"));
            headers.extend(etag.map(|etag| (http::header::ETAG, HeaderValue::from_static(etag))));
            let now = at(MODIFIED_AT.checked_add_signed(age).unwrap());
            revalidate(StatusCode::from_u16(status).unwrap(), &mut headers, now);
            assert_eq!(headers.contains_key("last-modified"), is_kept, "{case}");
            assert_eq!(headers.contains_key("cache-control"), status != 404, "{case}");
        }
    }

    #[test]
    fn dates_of_servers_are_read() {
        let dates = [
            ("Thu, 01 Jan 1970 00:00:00 GMT", Some(0)),
            ("Sun, 06 Nov 1994 08:49:37 GMT", Some(784_111_777)),
            ("Sat, 29 Oct 1994 19:43:31 GMT", Some(MODIFIED_AT)),
            ("Tue, 29 Feb 2000 23:59:59 GMT", Some(951_868_799)),
            ("Wed, 01 Mar 2000 00:00:00 GMT", Some(951_868_800)),
            ("Mon, 01 Mar 2100 00:00:00 GMT", Some(4_107_542_400)),
            ("Fri, 27 Nov 2026 01:02:03 GMT", Some(1_795_741_323)),
            ("Sun Nov  6 08:49:37 1994", None),
            ("Sunday, 06-Nov-94 08:49:37 GMT", None),
            ("Sun, 00 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 anF 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 99999 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 08:49 GMT", None),
            ("Sun, 18446744073709551615 Nov 1994 08:49:37 GMT", None),
            ("Sun, 06 Nov 1994 18446744073709551615:49:37 GMT", None),
            ("\u{e9}\u{e9}\u{e9} GMT", None),
            (" GMT", None),
            ("now", None),
            ("", None),
        ];
        for (text, seconds) in dates {
            assert_eq!(read_date(text), seconds.map(at), "{text:?}");
        }
    }
}
