//! The position of the tag in a page, found by the necessary part of the HTML standard's tokenizer.
//!
//! The position is after the first `<head …>`, or before the first content that opens the head implicitly: anything but a
//! byte order mark, whitespace, comments, doctypes and `<html …>`. There the parser is still before the head and puts a
//! script into it, without quirks mode for a page that has a doctype. States are named after those of section 13.2.5.

use memchr::memmem;

/// A scan over the beginning of a page, fed chunk by chunk.
#[derive(Debug)]
pub(super) struct Scan {
    state: State,
}

/// The outcome of a chunk.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// The position is not reached yet; the last [`Scan::undecided`] bytes may come after it.
    More,
    /// The position, counted in bytes from the first undecided byte before this chunk.
    Place(usize),
    /// The body is in two-byte units, so it can't contain a tag in ASCII.
    Wide(Wide),
}

/// The byte order of UTF-16, from the page's byte order mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wide {
    Big,
    Little,
}

impl Wide {
    /// One space.
    pub(super) fn space(self) -> [u8; 2] {
        match self {
            Self::Big => [0, b' '],
            Self::Little => [b' ', 0],
        }
    }
}

/// A byte order mark and its encoding; no two begin with the same byte.
///
/// A mark has precedence over the charset of the `Content-Type`. UTF-32's little-endian mark begins with
/// UTF-16's, which is also how browsers read it.
#[derive(Debug, PartialEq, Eq)]
struct Mark {
    bytes: &'static [u8],
    wide: Option<Wide>,
}

static MARKS: [Mark; 4] = [
    Mark { bytes: b"\xef\xbb\xbf", wide: None },
    Mark { bytes: b"\xfe\xff", wide: Some(Wide::Big) },
    Mark { bytes: b"\xff\xfe", wide: Some(Wide::Little) },
    Mark { bytes: b"\0\0\xfe\xff", wide: Some(Wide::Big) },
];

/// The elements whose start tags don't end the scan at once.
static NAMES: [&[u8]; 2] = [b"head", b"html"];

const DOCTYPE: &[u8] = b"doctype";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the first byte.
    Start,
    /// In a possible byte order mark, after this many of its bytes.
    Mark(&'static Mark, usize),
    /// Between tokens before the position.
    Between,
    /// After `<`.
    TagOpen,
    /// After `</`.
    EndTagOpen,
    /// After `<` and this many letters, which this name begins with.
    TagName(&'static [u8], usize),
    /// In the start tag of the element with this name.
    Tag(&'static [u8], Attribute),
    /// After `<!` and this many letters of `doctype`.
    Declaration(usize),
    /// After `<!-`.
    DeclarationDash,
    Comment(Comment),
    /// In a doctype or a bogus comment: both end at the first `>`, also in quotes.
    UntilGreater,
}

/// The position in a start tag, after its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Attribute {
    BeforeName,
    Name,
    AfterName,
    BeforeValue,
    Quoted(u8),
    Unquoted,
}

/// The position in a comment, after `<!--`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comment {
    Start,
    StartDash,
    Text,
    EndDash,
    End,
    EndBang,
}

/// The outcome of one byte.
enum Next {
    State(State),
    /// The position is before the undecided bytes.
    Before,
    /// The position is after this byte.
    After,
    Wide(Wide),
}

impl Scan {
    pub(super) fn new() -> Self {
        Self { state: State::Start }
    }

    /// Scans a chunk up to the position. Must not be called again once it is found.
    pub(super) fn feed(&mut self, chunk: &[u8]) -> Step {
        let held = self.undecided();
        for (index, &byte) in chunk.iter().enumerate() {
            match self.state.next(byte) {
                Next::State(state) => self.state = state,
                Next::Before => {
                    return Step::Place((held + index).saturating_sub(self.undecided()));
                }
                Next::After => return Step::Place(held + index + 1),
                Next::Wide(wide) => return Step::Wide(wide),
            }
        }
        Step::More
    }

    /// Returns the number of last bytes that may come after the position: at most five, of an incomplete name.
    pub(super) fn undecided(&self) -> usize {
        match self.state {
            State::Mark(_, matched) => matched,
            State::TagOpen => 1,
            State::EndTagOpen => 2,
            State::TagName(_, letters) => 1 + letters,
            _ => 0,
        }
    }
}

impl State {
    /// The transition of one byte. To reconsume a byte, as the standard calls it, is a call of `next` here.
    fn next(self, byte: u8) -> Next {
        Next::State(match self {
            Self::Start => match MARKS.iter().find(|mark| mark.bytes.first() == Some(&byte)) {
                Some(mark) => Self::Mark(mark, 1),
                None => return Self::Between.next(byte),
            },
            Self::Mark(mark, matched) => {
                if mark.bytes.get(matched) != Some(&byte) {
                    return Next::Before;
                }
                if matched + 1 < mark.bytes.len() {
                    Self::Mark(mark, matched + 1)
                } else if let Some(wide) = mark.wide {
                    return Next::Wide(wide);
                } else {
                    Self::Between
                }
            }
            Self::Between => match byte {
                b'<' => Self::TagOpen,
                _ if is_space(byte) => Self::Between,
                _ => return Next::Before,
            },
            Self::TagOpen => match byte {
                b'!' => Self::Declaration(0),
                b'/' => Self::EndTagOpen,
                b'?' => Self::UntilGreater,
                _ => return Self::letter(&[], 0, byte),
            },
            Self::EndTagOpen => match byte {
                b'a'..=b'z' | b'A'..=b'Z' => return Next::Before,
                b'>' => Self::Between,
                _ => Self::UntilGreater,
            },
            Self::TagName(name, letters) => {
                if self.is_name_ended_by(byte) {
                    return Self::Tag(name, Attribute::BeforeName).next(byte);
                }
                return Self::letter(name, letters, byte);
            }
            Self::Tag(name, attribute) => match attribute.next(byte) {
                Some(attribute) => Self::Tag(name, attribute),
                None if name == b"head" => return Next::After,
                None => Self::Between,
            },
            Self::Declaration(letters) => match byte {
                b'-' if letters == 0 => Self::DeclarationDash,
                _ if DOCTYPE.get(letters) == Some(&byte.to_ascii_lowercase()) => {
                    Self::Declaration(letters + 1)
                }
                _ => return Self::UntilGreater.next(byte),
            },
            Self::DeclarationDash => match byte {
                b'-' => Self::Comment(Comment::Start),
                _ => return Self::UntilGreater.next(byte),
            },
            Self::Comment(comment) => comment.next(byte).map_or(Self::Between, Self::Comment),
            Self::UntilGreater => match byte {
                b'>' => Self::Between,
                _ => Self::UntilGreater,
            },
        })
    }

    /// The transition of one more letter of a tag's name.
    fn letter(name: &'static [u8], letters: usize, byte: u8) -> Next {
        NAMES
            .iter()
            .find(|other| {
                other.get(..letters) == name.get(..letters)
                    && other.get(letters) == Some(&byte.to_ascii_lowercase())
            })
            .map_or(Next::Before, |other| Next::State(Self::TagName(other, letters + 1)))
    }

    /// Returns true if this byte completes the name `head` or `html`.
    fn is_name_ended_by(self, byte: u8) -> bool {
        matches!(self, Self::TagName(name, letters) if letters == name.len())
            && (is_space(byte) || matches!(byte, b'/' | b'>'))
    }
}

impl Attribute {
    /// The transition of one byte; `None` at the end of the tag.
    pub(super) fn next(self, byte: u8) -> Option<Self> {
        Some(match (self, byte) {
            (Self::Quoted(quote), _) if byte == quote => Self::BeforeName,
            (Self::Quoted(_), _) => self,
            (_, b'>') => return None,
            (Self::BeforeValue, b'"' | b'\'') => Self::Quoted(byte),
            (Self::BeforeValue, _) if is_space(byte) => Self::BeforeValue,
            (Self::Unquoted, _) if is_space(byte) => Self::BeforeName,
            (Self::BeforeValue | Self::Unquoted, _) => Self::Unquoted,
            (_, b'/') => Self::BeforeName,
            (Self::Name | Self::AfterName, b'=') => Self::BeforeValue,
            (Self::BeforeName, _) if is_space(byte) => Self::BeforeName,
            (_, _) if is_space(byte) => Self::AfterName,
            (_, _) => Self::Name,
        })
    }
}

impl Comment {
    /// The transition of one byte; `None` at the end of the comment.
    ///
    /// The standard's four states after `<` in a comment only detect errors, and are omitted.
    pub(super) fn next(self, byte: u8) -> Option<Self> {
        Some(match (self, byte) {
            (Self::Start | Self::StartDash | Self::End | Self::EndBang, b'>') => return None,
            (Self::Start, b'-') => Self::StartDash,
            (Self::StartDash | Self::EndDash | Self::End, b'-') => Self::End,
            (Self::Text | Self::EndBang, b'-') => Self::EndDash,
            (Self::End, b'!') => Self::EndBang,
            _ => Self::Text,
        })
    }
}

/// HTML's whitespace, with the carriage returns that its input stream turns into line feeds.
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\x0c' | b'\r' | b' ')
}

/// Returns true if this HTML has a script element outside comments whose `src` is the path.
///
/// A relative URL counts, and one with a prefix, a host or a query.
pub(super) fn loads_script(html: &[u8], path: &str) -> bool {
    // Almost no page names the path. In unoptimised builds the first search takes a hundredth of the second.
    let path = relative(path);
    if !rarest(path).is_none_or(|byte| html.contains(&byte)) || memmem::find(html, path).is_none() {
        return false;
    }
    let mut in_comment = false;
    html.split(|byte| *byte == b'<').skip(1).any(|piece| {
        let hidden = in_comment || piece.starts_with(b"!--");
        in_comment = hidden && memmem::find(piece, b"-->").is_none();
        !hidden && is_script_of(piece, path)
    })
}

/// Returns true if the text after a `<` is a script's start tag with this `src`.
fn is_script_of(piece: &[u8], path: &[u8]) -> bool {
    let tag = piece.split(|byte| *byte == b'>').next().unwrap_or_default();
    let Some((name, attributes)) = tag.split_at_checked(b"script".len()) else {
        return false;
    };
    let Some((before, after)) = memmem::find(attributes, path).and_then(|at| {
        let (before, rest) = attributes.split_at_checked(at)?;
        Some((before, rest.get(path.len()..)?))
    }) else {
        return false;
    };
    let ends = |byte: &u8| is_space(*byte) || matches!(byte, b'"' | b'\'' | b'?' | b'#');
    let begins = |byte: &u8| is_space(*byte) || matches!(byte, b'"' | b'\'' | b'=');
    let prefix = before.rsplit(begins).next().unwrap_or_default();
    let attribute = before.strip_suffix(prefix).unwrap_or_default();
    name.eq_ignore_ascii_case(b"script")
        && after.first().is_none_or(ends)
        && (prefix.is_empty() || prefix.ends_with(b"/"))
        && ends_in_src(attribute)
}

/// Returns true if this text of a tag ends in the beginning of a `src` attribute, up to its value.
fn ends_in_src(mut text: &[u8]) -> bool {
    while let [rest @ .., b'"' | b'\'' | b'=' | b'\t' | b'\n' | b'\x0c' | b'\r' | b' '] = text {
        text = rest;
    }
    text.split_last_chunk().is_some_and(|(rest, name): (_, &[u8; 3])| {
        name.eq_ignore_ascii_case(b"src")
            && rest.last().is_some_and(|byte| is_space(*byte) || matches!(byte, b'/' | b'"' | b'\''))
    })
}

/// Returns the byte of a path that is likely to be the rarest in HTML.
fn rarest(path: &[u8]) -> Option<u8> {
    let is_common = |byte: u8| byte.is_ascii_lowercase() || b"/.-".contains(&byte);
    path.iter().copied().find(|byte| !is_common(*byte))
}

/// A path as the end of a relative URL.
fn relative(path: &str) -> &[u8] {
    path.strip_prefix('/').unwrap_or(path).as_bytes()
}
