//! A job object of Windows: a process with all that it starts. The system closes it with the app, however that ends.

use std::{
    io,
    os::windows::io::AsRawHandle,
    process::Child,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use win32job::ExtendedLimitInfo;

/// Time limit for the end of a child that takes no job because it is ending.
const ENDING: Duration = Duration::from_secs(1);

/// A job whose processes end when it is closed. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Job(Arc<Mutex<Option<win32job::Job>>>);

impl Job {
    /// Puts a new child into a job, unless it has ended already. What the child starts before that is not in it.
    pub(super) fn of(child: &mut Child) -> io::Result<Self> {
        let mut limits = ExtendedLimitInfo::new();
        limits.limit_kill_on_job_close();
        let job = win32job::Job::create_with_limit_info(&limits).map_err(io::Error::other)?;
        // A handle is a number in one type and an address in the other.
        let assigned = job.assign_process(child.as_raw_handle() as isize);
        if let Err(error) = assigned {
            if !ends(child)? {
                return Err(io::Error::other(error));
            }
        }
        Ok(Self(Arc::new(Mutex::new(Some(job)))))
    }

    /// Ends its processes.
    pub(super) fn end(&self) {
        drop(self.0.lock().unwrap_or_else(PoisonError::into_inner).take());
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

#[cfg(test)]
mod tests {
    use std::{
        env,
        net::{Ipv4Addr, TcpListener, TcpStream},
        process::Command,
        sync::mpsc,
    };

    use super::{
        super::{Output, Process},
        *,
    };

    const PATIENCE: Duration = Duration::from_secs(60);

    /// Set for a process of the test: the port on which its child listens, or it does itself.
    const PORT: &str = "HOT_TEST_PORT";
    const IS_PARENT: &str = "HOT_TEST_PARENT";

    fn process(port: &str) -> Command {
        let mut command = Command::new(env::current_exe().unwrap());
        let name = "source::process::job::tests::a_process_of_the_tests";
        command.args(["--ignored", "--exact", name]).env(PORT, port).env_remove(IS_PARENT);
        command
    }

    #[test]
    #[ignore = "a process that other tests start"]
    fn a_process_of_the_tests() {
        let port = env::var(PORT).unwrap();
        let listener = match env::var_os(IS_PARENT) {
            Some(_) => {
                process(&port).spawn().unwrap();
                None
            }
            None => Some(TcpListener::bind((Ipv4Addr::LOCALHOST, port.parse().unwrap())).unwrap()),
        };
        thread::sleep(2 * PATIENCE);
        drop(listener);
    }

    #[test]
    fn a_child_that_has_ended_or_is_ending_takes_no_job() {
        for waits in [false, true] {
            let mut child = Command::new("cmd").args(["/C", "exit 3"]).spawn().unwrap();
            if waits {
                child.wait().unwrap();
            }
            let job = Job::of(&mut child).unwrap();
            assert_eq!(child.wait().unwrap().code(), Some(3));
            job.end();
        }
    }

    #[test]
    fn a_dropped_process_ends_with_its_own_children() {
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let until = |accepts: bool| {
            let begun = Instant::now();
            while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() != accepts {
                assert!(begun.elapsed() < PATIENCE, "the port accepts: {}", !accepts);
                thread::sleep(Duration::from_millis(20));
            }
        };
        let mut command = process(&port.to_string());
        command.env(IS_PARENT, "");
        let (sender, ended) = mpsc::channel();
        let process = Process::start(command, Output::Tracing, &Tail::default(), None, move |end| {
            drop(sender.send(end))
        })
        .unwrap();
        until(true);
        drop(process);
        until(false);
        ended.recv_timeout(PATIENCE).unwrap();
    }
}
