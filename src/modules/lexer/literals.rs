//! Space, comments, strings and regular expressions.

use std::ops::Range;

use super::{
    LexError,
    state::{Lexer, is_wide_space},
};

impl Lexer<'_> {
    pub(super) fn skip_line(&mut self) {
        loop {
            let rest = &self.bytes[self.at..];
            match memchr::memchr3(b'\n', b'\r', 0xe2, rest) {
                // U+2028 and U+2029 end a line too.
                Some(end) if rest[end] == 0xe2 && !matches!(rest[end..], [_, 0x80, 0xa8 | 0xa9, ..]) => {
                    self.at += end + 1;
                }
                Some(end) => return self.at += end,
                None => return self.at = self.bytes.len(),
            }
        }
    }

    /// Skips space and comments. Returns false at the end of the text.
    pub(super) fn skip_space(&mut self) -> Result<bool, LexError> {
        loop {
            match self.peek(0) {
                b' ' | b'\t' | b'\n' | b'\r' | 0x0b | 0x0c => self.at += 1,
                b'/' if self.peek(1) == b'/' => self.skip_line(),
                b'/' if self.peek(1) == b'*' => {
                    let end = memchr::memmem::find(&self.bytes[self.at + 2..], b"*/");
                    self.at += end.ok_or_else(|| self.error())? + 4;
                }
                0 if self.at >= self.bytes.len() => return Ok(false),
                0x80.. => match self.source.get(self.at..).and_then(|rest| rest.chars().next()) {
                    Some(character) if is_wide_space(character) => self.at += character.len_utf8(),
                    _ => return Ok(true),
                },
                _ => return Ok(true),
            }
        }
    }

    /// Reads a string, and returns its bytes without the quotes.
    pub(super) fn string(&mut self) -> Result<Range<usize>, LexError> {
        let quote = self.bytes[self.at];
        self.at += 1;
        let start = self.at;
        loop {
            match self.peek(0) {
                b'\\' if self.peek(1) == b'\r' && self.peek(2) == b'\n' => self.at += 3,
                b'\\' => self.at += 2,
                b'\n' | b'\r' => return Err(self.error()),
                0 if self.at >= self.bytes.len() => return Err(self.error()),
                byte if byte == quote => break,
                _ => self.at += 1,
            }
        }
        let range = start..self.at;
        self.at += 1;
        // An escape before a character of several bytes.
        if self.source.is_char_boundary(range.end) { Ok(range) } else { Err(self.error()) }
    }

    pub(super) fn regular_expression(&mut self) -> Result<(), LexError> {
        let start = self.at;
        self.at += 1;
        let mut is_in_class = false;
        loop {
            let Some(character) = self.source.get(self.at..).and_then(|rest| rest.chars().next()) else {
                self.at = start;
                return Err(self.error());
            };
            match character {
                '/' if !is_in_class => break,
                '[' => is_in_class = true,
                ']' => is_in_class = false,
                '\\' => self.at += 1,
                _ => {}
            }
            if is_line_end(character) || self.at >= self.bytes.len() {
                self.at = start;
                return Err(self.error());
            }
            self.at += self.source[self.at..].chars().next().map_or(1, char::len_utf8);
        }
        self.at += 1;
        while self.is_name(0) {
            self.at += 1;
        }
        Ok(())
    }
}

fn is_line_end(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{2028}' | '\u{2029}')
}
