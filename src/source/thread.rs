//! A thread that is told to stop, and waited for, when its guard is dropped.

use std::{
    fmt, io,
    sync::{
        Mutex, PoisonError,
        mpsc::{self, Receiver},
    },
    thread::{self, JoinHandle},
};

use super::process;

/// The guard of a thread that looks after a child process.
pub(super) struct Thread {
    stop: Box<dyn Fn() + Send + Sync>,
    /// Never sent to: it disconnects when the thread ends. The mutex makes the guard `Sync`.
    ended: Mutex<Receiver<()>>,
    handle: Option<JoinHandle<()>>,
}

impl Thread {
    /// Starts a thread that does `work` until `stop` has told it to end.
    pub(super) fn start(
        name: &str,
        stop: impl Fn() + Send + Sync + 'static,
        work: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let (ended_tx, ended) = mpsc::channel::<()>();
        let work = move || {
            let _ended = ended_tx;
            work();
        };
        let handle = thread::Builder::new().name(name.to_owned()).spawn(work)?;
        Ok(Self { stop: Box::new(stop), ended: Mutex::new(ended), handle: Some(handle) })
    }
}

impl fmt::Debug for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self.handle.as_ref().is_some_and(|handle| !handle.is_finished());
        f.debug_struct("Thread").field("runs", &runs).finish_non_exhaustive()
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        (self.stop)();
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        let timed_out = matches!(ended.recv_timeout(process::END), Err(mpsc::RecvTimeoutError::Timeout));
        if let Some(handle) = self.handle.take().filter(|_| !timed_out) {
            // A panic has been reported by the panic hook.
            let _ = handle.join();
        }
    }
}
