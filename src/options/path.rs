//! The rules for paths of requests.

use crate::errors::OptionsError;

/// Checks that a path can be the path of a request, as the `http` crate defines it.
pub(super) fn check(path: &str) -> Result<(), OptionsError> {
    match fault(path) {
        Some(reason) => Err(OptionsError::Path { path: path.to_owned(), reason }),
        None => Ok(()),
    }
}

/// The rule that a path breaks, if any.
pub(super) fn fault(path: &str) -> Option<&'static str> {
    let allowed = |byte: u8| {
        byte.is_ascii_graphic()
            && !matches!(byte, b'"' | b'#' | b'<' | b'>' | b'?' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
    };
    if !path.starts_with('/') {
        Some("does not start with a slash")
    } else if path.ends_with('/') {
        Some("ends with a slash")
    } else if path.split('/').any(|segment| segment == "." || segment == "..") {
        Some("has a segment that browsers resolve")
    } else if !path.bytes().all(allowed) {
        Some("has a character that a URL's path can't hold as it is")
    } else {
        None
    }
}
