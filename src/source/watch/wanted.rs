//! The content of a file that pages can use besides its version.

use std::{ffi::OsStr, path::Path};

use crate::modules::{Module, lex};

/// Size up to which the text of a stylesheet is kept, in bytes.
pub(super) const TEXT_LIMIT: u64 = 128 * 1024;

/// Size up to which the imports of a module are read, in bytes.
const MODULE_LIMIT: u64 = 1024 * 1024;

/// What is wanted of a file besides its version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Nothing,
    /// The text of a stylesheet.
    Text,
    /// The imports of a module.
    Imports,
}

impl Wanted {
    /// What pages can use of a file.
    pub(super) fn of(path: &Path) -> Self {
        let extension = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        match extension {
            "js" | "mjs" => Self::Imports,
            _ if extension.eq_ignore_ascii_case("css") => Self::Text,
            _ => Self::Nothing,
        }
    }

    /// The size up to which the text is read.
    pub(super) fn limit(self) -> Option<u64> {
        match self {
            Self::Nothing => None,
            Self::Text => Some(TEXT_LIMIT),
            Self::Imports => Some(MODULE_LIMIT),
        }
    }

    /// The text of a stylesheet, or the imports of a module, in the bytes of a file.
    pub(super) fn read(self, bytes: Vec<u8>) -> (Option<String>, Option<Module>) {
        match self {
            Self::Nothing => (None, None),
            Self::Text => (style_text(bytes), None),
            Self::Imports => (None, String::from_utf8(bytes).ok().and_then(|text| lex(&text).ok())),
        }
    }
}

/// Text of a stylesheet, if a browser would decode these bytes as UTF-8.
fn style_text(bytes: Vec<u8>) -> Option<String> {
    const BYTE_ORDER_MARK: &str = "\u{feff}";
    // https://www.w3.org/TR/css-syntax-3/#input-byte-stream: exactly these bytes, and a quote after them.
    const CHARSET: &str = "@charset \"";
    let mut text = String::from_utf8(bytes).ok()?;
    if text.starts_with(BYTE_ORDER_MARK) {
        text.drain(..BYTE_ORDER_MARK.len());
    } else if let Some(rest) = text.strip_prefix(CHARSET) {
        let (charset, _) = rest.split_once('"')?;
        if !["utf-8", "utf8"].iter().any(|utf| charset.eq_ignore_ascii_case(utf)) {
            return None;
        }
    }
    Some(text)
}
