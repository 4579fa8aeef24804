//! Builds of a command that keeps running, as its output says how they go.

use std::{sync::Arc, time::Instant};

use super::{
    super::{events::Message, rounds::Progress},
    RESTART, Runner, STARTED,
};
use crate::{escape::Escaped, notice::failure, source::process::OnLine};

impl Runner {
    /// Looks at the rounds of a command that keeps running.
    pub(super) fn look(&mut self) {
        self.look_at = None;
        let now = Instant::now();
        match self.rounds.progress(now) {
            // It has written files, and has said nothing of a failure.
            Progress::Silent if self.bundle.has_changes() && !self.bundle.is_running() => {
                self.end_round(None);
            }
            Progress::Silent => self.has_started(now),
            Progress::Begun if self.bundle.is_running() => {}
            Progress::Begun => self.bundle.begin(None),
            Progress::Open(until) => self.look_at = Some(until),
            Progress::Over(failure) => self.end_round(failure),
        }
    }

    /// It has started, and says nothing.
    fn has_started(&mut self, now: Instant) {
        let is_starting = self.running.is_some() && self.command.keeps_running && self.bundle.is_running();
        if is_starting && now >= self.last.0 + STARTED {
            self.end_round(None);
        }
    }

    fn end_round(&mut self, failure: Option<String>) {
        if failure.is_none() {
            self.backoff = RESTART.0;
        }
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

    /// Receives the output of a command that keeps running.
    pub(super) fn on_line(&mut self) -> Option<OnLine> {
        if !self.command.keeps_running {
            return None;
        }
        // What an earlier run says late is not looked at.
        self.rounds = Arc::default();
        let (rounds, outbox) = (self.rounds.clone(), self.outbox.clone());
        Some(Arc::new(move |line| {
            if rounds.add(line, Instant::now()) {
                // It fails when the runner has ended.
                let _ = outbox.send(Message::Said);
            }
        }))
    }
}
