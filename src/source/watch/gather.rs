//! When to tell of changes: the first at once, and of many in a row in a few builds.
//!
//! Pure: the time comes in with each call.

use std::time::{Duration, Instant};

/// A change sooner than this after the last build or change belongs to a burst.
pub(super) const QUIET: Duration = Duration::from_millis(50);

/// A burst is told at least this often.
pub(super) const LONGEST: Duration = Duration::from_millis(500);

/// Changes that have not been told yet.
#[derive(Debug, Default)]
pub(super) struct Gather {
    held: Option<Held>,
    /// The last build or change.
    stirred: Option<Instant>,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    /// The first sign of the first change.
    since: Instant,
    /// When it was found to be one.
    first: Instant,
    burst: bool,
}

impl Gather {
    /// A file has changed; the first sign of it was at `since`.
    pub(super) fn changed(&mut self, since: Instant, now: Instant) {
        let burst = self.stirred.is_some_and(|last| now < last + QUIET);
        let held = self.held.get_or_insert(Held { since, first: now, burst });
        held.since = held.since.min(since);
        self.stirred = Some(now);
    }

    /// When the changes are to be told; `company` says whether other files are about to settle.
    pub(super) fn due(&self, company: bool) -> Option<Instant> {
        let held = self.held?;
        let quiet = self.stirred.unwrap_or(held.first) + QUIET;
        Some(match (held.burst, company) {
            (true, _) => quiet.min(held.first + LONGEST),
            (false, true) => held.first + QUIET,
            (false, false) => held.first,
        })
    }

    /// The changes are told, or have cancelled out; gives the first sign of the first of them.
    pub(super) fn take(&mut self, now: Instant) -> Option<Instant> {
        let held = self.held.take()?;
        self.stirred = Some(now);
        Some(held.since)
    }
}

#[cfg(test)]
mod tests {
    use super::{Gather, LONGEST, QUIET};
    use std::time::{Duration, Instant};

    /// When builds go out, in ms, for changes at `changes`; `company` until that time.
    fn builds(changes: &[u64], company: u64) -> Vec<u64> {
        let start = Instant::now();
        let mut gather = Gather::default();
        let mut builds = Vec::new();
        for ms in 0..2_000 {
            let now = start + Duration::from_millis(ms);
            if changes.contains(&ms) {
                gather.changed(now, now);
            }
            if gather.due(ms < company).is_some_and(|due| due <= now) {
                gather.take(now);
                builds.push(ms);
            }
        }
        builds
    }

    #[test]
    fn a_change_is_told_at_once_and_a_burst_in_a_few_builds() {
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
            ("one with company", &[5], 30, &[30]),
            ("one with company that does not come", &[5], 1_000, &[55]),
        ];
        for (case, changes, company, expected) in cases {
            assert_eq!(builds(changes, company), expected, "{case}");
        }
    }

    #[test]
    fn a_build_begins_with_the_first_sign_of_its_first_change() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut gather = Gather::default();
        gather.changed(at(10), at(20));
        gather.changed(at(5), at(25));
        assert_eq!(gather.take(at(30)), Some(at(5)));
        assert_eq!(gather.take(at(30)), None);
        assert_eq!(gather.due(false), None);
        assert!(QUIET < LONGEST);
    }
}
