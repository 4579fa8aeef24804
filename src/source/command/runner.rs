//! Runs the command: one run at a time, and one more for all changes meanwhile.

use std::{
    sync::mpsc::{Receiver, RecvTimeoutError, Sender},
    time::{Duration, Instant},
};

use super::Command;
use crate::{
    build::Build,
    escape::Escaped,
    notice::failure,
    publisher::Publisher,
    source::{
        process::{Ended, Process, is_shortage},
        watch::{EventHandler, Rebuilt, Scanned},
    },
    stop::Moment,
};

/// Shortest and longest pause before another attempt, while the system can't start a process.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// A message to the runner.
#[derive(Debug)]
pub(super) enum Message {
    /// Starts a run because of this file, or the first run.
    Run(Option<String>),
    Ended(Ended),
    /// Ends the runner.
    Stop,
}

pub(super) struct Runner {
    publisher: Publisher,
    command: Command,
    outbox: Sender<Message>,
    running: Option<Run>,
    /// A file that has changed since the run began, and may have been read before.
    changed: Option<String>,
    retry: Option<Retry>,
    /// The end of the first run.
    first: Moment,
}

struct Run {
    begun: Instant,
    /// Its drop ends the run, or the processes that it has left behind.
    _process: Process,
}

/// A run that the system could not start.
struct Retry {
    file: Option<String>,
    at: Instant,
    backoff: Duration,
}

impl Runner {
    pub(super) fn new(
        publisher: Publisher,
        command: Command,
        outbox: Sender<Message>,
        first: Moment,
    ) -> Self {
        Self { publisher, command, outbox, running: None, changed: None, retry: None, first }
    }

    /// Handles messages until `Stop`.
    pub(super) fn run(mut self, inbox: &Receiver<Message>) {
        loop {
            let message = match &self.retry {
                Some(retry) => inbox.recv_timeout(retry.at.saturating_duration_since(Instant::now())),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match message {
                Ok(Message::Run(file)) if self.running.is_some() => self.changed = file,
                Ok(Message::Run(file)) => self.start(file),
                Ok(Message::Ended(ended)) => {
                    if let Some(run) = self.running.take() {
                        self.publish(run.begun, ended.failure(), &ended.tail);
                    }
                    if let Some(file) = self.changed.take() {
                        self.start(Some(file));
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    let file = self.retry.as_mut().and_then(|retry| retry.file.take());
                    self.start(file);
                }
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn start(&mut self, file: Option<String>) {
        let retried = self.retry.take();
        let begun = Instant::now();
        // While it is retried, pages keep showing the reason.
        if retried.is_none() {
            self.building(file.as_deref());
        }
        let outbox = self.outbox.clone();
        // It fails when the runner has ended.
        let ended = move |ended| drop(outbox.send(Message::Ended(ended)));
        match Process::start(self.command.process(), self.command.output, ended) {
            Ok(process) => {
                if retried.is_some() {
                    self.building(file.as_deref());
                }
                self.running = Some(Run { begun, _process: process });
            }
            Err(error) if is_shortage(&error) => {
                let backoff = match &retried {
                    Some(retry) => (retry.backoff * 2).min(BACKOFF.1),
                    None => BACKOFF.0,
                };
                if retried.is_none() {
                    let failure =
                        format!("it could not be started: {error}. It is tried again until it can be");
                    self.publish(begun, Some(failure), "");
                }
                self.retry = Some(Retry { file, at: Instant::now() + backoff, backoff });
            }
            Err(error) => self.publish(begun, Some(format!("it could not be started: {error}")), ""),
        }
    }

    fn building(&self, file: Option<&str>) {
        self.publisher.building(self.command.bundle(), file);
    }

    /// Publishes the end of a run. It has no hash: the watch over the output publishes what has changed, and a command
    /// that was fixed reloads no page.
    fn publish(&self, begun: Instant, failure: Option<String>, tail: &str) {
        let name = self.command.bundle();
        let mut build = Build::unhashed().name(name).time(begun.elapsed()).changes([]);
        if let Some(failure) = failure {
            failure!("the command {name:?} failed: {}", Escaped(&failure));
            build = build.error(format!("{name}\n{failure}\n\n{tail}").trim_end());
        }
        self.publisher.built(build.into());
        self.first.reach();
    }
}

/// Starts a run for each change of the sources.
pub(super) struct Sources(pub(super) Sender<Message>);

impl EventHandler for Sources {
    fn building(&self, _: &str, _: &str) {}

    fn scanned(&self, _: Scanned) {}

    fn built(&self, build: Rebuilt) {
        // It fails when the runner has ended.
        let _ = self.0.send(Message::Run(build.changes.into_iter().next().map(|change| change.id)));
    }

    fn unchanged(&self, _: &str) {}
}

#[cfg(all(test, unix))]
mod tests {
    use std::{sync::mpsc, thread, time::Duration};

    use super::*;
    use crate::source::{process::Output, watch::testing::Dir};

    #[test]
    fn changes_during_a_run_start_one_more() {
        let dir = Dir::new();
        let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap_or_default();
        let until = |name: &str, text: &str| {
            let begun = Instant::now();
            while read(name) != text {
                assert!(begun.elapsed() < Duration::from_secs(20), "{name} is {:?}", read(name));
                thread::sleep(Duration::from_millis(2));
            }
        };
        // A run begins with a line in `began` and ends with one in `ended`, once there is a file `go`.
        let line = "echo run >> began; until test -e go; do sleep 0.01; done; echo run >> ended";
        let command = Command::new(line).dir(dir.path()).watch(dir.path()).output(Output::Tracing);
        let (outbox, inbox) = mpsc::channel();
        let runner = Runner::new(Publisher::alone(), command, outbox.clone(), Moment::new());
        let thread = thread::spawn(move || runner.run(&inbox));
        outbox.send(Message::Run(None)).unwrap();
        until("began", "run\n");
        for file in ["a", "b", "c"] {
            outbox.send(Message::Run(Some(file.to_owned()))).unwrap();
        }
        dir.write("go", "");
        until("ended", "run\nrun\n");
        outbox.send(Message::Stop).unwrap();
        thread.join().unwrap();
        assert_eq!(read("began"), "run\nrun\n", "three changes are one run more, and no two run at once");
    }
}
