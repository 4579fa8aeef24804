//! Job objects: a process with all that it starts.

use std::{
    io,
    os::windows::{io::AsRawHandle, process::CommandExt},
    process::{Child, Command, ExitStatus},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use win32job::{ExtendedLimitInfo, Job};

/// Ctrl-C in the console does not reach the process (`CREATE_NEW_PROCESS_GROUP`).
const NEW_PROCESS_GROUP: u32 = 0x200;

/// The process is in no job that allows this (`CREATE_BREAKAWAY_FROM_JOB`).
const BREAKAWAY: u32 = 0x0100_0000;

/// Time limit for the end of a child that takes no job because it is ending.
const ENDING: Duration = Duration::from_secs(1);

/// A job, by the process id of its first process. Its processes end when the job is closed, by [`kill`](Self::kill) or
/// with the runner.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    id: u32,
    job: Arc<Mutex<Option<Job>>>,
}

impl Group {
    /// Puts a new child into a job, unless it has ended already.
    pub(crate) fn of(child: &mut Child) -> io::Result<Self> {
        let job = job(false)?;
        // A handle is a number in one type and an address in the other.
        if let Err(error) = job.assign_process(child.as_raw_handle() as isize) {
            if !ends(child)? {
                return Err(io::Error::other(error));
            }
        }
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

/// Returns true if a child ends now. It takes no job a moment before its end can be waited for.
fn ends(child: &mut Child) -> io::Result<bool> {
    let begun = Instant::now();
    while child.try_wait()?.is_none() {
        if begun.elapsed() > ENDING {
            return Ok(false);
        }
        thread::sleep(Duration::from_millis(1));
    }
    Ok(true)
}

/// Creates a job whose processes end when it is closed. Those that are started to outlive it may leave it.
pub(super) fn job(may_be_left: bool) -> io::Result<Job> {
    let mut limits = ExtendedLimitInfo::new();
    limits.limit_kill_on_job_close();
    if may_be_left {
        limits.limit_breakaway_ok();
    }
    Job::create_with_limit_info(&limits).map_err(io::Error::other)
}

/// Keeps the console's Ctrl-C from a command: the runner ends it.
pub(crate) fn lead(command: &mut Command) {
    command.creation_flags(NEW_PROCESS_GROUP);
}

/// Makes a command outlive Ctrl-C in the console, and the runner, whose job it leaves.
pub(crate) fn detach(command: &mut Command) {
    command.creation_flags(NEW_PROCESS_GROUP | BREAKAWAY);
}

#[cfg(test)]
pub(super) mod tests {
    use std::{
        env,
        io::{Read, Write},
        net::{Ipv4Addr, TcpListener, TcpStream},
        path::Path,
    };

    use super::{super::Supervisor, *};

    /// Set for a process of the test: the port on which it or its child listens.
    const PORT: &str = "HMR_TEST_PORT";
    const ROLE: &str = "HMR_TEST_ROLE";

    /// Set for a runner: the port of the process that it detaches.
    const DETACHED: &str = "HMR_TEST_DETACHED";

    /// Time after which such a process ends by itself.
    const LIFETIME: Duration = Duration::from_secs(120);

    /// Starts this test program as a process that listens on a port, or whose child does.
    pub(in crate::system) fn listen_in(program: &Path, port: u16, is_parent: bool) -> Child {
        process(program, port, if is_parent { "parent" } else { "listener" }).spawn().unwrap()
    }

    fn process(program: &Path, port: u16, role: &str) -> Command {
        let mut command = Command::new(program);
        command.args(["--ignored", "--exact", "system::windows::group::tests::a_process_of_the_tests"]);
        command.env(PORT, port.to_string()).env(ROLE, role);
        command
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

    /// Ends the process that listens on a port.
    fn quit(port: u16) {
        TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap().write_all(b"q").unwrap();
        until(false, port);
    }

    #[test]
    #[ignore = "a process that other tests start"]
    fn a_process_of_the_tests() {
        let port: u16 = env::var(PORT).unwrap().parse().unwrap();
        let program = env::current_exe().unwrap();
        let role = env::var(ROLE).unwrap();
        let child = |port, leave: fn(&mut Command)| {
            let mut command = process(&program, port, "listener");
            leave(&mut command);
            command.spawn().unwrap()
        };
        match &*role {
            "parent" => drop(child(port, |_| ())),
            "runner" => {
                Supervisor::start(Path::new("")).unwrap();
                child(port, lead);
                child(env::var(DETACHED).unwrap().parse().unwrap(), detach);
            }
            _ => {
                let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
                thread::spawn(|| {
                    thread::sleep(LIFETIME);
                    std::process::exit(1);
                });
                for stream in listener.incoming() {
                    if stream.and_then(|mut stream| stream.read(&mut [0])).is_ok_and(|count| count > 0) {
                        return;
                    }
                }
            }
        }
        thread::sleep(LIFETIME);
    }

    #[test]
    fn a_killed_group_leaves_no_process_of_a_process() {
        let port = free_port();
        let begun = Instant::now();
        let mut child = listen_in(&env::current_exe().unwrap(), port, true);
        let group = Group::of(&mut child).unwrap();
        until(true, port);
        group.kill();
        until(false, port);
        // Its exit code is 0, as if it had ended by itself: the system ends the processes of a closed job so.
        child.wait().unwrap();
        assert!(begun.elapsed() < LIFETIME);
    }

    #[test]
    fn a_child_that_has_ended_or_is_ending_is_a_group() {
        for waits in [false, true] {
            let mut child = Command::new("cmd").args(["/C", "exit 3"]).spawn().unwrap();
            if waits {
                child.wait().unwrap();
            }
            let group = Group::of(&mut child).unwrap();
            assert_eq!(group.wait(&mut child).and_then(|status| status.code()), Some(3));
        }
    }

    #[test]
    fn a_killed_runner_leaves_the_browser_alone() {
        let (port, detached) = (free_port(), free_port());
        let mut runner = process(&env::current_exe().unwrap(), port, "runner");
        let mut runner = runner.env(DETACHED, detached.to_string()).spawn().unwrap();
        until(true, port);
        until(true, detached);
        runner.kill().unwrap();
        runner.wait().unwrap();
        until(false, port);
        until(true, detached);
        quit(detached);
    }
}
