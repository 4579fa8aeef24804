//! Runs the command: one run at a time, and one more for all that changed meanwhile.

use std::{
    sync::mpsc::{Receiver, Sender},
    time::Instant,
};

use crate::{
    Build, HotMiddleware,
    source::{
        process::{Ended, Process},
        watch::{EventHandler, Rebuilt, Scanned},
    },
};

use super::Command;

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
    hot: HotMiddleware,
    command: Command,
    outbox: Sender<Message>,
    running: Option<Run>,
    /// What has changed since the run began: a run that is under way may have read it before.
    changed: Option<String>,
}

struct Run {
    begun: Instant,
    /// Its drop ends what the run has left behind, or the run itself.
    _process: Process,
}

impl Runner {
    pub(super) fn new(hot: HotMiddleware, command: Command, outbox: Sender<Message>) -> Self {
        Self { hot, command, outbox, running: None, changed: None }
    }

    /// Obeys until it is told to stop.
    pub(super) fn work(mut self, inbox: &Receiver<Message>) {
        for message in inbox {
            match message {
                Message::Run(file) if self.running.is_some() => self.changed = file,
                Message::Run(file) => self.run(file.as_deref()),
                Message::Ended(ended) => {
                    if let Some(run) = self.running.take() {
                        self.tell(run.begun, ended.failure(), &ended.tail);
                    }
                    if let Some(file) = self.changed.take() {
                        self.run(Some(&file));
                    }
                }
                Message::Stop => return,
            }
        }
    }

    fn run(&mut self, file: Option<&str>) {
        self.hot.building_bundle(self.command.bundle(), file);
        let begun = Instant::now();
        let outbox = self.outbox.clone();
        // Sending fails when the runner has stopped, and with it the command.
        let ended = move |ended| drop(outbox.send(Message::Ended(ended)));
        match Process::start(self.command.process(), self.command.output, ended) {
            Ok(process) => self.running = Some(Run { begun, _process: process }),
            Err(error) => self.tell(begun, Some(format!("it could not be started: {error}")), ""),
        }
    }

    /// Publishes how a run has ended. There is no hash: what changed is told by the watch over the output, and a
    /// command that was mended loads no page again.
    fn tell(&self, begun: Instant, failure: Option<String>, tail: &str) {
        let name = self.command.bundle();
        let mut build = Build::unhashed().name(name).time(begun.elapsed()).changes([]);
        if let Some(failure) = failure {
            tracing::error!("the command {name:?} failed: {failure}");
            build = build.error(format!("{name}\n{failure}\n\n{tail}").trim_end());
        }
        self.hot.built(build);
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
    use std::{sync::mpsc, thread, time::Duration};

    use crate::{Options, Output, source::watch::testing::Dir};

    use super::*;

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
        let runner = Runner::new(HotMiddleware::new(Options::default()), command, outbox.clone());
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
