//! The thread of a source, which ends on request.

use std::{
    fmt, io,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{self, Receiver},
    },
    thread::{self, JoinHandle, ThreadId},
    time::Duration,
};

use crate::stop::{Moment, Stop, StopOnDrop};

/// Control of a worker thread. Clones share it, and dropping them ends nothing.
#[derive(Clone)]
pub(super) struct WorkerThread(Arc<Inner>);

struct Inner {
    stop: Box<dyn Fn() + Send + Sync>,
    /// Longest wait for the end of the thread.
    timeout: Duration,
    id: ThreadId,
    handle: Mutex<Option<JoinHandle<()>>>,
    /// Disconnects when the thread ends; nothing is sent.
    ending: Mutex<Receiver<()>>,
    ended: Moment,
}

/// Reaches the moment when the thread ends, by a panic too.
struct Ending(Moment);

impl Drop for Ending {
    fn drop(&mut self) {
        self.0.reach();
    }
}

impl WorkerThread {
    /// Starts a thread that calls `run`, which returns soon after a call of `stop`. [`wait`](Self::wait) waits for the
    /// end for `timeout` at most.
    pub(super) fn start(
        name: &str,
        timeout: Duration,
        stop: impl Fn() + Send + Sync + 'static,
        run: impl FnOnce() + Send + 'static,
    ) -> io::Result<Self> {
        let (ending_tx, ending) = mpsc::channel::<()>();
        let ended = Moment::new();
        let at_end = Ending(ended.clone());
        let run = move || {
            let _ending = (at_end, ending_tx);
            run();
        };
        let handle = thread::Builder::new().name(name.to_owned()).spawn(run)?;
        Ok(Self(Arc::new(Inner {
            stop: Box::new(stop),
            timeout,
            id: handle.thread().id(),
            handle: Mutex::new(Some(handle)),
            ending: Mutex::new(ending),
            ended,
        })))
    }

    /// The moment at which the thread has ended.
    pub(super) fn ended(&self) -> &Moment {
        &self.0.ended
    }

    pub(super) fn stop(&self) {
        self.0.stop();
    }

    pub(super) fn is_running(&self) -> bool {
        self.0.is_running()
    }

    pub(super) fn as_stop(&self) -> Arc<dyn Stop> {
        self.0.clone()
    }

    /// Blocks until the thread has ended. A thread does not wait for itself.
    fn wait(&self) {
        if thread::current().id() == self.0.id {
            return;
        }
        let ending = self.0.ending.lock().unwrap_or_else(PoisonError::into_inner);
        if matches!(ending.recv_timeout(self.0.timeout), Err(mpsc::RecvTimeoutError::Timeout)) {
            return;
        }
        drop(ending);
        let handle = self.0.handle.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(handle) = handle {
            // The panic hook has reported a panic.
            let _ = handle.join();
        }
    }

    /// A guard that stops the thread and waits for its end.
    pub(super) fn stop_on_drop(&self) -> StopOnDrop {
        let thread = self.clone();
        StopOnDrop::new(move || {
            thread.stop();
            thread.wait();
        })
    }
}

impl Stop for Inner {
    fn stop(&self) {
        (self.stop)();
    }

    fn is_running(&self) -> bool {
        !self.ended.is_reached()
    }
}

impl fmt::Debug for WorkerThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkerThread").field("is_running", &self.is_running()).finish_non_exhaustive()
    }
}
