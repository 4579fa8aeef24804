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

/// Decodes `%XX`. Invalid UTF-8 is replaced: it can't match an id or name of this crate.
pub(super) fn percent_decode(value: &str) -> String {
    percent_encoding::percent_decode_str(value).decode_utf8_lossy().into_owned()
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
