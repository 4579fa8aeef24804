//! `<noscript>` for a parser without scripting.
//!
//! Where scripting is on, a `<noscript>` is raw text. A document that a script has parsed has scripting off, where it is
//! markup: an `<img>` in a head's one ends the head. `<noframes>` is raw text in both, is allowed at the same places, and its
//! name is of the same length. So the client parses a page with the one renamed to the other.

mod content;

use std::mem;

use bytes::{Bytes, BytesMut};
use memchr::memchr;

use self::content::{Content, Context};
use super::tokenizer::{Attribute, Comment, is_space};

const NOSCRIPT: &[u8] = b"noscript";
const NOFRAMES: &[u8] = b"noframes";

/// The longest name of an element that matters, in bytes.
const LONGEST_NAME: usize = 13;

const CDATA: &[u8] = b"[CDATA[";

/// Renames the tags of a page, chunk by chunk, without a change of its length.
///
/// The end of a chunk may cut a name: up to [`NoscriptRenamer::MOST_HELD`] bytes are held back until the next.
#[derive(Debug)]
pub(crate) struct NoscriptRenamer {
    state: State,
    context: Context,
    held: Bytes,
}

/// The position in the page, after the last byte that was passed on. The names are those of the HTML standard,
/// section 13.2.5.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Data,
    /// In an element without markup, up to the end tag of this name: `RCDATA` and `RAWTEXT`.
    Text(&'static [u8]),
    Script(Escape),
    /// After `<plaintext>`, which nothing ends.
    Plaintext,
    /// In a name that is too long to matter.
    LongName(Tag),
    /// In a tag, after its name.
    Tag {
        tag: Tag,
        attribute: Attribute,
        /// True after a slash that a `>` would make the tag self-closing with.
        has_slash: bool,
    },
    Comment(Comment),
    /// In a doctype or a bogus comment.
    UntilGreater,
    /// In a CDATA section, after this many of the two brackets at its end.
    Cdata(usize),
}

/// The position in a script with `<!--` in it, after this many of the two dashes at its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escape {
    None,
    Escaped(usize),
    /// After another `<script` in it, whose end tag does not end the element.
    Double(usize),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    Start(Name),
    End(Name),
}

/// The name of an element in lower case; empty if it is too long to matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Name {
    letters: [u8; LONGEST_NAME],
    length: usize,
}

impl NoscriptRenamer {
    /// Number of bytes that are held back at most: `</` and a name.
    #[cfg(test)]
    pub(in crate::html) const MOST_HELD: usize = 2 + LONGEST_NAME;

    pub(crate) fn new() -> Self {
        Self { state: State::Data, context: Context::default(), held: Bytes::new() }
    }

    /// Returns the renamed text up to the last undecided bytes. A chunk without a renamed tag is not copied.
    pub(crate) fn push(&mut self, mut chunk: Bytes) -> Bytes {
        let held = mem::take(&mut self.held);
        if !held.is_empty() {
            chunk = [&*held, &*chunk].concat().into();
        }
        let mut names = Vec::new();
        let decided = self.scan(&chunk, &mut names);
        self.held = chunk.split_off(decided);
        if names.is_empty() {
            return chunk;
        }
        let mut renamed = BytesMut::from(chunk);
        for (at, name) in names {
            renamed[at..at + name.len()].copy_from_slice(name);
        }
        renamed.freeze()
    }

    /// Returns the held bytes at the end of the page. An incomplete tag is no tag.
    pub(crate) fn finish(&mut self) -> Bytes {
        mem::take(&mut self.held)
    }

    /// Number of bytes that are held back.
    pub(crate) fn held(&self) -> usize {
        self.held.len()
    }

    /// Scans a text, and notes the positions of names and the new ones. Returns the number of bytes that are decided.
    fn scan(&mut self, text: &[u8], names: &mut Vec<(usize, &'static [u8])>) -> usize {
        let mut at = 0;
        while at < text.len() {
            let rest = &text[at..];
            at += match self.state {
                State::Data => {
                    let Some(less) = memchr(b'<', rest) else { return text.len() };
                    at += less;
                    let Some(length) = self.markup(&text[at..], at, names) else { return at };
                    length
                }
                State::Text(name) => {
                    let Some(less) = memchr(b'<', rest) else { return text.len() };
                    at += less;
                    let Some(length) = self.raw_text(name, &text[at..], at, names) else { return at };
                    length
                }
                State::Script(Escape::None) => {
                    let Some(less) = memchr(b'<', rest) else { return text.len() };
                    at += less;
                    let Some(length) = self.script(Escape::None, &text[at..]) else { return at };
                    length
                }
                State::Script(escape) => {
                    let Some(length) = self.script(escape, rest) else { return at };
                    length
                }
                State::Plaintext => return text.len(),
                State::LongName(tag) => match rest.iter().position(|byte| ends_name(*byte)) {
                    Some(length) => {
                        self.enter(tag, 0);
                        length
                    }
                    None => return text.len(),
                },
                State::Tag { tag, attribute, has_slash } => {
                    self.tag(tag, attribute, has_slash, rest[0]);
                    1
                }
                State::Comment(comment) => {
                    self.state = comment.next(rest[0]).map_or(State::Data, State::Comment);
                    1
                }
                State::UntilGreater => match memchr(b'>', rest) {
                    Some(greater) => {
                        self.state = State::Data;
                        greater + 1
                    }
                    None => return text.len(),
                },
                State::Cdata(brackets) => {
                    self.state = match rest[0] {
                        b']' => State::Cdata((brackets + 1).min(2)),
                        b'>' if brackets == 2 => State::Data,
                        _ => State::Cdata(0),
                    };
                    1
                }
            };
        }
        at
    }

    /// Decides on a text that begins with `<`, at a position in the chunk. Returns the number of its bytes that are passed;
    /// `None` if more must come.
    fn markup(&mut self, text: &[u8], at: usize, names: &mut Vec<(usize, &'static [u8])>) -> Option<usize> {
        match text.get(1)? {
            b'!' => {
                let is_cut = |whole: &[u8]| text.len() < 2 + whole.len() && whole.starts_with(&text[2..]);
                let allows_cdata = self.context.is_foreign();
                if text[2..].starts_with(b"--") {
                    self.state = State::Comment(Comment::Start);
                    return Some(4);
                }
                if allows_cdata && text[2..].starts_with(CDATA) {
                    self.state = State::Cdata(0);
                    return Some(2 + CDATA.len());
                }
                if is_cut(b"--") || allows_cdata && is_cut(CDATA) {
                    return None;
                }
                self.state = State::UntilGreater;
                Some(2)
            }
            b'?' => {
                self.state = State::UntilGreater;
                Some(2)
            }
            b'/' => match text.get(2)? {
                letter if letter.is_ascii_alphabetic() => {
                    let (name, length) = name(&text[2..])?;
                    self.enter(Tag::End(name), length);
                    Some(2 + length)
                }
                b'>' => Some(3),
                _ => {
                    self.state = State::UntilGreater;
                    Some(2)
                }
            },
            letter if letter.is_ascii_alphabetic() => {
                let (name, length) = name(&text[1..])?;
                if name.is(NOSCRIPT) && !self.context.is_foreign() {
                    names.push((at + 1, NOFRAMES));
                }
                self.enter(Tag::Start(name), length);
                Some(1 + length)
            }
            _ => Some(1),
        }
    }

    /// The same in an element without markup.
    fn raw_text(
        &mut self,
        element: &'static [u8],
        text: &[u8],
        at: usize,
        names: &mut Vec<(usize, &'static [u8])>,
    ) -> Option<usize> {
        match end_tag(text) {
            EndTag::Cut => return None,
            EndTag::Name(name, length) if name.is(element) => {
                if element == NOSCRIPT {
                    names.push((at + 2, NOFRAMES));
                }
                self.enter(Tag::End(name), length);
                return Some(2 + length);
            }
            // It would end the renamed element.
            EndTag::Name(name, _) if element == NOSCRIPT && name.is(NOFRAMES) => {
                names.push((at + 2, NOSCRIPT));
            }
            EndTag::Name(..) | EndTag::None => {}
        }
        Some(1)
    }

    /// The same in a script.
    fn script(&mut self, escape: Escape, text: &[u8]) -> Option<usize> {
        let (next, length) = match (escape, text.first()?) {
            (Escape::None, _) => {
                if text.len() < 4 && b"<!--".starts_with(text) {
                    return None;
                }
                if text.starts_with(b"<!--") {
                    (Escape::Escaped(2), 4)
                } else {
                    return self.script_end(escape, text);
                }
            }
            (Escape::Escaped(dashes), b'-') => (Escape::Escaped((dashes + 1).min(2)), 1),
            (Escape::Double(dashes), b'-') => (Escape::Double((dashes + 1).min(2)), 1),
            (Escape::Escaped(2) | Escape::Double(2), b'>') => (Escape::None, 1),
            (Escape::Escaped(_), b'<') => match text.get(1)? {
                letter if letter.is_ascii_alphabetic() => {
                    let (name, length) = name(&text[1..])?;
                    if name.is(b"script") { (Escape::Double(0), 1 + length) } else { (Escape::Escaped(0), 1) }
                }
                _ => return self.script_end(Escape::Escaped(0), text),
            },
            (Escape::Double(_), b'<') => match end_tag(text) {
                EndTag::Cut => return None,
                EndTag::Name(name, length) if name.is(b"script") => (Escape::Escaped(0), 2 + length),
                EndTag::Name(..) | EndTag::None => (Escape::Double(0), 1),
            },
            (Escape::Escaped(_), _) => (Escape::Escaped(0), 1),
            (Escape::Double(_), _) => (Escape::Double(0), 1),
        };
        self.state = State::Script(next);
        Some(length)
    }

    /// Decides on a `<` in a script that may be that of its end tag; otherwise the script goes on like this.
    fn script_end(&mut self, otherwise: Escape, text: &[u8]) -> Option<usize> {
        match end_tag(text) {
            EndTag::Cut => None,
            EndTag::Name(name, length) if name.is(b"script") => {
                self.enter(Tag::End(name), length);
                Some(2 + length)
            }
            EndTag::Name(..) | EndTag::None => {
                self.state = State::Script(otherwise);
                Some(1)
            }
        }
    }

    /// Goes on after the bytes of a name that were read.
    fn enter(&mut self, tag: Tag, length: usize) {
        self.state = if length > LONGEST_NAME {
            State::LongName(tag)
        } else {
            State::Tag { tag, attribute: Attribute::BeforeName, has_slash: false }
        };
    }

    /// The transition of one byte of a tag, after its name.
    fn tag(&mut self, tag: Tag, attribute: Attribute, has_slash: bool, byte: u8) {
        if let Some(attribute) = attribute.next(byte) {
            let has_slash = byte == b'/' && attribute == Attribute::BeforeName;
            self.state = State::Tag { tag, attribute, has_slash };
            return;
        }
        self.state = match tag {
            Tag::End(name) => {
                self.context.end(name.as_bytes());
                State::Data
            }
            Tag::Start(name) => match self.context.start(name.as_bytes(), has_slash) {
                Content::Markup => State::Data,
                Content::Text(element) => State::Text(element),
                Content::Script => State::Script(Escape::None),
                Content::Plaintext => State::Plaintext,
            },
        };
    }
}

impl Name {
    fn as_bytes(&self) -> &[u8] {
        &self.letters[..self.length]
    }

    fn is(&self, other: &[u8]) -> bool {
        self.as_bytes() == other
    }
}

/// Reads the name at the start of a text, and its number of bytes; `None` if more must come. Of a name that is too long to
/// matter, one byte more than the longest is read.
fn name(text: &[u8]) -> Option<(Name, usize)> {
    let mut name = Name::default();
    for (length, &byte) in text.iter().enumerate() {
        if ends_name(byte) {
            name.length = length;
            return Some((name, length));
        }
        match name.letters.get_mut(length) {
            Some(letter) => *letter = byte.to_ascii_lowercase(),
            None => return Some((Name::default(), length + 1)),
        }
    }
    None
}

fn ends_name(byte: u8) -> bool {
    is_space(byte) || matches!(byte, b'/' | b'>')
}

/// The end tag that a text with `<` at its start may begin with.
enum EndTag {
    None,
    /// More must come.
    Cut,
    /// Its name, and the number of the name's bytes.
    Name(Name, usize),
}

fn end_tag(text: &[u8]) -> EndTag {
    match (text.get(1), text.get(2)) {
        (None, _) | (Some(b'/'), None) => EndTag::Cut,
        (Some(b'/'), Some(letter)) if letter.is_ascii_alphabetic() => match name(&text[2..]) {
            Some((name, length)) => EndTag::Name(name, length),
            None => EndTag::Cut,
        },
        _ => EndTag::None,
    }
}
