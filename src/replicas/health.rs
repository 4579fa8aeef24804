//! Whether Redis is there, and what is reported about it. Pure.

use std::time::{Duration, Instant};

/// The time after which clients go on without the shared log at the start.
const MAX_START: Duration = Duration::from_secs(1);

/// The shortest time between two warnings.
const MIN_SILENCE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(super) struct Health {
    reads: bool,
    writes: bool,
    /// Set until the log is read for the first time, or given up.
    starting: Option<Instant>,
    /// Set while a warning is open: its end is reported.
    is_reported: bool,
    warned: Option<Instant>,
}

/// A line for the developer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Report {
    Away,
    Back,
}

impl Health {
    pub(super) fn new(now: Instant) -> Self {
        Self { reads: false, writes: true, starting: Some(now), is_reported: false, warned: None }
    }

    /// Counts the time from now on.
    pub(super) fn start(&mut self, now: Instant) {
        self.starting = Some(now);
    }

    /// Gives up at the next look.
    pub(super) fn fail(&mut self) {
        self.starting = self.starting.and_then(|start| start.checked_sub(MAX_START));
    }

    /// Returns true once, if the log was not there in time at the start.
    pub(super) fn gives_up(&mut self, now: Instant) -> bool {
        let late = self.starting.is_some_and(|start| now.saturating_duration_since(start) >= MAX_START);
        if late {
            self.starting = None;
        }
        late
    }

    /// Returns true while the log may still be read for the first time, for which events wait.
    pub(super) fn is_starting(&self) -> bool {
        self.starting.is_some()
    }

    /// Returns true if events don't wait for the shared log.
    pub(super) fn is_away(&self) -> bool {
        self.starting.is_none() && !(self.reads && self.writes)
    }

    pub(super) fn reads(&mut self, reads: bool) -> Option<Report> {
        self.reads = reads;
        if reads {
            self.starting = None;
        }
        self.report(reads)
    }

    pub(super) fn writes(&mut self, writes: bool) -> Option<Report> {
        self.writes = writes;
        self.report(writes)
    }

    fn report(&mut self, is_good: bool) -> Option<Report> {
        if self.reads && self.writes {
            return std::mem::take(&mut self.is_reported).then_some(Report::Back);
        }
        let now = Instant::now();
        let is_silent = self.warned.is_some_and(|warned| now.saturating_duration_since(warned) < MIN_SILENCE);
        if is_good || self.is_reported || is_silent {
            return None;
        }
        (self.is_reported, self.warned) = (true, Some(now));
        Some(Report::Away)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_outage_is_reported_once() {
        let mut health = Health::new(Instant::now());
        assert_eq!(health.reads(true), None, "a good start is no news");
        let reports = [health.reads(false), health.writes(false), health.reads(false), health.writes(false)];
        assert_eq!(reports, [Some(Report::Away), None, None, None]);
        assert_eq!([health.writes(true), health.reads(true)], [None, Some(Report::Back)]);
        assert_eq!([health.reads(false), health.reads(true)], [None, None], "again within a minute");
    }

    #[test]
    fn events_wait_for_the_start_and_not_for_an_outage() {
        let begin = Instant::now();
        let mut health = Health::new(begin);
        assert!(!health.is_away());
        assert!(!health.gives_up(begin + MAX_START / 2));
        assert!(health.gives_up(begin + MAX_START));
        assert!(!health.gives_up(begin + 2 * MAX_START), "once");
        assert!(health.is_away());
        health.reads(true);
        assert!(!health.is_away());
        health.writes(false);
        assert!(health.is_away());
    }
}
