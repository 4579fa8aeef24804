//! Runs the command: one run at a time, and one more for all that changed meanwhile.

use std::{
    sync::{
        Arc,
        mpsc::{Receiver, RecvTimeoutError, Sender},
    },
    time::{Duration, Instant},
};

use super::Command;
use crate::{
    build::Build,
    escape::Escaped,
    hub::Hub,
    shared::{publish_building, publish_builds},
    source::{
        process::{Ended, Process, is_shortage},
        watch::{EventHandler, Rebuilt, Scanned},
    },
    stop::Moment,
};

/// The first and the longest pause before a start is tried again, while the system has no room for a process.
const BACKOFF: (Duration, Duration) = (Duration::from_millis(250), Duration::from_secs(5));

/// What the runner hears.
#[derive(Debug)]
pub(super) enum Message {
    /// Run: this file has changed, or it is the beginning.
    Run(Option<String>),
    Ended(Ended),
    /// The guard is gone, or the layer is closed.
    Stop,
}

pub(super) struct Runner {
    hub: Arc<Hub>,
    command: Command,
    outbox: Sender<Message>,
    running: Option<Run>,
    /// What has changed since the run began: a run that is under way may have read it before.
    changed: Option<String>,
    retry: Option<Retry>,
    /// The end of the first run.
    first: Moment,
}

struct Run {
    begun: Instant,
    /// Its drop ends what the run has left behind, or the run itself.
    _process: Process,
}

/// A run that the system had no room for.
struct Retry {
    file: Option<String>,
    at: Instant,
    backoff: Duration,
}

impl Runner {
    pub(super) fn new(hub: Arc<Hub>, command: Command, outbox: Sender<Message>, first: Moment) -> Self {
        Self { hub, command, outbox, running: None, changed: None, retry: None, first }
    }

    /// Obeys until it is told to stop.
    pub(super) fn work(mut self, inbox: &Receiver<Message>) {
        loop {
            let message = match &self.retry {
                Some(retry) => inbox.recv_timeout(retry.at.saturating_duration_since(Instant::now())),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match message {
                Ok(Message::Run(file)) if self.running.is_some() => self.changed = file,
                Ok(Message::Run(file)) => self.run(file),
                Ok(Message::Ended(ended)) => {
                    if let Some(run) = self.running.take() {
                        self.publish(run.begun, ended.failure(), &ended.tail);
                    }
                    if let Some(file) = self.changed.take() {
                        self.run(Some(file));
                    }
                }
                Err(RecvTimeoutError::Timeout) => {
                    let file = self.retry.as_mut().and_then(|retry| retry.file.take());
                    self.run(file);
                }
                Ok(Message::Stop) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn run(&mut self, file: Option<String>) {
        let retried = self.retry.take();
        let begun = Instant::now();
        // Pages show why it does not run until it does.
        if retried.is_none() {
            self.building(file.as_deref());
        }
        let outbox = self.outbox.clone();
        // Sending fails when the runner has stopped, and with it the command.
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
        publish_building(&self.hub, self.command.bundle(), file);
    }

    /// Publishes the end of a run. It has no hash: the watch over the output publishes what has changed, and a command
    /// that was fixed reloads no page.
    fn publish(&self, begun: Instant, failure: Option<String>, tail: &str) {
        let name = self.command.bundle();
        let mut build = Build::unhashed().name(name).time(begun.elapsed()).changes([]);
        if let Some(failure) = failure {
            tracing::error!("the command {name:?} failed: {}", Escaped(&failure));
            build = build.error(format!("{name}\n{failure}\n\n{tail}").trim_end());
        }
        publish_builds(&self.hub, build.into());
        self.first.reach();
    }
}

/// Hears of the sources.
pub(super) struct Sources(pub(super) Sender<Message>);

impl EventHandler for Sources {
    fn building(&self, _: &str, _: &str) {}

    fn scanned(&self, _: Scanned) {}

    fn built(&self, build: Rebuilt) {
        // It fails when the runner has stopped, and the watch is about to.
        let _ = self.0.send(Message::Run(build.changes.into_iter().next().map(|change| change.id)));
    }

    fn unchanged(&self, _: &str) {}
}

#[cfg(all(test, unix))]
mod tests {
    use std::{num::NonZeroUsize, sync::mpsc, thread, time::Duration};

    use super::*;
    use crate::source::{process::Output, watch::testing::Dir};

    #[test]
    fn changes_during_a_run_have_it_run_once_more() {
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
        let runner = Runner::new(Hub::new(NonZeroUsize::MIN, 4096), command, outbox.clone(), Moment::new());
        let thread = thread::spawn(move || runner.work(&inbox));
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
