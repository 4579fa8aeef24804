//! Keeps a bundler running, and publishes its events.

use std::{
    convert::Infallible,
    io::{self, BufReader},
    net::Shutdown,
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::Stdio,
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread,
    time::{Duration, Instant},
};

use super::{
    events::{self, Event},
    options::ResolvedConfig,
};
use crate::{
    build::{Build, stats::Stats},
    escape::{Escaped, without_colours},
    json::to_json,
    notice::failure,
    publisher::Publisher,
    source::{
        process::{DRAIN_TIMEOUT, Ended, Process},
        watch::{EventHandler, Rebuilt, Scanned},
    },
    stop::Moment,
    wire::Frame,
};

/// Shortest and longest pause before a bundler is restarted. A change of the configuration ends the pause, and a change of
/// the sources, which are not watched while no bundler runs, waits for its end.
const BACKOFF: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

/// Maximum number of a bundler's events that wait to be published. Beyond it, its socket is not read, so that it waits too.
const MAX_UNPUBLISHED: usize = 16;

/// A message to the runner. A bundler's messages have the number of its start, as those of an earlier one may come late.
#[derive(Debug)]
pub(super) enum Message {
    Event(u64, Event),
    Ended(u64, Ended),
    /// The configuration has changed.
    Changed,
    /// Ends the runner.
    Stop,
}

pub(super) struct Runner {
    publisher: Publisher,
    resolved: ResolvedConfig,
    outbox: Sender<Message>,
    running: Option<Run>,
    /// Number of starts.
    starts: u64,
    /// The bundler's own reason for its end.
    reason: Option<String>,
    /// True while pages show a failure of the bundler.
    is_shown: bool,
    backoff: Duration,
    start_at: Option<Instant>,
    /// The first build, or the first time that there can't be one.
    first: Moment,
}

struct Run {
    _process: Process,
    socket: UnixStream,
    /// An item for each event that is not published yet.
    unpublished: Receiver<()>,
}

impl Drop for Run {
    fn drop(&mut self) {
        // It ends the reader, even if another process holds the other end.
        let _ = self.socket.shutdown(Shutdown::Both);
    }
}

impl Runner {
    pub(super) fn new(
        publisher: Publisher,
        resolved: ResolvedConfig,
        outbox: Sender<Message>,
        first: Moment,
    ) -> Self {
        Self {
            publisher,
            resolved,
            outbox,
            running: None,
            starts: 0,
            reason: None,
            is_shown: false,
            backoff: BACKOFF.0,
            start_at: None,
            first,
        }
    }

    /// Handles messages until `Stop`.
    pub(super) fn run(mut self, inbox: &Receiver<Message>) {
        loop {
            let message = match self.start_at {
                Some(at) => inbox.recv_timeout(at.saturating_duration_since(Instant::now())),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match message {
                Ok(Message::Event(start, event)) if start == self.starts => {
                    self.publish(event);
                    if let Some(run) = &self.running {
                        // The reader has sent it before the event.
                        let _ = run.unpublished.try_recv();
                    }
                }
                Ok(Message::Ended(start, ended)) if start == self.starts => {
                    let reason = self.reason.take().unwrap_or_else(|| {
                        let failure = ended.failure().unwrap_or_else(|| "it ended by itself".to_owned());
                        format!("the bundler has died: {failure}\n\n{}", ended.tail)
                    });
                    self.die(&reason);
                }
                Ok(Message::Event(..) | Message::Ended(..)) => {}
                Ok(Message::Changed) => {
                    tracing::info!(
                        "{:?} has changed, and the bundler is started again",
                        self.resolved.config
                    );
                    self.backoff = BACKOFF.0;
                    self.start_or_die();
                }
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => self.start_or_die(),
            }
        }
    }

    /// Starts a bundler, and ends the one that is running.
    pub(super) fn start(&mut self) -> io::Result<()> {
        self.running = None;
        self.start_at = None;
        self.reason = None;
        self.starts += 1;
        let start = self.starts;
        let (socket, theirs) = UnixStream::pair()?;
        let mut command = self.resolved.process();
        command.stdin(Stdio::from(OwnedFd::from(theirs)));
        let outbox = self.outbox.clone();
        let (reading, read) = mpsc::channel::<()>();
        let ended = move |ended| {
            // Its last event may have the reason. Sending fails when the runner has ended.
            let _ = read.recv_timeout(DRAIN_TIMEOUT);
            let _ = outbox.send(Message::Ended(start, ended));
        };
        let name = self.resolved.config.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let tail = self.publisher.journal().outputs.begin(&name);
        let process = Process::start(command, self.resolved.output, &tail, None, ended)?;
        let lines = BufReader::new(socket.try_clone()?);
        let outbox = self.outbox.clone();
        let (waiting, unpublished) = mpsc::sync_channel(MAX_UNPUBLISHED);
        thread::Builder::new().name("hot-bundler".to_owned()).spawn(move || {
            let _reading = reading;
            let emit = |event| {
                // It blocks while too many are unpublished, and fails when the run is over.
                if waiting.send(()).is_ok() {
                    let _ = outbox.send(Message::Event(start, event));
                }
            };
            if let Err(error) = events::read(lines, emit) {
                emit(Event::Failed(error));
            }
        })?;
        self.running = Some(Run { _process: process, socket, unpublished });
        Ok(())
    }

    fn start_or_die(&mut self) {
        if let Err(error) = self.start() {
            self.die(&format!("the bundler could not be started: {error}"));
        }
    }

    fn publish(&mut self, event: Event) {
        match event {
            Event::Building { name, file } => self.publisher.building(&name, file.as_deref()),
            Event::Built(stats) => {
                self.backoff = BACKOFF.0;
                self.take_back(&stats);
                self.publisher.built(stats);
                self.first.reach();
            }
            Event::Progress(progress) => {
                let Ok(()) =
                    self.publisher.hub().publish(|| Ok::<_, Infallible>(Frame::new(&to_json(&progress))));
            }
            Event::Failed(reason) => self.reason = Some(reason),
        }
    }

    /// Publishes the reason of a failure, and schedules a restart.
    fn die(&mut self, reason: &str) {
        self.running = None;
        // The end of a bundler that was started in part is no second failure.
        self.starts += 1;
        // One log event for each line, so that a line can't look like another event.
        for line in without_colours(reason).lines().filter(|line| !line.trim().is_empty()) {
            failure!("{}", Escaped(line));
        }
        tracing::info!(
            "the bundler is started again in {:?}, or when {:?} changes",
            self.backoff,
            self.resolved.config
        );
        self.is_shown = true;
        self.publisher.built(Build::unhashed().error(reason.trim_end()).into());
        self.first.reach();
        self.start_at = Some(Instant::now() + self.backoff);
        self.backoff = (self.backoff * 2).min(BACKOFF.1);
    }

    /// Clears the shown failure if none of these builds does: clients keep problems by bundle.
    fn take_back(&mut self, stats: &Stats) {
        if std::mem::take(&mut self.is_shown) && stats.builds.iter().all(|build| !build.name.is_empty()) {
            self.publisher.built(Build::unhashed().changes([]).into());
        }
    }
}

/// Restarts the bundler when the configuration changes.
pub(super) struct Config(pub(super) Sender<Message>);

impl EventHandler for Config {
    fn building(&self, _: &str, _: &str) {}

    fn scanned(&self, _: Scanned) {}

    fn built(&self, _: Rebuilt) {
        // It fails when the runner has ended.
        let _ = self.0.send(Message::Changed);
    }

    fn unchanged(&self, _: &str) {}
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt};

    use super::*;
    use crate::source::{process::Output, watch::testing::Dir, webpack::Webpack};

    /// A runner whose messages are not handled, with a script in place of Node.js.
    fn runner(dir: &Dir, node: &str) -> (Runner, Receiver<Message>) {
        dir.write("webpack.config.js", "");
        dir.write("node_modules/webpack/package.json", "{}");
        dir.write("node", node);
        fs::set_permissions(dir.path().join("node"), fs::Permissions::from_mode(0o755)).unwrap();
        let webpack = Webpack::new(dir.path().join("webpack.config.js")).node(dir.path().join("node"));
        let resolved = webpack.add_client(false).output(Output::Tracing).resolve("/hot").unwrap();
        let (outbox, inbox) = mpsc::channel();
        (Runner::new(Publisher::alone(), resolved, outbox, Moment::new()), inbox)
    }

    #[test]
    fn a_bundler_that_dies_is_started_again_within_five_seconds() {
        let dir = Dir::new();
        let (mut runner, _inbox) = runner(&dir, "#!/bin/sh\n");
        for pause in [1, 2, 4, 5, 5] {
            assert_eq!(runner.backoff, Duration::from_secs(pause));
            runner.die("no");
            assert!(runner.start_at.is_some());
        }
    }

    #[test]
    fn a_bundler_waits_while_too_many_events_are_unpublished() {
        let dir = Dir::new();
        // It sends events without an end.
        let node = "#!/bin/sh\nwhile echo '{\"action\":\"building\",\"name\":\"\"}'; do :; done >&0\n";
        let (mut runner, inbox) = runner(&dir, node);
        runner.start().unwrap();
        let told =
            |within| matches!(inbox.recv_timeout(within), Ok(Message::Event(1, Event::Building { .. })));
        let (patience, moment) = (Duration::from_secs(20), Duration::from_millis(100));
        assert!((0..MAX_UNPUBLISHED).all(|_| told(patience)));
        assert!(!told(moment), "no more than {MAX_UNPUBLISHED} wait");
        runner.running.as_ref().unwrap().unpublished.recv().unwrap();
        assert!(told(patience) && !told(moment), "one was published, so one more is read");
        // Its end does not wait for the bundler.
        let begun = Instant::now();
        drop(runner);
        assert!(begun.elapsed() < patience);
    }
}
