//! The keeper: a shell that outlives the app just long enough to end what the app has started.
//!
//! A process that is killed can't clean up, and what it started lives on. So each child gets a keeper beside it, which
//! reads a pipe that the app holds open. When the pipe ends, the app is gone, and the keeper ends the child.
//!
//! The keeper leads a process group, and the child is put into it. So a signal reaches all that the child starts, there
//! is no moment in which a child runs unkept, and while the keeper is not reaped the group's number can't have passed
//! to somebody else.

use std::{
    io::{self, Write},
    os::unix::process::CommandExt,
    process::{Child, ChildStdin, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use super::shortage::StartError;

/// How long a child that was asked to end has for it before it is killed.
pub(super) const GRACE: Duration = Duration::from_secs(2);

/// The signals that it is sent are for the group: it ignores those that can be ignored. `$1` is the grace in seconds.
const SCRIPT: &str = r#"
trap '' HUP INT QUIT TERM
while read -r signal; do kill -s "$signal" 0; done
kill -s TERM 0
sleep "$1"
kill -s KILL 0
"#;

/// How long the keeper has to end the group and itself.
const END: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(super) struct Keeper {
    shell: Child,
    /// The pipe. The standard library closes it in other children.
    line: Option<ChildStdin>,
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Signal {
    Term,
    Kill,
}

impl Keeper {
    pub(super) fn start() -> io::Result<Self> {
        let mut shell = Command::new("/bin/sh");
        shell.args(["-c", SCRIPT, "keeper", &GRACE.as_secs().to_string()]);
        // No folder is kept in use by it.
        shell.current_dir("/").process_group(0);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut shell = shell.spawn().map_err(|source| {
            io::Error::other(StartError { program: "/bin/sh, which looks after child processes", source })
        })?;
        let line = shell.stdin.take();
        Ok(Self { shell, line })
    }

    /// Has the command started within the group.
    pub(super) fn adopt(&self, command: &mut Command) {
        // It fits: the system's own type for it is signed.
        command.process_group(i32::try_from(self.shell.id()).unwrap_or_default());
    }

    /// Sends a signal to the whole group.
    pub(super) fn signal(&mut self, signal: Signal) {
        let name = match signal {
            Signal::Term => "TERM\n",
            Signal::Kill => "KILL\n",
        };
        if let Some(line) = &mut self.line {
            // It fails when the keeper was killed already, and the group with it.
            let _ = line.write_all(name.as_bytes());
        }
    }

    /// Lets go of the pipe, as the system does for an app that was killed.
    #[cfg(test)]
    pub(super) fn abandon(&mut self) {
        self.line = None;
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.signal(Signal::Kill);
        self.line = None;
        let end = Instant::now() + END;
        while matches!(self.shell.try_wait(), Ok(None)) {
            if Instant::now() > end {
                // Somebody has stopped it.
                let _ = self.shell.kill();
                let _ = self.shell.wait();
                return;
            }
            thread::sleep(Duration::from_millis(1));
        }
    }
}
