//! Builds of a command that keeps running, as its output says how they go.

use std::{sync::Arc, time::Instant};

use super::{
    super::{
        events::Message,
        rounds::{Progress, SILENCE},
    },
    Next, RESTART, Runner, STARTED, WRITTEN,
};
use crate::{escape::Escaped, notice::failure, source::process::OnLine};

impl Runner {
    /// Looks at the rounds of a command that keeps running.
    pub(super) fn look(&mut self) {
        self.look_at = None;
        let now = Instant::now();
        let is_written = self.is_written(now);
        match self.rounds.progress(now, is_written) {
            // It has written files, and has said nothing of a failure.
            Progress::Silent if self.bundle.has_changes() && (is_written || !self.bundle.is_running()) => {
                self.end_round(None);
            }
            Progress::Silent => self.has_started(now),
            Progress::Begun => self.has_begun(now),
            Progress::Open(until) => self.look_at = Some(until),
            Progress::Done(failure) => {
                if failure.is_none() {
                    self.backoff = RESTART.0;
                }
                self.end_round(failure);
            }
            // It may be about to fail: the first line of npm says only what it runs.
            Progress::Quiet(None) if self.is_starting() && !self.bundle.has_changes() => {
                self.has_started(now);
            }
            Progress::Quiet(failure) => self.end_round(failure),
        }
    }

    /// It says nothing, and has started if it goes on like this.
    fn has_started(&mut self, now: Instant) {
        let started = self.last.0 + STARTED;
        if self.is_starting() && now >= started {
            self.end_round(None);
        } else if self.is_starting() {
            self.look_at = Some(started);
        }
    }

    fn is_starting(&self) -> bool {
        self.running.is_some() && self.command.keeps_running && self.bundle.is_running()
    }

    /// It has announced a build, and may not say when that is over.
    fn has_begun(&mut self, now: Instant) {
        if !self.bundle.is_running() {
            self.bundle.begin(None);
            self.written = self.bundle.has_changes().then_some(now);
        }
        self.look_at = self.written.map(|at| (at + WRITTEN).max(now + SILENCE));
    }

    /// Returns true if the build's files have been written, and have not changed for a while.
    fn is_written(&self, now: Instant) -> bool {
        self.bundle.is_running()
            && !self.bundle.is_changing()
            && self.written.is_some_and(|at| now >= at + WRITTEN)
    }

    fn end_round(&mut self, failure: Option<String>) {
        if let Some(text) = &failure {
            let text = text.lines().next().unwrap_or_default();
            failure!("{:?} reports: {}", self.bundle.name(), Escaped(text));
        }
        if self.bundle.is_running()
            || self.bundle.has_changes()
            || failure.is_some()
            || self.bundle.has_failed()
        {
            let name = self.bundle.name();
            let failure = failure.map(|text| format!("{name}\n{text}"));
            self.end(failure);
        }
    }

    /// Publishes the end of a command that is to keep running, and starts it again after a pause.
    pub(super) fn fail_and_restart(&mut self, failure: &str, tail: &str) {
        let failure = format!("{failure}. It is to keep running, and is started again in {:?}", self.backoff);
        self.fail(&failure, tail);
        self.next = Some(Next { file: None, at: Instant::now() + self.backoff, backoff: None });
        self.backoff = (self.backoff * 2).min(RESTART.1);
    }

    /// Receives the output of a command that keeps running.
    pub(super) fn on_line(&mut self) -> Option<OnLine> {
        if !self.command.keeps_running {
            return None;
        }
        // What an earlier run says late is not looked at.
        self.rounds = Arc::default();
        let (run, rounds, outbox) = (self.runs, self.rounds.clone(), self.outbox.clone());
        Some(Arc::new(move |line| {
            if rounds.add(line, Instant::now()) {
                // It fails when the runner has ended.
                let _ = outbox.send(Message::Said(run));
            }
        }))
    }
}
