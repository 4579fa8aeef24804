//! A limit on wrong tokens, against guessing.

use std::{
    sync::{Mutex, PoisonError},
    time::{Duration, Instant},
};

/// Number of wrong tokens that are compared within a [`WINDOW`]: more than a person mistypes, too few to
/// guess one.
const ALLOWED: u32 = 10;

const WINDOW: Duration = Duration::from_secs(10);

/// A counter of wrong tokens of one kind. All senders share it, because a sender can change its address.
#[derive(Debug)]
pub(super) struct Attempts {
    /// Start of the window and the number of wrong tokens since then.
    wrong: Mutex<(Instant, u32)>,
}

impl Default for Attempts {
    fn default() -> Self {
        Self { wrong: Mutex::new((Instant::now(), 0)) }
    }
}

impl Attempts {
    /// Returns true if the limit of this window is reached.
    pub(super) fn are_exhausted(&self, now: Instant) -> bool {
        self.with(now, |wrong| *wrong >= ALLOWED)
    }

    /// Counts a wrong token.
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
    fn each_window_allows_a_few_wrong_tokens() {
        let attempts = Attempts::default();
        let start = Instant::now();
        let looked_at = |at: Instant| {
            let tries = (0..100).filter(|_| !attempts.are_exhausted(at)).inspect(|_| attempts.note(at));
            tries.count()
        };
        assert_eq!(looked_at(start), 10);
        assert_eq!(looked_at(start + WINDOW / 2), 0);
        assert_eq!(looked_at(start + WINDOW * 2), 10);
        assert_eq!(looked_at(start), 0, "an earlier clock reading opens no new window");
    }
}
