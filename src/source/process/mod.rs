//! A child process that ends when it should: with its guard, and with the app, however that ends.
//!
//! ```text
//! app ──pipe──▶ keeper            leads the group; signals it when told to, or when the pipe ends
//!  └──────────▶ the command ─▶ …  in the keeper's group, with all that it starts
//! ```
//!
//! Two threads read what the child says, a third waits for its end. No runtime is needed.

#[cfg(unix)]
mod keeper;
mod output;
mod shortage;
#[cfg(test)]
mod tests;

use std::{
    fmt, io,
    process::{self, ExitStatus, Stdio},
    sync::{
        Mutex, PoisonError,
        mpsc::{self, Receiver},
    },
    thread,
    time::Duration,
};

pub use output::Output;
use output::Tail;
pub(super) use shortage::is_shortage;

/// How long the end of a killed child is waited for. It comes at once, unless the system is stuck itself.
const KILLED: Duration = Duration::from_secs(2);

/// How long a child's last words are waited for: what it leaves behind may hold its pipes open for ever.
pub(super) const LAST_WORDS: Duration = Duration::from_millis(250);

/// How long the end of a [`Process`] takes at most, with something to spare.
pub(super) const END: Duration = Duration::from_secs(6);

/// A running child process and all that it has started. Dropping it ends them: asked first, killed after [`GRACE`].
pub(super) struct Process {
    /// Never sent to: it disconnects when the child is gone. The mutex makes the process `Sync`.
    gone: Mutex<Receiver<()>>,
    #[cfg(unix)]
    keeper: keeper::Keeper,
    #[cfg(not(unix))]
    kill: mpsc::Sender<()>,
}

/// A child that is killed and waited for where no thread could be started for it.
struct Reaped(process::Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        // Neither does anything to a child whose end was waited for.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// How a child has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: io::Result<ExitStatus>,
    /// The last of what it said.
    pub(super) tail: String,
}

impl Process {
    /// Starts a command and calls `ended` once, on a thread of its own, when it has ended by itself or otherwise.
    pub(super) fn start(
        mut command: process::Command,
        output: Output,
        ended: impl FnOnce(Ended) + Send + 'static,
    ) -> io::Result<Self> {
        #[cfg(unix)]
        let keeper = keeper::Keeper::start()?;
        #[cfg(unix)]
        keeper.adopt(&mut command);
        output.colour(&mut command);
        let mut child = Reaped(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?);
        let tail = Tail::default();
        let (reading, read) = mpsc::channel();
        if let Some(stdout) = child.0.stdout.take() {
            output.pass_on(stdout, io::stdout, &tail, reading.clone())?;
        }
        if let Some(stderr) = child.0.stderr.take() {
            output.pass_on(stderr, io::stderr, &tail, reading)?;
        }
        let (going, gone) = mpsc::channel();
        #[cfg(not(unix))]
        let (kill, killed) = mpsc::channel();
        thread::Builder::new().name("hot-child".to_owned()).spawn(move || {
            #[cfg(unix)]
            let status = child.0.wait();
            #[cfg(not(unix))]
            let status = wait_or_kill(&mut child.0, &killed);
            drop(going);
            // It disconnects when both pipes are read to their ends.
            let _ = read.recv_timeout(LAST_WORDS);
            ended(Ended { status, tail: tail.text() });
        })?;
        Ok(Self {
            gone: Mutex::new(gone),
            #[cfg(unix)]
            keeper,
            #[cfg(not(unix))]
            kill,
        })
    }

    /// Whether the child itself was gone within this time.
    fn is_gone_within(&mut self, time: Duration) -> bool {
        let gone = self.gone.get_mut().unwrap_or_else(PoisonError::into_inner);
        !matches!(gone.recv_timeout(time), Err(mpsc::RecvTimeoutError::Timeout))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.is_gone_within(Duration::ZERO) {
            // What it has left behind is killed with the keeper.
            return;
        }
        #[cfg(unix)]
        {
            self.keeper.signal(keeper::Signal::Term);
            if !self.is_gone_within(keeper::GRACE) {
                tracing::debug!(
                    "a child process has not ended {:?} after SIGTERM, and is killed",
                    keeper::GRACE
                );
            }
            self.keeper.signal(keeper::Signal::Kill);
        }
        #[cfg(not(unix))]
        let _ = self.kill.send(());
        if !self.is_gone_within(KILLED) {
            tracing::warn!("a child process was killed and is still there: the system does not let go of it");
        }
    }
}

/// There are no process groups here: the child alone is killed.
#[cfg(not(unix))]
fn wait_or_kill(child: &mut process::Child, killed: &Receiver<()>) -> io::Result<ExitStatus> {
    const LOOK: Duration = Duration::from_millis(50);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status);
        }
        if !matches!(killed.recv_timeout(LOOK), Err(mpsc::RecvTimeoutError::Timeout)) {
            child.kill()?;
            return child.wait();
        }
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").finish_non_exhaustive()
    }
}

impl Ended {
    /// Why the child failed, in a line; `None` when it did not.
    pub(super) fn failure(&self) -> Option<String> {
        match &self.status {
            Ok(status) if status.success() => None,
            Ok(status) => Some(match status.code() {
                Some(code) => format!("it ended with exit code {code}"),
                // `signal: 9 (SIGKILL)`
                None => format!("it was ended by {status}"),
            }),
            Err(error) => Some(format!("its end could not be waited for: {error}")),
        }
    }
}
