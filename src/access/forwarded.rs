//! Hosts in the headers that proxies add.
//!
//! Any client can set these headers, so they never allow a request. Where a proxy rewrites `Host`, they hold
//! the host that the browser asked for, which reveals DNS rebinding.

use http::{HeaderMap, header::FORWARDED};

/// The de facto standard header: one host, or a list where several proxies append to it.
const X_FORWARDED_HOST: &str = "x-forwarded-host";

/// A host from one of the headers.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ForwardedHost<'a> {
    pub(super) header: &'static str,
    pub(super) value: &'a [u8],
}

/// Iterates over every host in `X-Forwarded-Host` and in the `host` parameters of `Forwarded` (RFC 7239,
/// section 4).
///
/// One pass over the headers is faster than two look-ups, and this runs for every page.
pub(super) fn hosts(headers: &HeaderMap) -> impl Iterator<Item = ForwardedHost<'_>> {
    headers.iter().flat_map(|(name, value)| {
        let plain = (name.as_str() == X_FORWARDED_HOST).then(|| value.as_bytes().split(|byte| *byte == b','));
        let elements = (*name == FORWARDED).then(|| Pairs(value.as_bytes()));
        let plain =
            plain.into_iter().flatten().map(|value| ForwardedHost { header: "X-Forwarded-Host", value });
        let elements =
            elements.into_iter().flatten().map(|value| ForwardedHost { header: "Forwarded", value });
        plain.chain(elements).map(|host| ForwardedHost { value: host.value.trim_ascii(), ..host })
    })
}

/// An iterator over the values of `host` parameters, without their quotes.
///
/// Escapes and unclosed quotes stay in the value, which makes it an invalid host that is refused.
struct Pairs<'a>(&'a [u8]);

impl<'a> Iterator for Pairs<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        while !self.0.is_empty() {
            let (pair, rest) = split_pair(self.0);
            self.0 = rest;
            let Some(equals) = pair.iter().position(|byte| *byte == b'=') else { continue };
            let (name, value) = (pair[..equals].trim_ascii(), pair[equals + 1..].trim_ascii());
            // A page can send a quote that swallows the host that a proxy appends. It hides anything, so it is taken
            // for a host, and refused as an invalid one.
            if !is_token_or_quoted(value) {
                return Some(value);
            }
            if name.eq_ignore_ascii_case(b"host") {
                let inner = value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\""));
                return Some(inner.unwrap_or(value));
            }
        }
        None
    }
}

/// Returns true for a value without quotes, and for one quoted string (RFC 9110, section 5.6.4).
fn is_token_or_quoted(value: &[u8]) -> bool {
    let Some(inner) = value.strip_prefix(b"\"") else { return !value.contains(&b'"') };
    let mut escaped = false;
    for (at, byte) in inner.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1 == inner.len(),
            _ => {}
        }
    }
    false
}

/// Splits at the next comma or semicolon outside of quotes.
fn split_pair(text: &[u8]) -> (&[u8], &[u8]) {
    let (mut quoted, mut escaped) = (false, false);
    for (at, byte) in text.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' | b';' if !quoted => return (&text[..at], &text[at + 1..]),
            _ => {}
        }
    }
    (text, &[])
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[test]
    fn each_host_is_found() {
        let cases: &[(&str, &str, &[&str])] = &[
            ("x-forwarded-host", "a.test", &["a.test"]),
            ("x-forwarded-host", " a.test:1 ,\tb.test", &["a.test:1", "b.test"]),
            ("x-forwarded-host", ",", &["", ""]),
            ("x-forwarded-for", "a.test", &[]),
            ("forwarded", "for=1;host=a.test", &["a.test"]),
            ("forwarded", "HOST = \"a.test:1\" ; proto=http, host=b.test", &["a.test:1", "b.test"]),
            ("forwarded", "for=\"x;host=a.test\"", &[]),
            ("forwarded", "for=\"\\\";host=a.test\";host=b.test", &["b.test"]),
            ("forwarded", "host=\"a.test", &["\"a.test"]),
            ("forwarded", "for=\"x, for=1;host=\"a.test\"", &["\"x, for=1;host=\"a.test\""]),
            ("forwarded", "for=\"x", &["\"x"]),
            ("forwarded", "for=x\"y, for=1;host=a.test", &["x\"y, for=1;host=a.test"]),
            ("forwarded", "for=\"\\\", host=a.test", &["\"\\\", host=a.test"]),
            ("forwarded", "for=\"x\"y;host=a.test", &["\"x\"y", "a.test"]),
            ("forwarded", "host", &[]),
            ("forwarded", "host=", &[""]),
            ("forwarded", ";,;", &[]),
        ];
        for (name, value, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(HeaderName::from_static(name), HeaderValue::from_static(value));
            let found: Vec<_> = hosts(&headers).map(|host| String::from_utf8_lossy(host.value)).collect();
            assert_eq!(found, *expected, "{name}: {value}");
        }
    }
}
