//! The latest lines of the browsers' consoles.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

use serde::Serialize;

use crate::escape::{Escaped, shorten};

/// The most lines that are kept.
const MOST: usize = 128;

/// A line of a page's console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct ConsoleLine {
    /// Milliseconds since 1970.
    pub(crate) at: u64,
    /// `error`, `warn`, `info`, `log` or `debug`.
    pub(crate) level: String,
    /// The path of the page.
    pub(crate) page: String,
    pub(crate) text: String,
}

/// The latest lines. What forwards a console adds its lines here, and the inspector lists them.
#[derive(Debug, Default)]
pub(crate) struct Console(Mutex<VecDeque<ConsoleLine>>);

impl Console {
    /// Adds a line, without control characters and shortened.
    #[cfg_attr(not(test), allow(dead_code, reason = "no source of such lines is there yet"))]
    pub(crate) fn add(&self, line: ConsoleLine) {
        let clean = |text: &str| Escaped(shorten(text)).to_string();
        let ConsoleLine { at, level, page, text } = line;
        let line = ConsoleLine { at, level: clean(&level), page: clean(&page), text: clean(&text) };
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if lines.len() == MOST {
            lines.pop_front();
        }
        lines.push_back(line);
    }

    /// Returns the lines, the latest last.
    pub(crate) fn list(&self) -> Vec<ConsoleLine> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_bounded_and_harmless() {
        let console = Console::default();
        for at in 0..1_000 {
            let text = format!("\u{1b}[31m{}", "x".repeat(9_000));
            console.add(ConsoleLine { at, level: "error".to_owned(), page: "/".to_owned(), text });
        }
        let lines = console.list();
        assert_eq!((lines.len(), lines[0].at), (MOST, 1_000 - MOST as u64));
        assert!(lines.iter().all(|line| line.text.len() < 300 && line.text.starts_with("\\u{1b}[31m")));
    }
}
