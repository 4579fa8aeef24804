//! Secrets that whoever sends something upwards has to show. Compared in constant time, never shown.

use std::fmt;

use subtle::ConstantTimeEq;

/// How many random bytes a page's token is made of.
const BYTES: usize = 32;

/// A secret that a sender shows with each message.
#[derive(Clone)]
pub(crate) struct Token(String);

impl Token {
    /// 256 bits of the system's random generator, in hexadecimal; `None` where the system has none to give.
    pub(crate) fn random() -> Option<Self> {
        let mut bytes = [0; BYTES];
        match getrandom::fill(&mut bytes) {
            Ok(()) => Some(Self(hex(&bytes))),
            Err(error) => {
                tracing::warn!("the system gives no random bytes ({error}), so pages can't send anything");
                None
            }
        }
    }

    /// A secret that somebody chose; the error says what is wrong with it.
    ///
    /// It is sent as `Authorization: Bearer` (RFC 6750, section 2.1), whose characters are these.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/=".contains(&byte);
        if text.len() < 16 {
            return Err("is shorter than 16 characters, so it could be guessed");
        }
        if !text.bytes().all(allowed) {
            return Err("has a character that is none of a-z, A-Z, 0-9, - . _ ~ + / =");
        }
        Ok(Self(text.to_owned()))
    }

    /// Whether this is what was shown. How long the comparison takes tells the length at most.
    pub(super) fn is(&self, shown: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(shown).into()
    }

    /// The secret itself, for the page that is to have it.
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
    fn a_token_is_256_bits_and_another_each_time() {
        let (one, other) = (Token::random().unwrap(), Token::random().unwrap());
        assert_eq!(one.expose_secret().len(), 64);
        assert!(one.expose_secret().bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(one.expose_secret(), other.expose_secret());
    }

    #[test]
    fn only_the_token_itself_passes() {
        let token = Token::parse("0123456789abcdef").unwrap();
        assert!(token.is(b"0123456789abcdef"));
        for wrong in [&b""[..], b"0123456789abcde", b"0123456789abcdefg", b"0123456789ABCDEF", b"\xff"] {
            assert!(!token.is(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn a_token_is_never_shown() {
        let token = Token::parse("0123456789abcdef").unwrap();
        assert_eq!(format!("{token:?}"), "Token(…)");
    }
}
