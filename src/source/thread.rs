//! A thread that stops, and is waited for, when its guard is dropped.

use std::{
    fmt, io,
    sync::{
        Mutex, PoisonError,
        mpsc::{self, Receiver},
    },
    thread::{self, JoinHandle},
    time::Duration,
};

/// Guard of a thread.
pub(super) struct WorkerThread {
    stop: Box<dyn Fn() + Send + Sync>,
    /// Longest wait for the end of the thread.
    timeout: Duration,
    /// Disconnects when the thread ends; nothing is sent. The mutex makes the guard `Sync`.
    ended: Mutex<Receiver<()>>,
    handle: Option<JoinHandle<()>>,
}

impl WorkerThread {
    /// Starts a thread that calls `run`. The guard's drop calls `stop`, which makes `run` return, and waits for that
    /// for `timeout` at most.
    pub(super) fn start(
        name: &str,
        timeout: Duration,
        stop: impl Fn() + Send + Sync + 'static,
        run: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let (ended_tx, ended) = mpsc::channel::<()>();
        let run = move || {
            let _ended = ended_tx;
            run();
        };
        let handle = thread::Builder::new().name(name.to_owned()).spawn(run)?;
        Ok(Self { stop: Box::new(stop), timeout, ended: Mutex::new(ended), handle: Some(handle) })
    }

    /// Returns true until the thread ends.
    pub(super) fn is_running(&self) -> bool {
        self.handle.as_ref().is_some_and(|handle| !handle.is_finished())
    }
}

impl fmt::Debug for WorkerThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerThread").field("runs", &self.is_running()).finish_non_exhaustive()
    }
}

impl Drop for WorkerThread {
    fn drop(&mut self) {
        (self.stop)();
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        let timed_out = matches!(ended.recv_timeout(self.timeout), Err(mpsc::RecvTimeoutError::Timeout));
        if let Some(handle) = self.handle.take().filter(|_| !timed_out) {
            // The panic hook has reported a panic.
            let _ = handle.join();
        }
    }
}
