//! From the app to the runner, and the guard that ends it.

use std::sync::mpsc;

use super::{
    Command, CommandError,
    runner::{Message, Runner, Sources},
};
use crate::{
    handle::HotMiddleware,
    source::{process, thread::WorkerThread, watch, watch::WatchGuard},
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
        if !self.shared().options().enabled {
            return Ok(CommandGuard { _watches: Vec::new(), _runner: None });
        }
        let (sources, outputs) = command.watches()?;
        let (outbox, inbox) = mpsc::channel();
        let mut watches = vec![watch::start(sources, Sources(outbox.clone()))?];
        if let Some(outputs) = outputs {
            watches.push(self.watch(outputs)?);
        }
        let stop = outbox.clone();
        // It fails when the guard is gone.
        self.shared().hub().at_close(move || drop(stop.send(Message::Stop)));
        let stop = outbox.clone();
        let _ = outbox.send(Message::Run(None));
        let runner = Runner::new(self.clone(), command, outbox);
        let stop = move || drop(stop.send(Message::Stop));
        let runner = WorkerThread::start("hot-command", process::END, stop, move || runner.work(&inbox));
        Ok(CommandGuard { _watches: watches, _runner: Some(runner.map_err(CommandError::Thread)?) })
    }
}

/// Keeps a build command going; dropping it ends the command and the watch over its sources.
///
/// Given by [`HotMiddleware::command`]. The drop waits for the command's end, commonly a few milliseconds; one that
/// ignores SIGTERM is killed after two seconds.
#[derive(Debug)]
#[must_use = "dropping it ends the command"]
pub struct CommandGuard {
    _watches: Vec<WatchGuard>,
    _runner: Option<WorkerThread>,
}
