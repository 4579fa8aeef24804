//! The messages to the runner, and the two watches that send some of them.

use std::{sync::mpsc::Sender, time::Instant};

use super::bundle::OutputEvent;
use crate::source::{
    process::Ended,
    watch::{EventHandler, Rebuilt, Scanned},
};

/// A message to the runner.
#[derive(Debug)]
pub(super) enum Message {
    /// Starts the first run.
    Start,
    /// These sources have changed, the first of them at this time.
    Changed(Vec<String>, Instant),
    Output(OutputEvent),
    /// The run with this number of a command that is to keep running has said something.
    Said(u64),
    /// The run with this number has ended.
    Ended(u64, Ended),
    /// Ends the runner.
    Stop,
}

/// Starts a run for each change of the sources.
pub(super) struct Sources(pub(super) Sender<Message>);

impl EventHandler for Sources {
    fn building(&self, _: &str, _: &str) {}

    fn scanned(&self, _: Scanned) {}

    fn built(&self, build: Rebuilt) {
        let now = Instant::now();
        let since = now.checked_sub(build.time).unwrap_or(now);
        let files = build.changes.into_iter().map(|change| change.id).collect();
        // It fails when the runner has ended.
        let _ = self.0.send(Message::Changed(files, since));
    }

    fn unchanged(&self, _: &str) {}
}

/// Passes the changes of the output to the runner.
pub(super) struct Outputs(pub(super) Sender<Message>);

impl Outputs {
    fn send(&self, event: OutputEvent) {
        // It fails when the runner has ended.
        let _ = self.0.send(Message::Output(event));
    }
}

impl EventHandler for Outputs {
    fn building(&self, _: &str, file: &str) {
        self.send(OutputEvent::Building(file.to_owned()));
    }

    fn scanned(&self, state: Scanned) {
        self.send(OutputEvent::Scanned(state));
    }

    fn built(&self, build: Rebuilt) {
        self.send(OutputEvent::Built(build));
    }

    fn unchanged(&self, _: &str) {
        self.send(OutputEvent::Unchanged);
    }
}
