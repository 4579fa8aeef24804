//! Events where some may be lost without notice: after each burst, the watches are renewed, and the folders scanned.
//!
//! Pure: the time is passed to each call.

use std::time::{Duration, Instant};

/// Number of events from which some may be missing: the buffer of `ReadDirectoryChangesW`, of 16 KiB, has room for so many
/// with names of 300 characters.
const MANY: usize = 24;

/// Number of files up to which a scan costs so little that it follows even a single event.
const FEW_FILES: usize = 2_000;

/// Time without an event that ends a burst.
const QUIET: Duration = Duration::from_millis(300);

/// Longest time from the first event to the scan.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// Shortest pause between two scans, as a multiple of their duration: they take a fifth of a core.
const PAUSE: u32 = 4;

/// The events since the last scan.
#[derive(Debug, Default)]
pub(super) struct Burst {
    count: usize,
    first: Option<Instant>,
    last: Option<Instant>,
    not_before: Option<Instant>,
}

impl Burst {
    /// Adds an event.
    pub(super) fn event(&mut self, now: Instant) {
        self.count += 1;
        self.first.get_or_insert(now);
        self.last = Some(now);
    }

    /// The end of the burst, if there was an event.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let due = (self.last? + QUIET).min(self.first? + MAX_WAIT);
        Some(self.not_before.map_or(due, |earliest| due.max(earliest)))
    }

    /// Returns true if a tree of so many files is to be scanned after this burst.
    pub(super) fn needs_scan(&self, files: usize) -> bool {
        self.count >= MANY || files <= FEW_FILES
    }

    /// Begins again after the end of a burst, which took this long to handle.
    pub(super) fn ended(&mut self, took: Duration, now: Instant) {
        *self = Self { not_before: Some(now + took.saturating_mul(PAUSE)), ..Self::default() };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ends of the bursts for events at `events`, in ms, each of which takes `took`, and whether a large tree is scanned.
    fn ends(events: impl IntoIterator<Item = u64>, took: u64) -> Vec<(u64, bool)> {
        let start = Instant::now();
        let events: Vec<_> = events.into_iter().collect();
        let mut burst = Burst::default();
        let mut ends = Vec::new();
        for ms in 0..10_000 {
            let now = start + Duration::from_millis(ms);
            for _ in events.iter().filter(|event| **event == ms) {
                burst.event(now);
            }
            if burst.deadline().is_some_and(|due| due <= now) {
                assert!(burst.needs_scan(FEW_FILES));
                ends.push((ms, burst.needs_scan(FEW_FILES + 1)));
                burst.ended(Duration::from_millis(took), now);
            }
        }
        ends
    }

    #[test]
    fn a_burst_ends_when_it_is_quiet() {
        let at = |ms, count| std::iter::repeat_n(ms, count);
        let cases = [
            ("none", ends([], 0), &[][..]),
            ("one", ends([0], 0), &[(300, false)]),
            ("a few", ends(at(0, MANY - 1), 0), &[(300, false)]),
            ("many", ends(at(0, MANY), 0), &[(300, true)]),
            ("many in a row", ends(0..100, 0), &[(399, true)]),
            ("one after the other", ends([0, 1_000], 0), &[(300, false), (1_300, false)]),
            ("without a pause", ends((0..4_000).step_by(10), 0), &[(2_000, true), (4_010, true)]),
            ("a slow scan", ends(at(0, MANY).chain(at(400, 1)), 1_000), &[(300, true), (4_300, false)]),
        ];
        for (case, ends, expected) in cases {
            assert_eq!(ends, expected, "{case}");
        }
    }
}
