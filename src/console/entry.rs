//! One problem of a page, or one line of its console.

use std::{fmt, time::SystemTime};

use tracing::Level as Severity;

/// The longest texts that are kept, in bytes.
const MAX_TEXT: usize = 2_000;
const MAX_PAGE: usize = 200;
const MAX_PLACE: usize = 300;

/// A problem of a page, or a line of its console, with the number of times that it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Path of the page's URL.
    pub(crate) page: String,
    pub(crate) kind: Kind,
    pub(crate) level: Level,
    pub(crate) text: String,
    /// The place in the source, as `src/cart.ts:12:7`.
    pub(crate) place: Option<String>,
    /// Time at which it came last.
    pub(crate) time: SystemTime,
    pub(crate) count: u32,
}

/// The origin of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An error that the page did not catch.
    Error,
    /// A promise that was rejected, and not handled.
    Rejection,
    /// An element whose file can't be loaded.
    Resource,
    /// A violation of a `Content-Security-Policy`.
    Policy,
    /// A line of the console.
    Console,
}

/// The method of the browser's console, or `Error` and `Warn` for a problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Error,
    Warn,
    Info,
    Log,
    Debug,
}

impl Kind {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Error, Self::Rejection, Self::Resource, Self::Policy, Self::Console]
            .into_iter()
            .find(|kind| kind.as_str() == name)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Rejection => "rejection",
            Self::Resource => "resource",
            Self::Policy => "policy",
            Self::Console => "console",
        }
    }
}

impl Level {
    pub(crate) fn parse(name: &str) -> Option<Self> {
        [Self::Error, Self::Warn, Self::Info, Self::Log, Self::Debug]
            .into_iter()
            .find(|level| level.as_str() == name)
    }

    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warn => "warn",
            Self::Info => "info",
            Self::Log => "log",
            Self::Debug => "debug",
        }
    }

    pub(super) fn severity(self) -> Severity {
        match self {
            Self::Error => Severity::ERROR,
            Self::Warn => Severity::WARN,
            Self::Info | Self::Log => Severity::INFO,
            Self::Debug => Severity::DEBUG,
        }
    }
}

impl Entry {
    /// Shortens the texts to what is kept.
    pub(super) fn bounded(mut self) -> Self {
        cut(&mut self.page, MAX_PAGE);
        cut(&mut self.text, MAX_TEXT);
        if let Some(place) = &mut self.place {
            cut(place, MAX_PLACE);
        }
        self.count = self.count.max(1);
        self
    }

    /// Number of bytes of the texts.
    pub(super) fn bytes(&self) -> usize {
        self.page.len() + self.text.len() + self.place.as_ref().map_or(0, String::len)
    }

    /// Returns true if only the time and the number differ.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        (&self.page, self.kind, self.level, &self.text, &self.place)
            == (&other.page, other.kind, other.level, &other.text, &other.place)
    }
}

/// Writes the entry as one line: the page, the text, the place, and the number if it is more than one.
///
/// Spaces and line ends in the text become single spaces. Other control characters are escaped where the line is written.
impl fmt::Display for Entry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.page)?;
        match self.kind {
            Kind::Error => {}
            Kind::Rejection => f.write_str("unhandled rejection: ")?,
            Kind::Resource => f.write_str("could not load ")?,
            Kind::Policy => f.write_str("blocked by the policy: ")?,
            Kind::Console => write!(f, "console.{}: ", self.level.as_str())?,
        }
        for (at, word) in self.text.split_whitespace().enumerate() {
            let space = if at == 0 { "" } else { " " };
            write!(f, "{space}{word}")?;
        }
        if let Some(place) = &self.place {
            write!(f, " ({place})")?;
        }
        if self.count > 1 { write!(f, " ×{}", self.count) } else { Ok(()) }
    }
}

/// Cuts a text to this many bytes.
fn cut(text: &mut String, max: usize) {
    if text.len() <= max {
        return;
    }
    let end = (0..=max - '…'.len_utf8()).rev().find(|end| text.is_char_boundary(*end)).unwrap_or_default();
    text.truncate(end);
    text.push('…');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(kind: Kind, text: &str) -> Entry {
        let (page, text) = ("/cart".to_owned(), text.to_owned());
        Entry { page, kind, level: Level::Error, text, place: None, time: SystemTime::UNIX_EPOCH, count: 1 }
    }

    #[test]
    fn an_entry_is_one_line() {
        let place = Some("src/cart.ts:12:7".to_owned());
        for (entry, line) in [
            (
                Entry { place, ..entry(Kind::Error, "TypeError: no") },
                "/cart: TypeError: no (src/cart.ts:12:7)",
            ),
            (Entry { count: 5, ..entry(Kind::Rejection, "a\n  b") }, "/cart: unhandled rejection: a b ×5"),
            (entry(Kind::Resource, "<img> /a.png"), "/cart: could not load <img> /a.png"),
            (entry(Kind::Policy, "img-src x"), "/cart: blocked by the policy: img-src x"),
            (Entry { level: Level::Log, ..entry(Kind::Console, "x") }, "/cart: console.log: x"),
        ] {
            assert_eq!(entry.to_string(), line);
        }
    }

    #[test]
    fn texts_are_cut_between_characters() {
        let long = "é".repeat(5_000);
        let entry =
            Entry { page: long.clone(), place: Some(long.clone()), count: 0, ..entry(Kind::Error, &long) };
        let entry = entry.bounded();
        assert!(entry.text.len() <= MAX_TEXT && entry.text.ends_with("é…"), "{}", entry.text.len());
        assert!(entry.page.len() <= MAX_PAGE && entry.place.as_ref().unwrap().len() <= MAX_PLACE);
        assert!(entry.bytes() <= MAX_TEXT + MAX_PAGE + MAX_PLACE && entry.count == 1);
    }

    #[test]
    fn names_are_read_as_they_are_written() {
        for name in ["error", "rejection", "resource", "policy", "console"] {
            assert_eq!(Kind::parse(name).map(Kind::as_str), Some(name));
        }
        for name in ["error", "warn", "info", "log", "debug"] {
            assert_eq!(Level::parse(name).map(Level::as_str), Some(name));
        }
        assert_eq!((Kind::parse("Error"), Level::parse("trace")), (None, None));
    }
}
