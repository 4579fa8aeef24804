//! JSON: input made valid for Rust's strings, lenient reading, and writing of this crate's own types.

mod any;
mod write;

use std::borrow::Cow;

pub(crate) use any::{Any, Field, Handle, Text};
pub(crate) use write::{to_json, write_string};

/// Replaces every escape of a lone surrogate, such as `\ud800`, with the replacement character.
///
/// JavaScript strings may contain one, for example where a text was cut in the middle of a character, and
/// `JSON.stringify` writes it as an escape (ECMA-262, `QuoteJSONString`). Rust strings can't, and
/// `serde_json` rejects the whole text because of it. Browsers show both the same. Positions in the text
/// don't change.
pub(crate) fn well_formed(json: &[u8]) -> Cow<'_, [u8]> {
    const REPLACEMENT: &[u8; 6] = br"\ufffd";
    let mut fit = Cow::Borrowed(json);
    let mut at = 0;
    while let Some(backslash) = memchr::memchr(b'\\', &json[at..]) {
        at += backslash;
        let (first, second) = (unit(&json[at..]), json.get(at + 6..).and_then(unit));
        at += match (first, second) {
            (Some(0xd800..0xdc00), Some(0xdc00..0xe000)) => 12,
            (Some(0xd800..0xe000), _) => {
                fit.to_mut()[at..at + 6].copy_from_slice(REPLACEMENT);
                6
            }
            (Some(_), _) => 6,
            // Another escape, of two characters: the second may be a backslash too.
            (None, _) => 2.min(json.len() - at),
        };
    }
    fit
}

/// Returns the code unit of the escape that a text begins with, if it does.
fn unit(json: &[u8]) -> Option<u32> {
    let digits = json.strip_prefix(br"\u")?.get(..4)?;
    digits.iter().try_fold(0, |unit, digit| Some(unit << 4 | char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lone_surrogates_become_the_replacement_character_and_nothing_else_changes() {
        let cases = [
            (r"", r""),
            (r#""plain \n \u00e9""#, r#""plain \n \u00e9""#),
            (r"\ud800", r"\ufffd"),
            (r"\uDFFF", r"\ufffd"),
            (r"a\ud83dz", r"a\ufffdz"),
            (r"\ud83d\udc93", r"\ud83d\udc93"),
            (r"\ud83d\ud83d\udc93", r"\ufffd\ud83d\udc93"),
            (r"\udc93\ud83d", r"\ufffd\ufffd"),
            (r"\ud83d\n\udc93", r"\ufffd\n\ufffd"),
            (r"\\ud800", r"\\ud800"),
            (r"\\\ud800", r"\\\ufffd"),
            (r"\ud80", r"\ud80"),
            (r"\ud8zz\ud800", r"\ud8zz\ufffd"),
            (r"\", r"\"),
            (r"\u", r"\u"),
        ];
        for (json, expected) in cases {
            assert_eq!(String::from_utf8_lossy(&well_formed(json.as_bytes())), expected, "{json}");
        }
        assert!(matches!(well_formed(br#"{"a":"\ud83d\udc93"}"#), Cow::Borrowed(_)), "nothing is copied");
    }
}
