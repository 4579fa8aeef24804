//! A child process that ends when it is dropped, and with the app, however that ends.
//!
//! ```text
//! app ──pipe──▶ supervisor        leads the group; signals it on request, or when the pipe ends
//!  └──────────▶ the command ─▶ …  in the supervisor's group, with all processes that it starts
//! ```
//!
//! Two threads read the child's output, a third waits for its end. No runtime is needed.

#[cfg(windows)]
mod job;
mod output;
mod shortage;
#[cfg(unix)]
mod supervisor;
#[cfg(test)]
mod tests;

use std::{
    fmt, io,
    process::{self, ChildStdin, ExitStatus, Stdio},
    sync::{
        Mutex, PoisonError,
        mpsc::{self, Receiver},
    },
    thread,
    time::Duration,
};

pub(super) use output::OnLine;
pub use output::Output;
pub(super) use shortage::is_shortage;

use crate::{journal::Tail, notice::warning};

/// Time limit for the end of a killed child. It ends at once, unless the system is stuck itself.
const KILL_TIMEOUT: Duration = Duration::from_secs(2);

/// Time limit for reading the rest of the output: processes that the child leaves behind can hold its pipes open.
pub(super) const DRAIN_TIMEOUT: Duration = Duration::from_millis(250);

/// Time limit for the end of a [`Process`], with a margin.
pub(super) const END_TIMEOUT: Duration = Duration::from_secs(6);

/// A running child process with all processes that it has started. Its drop ends them by SIGTERM, and by SIGKILL after
/// [`GRACE`](supervisor::GRACE). On Windows it ends them at once.
pub(super) struct Process {
    /// Disconnects when the child is gone; nothing is sent. The mutex makes the process `Sync`.
    gone: Mutex<Receiver<()>>,
    /// Open until the end, if the command's standard input is a pipe.
    _stdin: Option<ChildStdin>,
    #[cfg(unix)]
    supervisor: supervisor::Supervisor,
    #[cfg(windows)]
    job: job::Job,
    #[cfg(not(any(unix, windows)))]
    kill: mpsc::Sender<()>,
}

/// A child that is killed and reaped if no thread could be started for it.
struct Reaped(process::Child);

impl Drop for Reaped {
    fn drop(&mut self) {
        // They do nothing to a child that was reaped.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// The end of a child.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) status: io::Result<ExitStatus>,
    /// End of its output.
    pub(super) tail: String,
}

impl Process {
    /// Starts a command, the end of whose output goes into `tail`. `on_line` is called with each line of its output, on two threads, and `ended` is called once, on a thread of its own, when the command has ended for any reason.
    pub(super) fn start(
        mut command: process::Command,
        output: Output,
        tail: &Tail,
        on_line: Option<OnLine>,
        ended: impl FnOnce(Ended) + Send + 'static,
    ) -> io::Result<Self> {
        #[cfg(unix)]
        let supervisor = supervisor::Supervisor::start()?;
        #[cfg(unix)]
        supervisor.adopt(&mut command);
        output.colour(&mut command);
        let mut child = Reaped(command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?);
        #[cfg(windows)]
        let job = job::Job::of(&mut child.0)?;
        // Waiting for the child would close it.
        let stdin = child.0.stdin.take();
        let tail = tail.clone();
        let (reading, read) = mpsc::channel();
        if let Some(stdout) = child.0.stdout.take() {
            output.pass_on(stdout, io::stdout, &tail, on_line.clone(), reading.clone())?;
        }
        if let Some(stderr) = child.0.stderr.take() {
            output.pass_on(stderr, io::stderr, &tail, on_line, reading)?;
        }
        let (going, gone) = mpsc::channel();
        #[cfg(windows)]
        let left = job.clone();
        #[cfg(not(any(unix, windows)))]
        let (kill, killed) = mpsc::channel();
        thread::Builder::new().name("hot-child".to_owned()).spawn(move || {
            #[cfg(any(unix, windows))]
            let status = child.0.wait();
            #[cfg(windows)]
            left.end();
            #[cfg(not(any(unix, windows)))]
            let status = wait_or_kill(&mut child.0, &killed);
            drop(going);
            // It disconnects when both pipes are read to their ends.
            let _ = read.recv_timeout(DRAIN_TIMEOUT);
            ended(Ended { status, tail: tail.text() });
        })?;
        Ok(Self {
            gone: Mutex::new(gone),
            _stdin: stdin,
            #[cfg(unix)]
            supervisor,
            #[cfg(windows)]
            job,
            #[cfg(not(any(unix, windows)))]
            kill,
        })
    }

    /// Returns true if the child itself is gone within this time.
    fn is_gone_within(&mut self, time: Duration) -> bool {
        let gone = self.gone.get_mut().unwrap_or_else(PoisonError::into_inner);
        !matches!(gone.recv_timeout(time), Err(mpsc::RecvTimeoutError::Timeout))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.is_gone_within(Duration::ZERO) {
            // The drop of the supervisor kills the processes that it has left behind.
            return;
        }
        #[cfg(unix)]
        {
            self.supervisor.signal(supervisor::Signal::Term);
            if !self.is_gone_within(supervisor::GRACE) {
                tracing::debug!(
                    "a child process has not ended {:?} after SIGTERM, and is killed",
                    supervisor::GRACE
                );
            }
            self.supervisor.signal(supervisor::Signal::Kill);
        }
        #[cfg(windows)]
        self.job.end();
        #[cfg(not(any(unix, windows)))]
        let _ = self.kill.send(());
        if !self.is_gone_within(KILL_TIMEOUT) {
            warning!("a child process was killed and is still there: it may be blocked in the kernel");
        }
    }
}

/// Without process groups and jobs, only the child itself is killed.
#[cfg(not(any(unix, windows)))]
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
    /// Reason of a failure, in one line; `None` if the child succeeded.
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
