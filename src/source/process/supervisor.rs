//! The supervisor: a shell that outlives the app just long enough to end the processes that the app has started.
//!
//! A process that is killed can't clean up, and its children live on. So each child has a supervisor, which reads a pipe
//! that the app holds open. When the pipe ends, the app is gone, and the supervisor ends the child.
//!
//! The supervisor leads a process group, and the child starts in it. So a signal reaches all processes that the child
//! starts, a child never runs without its supervisor, and the group's id is not reused before the supervisor is reaped.

use std::{
    io::{self, Write},
    os::unix::process::CommandExt,
    process::{Child, ChildStdin, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::shortage::StartError;

/// Time from SIGTERM to SIGKILL.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// It ignores the group's own signals, except SIGKILL. `$1` is the grace in seconds.
const SCRIPT: &str = r#"
trap '' HUP INT QUIT TERM
while read -r signal; do kill -s "$signal" 0; done
kill -s TERM 0
sleep "$1"
kill -s KILL 0
"#;

/// Time limit for the end of the group and of the supervisor.
const END: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Supervisor {
    shell: Child,
    /// The pipe. The standard library closes it in other children.
    line: Option<ChildStdin>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Signal {
    Term,
    Kill,
}

impl Supervisor {
    pub(super) fn start() -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT, "supervisor", &GRACE.as_secs().to_string()]);
        // It must not keep a folder in use.
        shell.current_dir("/").process_group(0);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut shell = shell.spawn().map_err(|source| {
            io::Error::other(StartError { program: "/bin/sh, which supervises child processes", source })
        })?;
        let line = shell.stdin.take();
        Ok(Self { shell, line })
    }

    /// Makes the command start in the group.
    pub(super) fn adopt(&self, command: &mut Command) {
        // It fits: the system's own type is signed.
        command.process_group(i32::try_from(self.shell.id()).unwrap_or_default());
    }

    /// Sends a signal to the whole group.
    pub(super) fn signal(&mut self, signal: Signal) {
        let name = match signal {
            Signal::Term => "TERM\n",
            Signal::Kill => "KILL\n",
        };
        if let Some(line) = &mut self.line {
            // It fails if the supervisor was killed, and the group with it.
            let _ = line.write_all(name.as_bytes());
        }
    }

    /// Closes the pipe, as the system does for an app that was killed.
    #[cfg(test)]
    pub(super) fn abandon(&mut self) {
        self.line = None;
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.signal(Signal::Kill);
        self.line = None;
        let end = Instant::now() + END;
        while matches!(self.shell.try_wait(), Ok(None)) {
            if Instant::now() > end {
                // It was stopped by SIGSTOP, for example.
                let _ = self.shell.kill();
                let _ = self.shell.wait();
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}
