//! The start of a build command, and its handle.

use std::{future::Future, sync::mpsc, time::Duration};

use super::{
    Command, CommandError,
    events::{Message, Outputs, Sources},
    runner::Runner,
};
use crate::{
    handle::HotMiddleware,
    source::{
        first_build::{self, WaitError},
        handle::{Source, source_handle},
        process,
        thread::WorkerThread,
        watch,
    },
    stop::Moment,
};

source_handle! {
    /// Control of a build command, returned by [`HotMiddleware::command`](crate::HotMiddleware::command).
    CommandHandle { first: Moment }, "the command and the watch over its sources"
}

impl HotMiddleware {
    /// Runs a build command now and whenever its sources change, or keeps a tool running that watches them itself, as
    /// long as this middleware lives.
    ///
    /// Each run is a build of a bundle that is named after the command's program. A failure is an error of that build, with
    /// the exit code and the end of the output, and pages show it until a run succeeds. After a change during a run, the
    /// command runs once more. [`Command::keep_running`] documents the builds of a tool that keeps running.
    ///
    /// A command that rewrites its own sources would run forever. After four such runs a warning names the files, whose
    /// changes during a run are ignored from then on, until one changes between two runs. [`Command::ignore`] leaves them out from the start.
    ///
    /// The call returns at once, as [`watch`](Self::watch) does: the command is started on a thread of its own.
    ///
    /// The command and all processes that it has started end with the middleware, and with the app however that ends:
    /// they have two seconds after SIGTERM, then they are killed. Windows has no SIGTERM: there they are killed at once. A
    /// layer that is not [`enabled`](crate::OptionsBuilder::enabled) runs nothing. Called within a Tokio runtime, the
    /// command ends with the signal of [`OptionsBuilder::shutdown`](crate::OptionsBuilder::shutdown) even if no client is
    /// connected.
    ///
    /// # Errors
    /// [`CommandError`], which names what can't be run or watched, and the remedy.
    ///
    /// ```no_run
    /// use tower_hot_middleware::{HotMiddleware, command::Command};
    ///
    /// let hot = HotMiddleware::dev();
    /// hot.command(Command::new("mdbook build -d ../public").dir("book").watch("book"))?;
    /// # Ok::<(), tower_hot_middleware::command::CommandError>(())
    /// ```
    pub fn command(&self, command: Command) -> Result<CommandHandle, CommandError> {
        let (shared, first) = (self.shared(), Moment::new());
        if !shared.options().enabled {
            return Ok(CommandHandle { source: Source::NONE, first });
        }
        let (sources, outputs) = command.watches()?;
        let (outbox, inbox) = mpsc::channel();
        let mut watches = Vec::new();
        if let Some(sources) = sources {
            watches.push(watch::start(sources, Sources(outbox.clone()))?.stop_on_drop());
        }
        if let Some(outputs) = outputs {
            watches.push(watch::start(outputs, Outputs(outbox.clone()))?.stop_on_drop());
        }
        let stop = outbox.clone();
        let _ = outbox.send(Message::Start);
        let name = shared.sources().reserve(command.given_name(), command.program());
        let runner = Runner::new(shared.publisher().clone(), command, name, outbox, first.clone());
        // It fails when the runner has ended.
        let stop = move || drop(stop.send(Message::Stop));
        let thread = WorkerThread::start("hot-command", process::END_TIMEOUT, stop, move || {
            let _watches = watches;
            runner.run(&inbox);
        });
        let source = Source::of(shared, thread.map_err(CommandError::Thread)?);
        Ok(CommandHandle { source, first })
    }
}

impl CommandHandle {
    /// Waits for the end of the first run, for `at_most`. A run that fails is a build too.
    ///
    /// If the layer is not [`enabled`](crate::OptionsBuilder::enabled), it returns at once.
    ///
    /// # Errors
    /// [`WaitError`], if the run takes longer or is stopped.
    ///
    /// # Panics
    /// Like [`tokio::time::sleep`], outside of a Tokio runtime with a clock.
    pub async fn wait_for_build(&self, at_most: Duration) -> Result<(), WaitError> {
        first_build::wait(&self.source, &self.first, at_most).await
    }
}
