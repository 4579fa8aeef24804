//! Waits for a save, by the app's own tests.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::oneshot;

use super::receipt::Tally;
use crate::escape::Escaped;

/// The most that wait at the same time.
const MAX_WAITING: usize = 256;

/// The answers of the open pages to a change, returned by [`HotMiddleware::wait_for`](crate::HotMiddleware::wait_for).
///
/// Each page with this crate's client counts once. Pages with another client, and those that don't answer within a second,
/// are not included.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Receipts {
    /// Number of pages that show the change without having been reloaded.
    pub updated: usize,
    /// Number of pages that the app renders as before.
    pub unchanged: usize,
    /// Number of pages that are being reloaded for it.
    pub reloaded: usize,
    /// Number of pages that use none of the changed files.
    pub unused: usize,
    /// Number of pages that keep an old version.
    pub failed: usize,
    /// The reason of the first page that keeps an old version.
    pub failure: Option<String>,
}

impl From<&Tally> for Receipts {
    fn from(tally: &Tally) -> Self {
        let Tally { updated, same, reloaded, unused, failed, ref failure, .. } = *tally;
        Self { updated, unchanged: same, reloaded, unused, failed, failure: failure.clone() }
    }
}

/// The reason why [`HotMiddleware::wait_for`](crate::HotMiddleware::wait_for) ended without an answer.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitForError {
    /// No build with this file came within ten seconds.
    Unchanged(String),
    /// The build failed with this as its first error; pages stay as they are.
    Failed(String),
    /// The app has closed the layer, or is shutting down.
    Closed,
    /// 256 others wait already.
    TooMany,
    /// Pages send no receipts, as the layer or its [`terminal`](crate::OptionsBuilder::terminal) is off.
    Off,
}

impl fmt::Display for WaitForError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unchanged(file) => write!(
                f,
                "no build with {} came within 10 s; give its URL, or its path as the terminal's lines have it, before it is saved",
                Escaped(file)
            ),
            Self::Failed(error) => write!(f, "the build has failed: {}", Escaped(error)),
            Self::Closed => f.write_str("the layer was closed: the app is shutting down"),
            Self::TooMany => write!(f, "{MAX_WAITING} others wait for files already"),
            Self::Off => f.write_str(
                "pages send no receipts: the layer is not enabled, or OptionsBuilder::terminal(false) has turned them off",
            ),
        }
    }
}

crate::errors::debug_is_display!(WaitForError);

impl std::error::Error for WaitForError {}

pub(crate) type Answer = Result<Receipts, WaitForError>;

/// One who waits for a file.
#[derive(Debug)]
pub(crate) struct Waiter {
    file: String,
    /// Set while pages are answering.
    has_come: Arc<AtomicBool>,
    answer: oneshot::Sender<Answer>,
}

/// The end of a wait that receives the answer.
#[derive(Debug)]
pub(crate) struct Wait {
    pub(crate) answer: oneshot::Receiver<Answer>,
    has_come: Arc<AtomicBool>,
}

impl Wait {
    /// Returns true if a build with the file has come.
    pub(crate) fn has_come(&self) -> bool {
        self.has_come.load(Ordering::Acquire)
    }
}

impl Waiter {
    pub(super) fn answer(self, answer: Answer) {
        // It may have given up.
        let _gone = self.answer.send(answer);
    }
}

/// Those whose file has not been built yet.
#[derive(Debug, Default)]
pub(super) struct Waiting(Vec<Waiter>);

impl Waiting {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn add(&mut self, file: &str) -> Wait {
        let (sender, answer) = oneshot::channel();
        let has_come = Arc::new(AtomicBool::new(false));
        let waiter = Waiter { file: file.to_owned(), has_come: has_come.clone(), answer: sender };
        self.0.retain(|waiter| !waiter.answer.is_closed());
        if self.0.len() < MAX_WAITING {
            self.0.push(waiter);
        } else {
            waiter.answer(Err(WaitForError::TooMany));
        }
        Wait { answer, has_come }
    }

    /// Puts those back whose file has not changed after all.
    pub(super) fn put_back(&mut self, waiters: Vec<Waiter>) {
        for waiter in &waiters {
            waiter.has_come.store(false, Ordering::Release);
        }
        self.0.extend(waiters);
    }

    /// Takes those that wait for a file of a build.
    pub(super) fn take(&mut self, has: impl Fn(&str) -> bool) -> Vec<Waiter> {
        let (taken, left): (Vec<_>, _) =
            std::mem::take(&mut self.0).into_iter().partition(|waiter| has(&waiter.file));
        self.0 = left;
        for waiter in &taken {
            waiter.has_come.store(true, Ordering::Release);
        }
        taken
    }
}
