//! Rounds in the output of a tool that keeps running: from the line that announces a build, or its first error, to the
//! line that says that it is done, or to a silence.
//!
//! Each tool has its own wording. Known are tsc, Tailwind CSS, Sass, esbuild, Rollup and the like; the output of any
//! other tool is searched for errors.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use crate::escape::without_colours;

/// Silence after which a round without an announced end is over.
pub(super) const SILENCE: Duration = Duration::from_millis(200);

/// Number of bytes of a round's text that are kept for the page.
const MAX_TEXT: usize = 16 * 1024;

/// Longest prefix of a line that is searched for a time.
const MAX_TIME: usize = 40;

/// Meaning of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Begins,
    Done,
    Failed,
    Other,
}

/// Words at the start of a line, in lower case.
const BEGINNINGS: [&str; 8] = [
    "starting compilation",
    "starting incremental compilation",
    "file change detected",
    "change detected",
    "rebuilding",
    "building",
    "compiling",
    "[watch] build started",
];
const ENDS: [&str; 9] = [
    "done in ",
    "done.",
    "compiled ",
    "built ",
    "rebuilt ",
    "created ",
    "finished ",
    "found ",
    "[watch] build finished",
];

impl Line {
    fn of(line: &str) -> Self {
        let line = without_time(line.trim()).to_lowercase();
        let starts = |words: &[&str]| words.iter().any(|word| line.starts_with(word));
        if starts(&BEGINNINGS) {
            Self::Begins
        } else if starts(&ENDS) {
            Self::Done
        } else if is_error(&line) {
            Self::Failed
        } else {
            Self::Other
        }
    }
}

/// The line without a time before it: `[10:30:00 PM] ` or `10:30:00 PM - ` of tsc, `[2026-01-02 03:04] ` of Sass.
fn without_time(line: &str) -> &str {
    let is_time = |text: &str| text.contains(':') && text.chars().any(|char| char.is_ascii_digit());
    let (time, rest) = if let Some(inside) = line.strip_prefix('[') {
        inside.split_once("] ").unwrap_or(("", line))
    } else if line.starts_with(|char: char| char.is_ascii_digit()) {
        line.split_once(" - ").unwrap_or(("", line))
    } else {
        return line;
    };
    if time.len() <= MAX_TIME && is_time(time) { rest } else { line }
}

/// Returns true if a line in lower case reports an error: `error: …`, `SyntaxError: …`, `[ERROR] …`, `a.ts(1,2): error …`.
fn is_error(line: &str) -> bool {
    let text = line.trim_start_matches(|char: char| !char.is_alphanumeric());
    let end = text.find(|char: char| !char.is_alphanumeric()).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let is_word = word == "error" && (rest.is_empty() || rest.starts_with([' ', ':', ']', '[', '(', '!']));
    let is_name = word.ends_with("error") && rest.starts_with(':');
    is_word
        || is_name
        || [": error ", ": error:", " - error ", ") error "].iter().any(|part| line.contains(part))
}

/// Rounds of the output. The threads that read the output add lines, and the runner takes what they amount to.
#[derive(Debug, Default)]
pub(super) struct Rounds(Mutex<Round>);

#[derive(Debug, Default)]
struct Round {
    is_done: bool,
    has_failed: bool,
    text: VecDeque<u8>,
    last: Option<Instant>,
    /// The runner was notified of the round, and has not looked at it since.
    is_notified: bool,
}

/// A round as far as it is known.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Progress {
    /// Nothing has been said.
    Silent,
    /// A build is under way.
    Begun,
    /// It may go on; look again at this time.
    Open(Instant),
    /// It is over, as a line has said, with the text of a failure if there is one.
    Done(Option<String>),
    /// The same, as nothing more was said or written.
    Quiet(Option<String>),
}

impl Rounds {
    fn lock(&self) -> MutexGuard<'_, Round> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a line. Returns true if the runner has to be notified.
    pub(super) fn add(&self, line: &[u8], now: Instant) -> bool {
        let line = String::from_utf8_lossy(line);
        // `ESC c` is how tsc clears the screen.
        let line = without_colours(&line).replace("\u{1b}c", "");
        let meaning = Line::of(&line);
        let mut round = self.lock();
        if line.trim().is_empty() && round.text.is_empty() {
            return false;
        }
        if meaning == Line::Begins || round.is_done && !line.trim().is_empty() {
            *round = Round { is_notified: round.is_notified, ..Round::default() };
        }
        match meaning {
            Line::Done => round.is_done = true,
            Line::Failed => round.has_failed = true,
            Line::Begins | Line::Other => {}
        }
        if meaning != Line::Begins {
            let line = line.trim_end();
            round.text.extend(&line.as_bytes()[line.len().saturating_sub(MAX_TEXT)..]);
            round.text.push_back(b'\n');
            let over = round.text.len().saturating_sub(MAX_TEXT);
            round.text.drain(..over);
        }
        round.last = Some(now);
        !std::mem::replace(&mut round.is_notified, true)
    }

    /// Looks at the round. One that is over is taken. `is_written`: so is one of which only the start was announced.
    pub(super) fn progress(&self, now: Instant, is_written: bool) -> Progress {
        let mut round = self.lock();
        round.is_notified = false;
        let Some(last) = round.last else { return Progress::Silent };
        let has_text = !round.text.is_empty();
        if !round.is_done && !has_text && !is_written {
            return Progress::Begun;
        }
        if !round.is_done && has_text && now < last + SILENCE {
            return Progress::Open(last + SILENCE);
        }
        let round = std::mem::take(&mut *round);
        let text: Vec<u8> = round.text.into();
        let failure = round.has_failed.then(|| String::from_utf8_lossy(&text).trim().to_owned());
        if round.is_done { Progress::Done(failure) } else { Progress::Quiet(failure) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_known_tools_are_understood() {
        for (line, meaning) in [
            ("10:30:00 PM - Starting compilation in watch mode...", Line::Begins),
            ("[10:30:00 PM] File change detected. Starting incremental compilation...", Line::Begins),
            ("src/a.ts(1,7): error TS2322: Type 'string' is not assignable to type 'number'.", Line::Failed),
            ("src/a.ts:1:7 - error TS2322: Type 'string' is not assignable.", Line::Failed),
            ("error TS5058: The specified path does not exist: 'x'.", Line::Failed),
            ("10:30:00 PM - Found 0 errors. Watching for file changes.", Line::Done),
            ("[10:30:00 PM] Found 1 error. Watching for file changes.", Line::Done),
            ("≈ tailwindcss v4.1.0", Line::Other),
            ("Done in 5ms", Line::Done),
            ("Error: Cannot apply unknown utility class `nope`", Line::Failed),
            ("CssSyntaxError: <css input>:1:1: Unknown word", Line::Failed),
            ("Sass is watching for changes. Press Ctrl-C to stop.", Line::Other),
            ("[2026-01-02 03:04] Compiled a.scss to a.css.", Line::Done),
            ("Error: expected \"}\".", Line::Failed),
            ("✘ [ERROR] Expected \";\" but found \"}\"", Line::Failed),
            ("[watch] build finished, watching for changes...", Line::Done),
            ("created dist in 1.2s", Line::Done),
            ("error-page.html was copied", Line::Other),
            ("0 errors", Line::Other),
            ("no error here", Line::Other),
            ("", Line::Other),
        ] {
            assert_eq!(Line::of(line), meaning, "{line:?}");
        }
    }

    /// Adds lines, and returns the round in the end and after a silence.
    fn said(rounds: &Rounds, lines: &[&str]) -> (Progress, Progress) {
        let now = Instant::now();
        for line in lines {
            rounds.add(line.as_bytes(), now);
        }
        (rounds.progress(now, false), rounds.progress(now + SILENCE, false))
    }

    #[test]
    fn a_round_ends_with_its_last_line_or_a_silence() {
        let rounds = Rounds::default();
        let open = |progress: Progress| assert!(matches!(progress, Progress::Open(_)), "{progress:?}");
        let text = |text: &str| Some(text.to_owned());
        assert_eq!(said(&rounds, &[]), (Progress::Silent, Progress::Silent));
        assert_eq!(said(&rounds, &["", " "]), (Progress::Silent, Progress::Silent));
        assert_eq!(
            said(&rounds, &["\u{1b}cRebuilding..."]),
            (Progress::Begun, Progress::Begun),
            "however long"
        );
        assert_eq!(said(&rounds, &["Done in 5ms"]), (Progress::Done(None), Progress::Silent));
        let (now, later) = said(&rounds, &["\u{1b}[31mError: no\u{1b}[0m", "", "  at a.css"]);
        open(now);
        assert_eq!(later, Progress::Quiet(text("Error: no\n\n  at a.css")));
        let (now, _) =
            said(&rounds, &["a.ts(1,1): error TS1: no", "Found 1 error. Watching for file changes."]);
        let failure = text("a.ts(1,1): error TS1: no\nFound 1 error. Watching for file changes.");
        assert_eq!(now, Progress::Done(failure));
        let (now, later) = said(&rounds, &["all is well"]);
        open(now);
        assert_eq!(later, Progress::Quiet(None));
        // A new round replaces one that was not looked at.
        assert_eq!(said(&rounds, &["Error: no", "Done in 1ms", "Done in 2ms"]).0, Progress::Done(None));
    }

    #[test]
    fn a_round_whose_end_is_not_announced_is_over_when_its_files_are_written() {
        let rounds = Rounds::default();
        let now = Instant::now();
        rounds.add(b"Building...", now);
        assert_eq!(rounds.progress(now, false), Progress::Begun);
        assert_eq!(rounds.progress(now, true), Progress::Quiet(None));
        assert_eq!(rounds.progress(now, true), Progress::Silent, "it was taken");
        for line in ["Building...", "Error: no"] {
            rounds.add(line.as_bytes(), now);
        }
        assert!(matches!(rounds.progress(now, true), Progress::Open(_)), "an error may have more lines");
    }

    #[test]
    fn the_runner_is_notified_once_and_the_text_is_bounded() {
        let rounds = Rounds::default();
        let now = Instant::now();
        let notified = (0..10_000).filter(|n| rounds.add(format!("error: {n}").as_bytes(), now)).count();
        assert_eq!(notified, 1);
        assert!(!rounds.add(&vec![b'x'; 1 << 20], now));
        let Progress::Quiet(Some(text)) = rounds.progress(now + SILENCE, false) else {
            panic!("it has failed")
        };
        assert!(text.len() <= MAX_TEXT, "{}", text.len());
        assert!(rounds.add(b"again", now));
    }
}
