//! Paths as URLs: percent-encoding, and what a URL prefix may look like.

use std::path::{Component, Path};

/// Appends `path`, component by component, to `url`, each after a `/` and percent-encoded.
pub(super) fn push_path(url: &mut String, path: &Path) {
    for component in path.components() {
        if let Component::Normal(name) = component {
            url.push('/');
            // On Windows this is UTF-8 for every name that is Unicode; elsewhere the name's bytes.
            push_encoded(url, name.as_encoded_bytes());
        }
    }
}

/// A URL prefix without its trailing slash, percent-encoded where it must be, or why it is none.
///
/// The empty string stands for `/`. A `%XX` that is already there stays.
pub(super) fn prefix(given: &str) -> Result<String, &'static str> {
    let Some(rest) = given.strip_prefix('/') else {
        return Err("it must start with `/`");
    };
    if rest.contains(['?', '#']) {
        return Err("it must be a path, without `?` or `#`");
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
        let mut bytes = segment.as_bytes();
        while let Some((&first, after)) = bytes.split_first() {
            let escape = first == b'%' && after.iter().take(2).filter(|b| b.is_ascii_hexdigit()).count() == 2;
            if escape {
                url.push('%');
            } else {
                push_encoded(&mut url, &[first]);
            }
            bytes = after;
        }
    }
    Ok(url)
}

/// Appends `bytes`, with every byte that may not stand in a URL's path segment as `%XX`.
fn push_encoded(url: &mut String, bytes: &[u8]) {
    const HEX: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in bytes {
        if is_path_char(byte) {
            url.push(char::from(byte));
        } else {
            url.push('%');
            url.push(char::from(HEX[usize::from(byte >> 4)]));
            url.push(char::from(HEX[usize::from(byte & 15)]));
        }
    }
}

/// RFC 3986, section 3.3: `pchar` without its percent-encoded form.
fn is_path_char(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::{prefix, push_path};
    use std::path::Path;

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
            // On Windows a backslash parts folders.
            if cfg!(unix) || !path.contains('\\') {
                assert_eq!(url, expected, "{name}");
            }
        }
    }

    #[cfg(unix)]
    #[test]
    fn bytes_that_are_no_unicode_are_kept() {
        use std::{ffi::OsStr, os::unix::ffi::OsStrExt};
        let mut url = String::from("/assets");
        push_path(&mut url, Path::new(OsStr::from_bytes(b"caf\xe9\xff.css")));
        assert_eq!(url, "/assets/caf%E9%FF.css");
    }

    #[test]
    fn prefixes_are_normalised_or_refused() {
        let cases = [
            ("root", "/", Ok("")),
            ("one", "/assets", Ok("/assets")),
            ("trailing slash", "/assets/", Ok("/assets")),
            ("two", "/a/b", Ok("/a/b")),
            ("encoded stays", "/my%20files", Ok("/my%20files")),
            ("raw is encoded", "/my files/50%/ü", Ok("/my%20files/50%25/%C3%BC")),
            ("empty", "", Err("it must start with `/`")),
            ("relative", "assets", Err("it must start with `/`")),
            ("URL", "http://x/", Err("it must start with `/`")),
            ("query", "/a?b", Err("it must be a path, without `?` or `#`")),
            ("fragment", "/a#b", Err("it must be a path, without `?` or `#`")),
            ("empty segment", "/a//b", Err("it must have no empty, `.` or `..` segment")),
            ("two slashes", "//", Err("it must have no empty, `.` or `..` segment")),
            ("up", "/a/../b", Err("it must have no empty, `.` or `..` segment")),
        ];
        for (name, given, expected) in cases {
            assert_eq!(prefix(given).as_deref(), expected.as_ref().copied(), "{name}");
        }
    }
}
