//! From a save to the result of its build.

use std::{
    path::PathBuf,
    process::ExitStatus,
    time::{Duration, Instant, SystemTime},
};

use super::{Runner, counted};
use crate::{
    build::{self, Build, Outcome},
    event::{CargoEvent, FsEvent},
    files::{self, Meaning},
    project::{self, LoadError, Project},
    report::Report,
    terminal::Stream,
};

/// Delay of a build after a save, so that files saved together are one build; and its maximum while saves continue.
const DEBOUNCE: Duration = Duration::from_millis(15);
const MAX_WAIT: Duration = Duration::from_millis(200);

/// Minimum time between two progress reports.
const PROGRESS: Duration = Duration::from_millis(100);

impl Runner<'_> {
    pub(super) fn changed(&mut self, event: &FsEvent) {
        let mut event = event;
        if let FsEvent::Arrived(path) = event {
            if path.is_dir() && self.watcher.renew(path) {
                // Its files may have been written before it was watched.
                event = &FsEvent::Lost;
            }
        }
        if let FsEvent::Arrived(path) | FsEvent::Changed(path) = event {
            // Cargo writes it during a build.
            if self.build.is_some() && path.ends_with("Cargo.lock") {
                self.files.refresh(path);
                return;
            }
        }
        match self.files.classify(event, self.failed) {
            Meaning::Nothing => {}
            Meaning::Save(path) => {
                self.force |= self.files.is_extra(&path);
                self.is_manifest_changed |= path.ends_with("Cargo.toml");
                let chooses_toolchain = files::is_toolchain_file(&path);
                self.begin_build(Some(path));
                if chooses_toolchain && project::is_under_rustup() {
                    self.terminal.line("start cargo hmr again to build with the toolchain that it names now");
                }
            }
            Meaning::New => {
                self.follow();
                self.schedule();
            }
        }
    }

    pub(super) fn follow(&mut self) {
        for error in self.watcher.set(self.files.watched()) {
            self.terminal.line(&error);
        }
    }

    /// Reports a build, and schedules it.
    pub(super) fn begin_build(&mut self, file: Option<PathBuf>) {
        let file = file.map(|path| files::shown(&path, &self.project.workspace));
        if let Some(file) = &file {
            self.terminal.line(&format!("{file} changed"));
        }
        self.is_reported = true;
        self.send_report(&Report::Building { file });
        self.schedule();
    }

    pub(super) fn schedule(&mut self) {
        let now = Instant::now();
        let first = self.due.map_or(now, |(_, first)| first);
        self.due = Some(((now + DEBOUNCE).min(first + MAX_WAIT), first));
    }

    pub(super) fn start_build(&mut self) {
        // Dropping a running build kills it.
        if let Some(build) = self.build.take() {
            self.supervisor.remove(build.group());
            // Its errors may have been reported already, and be undone by this save.
            self.failed = true;
        }
        self.builds += 1;
        self.build_begun = Instant::now();
        self.build_date = SystemTime::now();
        if std::mem::take(&mut self.is_manifest_changed) {
            match Project::load(&self.args) {
                Ok(project) => {
                    self.files.configure(&project, &self.args.watch, &self.args.ignore);
                    self.project = project;
                }
                Err(LoadError::Cargo(_)) => {}
                Err(error) => {
                    self.terminal.line(&format!("{error}; the settings from before this save stay in force"));
                }
            }
        }
        self.terminal.status("building");
        match Build::start(self.builds, &self.args, &self.project, self.terminal.is_tty(), &self.events) {
            Ok(build) => {
                self.supervisor.add(build.group());
                self.build = Some(build);
            }
            Err(error) => self.fail(vec![format!("failed to start cargo: {error}")]),
        }
    }

    pub(super) fn cargo(&mut self, number: u64, said: CargoEvent) {
        let Some(build) = self.build.as_mut().filter(|build| build.number == number) else { return };
        match said {
            CargoEvent::Message(message) => {
                if let Some(text) = build.result.apply(*message, &self.project) {
                    let text = if self.terminal.is_tty() { text } else { build::plain(&text) };
                    self.terminal.pass(Stream::Err, text.as_bytes());
                }
            }
            CargoEvent::Line(line) => {
                build.result.line(&line);
                let text = build::plain(&String::from_utf8_lossy(&line));
                if text.trim_start().starts_with("Blocking") {
                    self.terminal.status("waiting for another cargo process to release the lock");
                    if self.is_reported {
                        self.send_report(&Report::Progress {
                            percent: 0,
                            message: "waiting for another cargo".to_owned(),
                        });
                    }
                } else if text.starts_with("error: could not compile") && !build.result.errors.is_empty() {
                    // Other crates may compile for a while before cargo ends.
                    let errors = build.result.errors.clone();
                    self.send_report(&Report::built(errors, Some(self.build_begun.elapsed())));
                }
                self.terminal.pass(Stream::Err, &line);
            }
            CargoEvent::Progress { done, all, crates } => {
                self.terminal.status(&format!("building {done}/{all}: {crates}"));
                if self.progress_sent.elapsed() >= PROGRESS && self.is_reported {
                    self.progress_sent = Instant::now();
                    self.send_report(&Report::progress(done, all, &crates));
                }
            }
            CargoEvent::Ended { status } => return self.built(status),
        }
        // The new file is part of the binary.
        if !self.is_reported && self.build.as_ref().is_some_and(|build| build.result.compiles) {
            self.is_reported = true;
            self.send_report(&Report::Building { file: None });
        }
    }

    pub(super) fn built(&mut self, status: Option<ExitStatus>) {
        let Some(mut build) = self.build.take() else { return };
        self.supervisor.remove(build.group());
        let mut outcome = std::mem::take(&mut build.result);
        let time = self.build_begun.elapsed();
        self.warnings = outcome.warnings;
        if !status.is_some_and(|status| status.success()) {
            outcome.fail(status);
            self.files.add(&outcome.files);
            self.follow();
            let count = outcome.errors.len();
            self.terminal.line(&format!(
                "the build failed after {}: {}",
                seconds(time),
                counted(count, "error")
            ));
            return self.fail(outcome.errors);
        }
        let Outcome { executable, scripts, .. } = outcome;
        let Some(executable) = executable else {
            return self
                .fail(vec!["cargo built no executable; is the target a binary or an example?".to_owned()]);
        };
        if let Some(files) = files::of_executable(&executable, &self.project.workspace) {
            let fresh = self.files.set(files);
            self.follow();
            // Their saves are seen from now on, so one that came while the build ran has to be looked for.
            let is_late = |path: &PathBuf| files::modified(path).is_some_and(|time| time > self.build_date);
            if fresh.iter().any(is_late) || fresh.iter().any(|path| self.files.refresh(path)) {
                self.schedule();
            }
        }
        if std::mem::take(&mut self.is_reported) {
            self.send_report(&Report::built(Vec::new(), Some(time)));
        }
        self.executable = Some(executable);
        self.scripts = scripts;
        self.start_app(time);
    }

    pub(super) fn fail(&mut self, errors: Vec<String>) {
        self.failed = true;
        self.is_reported = false;
        self.send_report(&Report::built(errors, Some(self.build_begun.elapsed())));
        self.show_status();
    }
}

pub(super) fn seconds(time: Duration) -> String {
    format!("{:.2} s", time.as_secs_f64())
}
