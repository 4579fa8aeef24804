//! A server in a process of its own, and its resources.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use tokio::time::sleep;

use crate::{PATIENCE, SERVE, until};

/// The server process, controlled by lines; see [`serve`](crate::serve). Ended on drop.
#[derive(Debug)]
pub(crate) struct Server {
    child: Child,
    input: ChildStdin,
    /// The lines that it prints, read by a thread that ends with it.
    output: mpsc::Receiver<String>,
    pub(crate) address: SocketAddr,
}

/// Largest difference between two heaps without a leak: spare capacity of lists that were long once.
pub(crate) const HEAP_SLACK: usize = 64 << 10;

/// The resources of a server at one moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    /// Number of bytes that it has allocated and not freed.
    pub(crate) heap: usize,
    /// Number of bytes in RAM: the heap, its code, its stacks and what the allocator keeps.
    pub(crate) resident: usize,
    pub(crate) descriptors: usize,
}

impl Server {
    /// Starts a server with this heartbeat and default options otherwise.
    pub(crate) fn start(heartbeat: Duration) -> Self {
        let mut child = Command::new(env::current_exe().unwrap())
            .args([SERVE, &heartbeat.as_millis().to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let (send, output) = mpsc::channel();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| send.send(line)));
        let address = output.recv_timeout(PATIENCE).expect("the server did not print its address");
        Self { child, input, output, address: address.parse().unwrap() }
    }

    /// Sends a command, and returns its answer, a number.
    pub(crate) fn ask(&mut self, command: &str) -> u64 {
        writeln!(self.input, "{command}").unwrap();
        let answer = self.output.recv_timeout(PATIENCE);
        let answer = answer.unwrap_or_else(|error| panic!("the server did not answer {command:?}: {error}"));
        answer.parse().unwrap_or_else(|_| panic!("the server answered {answer:?} to {command:?}"))
    }

    fn ask_size(&mut self, command: &str) -> usize {
        usize::try_from(self.ask(command)).unwrap()
    }

    /// Returns the number of open streams.
    pub(crate) fn clients(&mut self) -> usize {
        self.ask_size("clients")
    }

    /// Waits until this many streams are open.
    pub(crate) async fn has_clients(&mut self, count: usize) {
        until(&format!("a count of {count} clients"), || self.clients() == count).await;
    }

    /// Sends a command again and again, until the server has this many clients.
    pub(crate) async fn is_left_with(&mut self, count: usize, meanwhile: &str) {
        until(&format!("a count of {count} clients"), || {
            self.ask(meanwhile);
            self.clients() == count
        })
        .await;
    }

    pub(crate) fn held(&mut self) -> Held {
        Held { heap: self.ask_size("heap"), resident: self.memory("VmRSS:"), descriptors: self.descriptors() }
    }

    /// Returns its resources once they have stayed the same for a moment.
    pub(crate) async fn quiet(&mut self) -> Held {
        let mut before = self.held();
        let begin = Instant::now();
        loop {
            sleep(Duration::from_millis(50)).await;
            let now = self.held();
            if (now.heap, now.descriptors) == (before.heap, before.descriptors) {
                return now;
            }
            assert!(begin.elapsed() < PATIENCE, "the server does not settle: {before:?}, then {now:?}");
            before = now;
        }
    }

    /// Waits until it has this many clients, as many descriptors as earlier and no more memory; returns its
    /// resources then.
    pub(crate) async fn is_back_at(&mut self, then: Held, clients: usize) -> Held {
        self.has_clients(clients).await;
        until(&format!("{} descriptors", then.descriptors), || self.descriptors() == then.descriptors).await;
        let bound = then.heap + HEAP_SLACK;
        until(&format!("a heap of {bound} bytes or less"), || self.ask_size("heap") <= bound).await;
        self.held()
    }

    /// Returns the most bytes that were allocated at once since the last `reset-peak`.
    pub(crate) fn heap_peak(&mut self) -> usize {
        self.ask_size("heap-peak")
    }

    /// Returns the most bytes that were in RAM at once since the process began.
    pub(crate) fn resident_peak(&self) -> usize {
        self.memory("VmHWM:")
    }

    /// Reads a line of the kernel's table, which is in kibibytes.
    fn memory(&self, name: &str) -> usize {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.trim().strip_suffix(" kB").unwrap().parse::<usize>().unwrap() * 1024
    }

    pub(crate) fn descriptors(&self) -> usize {
        fs::read_dir(format!("/proc/{}/fd", self.child.id())).unwrap().count()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already, which is fine.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
