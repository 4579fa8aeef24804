//! Parsing of header fields.
//!
//! Works on bytes, not `str`: a header may contain any byte from 0x80 up, and one such byte must not hide the
//! rest of the value.

use http::{HeaderMap, HeaderName};

/// Iterates over the members of a comma-separated field, over all of its lines, trimmed and never empty.
///
/// A comma in a quoted string splits too. None of the fields that are read here has one in a relevant member.
pub(crate) fn members(headers: &HeaderMap, name: HeaderName) -> impl Iterator<Item = &[u8]> {
    headers
        .get_all(name)
        .iter()
        .flat_map(|line| line.as_bytes().split(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|member| !member.is_empty())
}

/// Returns the part of a member before its parameters: a media type, a coding, a disposition.
pub(crate) fn essence(member: &[u8]) -> &[u8] {
    member.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii()
}

/// Iterates over the values of a member's parameter with this name, compared case-insensitively, without
/// their quotes.
pub(crate) fn parameter<'a>(member: &'a [u8], name: &str) -> impl Iterator<Item = &'a [u8]> {
    member.split(|byte| *byte == b';').skip(1).filter_map(move |parameter| {
        let mut halves = parameter.splitn(2, |byte| *byte == b'=');
        let found = halves.next()?.trim_ascii();
        let value = halves.next()?.trim_ascii();
        let value = value.strip_prefix(b"\"").unwrap_or(value);
        let value = value.strip_suffix(b"\"").unwrap_or(value);
        found.eq_ignore_ascii_case(name.as_bytes()).then(|| value.trim_ascii())
    })
}
