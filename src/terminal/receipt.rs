//! A page's answer to a save, and the sum of all answers as part of a line.

use std::{fmt, time::Duration};

/// The result of an event in one page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Receipt {
    /// Number of the event.
    pub(crate) event: u64,
    pub(crate) outcome: Outcome,
    /// Time from the event in the page until it was shown, or until the page had decided.
    pub(crate) took: Option<Duration>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The page shows the new version.
    Updated,
    /// The page is being reloaded, for this reason if it could not be updated.
    Reloaded { reason: Option<String> },
    /// The app renders the same page as before.
    Same,
    /// The page does not use any of the files. It may have loaded one with the same name from this URL.
    Unused { loaded: Option<String> },
    /// The page keeps an old version, for this reason.
    Failed { reason: Option<String> },
}

#[cfg(feature = "metrics")]
impl Outcome {
    /// Its name, as pages send it.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Updated => "updated",
            Self::Reloaded { .. } => "reloaded",
            Self::Same => "same",
            Self::Unused { .. } => "unused",
            Self::Failed { .. } => "failed",
        }
    }
}

/// The number of pages with each outcome.
#[derive(Clone, Debug, Default)]
pub(super) struct Tally {
    pub(super) updated: usize,
    pub(super) same: usize,
    pub(super) reloaded: usize,
    pub(super) unused: usize,
    pub(super) failed: usize,
    pub(super) loaded: Option<String>,
    pub(super) reload_reason: Option<String>,
    pub(super) failure: Option<String>,
    /// The longest time of an update.
    slowest: Option<Duration>,
}

impl Tally {
    pub(super) fn add(&mut self, outcome: Outcome, took: Option<Duration>) {
        match outcome {
            Outcome::Updated => {
                self.updated += 1;
                self.slowest = self.slowest.max(took);
            }
            Outcome::Same => self.same += 1,
            Outcome::Reloaded { reason } => {
                self.reloaded += 1;
                self.reload_reason = self.reload_reason.take().or(reason);
            }
            Outcome::Unused { loaded } => {
                self.unused += 1;
                self.loaded = self.loaded.take().or(loaded);
            }
            Outcome::Failed { reason } => {
                self.failed += 1;
                self.failure = self.failure.take().or(reason);
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.unused == 0 && !self.has_answers()
    }

    /// Returns true if there are pages, and all of them are the same as before.
    pub(super) fn is_same(&self) -> bool {
        self.same > 0 && self.updated + self.reloaded + self.failed == 0
    }

    /// Returns true if a page that the change may be for has answered.
    fn has_answers(&self) -> bool {
        self.updated + self.same + self.reloaded + self.failed > 0
    }

    /// Appends the outcomes to a line, as a list. `url` is the URL of the file, if it has one.
    pub(super) fn describe(&self, url: Option<&str>, parts: &mut Vec<String>) {
        if self.updated > 0 {
            // A started millisecond counts: nothing takes none.
            let took = self.slowest.map(|took| format!(", {} ms", took.as_micros().div_ceil(1_000).max(1)));
            parts.push(format!("{}{}", Count(self.updated, "page"), took.unwrap_or_default()));
        }
        if self.same > 0 {
            parts.push(format!("unchanged, {}", Count(self.same, "page")));
        }
        if self.reloaded > 0 {
            let reason = self.reload_reason.as_deref().map(|reason| format!(" ({reason})"));
            parts.push(format!("reload, {}{}", Count(self.reloaded, "page"), reason.unwrap_or_default()));
        }
        if self.failed > 0 {
            let reason = self.failure.as_deref().map(|reason| format!(": {reason}"));
            parts.push(format!("{} failed{}", Count(self.failed, "page"), reason.unwrap_or_default()));
        }
        if self.unused == 0 || self.has_answers() {
            return;
        }
        parts.push(match (url, &self.loaded) {
            (Some(url), Some(loaded)) => {
                format!(
                    "no page uses {url}, but one has loaded {loaded}: is that the prefix for Watch::files?"
                )
            }
            (Some(url), None) => format!("no page uses {url}"),
            (None, _) => "no page uses it".to_owned(),
        });
    }
}

/// Displays a number of things.
pub(super) struct Count(pub(super) usize, pub(super) &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(count, thing) = self;
        write!(f, "{count} {thing}{}", if *count == 1 { "" } else { "s" })
    }
}
