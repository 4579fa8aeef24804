//! Escaping of outside text for terminals and log lines.

use std::fmt::{self, Write as _};

/// Displays a value on one line, without characters that a terminal interprets.
///
/// Control characters (C0, C1 and DEL) and Unicode's format characters, such as bidirectional overrides, are
/// written as Rust escapes them: `\n`, `\u{1b}`. Quotes and backslashes are kept, so that a path stays
/// readable.
pub(crate) struct Escaped<T>(pub(crate) T);

impl<T: fmt::Display> fmt::Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Escaping(f), "{}", self.0)
    }
}

struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);

impl fmt::Write for Escaping<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut plain = 0;
        for (at, char) in text.char_indices().filter(|&(_, char)| is_unsafe(char)) {
            self.0.write_str(&text[plain..at])?;
            for escaped in char.escape_debug() {
                self.0.write_char(escaped)?;
            }
            plain = at + char.len_utf8();
        }
        self.0.write_str(&text[plain..])
    }
}

/// Returns true if a character is invisible or interpreted by terminals.
///
/// `str::escape_debug` has Unicode's tables. It also escapes combining marks, except after a letter, so each
/// character is escaped after a letter.
fn is_unsafe(char: char) -> bool {
    match char {
        ' '..='~' => false,
        '\0'..='\u{9f}' => true,
        _ => {
            let mut behind_a_letter = [b'a', 0, 0, 0, 0];
            let end = 1 + char.encode_utf8(&mut behind_a_letter[1..]).len();
            let text = std::str::from_utf8(&behind_a_letter[..end]).unwrap_or_default();
            text.escape_debug().count() > 2
        }
    }
}

/// Returns the text without the escape sequences for colors (ECMA-48, section 5.4).
#[cfg(any(feature = "watch", feature = "websocket"))]
pub(crate) fn without_colours(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        if char == '\u{1b}' && chars.peek() == Some(&'[') {
            chars.next();
            chars.by_ref().find(|char| ('@'..='~').contains(char));
        } else {
            out.push(char);
        }
    }
    out
}

/// Shortens a text for an error message.
pub(crate) fn shorten(text: &str) -> String {
    const SHOWN: usize = 200;
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_control_is_escaped_and_other_text_kept() {
        for (case, text, expected) in [
            ("nothing", "", ""),
            ("plain text", "./src/app.js (3)", "./src/app.js (3)"),
            ("quotes and backslashes", r#"C:\it's "here""#, r#"C:\it's "here""#),
            ("letters of other scripts", "Grüße 日本 עברית 💓", "Grüße 日本 עברית 💓"),
            ("a mark behind its letter", "e\u{301}", "e\u{301}"),
            ("line ends", "a\nb\r\nc", "a\\nb\\r\\nc"),
            ("a tab and a NUL", "a\tb\0", "a\\tb\\0"),
            ("an escape sequence", "\u{1b}[31mred\u{1b}]0;x\u{7}", "\\u{1b}[31mred\\u{1b}]0;x\\u{7}"),
            ("DEL", "a\u{7f}", "a\\u{7f}"),
            ("C1, which begins sequences too", "\u{9b}31m\u{85}", "\\u{9b}31m\\u{85}"),
            ("a change of direction", "a\u{202e}b\u{202c}", "a\\u{202e}b\\u{202c}"),
            ("isolates", "\u{2066}a\u{2069}", "\\u{2066}a\\u{2069}"),
            ("marks of direction", "\u{200e}\u{200f}\u{61c}", "\\u{200e}\\u{200f}\\u{61c}"),
            ("what has no width", "a\u{200b}\u{feff}\u{ad}", "a\\u{200b}\\u{feff}\\u{ad}"),
            ("line and paragraph separators", "\u{2028}\u{2029}", "\\u{2028}\\u{2029}"),
            ("tags", "\u{e0041}", "\\u{e0041}"),
        ] {
            assert_eq!(Escaped(text).to_string(), expected, "{case}");
        }
    }

    #[test]
    fn no_character_that_a_terminal_interprets_is_left() {
        for char in '\0'..=char::MAX {
            let shown = Escaped(char).to_string();
            assert!(!shown.contains(char::is_control), "{shown:?}");
            assert!(shown == char.to_string() || shown.starts_with('\\') && shown.is_ascii(), "{shown}");
        }
    }
}
