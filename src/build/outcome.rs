//! The outcome of a build, for a page that has the previous one.

use super::{Build, Change};

/// The part of the previous build that the outcome of the next one depends on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Previous<'a> {
    pub(crate) hash: Option<&'a str>,
    /// Set if pages show the state with this hash, and not one from before a build that failed.
    pub(crate) is_shown: bool,
    /// Set if it had errors.
    pub(crate) failed: bool,
    /// Set if a failed build changed files, which no page has applied since.
    pub(crate) withheld: bool,
}

/// The outcome of a build, for a page that has the previous one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum BuildOutcome<'a> {
    Failed(&'a [String]),
    Unchanged,
    /// Unchanged, and the earlier errors are fixed.
    Fixed,
    Changed(&'a [Change]),
    /// Changed in an unknown way.
    Unknown,
}

impl<'a> BuildOutcome<'a> {
    /// Returns the outcome of `build` after `previous`. An `initial` build states what exists: nothing was
    /// built.
    pub(crate) fn of(build: &'a Build, previous: Option<Previous<'_>>, initial: bool) -> Self {
        if !build.errors.is_empty() {
            return Self::Failed(&build.errors);
        }
        let same = match previous {
            Some(previous) => {
                build.hash.is_none() || (previous.is_shown && previous.hash == build.hash.as_deref())
            }
            // No page can have been made from an earlier build.
            None => build.changes.is_none(),
        };
        let unchanged =
            if previous.is_some_and(|previous| previous.failed) { Self::Fixed } else { Self::Unchanged };
        let withheld = previous.is_some_and(|previous| previous.withheld);
        match &build.changes {
            _ if initial => unchanged,
            _ if withheld && build.hash.is_some() => Self::Unknown,
            _ if same => unchanged,
            Some(changes) if changes.is_empty() => unchanged,
            Some(changes) => Self::Changed(changes),
            None => Self::Unknown,
        }
    }
}

/// The effect of an event on a page, kept with its bytes for transports with their own encoding.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// As the event's JSON says, because the app has published it.
    AsPublished,
    Nothing,
    ShowErrors(Vec<String>),
    /// Removes earlier errors from the page.
    HideErrors,
    Reload {
        file: Option<String>,
    },
    Apply(Vec<ChangedFile>),
}

/// A file that a build changed, by its id.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ChangedFile {
    pub(crate) id: String,
    pub(crate) removed: bool,
}

/// Number of bytes that a text takes up besides its own: an allocation, and the keys in a message of another
/// encoding.
const TEXT_OVERHEAD: usize = 200;

impl Effect {
    /// Returns the number of bytes that it takes up besides the event, with the messages that are made of it.
    pub(crate) fn weight(&self) -> usize {
        let of = |text: &String| 2 * text.len() + TEXT_OVERHEAD;
        match self {
            Self::ShowErrors(errors) => errors.iter().map(of).sum(),
            Self::Apply(files) => files.iter().map(|file| of(&file.id)).sum(),
            Self::Reload { file } => file.as_ref().map_or(0, of),
            Self::AsPublished | Self::Nothing | Self::HideErrors => 0,
        }
    }
}

impl From<BuildOutcome<'_>> for Effect {
    fn from(outcome: BuildOutcome<'_>) -> Self {
        match outcome {
            BuildOutcome::Failed(errors) => Self::ShowErrors(errors.to_vec()),
            BuildOutcome::Unchanged => Self::Nothing,
            BuildOutcome::Fixed => Self::HideErrors,
            BuildOutcome::Changed(changes) => Self::Apply(
                changes
                    .iter()
                    .map(|change| ChangedFile { id: change.id.clone(), removed: change.removed })
                    .collect(),
            ),
            BuildOutcome::Unknown => Self::Reload { file: None },
        }
    }
}
