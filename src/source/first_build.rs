//! The wait for the first build of a command or bundler.

use std::{pin::pin, time::Duration};

use futures_util::future::{Either, select};
use tokio::time::sleep;

use super::handle::Source;
use crate::{errors::debug_is_display, stop::Moment};

/// Reason why the first build was not waited for to its end.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// The build takes longer.
    #[error("no build is done after {at_most:?}; wait longer, or see the log for what it is doing")]
    #[non_exhaustive]
    Timeout {
        /// The time limit, as it was given.
        at_most: Duration,
    },
    /// The command or bundler was stopped before its first build was done.
    #[error("it was stopped before its first build was done; wait for the build before the layer is closed")]
    Stopped,
}

debug_is_display!(WaitError);

/// Completes with the first build, or with the error of the wait.
pub(super) async fn wait(source: &Source, first: &Moment, at_most: Duration) -> Result<(), WaitError> {
    let Some(ended) = source.ended() else { return Ok(()) };
    let stopped = select(first.reached(), ended.reached());
    match select(stopped, pin!(sleep(at_most))).await {
        Either::Left((Either::Left(_), _)) => Ok(()),
        Either::Left((Either::Right(_), _)) => Err(WaitError::Stopped),
        Either::Right(_) => Err(WaitError::Timeout { at_most }),
    }
}
