//! Batches of changes: a single change is published at once, and many in a row in a few builds.
//!
//! Pure: the time is passed to each call.

use std::time::{Duration, Instant};

/// Time without a change that ends a burst.
pub(super) const DEBOUNCE: Duration = Duration::from_millis(50);

/// Longest time that a change waits for the end of a burst.
pub(super) const MAX_WAIT: Duration = Duration::from_millis(500);

/// Changes that are not published yet.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pending: Option<Pending>,
    /// Time of the last build or change.
    last: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Pending {
    /// First event of the first change.
    since: Instant,
    /// Time at which the first change was confirmed.
    first: Instant,
    burst: bool,
}

impl Batch {
    /// Adds a change, whose first event was at `since`.
    pub(super) fn changed(&mut self, since: Instant, now: Instant) {
        let burst = self.last.is_some_and(|last| now < last + DEBOUNCE);
        let pending = self.pending.get_or_insert(Pending { since, first: now, burst });
        pending.since = pending.since.min(since);
        self.last = Some(now);
    }

    /// Time at which to publish the changes. With `more_soon`, other files are about to be complete.
    pub(super) fn deadline(&self, more_soon: bool) -> Option<Instant> {
        let pending = self.pending?;
        let quiet = self.last.unwrap_or(pending.first) + DEBOUNCE;
        Some(match (pending.burst, more_soon) {
            (true, _) => quiet.min(pending.first + MAX_WAIT),
            (false, true) => pending.first + DEBOUNCE,
            (false, false) => pending.first,
        })
    }

    /// Ends the batch: it is published, or its changes have cancelled out. Returns its first event.
    pub(super) fn take(&mut self, now: Instant) -> Option<Instant> {
        let pending = self.pending.take()?;
        self.last = Some(now);
        Some(pending.since)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Batch, DEBOUNCE, MAX_WAIT};

    /// Times of builds for changes at `changes`, in ms. More changes are about to come until `more_until`.
    fn builds(changes: &[u64], more_until: u64) -> Vec<u64> {
        let start = Instant::now();
        let mut batch = Batch::default();
        let mut builds = Vec::new();
        for ms in 0..2_000 {
            let now = start + Duration::from_millis(ms);
            if changes.contains(&ms) {
                batch.changed(now, now);
            }
            if batch.deadline(ms < more_until).is_some_and(|due| due <= now) {
                batch.take(now);
                builds.push(ms);
            }
        }
        builds
    }

    #[test]
    fn a_change_is_published_at_once_and_a_burst_in_a_few_builds() {
        let steady: Vec<u64> = (0..1_000).step_by(10).collect();
        let cases = [
            ("none", &[][..], 0, &[][..]),
            ("one", &[5], 0, &[5]),
            ("two far apart", &[5, 105], 0, &[5, 105]),
            ("three far apart", &[5, 105, 205], 0, &[5, 105, 205]),
            ("two close together", &[5, 20], 0, &[5, 70]),
            ("a burst is over when it is quiet", &[5, 20, 60], 0, &[5, 110]),
            ("a lone one after a burst", &[5, 20, 200], 0, &[5, 70, 200]),
            ("a burst without end", &steady, 0, &[0, 510, 1020]),
            ("one with others", &[5], 30, &[30]),
            ("one with others that never come", &[5], 1_000, &[55]),
        ];
        for (case, changes, more_until, expected) in cases {
            assert_eq!(builds(changes, more_until), expected, "{case}");
        }
    }

    #[test]
    fn a_build_begins_with_the_first_event_of_its_first_change() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut batch = Batch::default();
        batch.changed(at(10), at(20));
        batch.changed(at(5), at(25));
        assert_eq!(batch.take(at(30)), Some(at(5)));
        assert_eq!(batch.take(at(30)), None);
        assert_eq!(batch.deadline(false), None);
        assert!(DEBOUNCE < MAX_WAIT);
    }
}
