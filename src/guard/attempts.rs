//! Wrong tokens, counted: who tries one after the other gets no further than a few.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// How many wrong tokens are looked at within a [`WINDOW`]. More than somebody mistypes, and far too few to guess by.
const ALLOWED: u32 = 10;

const WINDOW: Duration = Duration::from_secs(10);

/// A count of wrong tokens of one kind, from all senders together: where a request comes from, it can choose.
#[derive(Debug)]
pub(super) struct Attempts {
    /// When the window began, and how many there were since.
    wrong: Mutex<(Instant, u32)>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { wrong: Mutex::new((Instant::now(), 0)) }
    }
}

impl Attempts {
    /// Whether there were too many for another one to be looked at.
    pub(super) fn are_exhausted(&self, now: Instant) -> bool {
        self.with(now, |wrong| *wrong >= ALLOWED)
    }

    /// Counts a wrong one.
    pub(super) fn note(&self, now: Instant) {
        self.with(now, |wrong| *wrong = wrong.saturating_add(1));
    }

    fn with<T>(&self, now: Instant, look: impl FnOnce(&mut u32) -> T) -> T {
        let mut wrong = self.wrong.lock().unwrap_or_else(PoisonError::into_inner);
        if now.saturating_duration_since(wrong.0) >= WINDOW {
            *wrong = (now, 0);
        }
        look(&mut wrong.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_are_looked_at_in_each_window() {
        let attempts = Attempts::default();
        let start = Instant::now();
        let looked_at = |at: Instant| {
            let tries = (0..100).filter(|_| !attempts.are_exhausted(at)).inspect(|_| attempts.note(at));
            tries.count()
        };
        assert_eq!(looked_at(start), 10);
        assert_eq!(looked_at(start + WINDOW / 2), 0);
        assert_eq!(looked_at(start + WINDOW * 2), 10);
        assert_eq!(looked_at(start), 0, "a clock that was read earlier gives nothing back");
    }
}
