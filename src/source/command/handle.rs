//! From the app to the runner, and the guard that ends it.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        mpsc::{self, Receiver, Sender},
    },
    thread::{self, JoinHandle},
};

use crate::{
    HotMiddleware, WatchGuard,
    source::{process, watch},
};

use super::{
    Command, CommandError,
    runner::{Message, Runner, Sources},
};

impl HotMiddleware {
    /// Runs a build command now and whenever its sources change, until the guard is dropped.
    ///
    /// Each run is a build of a bundle that is named after the command: its failure is an error of that build, with
    /// the exit code and the end of what the command said, and is shown by pages until a run succeeds. A change
    /// during a run has the command run once more afterwards.
    ///
    /// The command and all that it has started end with the guard, with [`close`](Self::close), and with the app
    /// however that ends: after SIGTERM they have two seconds, then they are killed. On Windows only the shell that
    /// runs the command is, and only by the guard. A layer that is not
    /// [`enabled`](crate::OptionsBuilder::enabled) runs nothing.
    ///
    /// # Errors
    /// [`CommandError`], which names what can't be run or watched and what to do.
    ///
    /// ```no_run
    /// use tower_hot_middleware::{Command, HotMiddleware, Options};
    ///
    /// let hot = HotMiddleware::new(Options::default());
    /// let _docs = hot.command(Command::new("mdbook build -d ../public").dir("book").watch("book"))?;
    /// # Ok::<(), tower_hot_middleware::CommandError>(())
    /// ```
    pub fn command(&self, command: Command) -> Result<CommandGuard, CommandError> {
        let (outbox, inbox) = mpsc::channel();
        let (ended_tx, ended) = mpsc::channel::<()>();
        let mut guard = CommandGuard {
            watches: Vec::new(),
            inbox: outbox.clone(),
            ended: Mutex::new(ended),
            thread: None,
        };
        if !self.options().enabled {
            return Ok(guard);
        }
        let (sources, outputs) = command.watches()?;
        if let Some(outputs) = outputs {
            guard.watches.push(self.watch(outputs)?);
        }
        guard.watches.push(watch::start(sources, Sources(outbox.clone()))?);
        // It fails when the guard is gone.
        let stop = outbox.clone();
        self.hub().at_close(move || drop(stop.send(Message::Stop)));
        let _ = outbox.send(Message::Run(None));
        let runner = Runner::new(self.clone(), command, outbox);
        let work = move || {
            let _ended = ended_tx;
            runner.work(&inbox);
        };
        let thread = thread::Builder::new().name("hot-command".to_owned()).spawn(work);
        guard.thread = Some(thread.map_err(CommandError::Thread)?);
        Ok(guard)
    }
}

/// Keeps a build command going; dropping it ends the command and the watch over its sources.
///
/// Given by [`HotMiddleware::command`]. The drop waits for the command's end, commonly a few milliseconds; one that
/// ignores SIGTERM is killed after two seconds.
#[must_use = "dropping it ends the command"]
pub struct CommandGuard {
    watches: Vec<WatchGuard>,
    inbox: Sender<Message>,
    /// Never sent to: it disconnects when the thread ends. The mutex makes the guard `Sync`.
    ended: Mutex<Receiver<()>>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for CommandGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self.thread.as_ref().is_some_and(|thread| !thread.is_finished());
        f.debug_struct("CommandGuard").field("runs", &runs).finish_non_exhaustive()
    }
}

impl Drop for CommandGuard {
    fn drop(&mut self) {
        let _ = self.inbox.send(Message::Stop);
        self.watches.clear();
        let Some(thread) = self.thread.take() else { return };
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        if !matches!(ended.recv_timeout(process::END), Err(mpsc::RecvTimeoutError::Timeout)) {
            // A panic has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}
