//! Job objects: a process with all that it starts.

use std::{
    io,
    os::windows::{io::AsRawHandle, process::CommandExt},
    process::{Child, Command, ExitStatus},
    sync::{Arc, Mutex, PoisonError},
};

use win32job::{ExtendedLimitInfo, Job};

/// Ctrl-C in the console does not reach the process (`CREATE_NEW_PROCESS_GROUP`).
const NEW_PROCESS_GROUP: u32 = 0x200;

/// A job, by the process id of its first process. Its processes end when the job is closed, by [`kill`](Self::kill) or
/// with the runner.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    id: u32,
    job: Arc<Mutex<Option<Job>>>,
}

impl Group {
    /// Puts a new child into a job.
    pub(crate) fn of(child: &Child) -> io::Result<Self> {
        let job = job()?;
        // A handle is a number in one type and an address in the other.
        job.assign_process(child.as_raw_handle() as isize).map_err(io::Error::other)?;
        Ok(Self { id: child.id(), job: Arc::new(Mutex::new(Some(job))) })
    }

    pub(crate) fn id(&self) -> u32 {
        self.id
    }

    /// Ends all processes at once: a process without a window can't be asked to end.
    pub(crate) fn end(&self) {
        self.kill();
    }

    pub(crate) fn kill(&self) {
        drop(self.job.lock().unwrap_or_else(PoisonError::into_inner).take());
    }

    /// Waits for the first process, and kills the others.
    pub(crate) fn wait(&self, child: &mut Child) -> Option<ExitStatus> {
        let status = child.wait().ok();
        self.kill();
        status
    }
}

/// Creates a job whose processes end when it is closed.
pub(super) fn job() -> io::Result<Job> {
    let mut limits = ExtendedLimitInfo::new();
    limits.limit_kill_on_job_close();
    Job::create_with_limit_info(&limits).map_err(io::Error::other)
}

/// Keeps the console's Ctrl-C from a command: the runner ends it.
pub(crate) fn lead(command: &mut Command) {
    command.creation_flags(NEW_PROCESS_GROUP);
}

/// Makes a command outlive Ctrl-C in the console.
pub(crate) fn detach(command: &mut Command) {
    command.creation_flags(NEW_PROCESS_GROUP);
}

#[cfg(test)]
pub(super) mod tests {
    use std::{
        env,
        net::{Ipv4Addr, TcpListener, TcpStream},
        path::Path,
        thread,
        time::{Duration, Instant},
    };

    use super::*;

    /// Set for a process of the test: the port on which it listens, or lets its own child listen.
    const PORT: &str = "HMR_TEST_PORT";
    const IS_PARENT: &str = "HMR_TEST_PARENT";

    /// Time after which such a process ends by itself.
    const LIFETIME: Duration = Duration::from_secs(120);

    /// Starts this test program as a process that listens on a port, or whose child does.
    pub(in crate::system) fn listen_in(program: &Path, port: u16, is_parent: bool) -> Child {
        let mut command = Command::new(program);
        command.args(["--ignored", "--exact", "system::windows::group::tests::a_process_of_the_tests"]);
        command.env(PORT, port.to_string());
        if is_parent {
            command.env(IS_PARENT, "1");
        } else {
            command.env_remove(IS_PARENT);
        }
        command.spawn().unwrap()
    }

    pub(in crate::system) fn free_port() -> u16 {
        TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
    }

    /// Waits until a port accepts, or refuses.
    pub(in crate::system) fn until(accepts: bool, port: u16) {
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() != accepts {
            assert!(begun.elapsed() < Duration::from_secs(60), "port {port} accepts: {}", !accepts);
            thread::sleep(Duration::from_millis(50));
        }
    }

    #[test]
    #[ignore = "a process that other tests start"]
    fn a_process_of_the_tests() {
        let port = env::var(PORT).unwrap().parse().unwrap();
        if env::var_os(IS_PARENT).is_some() {
            listen_in(&env::current_exe().unwrap(), port, false);
        } else {
            // It ends with the process.
            std::mem::forget(TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap());
        }
        thread::sleep(LIFETIME);
    }

    #[test]
    fn a_killed_group_leaves_no_process_of_a_process() {
        let port = free_port();
        let begun = Instant::now();
        let mut child = listen_in(&env::current_exe().unwrap(), port, true);
        let group = Group::of(&child).unwrap();
        until(true, port);
        group.kill();
        until(false, port);
        // Its exit code is 0, as if it had ended by itself: the system ends the processes of a closed job so.
        child.wait().unwrap();
        assert!(begun.elapsed() < LIFETIME);
    }
}
