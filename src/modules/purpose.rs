//! The purpose of a request that may be for a module, by its headers.

use http::{HeaderMap, Method, header};

/// The header with which this crate's client fetches what a later import finds in the browser's cache.
const AS_MODULE: header::HeaderName = header::HeaderName::from_static("hot-middleware-module");

/// The use of the response to a request that may be for a module.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Purpose {
    /// It runs as a module in a page.
    Module,
    /// It may run as a module or as a classic script: browsers don't say over HTTP to another machine.
    Unknown,
    /// A later import finds it in the browser's cache.
    Cache,
}

impl Purpose {
    /// Returns `None` for a request that is for no module, but for a classic script, a worker or a text.
    pub(crate) fn of(method: &Method, headers: &HeaderMap) -> Option<Self> {
        if method != Method::GET && method != Method::HEAD {
            return None;
        }
        if headers.contains_key(AS_MODULE) {
            return Some(Self::Cache);
        }
        let is = |name: &str, value: &str| headers.get(name).map(|found| found == value);
        match (is("sec-fetch-dest", "script"), is("sec-fetch-mode", "cors")) {
            (Some(false), _) | (_, Some(false)) => None,
            (Some(true), _) => Some(Self::Module),
            (None, _) => Some(Self::Unknown),
        }
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn a_purpose_is_told_by_the_headers() {
        let of = |method: Method, headers: &[(&'static str, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| {
                (header::HeaderName::from_static(name), HeaderValue::from_static(value))
            });
            Purpose::of(&method, &headers.collect())
        };
        let (dest, mode, own) = ("sec-fetch-dest", "sec-fetch-mode", ("hot-middleware-module", "1"));
        for (headers, purpose) in [
            (&[(dest, "script"), (mode, "cors")][..], Some(Purpose::Module)),
            (&[(dest, "script"), (mode, "no-cors")], None),
            (&[(dest, "worker"), (mode, "same-origin")], None),
            (&[(dest, "empty"), (mode, "cors")], None),
            (&[], Some(Purpose::Unknown)),
            (&[(dest, "empty"), (mode, "cors"), own], Some(Purpose::Cache)),
            (&[own], Some(Purpose::Cache)),
        ] {
            assert_eq!(of(Method::GET, headers), purpose, "{headers:?}");
            assert_eq!(of(Method::HEAD, headers), purpose, "{headers:?}");
            assert_eq!(of(Method::POST, headers), None, "{headers:?}");
        }
    }
}
