//! A job that the runner itself is in, so that the system ends its children with it, however it ends.

use std::{io, path::Path};

use super::group;

/// The job stays open until the runner has ended.
#[derive(Debug)]
pub(crate) struct Supervisor;

impl Supervisor {
    /// Puts the runner into a job. A process that a child starts before it is in its own job is in this one.
    pub(crate) fn start(_: &Path) -> io::Result<Self> {
        let job = group::job(true)?;
        job.assign_current_process().map_err(io::Error::other)?;
        // Closing the job would end the runner.
        let _ = job.into_handle();
        Ok(Self)
    }

    #[allow(clippy::unused_self, reason = "other systems have a process for this")]
    pub(crate) fn add(&mut self, _: u32) {}

    #[allow(clippy::unused_self, reason = "other systems have a process for this")]
    pub(crate) fn remove(&mut self, _: u32) {}
}
