//! The script tag: its text, its URL and its nonce.

use std::{borrow::Cow, fmt::Write as _};

use bytes::Bytes;
use http::{HeaderMap, header};

use crate::header_values;

/// The text of one script tag, ready to go into a page.
///
/// It is ASCII, so that it is the same in every ASCII-compatible charset, and has an even number of bytes, so that UTF-16
/// whitespace of the same length can replace it.
#[derive(Debug, Clone)]
pub(crate) struct Tag(Bytes);

const END: &str = "></script>";

impl Tag {
    /// Creates a deferred script with this relative URL, its configuration as JSON, and the page's nonce.
    ///
    /// Not a module: in Firefox, Chrome before 133 and Safari before 18.4 one would turn the page's import map off.
    pub(crate) fn new(src: &str, config: &str, nonce: Option<&str>) -> Self {
        // The length of its parts, unless a value has a character that is written as a reference.
        let parts = src.len() + config.len() + nonce.map_or(0, str::len);
        let mut text = String::with_capacity(parts + 96);
        text.push_str("<script defer src=\"");
        push_attribute(&mut text, src, b'"');
        text.push_str("\" data-hot-middleware='");
        push_attribute(&mut text, &ascii_json(config), b'\'');
        text.push('\'');
        if let Some(nonce) = nonce {
            text.push_str(" nonce=\"");
            push_attribute(&mut text, nonce, b'"');
            text.push('"');
        }
        // Inside of the tag: after it, the page would have one more character than the app has sent.
        if (text.len() + END.len()) % 2 == 1 {
            text.push(' ');
        }
        text.push_str(END);
        Self(text.into())
    }

    pub(super) fn into_bytes(self) -> Bytes {
        self.0
    }
}

/// Appends a value for an attribute in these quotes: one line of ASCII.
fn push_attribute(out: &mut String, mut value: &str, quote: u8) {
    let is_plain = |byte| !matches!(byte, b'&' | b'<' | b'>') && byte != quote && matches!(byte, b' '..=b'~');
    while let Some(at) = value.bytes().position(|byte| !is_plain(byte)) {
        out.push_str(&value[..at]);
        let mut chars = value[at..].chars();
        // Writing to a `String` can't fail.
        let _ = write!(out, "&#{};", chars.next().map_or(0, u32::from));
        value = chars.as_str();
    }
    out.push_str(value);
}

/// The same JSON in ASCII: outside ASCII there are only strings, where `\u` can write any unit.
///
/// HTML's character references don't work here: `&#133;` is an ellipsis, not U+0085.
fn ascii_json(json: &str) -> Cow<'_, str> {
    if json.is_ascii() {
        return json.into();
    }
    let mut out = String::with_capacity(2 * json.len());
    for char in json.chars() {
        if char.is_ascii() {
            out.push(char);
        } else {
            for unit in char.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        }
    }
    out.into()
}

/// Returns the client's URL, relative to the page's.
///
/// Relative to the page's own directory it stays right when something in front has taken a prefix
/// off both paths. Every literal slash but the first is a directory to leave, an empty one too
/// (URL standard, "path state"); `.` and `..` segments are resolved before a browser sends a path.
pub(crate) fn script_src(request_path: &str, client_path: &str) -> String {
    let slashes = request_path.bytes().filter(|byte| *byte == b'/').count();
    let mut src = "../".repeat(slashes.saturating_sub(1));
    let target = client_path.strip_prefix('/').unwrap_or(client_path);
    let first = target.split('/').next().unwrap_or_default();
    if src.is_empty() && (first.is_empty() || first.contains(':')) {
        // `x:y` alone would be a URL with a scheme, and `/y` would start over at the root.
        src.push_str("./");
    }
    src.push_str(target);
    src
}

/// Returns the nonce with which the page's Content-Security-Policy lets a script element run.
///
/// Of each policy the directive that rules script elements counts: `script-src-elem`, else
/// `script-src`, else `default-src` (CSP Level 3, "Get fetch directive fallback list").
/// Report-only policies are in another header and forbid nothing.
pub(super) fn nonce(headers: &HeaderMap) -> Option<&str> {
    header_values::members(headers, header::CONTENT_SECURITY_POLICY).find_map(|policy| {
        ["script-src-elem", "script-src", "default-src"]
            .into_iter()
            .find_map(|name| directive(policy, name))?
            .find_map(nonce_source)
    })
}

/// Returns true if the page's policy makes its origin opaque (the `sandbox` directive, CSP Level 3, section 6.3.2).
///
/// Such a page can't load the client, and its scripts should not see the token.
pub(super) fn is_sandboxed(headers: &HeaderMap) -> bool {
    header_values::members(headers, header::CONTENT_SECURITY_POLICY)
        .filter_map(|policy| directive(policy, "sandbox"))
        .any(|mut flags| !flags.any(|flag| flag.eq_ignore_ascii_case(b"allow-same-origin")))
}

/// Returns true if the page's policies certainly let it start the client's worker. A refusal would be logged
/// and reported as a violation.
///
/// Of each policy the directive that rules workers counts: `worker-src`, else `child-src`, `script-src` or `default-src`
/// (CSP Level 3, "Get fetch directive fallback list"). Trusted Types take no plain URL for a worker.
pub(super) fn may_start_worker(headers: &HeaderMap) -> bool {
    let is_own = |source: &[u8]| source == b"*" || source.eq_ignore_ascii_case(b"'self'");
    header_values::members(headers, header::CONTENT_SECURITY_POLICY).all(|policy| {
        let sources = ["worker-src", "child-src", "script-src", "default-src"]
            .into_iter()
            .find_map(|name| directive(policy, name));
        directive(policy, "require-trusted-types-for").is_none()
            && sources.is_none_or(|sources| {
                let sources: Vec<_> = sources.collect();
                sources.iter().any(|source| is_own(source))
                    && !sources.iter().any(|source| source.eq_ignore_ascii_case(b"'strict-dynamic'"))
            })
    })
}

/// Returns the values of a policy's first directive of this name; browsers ignore later ones.
pub(super) fn directive<'a>(policy: &'a [u8], name: &str) -> Option<impl Iterator<Item = &'a [u8]>> {
    policy
        .split(|byte| *byte == b';')
        .map(|directive| directive.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()))
        .find_map(|mut words| words.next()?.eq_ignore_ascii_case(name.as_bytes()).then_some(words))
}

/// Returns the nonce in a valid `'nonce-…'` source: base64 in either alphabet.
fn nonce_source(source: &[u8]) -> Option<&str> {
    let inner = source.strip_prefix(b"'")?.strip_suffix(b"'")?;
    let (prefix, nonce) = inner.split_at_checked(b"nonce-".len())?;
    let digits = nonce.strip_suffix(b"=").unwrap_or(nonce);
    let digits = digits.strip_suffix(b"=").unwrap_or(digits);
    let valid = prefix.eq_ignore_ascii_case(b"nonce-")
        && !digits.is_empty()
        && digits.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte));
    valid.then(|| std::str::from_utf8(nonce).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderValue, header};

    use super::{Tag, is_sandboxed, may_start_worker, nonce, script_src};

    fn text(tag: Tag) -> String {
        String::from_utf8(tag.into_bytes().to_vec()).unwrap()
    }

    #[test]
    fn the_tag_is_the_documented_one() {
        let config = r#"{"path":"/__webpack_hmr","hashes":{"":"H"},"server":"S"}"#;
        let documented = r#"<script defer src="__webpack_hmr/load.js" data-hot-middleware='{"path":"/__webpack_hmr","hashes":{"":"H"},"server":"S"}'></script>"#;
        let tag = text(Tag::new("__webpack_hmr/load.js", config, None));
        assert_eq!(tag.replace("' >", "'>"), documented);
        let tag = text(Tag::new("load.js", "{}", Some("ab+/cd==")));
        assert_eq!(
            tag.replace("\" >", "\">"),
            r#"<script defer src="load.js" data-hot-middleware='{}' nonce="ab+/cd=="></script>"#
        );
    }

    #[test]
    fn the_tag_is_one_even_line_of_ascii_whatever_goes_in() {
        for src in ["c", "cc", "a\"b<c>&'\r\n\u{e9}"] {
            let tag = text(Tag::new(src, "{\n\"it's\":\"</script>&\u{85}\u{1f493}\"}", None));
            assert!(tag.is_ascii() && tag.len() % 2 == 0, "{tag}");
            assert!(!tag.contains(['\n', '\r']), "{tag}");
            assert_eq!(tag.matches('<').count(), 2, "{tag}");
            assert_eq!(tag.matches('>').count(), 2, "{tag}");
            assert_eq!(tag.matches('\'').count(), 2 + usize::from(src.len() > 2), "{tag}");
        }
    }

    #[test]
    fn the_configuration_reads_back() {
        let config = serde_json::json!({"it's": "<&>\n\u{85}\u{1f493}é\"\\"});
        let tag = text(Tag::new("c", &config.to_string(), None));
        let value = tag.split('\'').nth(1).unwrap();
        let value =
            value.replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">").replace("&#38;", "&");
        let read: serde_json::Value = serde_json::from_str(&value).unwrap();
        assert_eq!(read, config);
    }

    #[test]
    fn the_address_is_relative_to_the_page() {
        let client = "/__webpack_hmr/client.js";
        for (page, client, src) in [
            ("/", client, "__webpack_hmr/client.js"),
            ("/a", client, "__webpack_hmr/client.js"),
            ("/a/", client, "../__webpack_hmr/client.js"),
            ("/a/b", client, "../__webpack_hmr/client.js"),
            ("/a/b/c", client, "../../__webpack_hmr/client.js"),
            ("//", client, "../__webpack_hmr/client.js"),
            ("/a//b", client, "../../__webpack_hmr/client.js"),
            ("/a%2Fb/c", client, "../__webpack_hmr/client.js"),
            ("", client, "__webpack_hmr/client.js"),
            ("/", "/x:y/client.js", "./x:y/client.js"),
            ("/a/", "/x:y/client.js", "../x:y/client.js"),
            ("/", "//x/client.js", ".//x/client.js"),
            ("/a/b", "/hot/%20/client.js", "../hot/%20/client.js"),
        ] {
            assert_eq!(script_src(page, client), src, "{page} to {client}");
        }
    }

    #[test]
    fn the_nonce_is_the_one_that_rules_script_elements() {
        let cases: &[(&str, &[&str], Option<&str>)] = &[
            ("no policy", &[], None),
            ("no nonce", &["script-src 'self'"], None),
            ("script-src", &["default-src 'none'; script-src 'self' 'nonce-abc='"], Some("abc=")),
            ("script-src-elem first", &["script-src 'nonce-a'; script-src-elem 'nonce-b'"], Some("b")),
            ("script-src-elem hides script-src", &["script-src 'nonce-a'; script-src-elem 'self'"], None),
            ("script-src hides default-src", &["default-src 'nonce-a'; script-src 'self'"], None),
            ("default-src", &["default-src 'nonce-a'"], Some("a")),
            ("another directive", &["style-src 'nonce-a'"], None),
            ("the first of its name", &["script-src 'self'; script-src 'nonce-a'"], None),
            ("the first nonce", &["script-src 'nonce-a' 'nonce-b'"], Some("a")),
            ("case", &["Script-Src 'NONCE-aB'"], Some("aB")),
            ("tabs", &["img-src *;\tscript-src\t'nonce-a'\t"], Some("a")),
            ("joined policies", &["img-src *, script-src 'nonce-a'"], Some("a")),
            ("several headers", &["script-src 'self'", "script-src 'nonce-a'"], Some("a")),
            ("base64url", &["script-src 'nonce-a-_b'"], Some("a-_b")),
            (
                "no such nonce",
                &["script-src 'nonce-a\"b' 'nonce-' 'nonce-=' 'nonce-a===' 'nonce-é' nonce-a 'non"],
                None,
            ),
            ("a bad one before a good one", &["script-src 'nonce-<' 'nonce-ok'"], Some("ok")),
            ("bytes that are not ASCII", &["report-uri /é; script-src 'nonce-a'"], Some("a")),
        ];
        for (name, lines, expected) in cases {
            let headers: HeaderMap = lines
                .iter()
                .map(|line| {
                    let value = HeaderValue::from_bytes(line.as_bytes()).unwrap();
                    (header::CONTENT_SECURITY_POLICY, value)
                })
                .collect();
            assert_eq!(nonce(&headers), *expected, "{name}");
        }
    }

    #[test]
    fn a_report_only_policy_lends_no_nonce() {
        let mut headers = HeaderMap::new();
        headers.insert(
            header::CONTENT_SECURITY_POLICY_REPORT_ONLY,
            HeaderValue::from_static("script-src 'nonce-a'"),
        );
        assert_eq!(nonce(&headers), None);
    }

    #[test]
    fn a_worker_is_started_where_every_policy_allows_it() {
        let cases: &[(&[&str], bool)] = &[
            (&[], true),
            (&["img-src 'none'"], true),
            (&["default-src 'self'"], true),
            (&["default-src *"], true),
            (&["default-src 'none'; script-src 'Self'"], true),
            (&["script-src 'none'; child-src 'self'"], true),
            (&["child-src 'none'; Worker-Src 'self'"], true),
            (&["script-src 'self'; worker-src 'none'"], false),
            (&["script-src 'nonce-a'"], false),
            (&["script-src 'self' 'nonce-a' 'strict-dynamic'"], false),
            (&["script-src 'self'; require-trusted-types-for 'script'"], false),
            (&["default-src 'self', worker-src blob:"], false),
            (&["default-src 'self'", "worker-src blob:"], false),
            (&["script-src https://self"], false),
        ];
        for (policies, expected) in cases {
            let mut headers = HeaderMap::new();
            for policy in *policies {
                headers.append(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
            }
            assert_eq!(may_start_worker(&headers), *expected, "{policies:?}");
        }
    }

    #[test]
    fn a_page_without_an_origin_is_told_by_its_policies() {
        let cases: &[(&[&str], bool)] = &[
            (&[], false),
            (&["script-src 'self'"], false),
            (&["sandbox"], true),
            (&["sandbox allow-scripts"], true),
            (&["default-src 'self'; SANDBOX allow-scripts allow-forms"], true),
            (&["sandbox allow-scripts allow-same-origin"], false),
            (&["sandbox Allow-Same-Origin"], false),
            (&["sandbox allow-same-origin, sandbox allow-scripts"], true),
            (&["sandbox allow-same-origin", "sandbox"], true),
            (&["sandbox allow-same-origin; sandbox"], false),
            (&["script-src 'nonce-sandbox'; report-uri /sandbox"], false),
        ];
        for (policies, expected) in cases {
            let mut headers = HeaderMap::new();
            for policy in *policies {
                headers.append(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
            }
            assert_eq!(is_sandboxed(&headers), *expected, "{policies:?}");
        }
    }
}
