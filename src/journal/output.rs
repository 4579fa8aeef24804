//! The end of the output of each child process. A process writes into its tail in any case, as a failure shows it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

/// Number of bytes at the end of the output that are kept.
const MAX_TAIL: usize = 16 * 1024;

/// The most commands whose output is listed. Those that were started first make room.
#[cfg(feature = "command")]
const MOST: usize = 16;

/// The longest name of a command, in characters.
#[cfg(feature = "command")]
const MOST_NAME: usize = 100;

/// The last [`MAX_TAIL`] bytes of a child's output on both pipes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tail(Arc<Mutex<VecDeque<u8>>>);

impl Tail {
    #[cfg(any(test, feature = "command"))]
    pub(crate) fn push(&self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(MAX_TAIL)..];
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let over = (kept.len() + bytes.len()).saturating_sub(MAX_TAIL);
        kept.drain(..over);
        kept.extend(bytes);
    }

    /// The text. If it was cut, it starts with a whole line.
    pub(crate) fn text(&self) -> String {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_cut = kept.len() == MAX_TAIL;
        let bytes: &[u8] = kept.make_contiguous();
        let start = match bytes.iter().position(|&byte| byte == b'\n') {
            Some(end) if is_cut => end + 1,
            _ => 0,
        };
        String::from_utf8_lossy(&bytes[start..]).trim_end().to_owned()
    }
}

/// The tails of the latest run of each command, by its name.
#[derive(Debug, Default)]
pub(crate) struct Outputs(Mutex<VecDeque<(String, Tail)>>);

impl Outputs {
    /// Creates the tail of a run, in place of that of the run before.
    #[cfg(feature = "command")]
    pub(crate) fn begin(&self, name: &str) -> Tail {
        let (name, tail) = (name.chars().take(MOST_NAME).collect::<String>(), Tail::default());
        let mut outputs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        outputs.retain(|(other, _)| *other != name);
        if outputs.len() == MOST {
            outputs.pop_front();
        }
        outputs.push_back((name, tail.clone()));
        tail
    }

    /// Returns the name of each command with its output, the latest last.
    pub(crate) fn list(&self) -> Vec<(String, String)> {
        let outputs = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        outputs.into_iter().map(|(name, tail)| (name, tail.text())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_bounded_and_begins_with_a_line() {
        let tail = Tail::default();
        tail.push(b"one\ntwo\n\n");
        assert_eq!(tail.text(), "one\ntwo");
        for n in 0..10_000 {
            tail.push(format!("line {n}\n").as_bytes());
        }
        let text = tail.text();
        assert!(text.len() < MAX_TAIL && text.ends_with("line 9998\nline 9999"));
        assert!(text.starts_with("line "), "{}", &text[..20]);
        tail.push("x".repeat(3 * MAX_TAIL).as_bytes());
        assert_eq!(tail.text(), "x".repeat(MAX_TAIL), "one line that is all too long is cut");
    }

    #[cfg(feature = "command")]
    #[test]
    fn a_run_replaces_the_one_before_and_the_number_is_bounded() {
        let outputs = Outputs::default();
        outputs.begin("build").push(b"one\n");
        outputs.begin("build").push(b"two\n");
        assert_eq!(outputs.list(), [("build".to_owned(), "two".to_owned())]);
        for n in 0..100 {
            outputs.begin(&format!("{n}{}", "x".repeat(1_000))).push(&vec![b'y'; 2 * MAX_TAIL]);
        }
        let listed = outputs.list();
        assert_eq!(listed.len(), MOST);
        assert!(listed.iter().all(|(name, text)| name.len() == MOST_NAME && text.len() <= MAX_TAIL));
    }
}
