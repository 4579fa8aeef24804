//! The page of the runner, reports to pages, and the status line.

use std::time::{Duration, Instant};

use super::{Runner, counted};
use crate::{browser, report::Report, serve::Server, socket::Memory, system::PASSES_SOCKETS};

/// Time between two attempts to bind an address for the runner's own page.
const REBIND: Duration = Duration::from_millis(250);

impl Runner<'_> {
    /// Serves the runner's own page on the app's sockets while no process serves.
    pub(super) fn serve_page(&mut self) {
        if !PASSES_SOCKETS && self.sockets.is_empty() {
            let known = self.known_addresses();
            for &address in &known {
                // Fails if another process has taken it, or if the system has not yet closed the sockets of one that has ended.
                let _ = self.sockets.bind(address);
            }
            let is_taken = self.sockets.is_empty() && !known.is_empty();
            self.rebind = is_taken.then(|| Instant::now() + REBIND);
        }
        if self.page.is_some() || self.sockets.is_empty() {
            return;
        }
        match Server::start(&self.sockets, self.memory.path.as_deref()) {
            Ok(page) => {
                page.send_report(&self.latest);
                self.page = Some(page);
            }
            Err(error) => {
                self.terminal.line(&format!("failed to serve the error page: {error}"));
            }
        }
    }

    /// Sends a report to every page.
    pub(super) fn send_report(&mut self, report: &Report) {
        if !matches!(report, Report::Progress { .. }) {
            self.latest = report.clone();
            self.is_exit_shown = false;
        }
        for app in self.serving.iter().chain(&self.starting) {
            app.send_report(report);
        }
        if let Some(page) = &self.page {
            page.send_report(report);
        }
    }

    /// A process runs again, so the end of the one before is no longer shown.
    pub(super) fn forget_exit(&mut self) {
        if self.is_exit_shown {
            self.send_report(&Report::built(Vec::new(), None));
        }
    }

    pub(super) fn open(&self) {
        // An app that binds its port itself has one of its own.
        let bound = self.serving.iter().flat_map(|app| &app.listening).copied();
        let held = self.sockets.iter().map(|listening| listening.address);
        let Some(address) = held.chain(bound).chain(self.known_addresses()).next() else {
            return self.terminal.line(
                "the app's address is not known: bind it by `tower_hot_middleware::listen`, or give it by --listen",
            );
        };
        browser::open(&browser::url(address), self.terminal);
    }

    pub(super) fn remember(&mut self, change: impl FnOnce(&mut Memory)) {
        let before = Memory { listen: self.memory.listen.clone(), path: self.memory.path.clone() };
        change(&mut self.memory);
        if self.memory != before {
            self.memory.save(&self.project);
        }
    }

    pub(super) fn show_status(&self) {
        let errors = match &self.latest {
            Report::Built { errors, .. } => errors.len(),
            _ => 0,
        };
        let state = match (&self.serving, errors) {
            (Some(_), 0) => "runs".to_owned(),
            (Some(_), count) => format!("runs the last good build: {}", counted(count, "error")),
            (None, 0) => "starts".to_owned(),
            (None, count) => format!("does not run: {}", counted(count, "error")),
        };
        self.terminal
            .status(&format!("{} {state} | r restart, o open, c clear, q quit", self.project.target.name));
    }
}
