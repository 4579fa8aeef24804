//! The id of the file that a specifier names.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

/// Characters that the ids of watched files have encoded. Browsers leave some of them as they are.
const ENCODED: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b'\\')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}');

/// The id of the file at the path of a URL.
pub(super) fn id(path: &str) -> Cow<'_, str> {
    utf8_percent_encode(path, ENCODED).into()
}

/// Returns true for a specifier that is a URL, and not a bare one.
pub(super) fn is_like_url(specifier: &str) -> bool {
    if ["/", "./", "../"].iter().any(|start| specifier.starts_with(start)) {
        return true;
    }
    let Some((scheme, _)) = specifier.split_once(':') else { return false };
    scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'))
}

/// Resolves a specifier as [`resolve`] does, but with its query.
pub(super) fn url(base: &str, specifier: &str) -> Option<String> {
    let mut url = resolve(base, specifier)?;
    if let Some(query) =
        specifier.split('#').next().and_then(|specifier| specifier.find('?').map(|at| &specifier[at..]))
    {
        url.push_str(query);
    }
    Some(url)
}

/// Resolves a specifier against the path of the module that it is in. Returns `None` for a bare one, and for a URL with
/// a host.
pub(super) fn resolve(base: &str, specifier: &str) -> Option<String> {
    let path = specifier.split(['?', '#']).next().unwrap_or_default();
    let is_relative = path.starts_with("./") || path.starts_with("../");
    if !is_relative && (!path.starts_with('/') || path.starts_with("//")) {
        return None;
    }
    let folder = base.rfind('/').map_or("", |end| &base[..end]);
    let mut segments: Vec<&str> = if is_relative { folder.split('/').skip(1).collect() } else { Vec::new() };
    let mut parts = path.split('/').skip(usize::from(!is_relative)).peekable();
    while let Some(part) = parts.next() {
        match part {
            "." | ".." => {
                if part == ".." {
                    segments.pop();
                }
                if parts.peek().is_none() {
                    segments.push("");
                }
            }
            part => segments.push(part),
        }
    }
    let mut id = String::with_capacity(base.len() + path.len());
    for segment in segments {
        id.push('/');
        id.extend(utf8_percent_encode(segment, ENCODED));
    }
    Some(id)
}

#[cfg(test)]
mod tests {
    use super::resolve;

    /// The results of `new URL(specifier, "http://a" + base).pathname`, but for the brackets.
    #[test]
    fn specifiers_are_resolved_as_urls() {
        let cases = [
            ("/js/a.js", "./b.js", Some("/js/b.js")),
            ("/js/a.js", "../b.js", Some("/b.js")),
            ("/js/a.js", "../../../b.js", Some("/b.js")),
            ("/a.js", "./x/./y/../b.js?c=/d#e", Some("/x/b.js")),
            ("/js/a.js", "/b.js", Some("/b.js")),
            ("/js/a.js", "./", Some("/js/")),
            ("/js/a.js", "./ü b%20c.js", Some("/js/%C3%BC%20b%20c.js")),
            ("/js/a.js", "./[b].js", Some("/js/%5Bb%5D.js")),
            ("/js/a.js", "b", None),
            ("/js/a.js", "", None),
            ("/js/a.js", "#b", None),
            ("/js/a.js", "//host/b.js", None),
            ("/js/a.js", "http://host/b.js", None),
        ];
        for (base, specifier, expected) in cases {
            assert_eq!(resolve(base, specifier).as_deref(), expected, "{specifier}");
        }
    }
}
