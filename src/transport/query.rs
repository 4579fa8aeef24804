//! The parameters in a URL's query. Any client can send them, so they are bounded in number and in length.

/// The largest number of values of a repeated parameter. The client sends no more, the newest first.
pub(super) const MAX_VALUES: usize = 64;

/// The longest value in bytes. All hashes, ids and names of this crate are shorter.
pub(super) const MAX_BYTES: usize = 128;

/// Decodes a value, unless it is too long to be valid.
pub(super) fn value(escaped: &str) -> Option<String> {
    // An escape has three bytes for one.
    let may_fit = escaped.len() <= 3 * MAX_BYTES;
    may_fit.then(|| percent_decode(escaped)).filter(|value| value.len() <= MAX_BYTES)
}

/// Decodes `%XX`. Lossy, because ids and names of this crate are valid UTF-8.
pub(super) fn percent_decode(value: &str) -> String {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.as_bytes();
    while let [first, tail @ ..] = rest {
        let escaped = match rest {
            [b'%', high, low, tail @ ..] => {
                let digit =
                    |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                digit(*high).zip(digit(*low)).map(|(high, low)| (high << 4 | low, tail))
            }
            _ => None,
        };
        let (byte, tail) = escaped.unwrap_or((*first, tail));
        bytes.push(byte);
        rest = tail;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_decoded_up_to_the_longest() {
        let (fits, too_long) = ("é".repeat(MAX_BYTES / 2), "é".repeat(MAX_BYTES / 2) + "e");
        let escape =
            |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<Vec<_>>().concat();
        let cases = [
            ("plain", "a b".to_owned(), Some("a b".to_owned())),
            ("the longest, escaped", escape(&fits), Some(fits)),
            ("a byte more", escape(&too_long), None),
            ("a byte more, not escaped", "7".repeat(MAX_BYTES + 1), None),
            ("longer as text", "%ff".repeat(MAX_BYTES / 2), None),
            ("much longer", "%".repeat(1 << 20), None),
        ];
        for (case, escaped, expected) in cases {
            assert_eq!(value(&escaped), expected, "{case}");
        }
    }
}
