//! A job object of Windows: a process with all that it starts. The system closes it with the app, however that ends.

use std::{
    io,
    os::windows::io::AsRawHandle,
    process::Child,
    sync::{Arc, Mutex, PoisonError},
};

use win32job::ExtendedLimitInfo;

/// A job whose processes end when it is closed. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Job(Arc<Mutex<Option<win32job::Job>>>);

impl Job {
    /// Puts a new child into a job, unless it has ended already. What the child starts before that is not in it.
    pub(super) fn of(child: &mut Child) -> io::Result<Self> {
        let mut limits = ExtendedLimitInfo::new();
        limits.limit_kill_on_job_close();
        let job = win32job::Job::create_with_limit_info(&limits).map_err(io::Error::other)?;
        // A handle is a number in one type and an address in the other.
        let assigned = job.assign_process(child.as_raw_handle() as isize);
        if child.try_wait()?.is_none() {
            assigned.map_err(io::Error::other)?;
        }
        Ok(Self(Arc::new(Mutex::new(Some(job)))))
    }

    /// Ends its processes.
    pub(super) fn end(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
    }
}
