//! Process groups.

use std::{
    io,
    os::unix::process::CommandExt,
    process::{Child, Command, ExitStatus},
};

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

/// A process group, by the process id of its leader.
#[derive(Clone, Debug)]
pub(crate) struct Group(u32);

impl Group {
    /// The group that this child leads.
    #[allow(clippy::unnecessary_wraps, reason = "fails on other systems")]
    pub(crate) fn of(child: &mut Child) -> io::Result<Self> {
        Ok(Self(child.id()))
    }

    pub(crate) fn id(&self) -> u32 {
        self.0
    }

    /// Asks all processes to end, by SIGTERM.
    pub(crate) fn end(&self) {
        self.signal(Signal::TERM);
    }

    pub(crate) fn kill(&self) {
        self.signal(Signal::KILL);
    }

    fn signal(&self, signal: Signal) {
        if let Some(pid) = self.pid() {
            // Fails if the group is gone.
            let _ = kill_process_group(pid, signal);
        }
    }

    fn pid(&self) -> Option<Pid> {
        i32::try_from(self.0).ok().and_then(Pid::from_raw)
    }

    /// Waits for the leader, and kills the rest of the group before its id can be reused.
    pub(crate) fn wait(&self, child: &mut Child) -> Option<ExitStatus> {
        if let Some(pid) = self.pid() {
            // The leader stays a zombie here, so its process id is not reused.
            while waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
                .is_err_and(|error| error == rustix::io::Errno::INTR)
            {}
            self.kill();
        }
        child.wait().ok()
    }
}

/// Makes a command lead a new group.
pub(crate) fn lead(command: &mut Command) {
    command.process_group(0);
}

/// Makes a command outlive Ctrl-C in the terminal.
pub(crate) fn detach(command: &mut Command) {
    command.process_group(0);
}
