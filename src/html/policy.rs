//! The policies of a page that forbid the client, as far as the page's head shows it for certain.

use http::{HeaderMap, header};

use super::script_tag::{directive, is_sandboxed, nonce};
use crate::{header_values, terminal::Fault};

/// Returns the fault of a page that gets no tag because of its body or origin.
pub(super) fn hindrance(headers: &HeaderMap) -> Option<Fault> {
    let coding = header_values::members(headers, header::CONTENT_ENCODING)
        .find(|coding| !coding.eq_ignore_ascii_case(b"identity"));
    if let Some(coding) = coding {
        return Some(Fault::Encoded { coding: String::from_utf8_lossy(coding).into_owned() });
    }
    is_sandboxed(headers).then(|| Fault::Policy {
        directive: "sandbox".to_owned(),
        remedy: "`allow-scripts allow-same-origin` to it, or leave it out",
    })
}

/// Returns the fault of a page whose tag or stream a policy forbids.
///
/// A source that may be the app's own host counts as one that allows it: behind a proxy, the layer does not know the
/// page's origin.
pub(super) fn forbidden(headers: &HeaderMap) -> Option<Fault> {
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        return None;
    }
    let given = nonce(headers);
    header_values::members(headers, header::CONTENT_SECURITY_POLICY).find_map(|policy| {
        let ruling = |names: &[&'static str]| {
            names.iter().find_map(|name| Some((*name, directive(policy, name)?.collect::<Vec<_>>())))
        };
        let fault = |name: &str, sources: &[&[u8]], remedy| {
            let sources = String::from_utf8_lossy(&sources.join(&b' ')).into_owned();
            Some(Fault::Policy { directive: format!("{name} {sources}").trim_end().to_owned(), remedy })
        };
        if let Some((name, sources)) = ruling(&["script-src-elem", "script-src", "default-src"]) {
            let has_nonce = given.is_some_and(|given| sources.iter().any(|source| is_nonce(source, given)));
            let is_strict = sources.iter().any(|source| source.eq_ignore_ascii_case(b"'strict-dynamic'"));
            if !has_nonce && (is_strict || !sources.iter().any(|source| may_be_own(source))) {
                return fault(name, &sources, "`script-src 'self'` or a nonce");
            }
        }
        if let Some((name, sources)) = ruling(&["connect-src", "default-src"]) {
            if !sources.iter().any(|source| may_be_own(source)) {
                return fault(name, &sources, "`connect-src 'self'`");
            }
        }
        None
    })
}

fn is_nonce(source: &[u8], given: &str) -> bool {
    source.len() > given.len()
        && source.get(..7).is_some_and(|start| start.eq_ignore_ascii_case(b"'nonce-"))
        && source[7..].strip_suffix(b"'") == Some(given.as_bytes())
}

/// Returns true for `'self'`, `*`, and sources of hosts and of the web's schemes.
fn may_be_own(source: &[u8]) -> bool {
    if source.starts_with(b"'") {
        return source.eq_ignore_ascii_case(b"'self'");
    }
    let is_scheme = source.ends_with(b":");
    !is_scheme || [&b"http:"[..], b"https:"].iter().any(|scheme| source.eq_ignore_ascii_case(scheme))
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, HeaderValue, header};

    use super::{Fault, forbidden, hindrance};

    fn headers(name: &HeaderName, lines: &[&'static str]) -> HeaderMap {
        lines.iter().map(|line| (name.clone(), HeaderValue::from_static(line))).collect()
    }

    fn shown(fault: Option<Fault>) -> Option<String> {
        fault.map(|fault| match fault {
            Fault::Encoded { coding } => coding,
            Fault::Policy { directive, .. } => directive,
        })
    }

    #[test]
    fn a_policy_that_forbids_the_client_is_named() {
        let cases: &[(&[&'static str], Option<&str>)] = &[
            (&[], None),
            (&["script-src 'self'; object-src 'none'"], None),
            (&["default-src 'self'"], None),
            (&["default-src *"], None),
            (&["default-src https:"], None),
            (&["script-src app.example"], None),
            (&["script-src 'nonce-a' 'strict-dynamic'"], None),
            (&["script-src-elem 'self'; script-src 'none'"], None),
            (&["script-src 'none'"], Some("script-src 'none'")),
            (&["script-src"], Some("script-src")),
            (&["default-src 'none'"], Some("default-src 'none'")),
            (&["script-src 'sha256-abc' 'unsafe-eval'"], Some("script-src 'sha256-abc' 'unsafe-eval'")),
            (
                &["script-src 'self' 'strict-dynamic' 'sha256-abc'"],
                Some("script-src 'self' 'strict-dynamic' 'sha256-abc'"),
            ),
            (&["script-src 'nonce-a', script-src 'nonce-b'"], Some("script-src 'nonce-b'")),
            (&["script-src 'nonce-a'", "script-src 'none'"], Some("script-src 'none'")),
            (&["script-src data: blob:"], Some("script-src data: blob:")),
            (&["script-src 'self'; connect-src 'none'"], Some("connect-src 'none'")),
            (&["default-src 'none'; script-src 'self'"], Some("default-src 'none'")),
            (&["default-src 'none'; script-src 'self'; connect-src 'self'"], None),
        ];
        for (policies, expected) in cases {
            let found = shown(forbidden(&headers(&header::CONTENT_SECURITY_POLICY, policies)));
            assert_eq!(found.as_deref(), *expected, "{policies:?}");
        }
    }

    #[test]
    fn a_page_that_gets_no_tag_has_a_reason() {
        let encoded = |lines| shown(hindrance(&headers(&header::CONTENT_ENCODING, lines)));
        assert_eq!(encoded(&["identity"]), None);
        assert_eq!(encoded(&["gzip"]).as_deref(), Some("gzip"));
        assert_eq!(encoded(&["identity, br"]).as_deref(), Some("br"));
        let sandboxed = headers(&header::CONTENT_SECURITY_POLICY, &["sandbox allow-scripts"]);
        assert_eq!(shown(hindrance(&sandboxed)).as_deref(), Some("sandbox"));
    }
}
