//! The id of a kept page.

use std::fmt;

/// Number of random bytes.
const BYTES: usize = 16;

/// The id of a kept page, which can't be guessed: the page may have what only its user may see.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PageId([u8; BYTES]);

impl PageId {
    /// Draws 128 bits from the system's random generator; `None` if it has none to give.
    pub(super) fn random() -> Option<Self> {
        let mut bytes = [0; BYTES];
        getrandom::fill(&mut bytes).ok()?;
        Some(Self(bytes))
    }

    /// Parses an id as it is written in the tag; `None` if it is another text.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; BYTES];
        if text.len() != 2 * BYTES {
            return None;
        }
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
            *byte = digit(digits[0])? << 4 | digit(digits[1])?;
        }
        Some(Self(bytes))
    }

    /// Appends the id in hexadecimal.
    pub(crate) fn write(&self, out: &mut String) {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        for byte in self.0 {
            out.push(char::from(DIGITS[usize::from(byte >> 4)]));
            out.push(char::from(DIGITS[usize::from(byte & 0xf)]));
        }
    }
}

/// Returns the value of a hexadecimal digit in lower case. Each page has one URL.
fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    }
}

impl fmt::Debug for PageId {
    // It gives access to the page.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PageId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_is_never_shown() {
        let (id, other) = (PageId::random().unwrap(), PageId::random().unwrap());
        assert_ne!(id, other);
        let mut text = String::new();
        id.write(&mut text);
        assert_eq!(text.len(), 32);
        assert_eq!(PageId::parse(&text), Some(id));
        assert_eq!(format!("{id:?}"), "PageId(…)");
    }

    #[test]
    fn another_text_is_not_an_id() {
        let zeros = "0".repeat(32);
        assert!(PageId::parse(&zeros).is_some());
        for text in ["", "0", &zeros[1..], &format!("{zeros}0"), &zeros.replacen('0', "A", 1)] {
            assert_eq!(PageId::parse(text), None, "{text}");
        }
        for text in ["é".repeat(16), zeros.replacen('0', "g", 1), zeros.replacen('0', "/", 1)] {
            assert_eq!(PageId::parse(&text), None, "{text}");
        }
    }
}
