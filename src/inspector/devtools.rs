//! The folder of the app, for Chrome's developer tools.

use std::{fmt::Write, path::Path};

use http::{
    HeaderValue, Response,
    header::{CACHE_CONTROL, CONTENT_TYPE},
};
use serde::Serialize;

use crate::json::to_json;

/// The path that Chrome requests while its developer tools are open.
pub(crate) const WORKSPACE: &str = "/.well-known/appspecific/com.chrome.devtools.json";

/// Returns the answer for a folder.
pub(crate) fn workspace(folder: &Path) -> Response<Vec<u8>> {
    #[derive(Serialize)]
    struct Answer<'a> {
        workspace: Workspace<'a>,
    }
    #[derive(Serialize)]
    struct Workspace<'a> {
        root: &'a str,
        uuid: String,
    }
    let root = folder.to_str().unwrap_or_default();
    let mut response = Response::new(to_json(&Answer { workspace: Workspace { root, uuid: uuid(root) } }));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Returns a UUID that is always the same for a path, so that Chrome recognises the folder after a restart.
///
/// Its bits are an FNV-1a hash of 128 bits instead of version 5's SHA-1: nothing relies on that, and it needs no crate.
fn uuid(path: &str) -> String {
    const OFFSET: u128 = 0x6c62_272e_07bb_0142_62b8_2175_6295_c58d;
    const PRIME: u128 = 0x0000_0000_0100_0000_0000_0000_0000_013b;
    let hash = path.bytes().fold(OFFSET, |hash, byte| (hash ^ u128::from(byte)).wrapping_mul(PRIME));
    let mut bytes = hash.to_be_bytes();
    bytes[6] = bytes[6] & 0x0f | 0x50;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        // Writing to a `String` can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_uuid() {
        // The published hash of an empty text, with the bits of version and variant.
        assert_eq!(uuid(""), "6c62272e-07bb-5142-a2b8-21756295c58d");
        assert_eq!(uuid("/home/app"), uuid("/home/app"));
        assert_ne!(uuid("/home/app"), uuid("/home/apq"));
        let digits = uuid("/home/app");
        assert!(
            digits.len() == 36 && digits.as_bytes()[14] == b'5' && b"89ab".contains(&digits.as_bytes()[19])
        );
    }
}
