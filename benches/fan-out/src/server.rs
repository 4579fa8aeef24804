//! A server under measurement: a process of its own, pinned to one core.

use std::{
    fs,
    io::{BufRead, BufReader, Error, Result, Write},
    process::{Child, ChildStdin, Command, Stdio},
    time::Duration,
};

/// A server to measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Contestant {
    Loop,
    Limit,
    OursOnHyper,
    OursUnderAxum,
    AxumSse,
    AxumSseJson,
    HotMiddleware,
    DevMiddleware,
}

impl Contestant {
    pub const ALL: [Self; 8] = [
        Self::Loop,
        Self::Limit,
        Self::OursOnHyper,
        Self::OursUnderAxum,
        Self::AxumSse,
        Self::AxumSseJson,
        Self::HotMiddleware,
        Self::DevMiddleware,
    ];

    /// Returns its name in the tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Loop => "bare TCP, one loop",
            Self::Limit => "bare TCP, a task each: the limit",
            Self::OursOnHyper => "this crate, bare hyper",
            Self::OursUnderAxum => "this crate, axum::serve",
            Self::AxumSse => "axum's Sse, encoded once",
            Self::AxumSseJson => "axum's Sse, Event::json_data",
            Self::HotMiddleware => "webpack-hot-middleware 2.26.1",
            Self::DevMiddleware => "webpack-dev-middleware 8.6.1",
        }
    }

    fn command(self) -> Result<Command> {
        // The first core is the server's, the second the load's.
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", "0"]);
        let node = |command: &mut Command, name| {
            command.args(["node", concat!(env!("CARGO_MANIFEST_DIR"), "/fan-out/originals.mjs"), name]);
        };
        let rust = |command: &mut Command, name| {
            std::env::current_exe().map(|executable| {
                command.arg(executable).args(["serve", name]);
            })
        };
        match self {
            Self::Loop => rust(&mut command, "loop")?,
            Self::Limit => rust(&mut command, "limit")?,
            Self::OursOnHyper => rust(&mut command, "ours-hyper")?,
            Self::OursUnderAxum => rust(&mut command, "ours-axum")?,
            Self::AxumSse => rust(&mut command, "axum-sse")?,
            Self::AxumSseJson => rust(&mut command, "axum-sse-json")?,
            Self::HotMiddleware => node(&mut command, "webpack-hot-middleware"),
            Self::DevMiddleware => node(&mut command, "webpack-dev-middleware"),
        }
        Ok(command)
    }
}

/// A running server; it ends when it is dropped.
pub struct Server {
    process: Child,
    input: Option<ChildStdin>,
    pub port: u16,
}

impl Server {
    pub fn start(contestant: Contestant) -> Result<Self> {
        let mut process =
            contestant.command()?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().map_err(|error| {
                Error::other(format!("{contestant:?} can't be started by taskset: {error}"))
            })?;
        let input = process.stdin.take();
        let mut line = String::new();
        if let Some(output) = process.stdout.take() {
            BufReader::new(output).read_line(&mut line)?;
        }
        let port = line.trim().parse();
        let mut server = Self { process, input, port: 0 };
        server.port =
            port.map_err(|_| Error::other(format!("{contestant:?} printed {line:?} instead of its port")))?;
        Ok(server)
    }

    /// Publishes an event: `small` or `build`.
    pub fn publish(&mut self, event: &str) -> Result<()> {
        match &mut self.input {
            Some(input) => writeln!(input, "{event}"),
            None => Ok(()),
        }
    }

    /// Returns the CPU time of its threads by the scheduler's own count, which is exact, while the usual
    /// clock has a resolution of 10 ms.
    pub fn cpu(&self) -> Result<Duration> {
        let mut total = Duration::ZERO;
        for thread in fs::read_dir(format!("/proc/{}/task", self.process.id()))? {
            let line = fs::read_to_string(thread?.path().join("schedstat"))?;
            let nanoseconds = line.split(' ').next().and_then(|field| field.parse().ok());
            total += Duration::from_nanos(nanoseconds.ok_or_else(|| Error::other("schedstat has no time"))?);
        }
        Ok(total)
    }

    /// Returns its resident memory in bytes.
    pub fn resident(&self) -> Result<usize> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse::<usize>().ok())
            .map(|kilobytes| kilobytes * 1024)
            .ok_or_else(|| Error::other("the status has no VmRSS"))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.input = None;
        // The measurement is done, so a failure here doesn't matter.
        self.process.kill().and_then(|()| self.process.wait()).ok();
    }
}
