//! Build errors for Vite's overlay, with position and source lines extracted from the text.

use serde::Serialize;

use crate::escape::without_colours;

/// The `err` of an `ErrorPayload` in Vite's client. An error without a `stack` isn't shown.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Failure {
    message: String,
    stack: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    frame: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    loc: Option<Place>,
}

/// A position in a file, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Place {
    file: String,
    line: u32,
    column: u32,
}

impl Failure {
    /// Combines all errors, because there is one overlay. The position is the first that any of them names.
    pub(super) fn of(errors: &[String]) -> Self {
        let text = without_colours(&errors.join("\n\n"));
        let loc = text.lines().find_map(place);
        let (stack, message): (Vec<_>, Vec<_>) = text.lines().partition(|line| is_stack(line));
        let frame: Vec<_> = message.iter().copied().filter(|line| is_source(line)).collect();
        Self {
            stack: stack.join("\n"),
            id: loc.as_ref().map(|place| place.file.clone()),
            // The client removes these lines from the message, by the line feeds at their ends.
            frame: (!frame.is_empty()).then(|| frame.join("\n") + "\n"),
            message: message.join("\n")
                + if message.last().is_some_and(|line| is_source(line)) { "\n" } else { "" },
            loc,
        }
    }
}

/// Finds `FILE:LINE:COLUMN` anywhere in a line.
fn place(line: &str) -> Option<Place> {
    line.split(|char: char| char.is_whitespace() || "()[]'\"`,".contains(char)).find_map(|word| {
        let mut parts = word.trim_end_matches(':').rsplitn(3, ':');
        let (column, line) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
        let file = parts.next()?;
        // A time of day has no letter, and a host has no slash or extension.
        let is_file = file.contains(['/', '\\', '.']) && file.contains(char::is_alphabetic);
        (is_file && line > 0).then(|| Place { file: file.to_owned(), line, column })
    })
}

/// Returns true for a line of a stack trace, as JavaScript engines write it.
fn is_stack(line: &str) -> bool {
    let trimmed = line.trim_start();
    line.len() > trimmed.len() && trimmed.starts_with("at ")
}

/// Returns true for a source line with its number, or for the line below that points at a position in it.
fn is_source(line: &str) -> bool {
    let Some((number, rest)) = line.strip_prefix('>').unwrap_or(line).split_once('|') else { return false };
    match number.trim() {
        "" => !number.is_empty() && rest.trim_start().starts_with('^'),
        digits => number.ends_with(' ') && digits.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(errors: &[&str]) -> Failure {
        Failure::of(&errors.iter().map(|error| (*error).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn position_source_and_stack_are_extracted_from_the_text() {
        let failure = of(&[concat!(
            "\u{1b}[31m./src/app.js:3:7\u{1b}[0m: unexpected token\n",
            "  2 | a\n> 3 | let let\n    |     ^\n",
            "    at parse (/x/parser.js:10:2)"
        )]);
        assert_eq!(failure.loc, Some(Place { file: "./src/app.js".into(), line: 3, column: 7 }));
        assert_eq!(failure.id.as_deref(), Some("./src/app.js"));
        assert_eq!(failure.frame.as_deref(), Some("  2 | a\n> 3 | let let\n    |     ^\n"));
        assert_eq!(failure.stack, "    at parse (/x/parser.js:10:2)");
        assert!(failure.message.starts_with("./src/app.js:3:7: unexpected token\n  2 | a"));
    }

    #[test]
    fn other_text_is_not_mistaken_for_a_position() {
        for text in
            ["", "no such module", "at 12:30:59 it failed", "localhost:3:4", "a|b", "| x", "./a.js:0:1"]
        {
            let failure = of(&[text]);
            assert_eq!((failure.loc, failure.frame), (None, None), "{text}");
            assert_eq!((failure.message.as_str(), failure.stack.as_str()), (text, ""));
        }
        assert!(of(&["error: x\n --> src/main.rs:4:5"]).loc.is_some_and(|place| place.line == 4), "rustc's");
    }

    #[test]
    fn several_errors_are_one() {
        let failure = of(&["first", "second in a.css:1:2"]);
        assert_eq!(failure.message, "first\n\nsecond in a.css:1:2");
        assert_eq!(failure.id.as_deref(), Some("a.css"));
    }
}
