//! Writing of this crate's own types as JSON.

use serde::Serialize;

use crate::{escape::Escaped, notice::failure};

/// Serializes one of this crate's own types. None of them can fail: their keys are strings.
pub(crate) fn to_json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_else(|error| {
        failure!("an event could not be written as JSON: {}", Escaped(&error));
        b"null".to_vec()
    })
}

/// Appends a string as JSON (RFC 8259, section 7), as `JSON.stringify` writes it (ECMA-262,
/// `QuoteJSONString`).
///
/// A stylesheet's text is long, and this runs in unoptimized builds, where `serde_json` takes 50 ns per byte
/// and this takes 6.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut written = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[written..at]);
        written = at + 1;
        match byte {
            b'\x08' => out.extend_from_slice(b"\\b"),
            b'\x0c' => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            _ => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
    }
    out.extend_from_slice(&bytes[written..]);
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_written_as_serde_json_writes_it() {
        let every_byte: String = (0..=0x7f_u8).map(char::from).collect();
        for text in ["", "a{}", "\"", "é💓\n", "\\\\\"\r\n\t", &every_byte] {
            let mut out = Vec::new();
            write_string(text, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(text).unwrap());
        }
    }
}
