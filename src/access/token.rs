//! Tokens that senders have to prove who they are. Compared in constant time, never logged.

use std::fmt;

use subtle::ConstantTimeEq;

use crate::notice::warning;

/// Number of random bytes in a page's token.
const BYTES: usize = 32;

/// A secret that a sender includes in each message.
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    /// Generates 256 bits with the system's random generator, in hexadecimal; `None` if the system has none
    /// to give.
    pub(crate) fn random() -> Option<Self> {
        let mut bytes = [0; BYTES];
        match getrandom::fill(&mut bytes) {
            Ok(()) => Some(Self(hex(&bytes))),
            Err(error) => {
                warning!("the system gives no random bytes ({error}), so pages can't send anything");
                None
            }
        }
    }

    /// Validates a token that the developer chose; the error says what is wrong with it.
    ///
    /// It is sent as `Authorization: Bearer`, whose syntax (RFC 6750, section 2.1) allows these characters.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if text.len() < 16 {
            return Err("is shorter than 16 characters, so it could be guessed");
        }
        if !text.bytes().all(allowed) {
            return Err("has a character other than a-z, A-Z, 0-9, - . _ ~ + / =");
        }
        Ok(Self(text.to_owned()))
    }

    /// Compares with the token that a sender gave. The duration reveals at most the length.
    pub(super) fn is(&self, shown: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(shown).into()
    }

    /// Returns the secret itself, for the page that may contain it.
    pub(crate) fn expose_secret(&self) -> &str {
        &self.0
    }
}

fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_page_token_has_256_random_bits() {
        let (one, other) = (Token::random().unwrap(), Token::random().unwrap());
        assert_eq!(one.expose_secret().len(), 64);
        assert!(one.expose_secret().bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(one.expose_secret(), other.expose_secret());
    }

    #[test]
    fn only_the_exact_token_passes() {
        let token = Token::parse("0123456789abcdef").unwrap();
        assert!(token.is(b"0123456789abcdef"));
        for wrong in [&b""[..], b"0123456789abcde", b"0123456789abcdefg", b"0123456789ABCDEF", b"\xff"] {
            assert!(!token.is(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn debug_output_hides_the_token() {
        let token = Token::parse("0123456789abcdef").unwrap();
        assert_eq!(format!("{token:?}"), "Token(…)");
    }
}
