//! URLs of files: percent-encoding of paths, and checks of URL prefixes.

use std::{
    ffi::OsStr,
    path::{Component, Path},
};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

/// Characters that must be encoded in a URL's path segment: all but `pchar` (RFC 3986, section 3.3).
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b'!')
    .remove(b'$')
    .remove(b'&')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')')
    .remove(b'*')
    .remove(b'+')
    .remove(b',')
    .remove(b';')
    .remove(b'=')
    .remove(b':')
    .remove(b'@');

/// Appends the components of `path` to `url`, each percent-encoded after a `/`.
pub(super) fn push_path(url: &mut String, path: &Path) {
    for component in path.components() {
        if let Component::Normal(name) = component {
            url.push('/');
            // On Windows these bytes are UTF-8 for every name that is Unicode.
            url.extend(percent_encode(name.as_encoded_bytes(), SEGMENT));
        }
    }
}

/// Appends a file name as text, with the bytes that are not UTF-8 percent-encoded, so that two names stay two.
pub(super) fn push_text(text: &mut String, name: &OsStr) {
    for chunk in name.as_encoded_bytes().utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(percent_encode(chunk.invalid(), SEGMENT));
    }
}

/// Checks a URL prefix. Returns it percent-encoded and without a slash at its end, or the reason why it is invalid.
///
/// The empty string is the prefix `/`. An existing `%XX` is kept.
pub(super) fn prefix(given: &str) -> Result<String, &'static str> {
    let Some(rest) = given.strip_prefix('/') else {
        return Err("it must start with `/`");
    };
    if rest.contains(['?', '#']) {
        return Err("it must be a path, without `?` or `#`");
    }
    if rest.contains(['{', '}', '*']) {
        return Err("it must be the start of the files' paths, without a route's `{…}` or `*`");
    }
    let mut url = String::with_capacity(given.len());
    if rest.is_empty() {
        return Ok(url);
    }
    for segment in rest.strip_suffix('/').unwrap_or(rest).split('/') {
        if matches!(segment, "" | "." | "..") {
            return Err("it must have no empty, `.` or `..` segment");
        }
        url.push('/');
        for (index, part) in segment.split('%').enumerate() {
            if index > 0 {
                url.push_str(if starts_with_hex(part) { "%" } else { "%25" });
            }
            url.extend(percent_encode(part.as_bytes(), SEGMENT));
        }
    }
    Ok(url)
}

/// Returns true if `text` begins with the two digits of a `%XX`.
fn starts_with_hex(text: &str) -> bool {
    text.as_bytes().get(..2).is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{prefix, push_path, push_text};

    #[test]
    fn paths_become_urls() {
        let cases = [
            ("plain", "css/style.css", "/css/style.css"),
            ("kept", "a-b._~!$&'()*+,;=:@z", "/a-b._~!$&'()*+,;=:@z"),
            ("space and percent", "100% of it.css", "/100%25%20of%20it.css"),
            ("query and fragment", "what?/a#b.js", "/what%3F/a%23b.js"),
            ("quotes and brackets", "\"<>`{}^|\\[]", "/%22%3C%3E%60%7B%7D%5E%7C%5C%5B%5D"),
            ("controls", "a\nb\t\u{7f}", "/a%0Ab%09%7F"),
            ("not ASCII", "grün/🎉.png", "/gr%C3%BCn/%F0%9F%8E%89.png"),
            ("superfluous parts", "./a//b/.", "/a/b"),
        ];
        for (name, path, expected) in cases {
            let mut url = String::new();
            push_path(&mut url, Path::new(path));
            // On Windows a backslash separates folders.
            if cfg!(unix) || !path.contains('\\') {
                assert_eq!(url, expected, "{name}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_not_utf_8_are_kept() {
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
        let mut url = String::from("/assets");
        push_path(&mut url, Path::new(OsStr::from_bytes(b"caf\xe9\xff.css")));
        assert_eq!(url, "/assets/caf%E9%FF.css");
        let mut text = String::from("./");
        push_text(&mut text, OsStr::from_bytes(b"100%\n\xe9\xc3\xa9\xff"));
        assert_eq!(text, "./100%\n%E9\u{e9}%FF");
    }

    #[test]
    fn prefixes_are_normalised_or_rejected() {
        let cases = [
            ("root", "/", Ok("")),
            ("one", "/assets", Ok("/assets")),
            ("trailing slash", "/assets/", Ok("/assets")),
            ("two", "/a/b", Ok("/a/b")),
            ("encoded stays", "/my%20files", Ok("/my%20files")),
            ("raw is encoded", "/my files/50%/ü", Ok("/my%20files/50%25/%C3%BC")),
            ("signs", "/%%41%4/%zz%", Ok("/%25%41%254/%25zz%25")),
            ("empty", "", Err("it must start with `/`")),
            ("relative", "assets", Err("it must start with `/`")),
            ("URL", "http://x/", Err("it must start with `/`")),
            ("query", "/a?b", Err("it must be a path, without `?` or `#`")),
            ("fragment", "/a#b", Err("it must be a path, without `?` or `#`")),
            (
                "route",
                "/a/{*path}",
                Err("it must be the start of the files' paths, without a route's `{…}` or `*`"),
            ),
            (
                "pattern",
                "/a/*",
                Err("it must be the start of the files' paths, without a route's `{…}` or `*`"),
            ),
            ("empty segment", "/a//b", Err("it must have no empty, `.` or `..` segment")),
            ("two slashes", "//", Err("it must have no empty, `.` or `..` segment")),
            ("up", "/a/../b", Err("it must have no empty, `.` or `..` segment")),
        ];
        for (name, given, expected) in cases {
            assert_eq!(prefix(given).as_deref(), expected.as_ref().copied(), "{name}");
        }
    }
}
