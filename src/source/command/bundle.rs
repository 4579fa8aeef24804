//! The one bundle of a command: the results of its runs, and the changes of its output files.
//!
//! Files that a run writes are published when the run is over, in one build with its result. Output that changes
//! between runs is published at once.

use std::{collections::BTreeMap, sync::Arc, time::Instant};

use crate::{
    build::Build,
    journal::Tail,
    publisher::Publisher,
    source::watch::{Changed, Rebuilt, Scanned, changed},
};

/// A report of the watch over the output.
#[derive(Debug)]
pub(super) enum OutputEvent {
    Building(String),
    Scanned(Scanned),
    Built(Rebuilt),
    Unchanged,
}

#[derive(Debug)]
pub(super) struct Bundle {
    publisher: Publisher,
    name: Arc<str>,
    /// Hash of the output, if it is watched and was scanned.
    hash: Option<String>,
    /// Result of the last run.
    failure: Option<String>,
    /// Start of the run, while one is under way.
    running: Option<Instant>,
    /// A file of the output has changed, and its build is to come.
    is_changing: bool,
    /// Pages have been sent the start of a build, and not its end.
    is_announced: bool,
    /// The changes during the run, by their ids.
    changes: BTreeMap<String, Changed>,
    modules: BTreeMap<String, String>,
}

impl Bundle {
    pub(super) fn new(publisher: Publisher, name: Arc<str>) -> Self {
        Self {
            publisher,
            name,
            hash: None,
            failure: None,
            running: None,
            is_changing: false,
            is_announced: false,
            changes: BTreeMap::new(),
            modules: BTreeMap::new(),
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// A run has begun because of `file`.
    pub(super) fn begin(&mut self, file: Option<&str>) {
        self.running = Some(Instant::now());
        self.announce(file);
    }

    fn announce(&mut self, file: Option<&str>) {
        self.is_announced = true;
        self.publisher.building(&self.name, file);
    }

    /// Returns the place for the output of the run that begins.
    pub(super) fn begin_output(&self) -> Tail {
        self.publisher.journal().outputs.begin(&self.name)
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.is_some()
    }

    pub(super) fn has_failed(&self) -> bool {
        self.failure.is_some()
    }

    /// Returns true if output has changed that is not published.
    pub(super) fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Returns true if a change of the output is about to be reported.
    pub(super) fn is_changing(&self) -> bool {
        self.is_changing
    }

    /// The watch over the output reports something. Its changes are kept while a run is under way, or if `keep` is set.
    pub(super) fn output(&mut self, event: OutputEvent, keep: bool) {
        let is_busy = keep || self.running.is_some();
        match event {
            OutputEvent::Building(file) => {
                self.is_changing = true;
                if !self.is_announced {
                    self.announce(Some(&file));
                }
            }
            OutputEvent::Unchanged => {
                self.is_changing = false;
                if !is_busy && std::mem::take(&mut self.is_announced) {
                    self.publisher.hub().unchanged(&self.name);
                }
            }
            OutputEvent::Scanned(Scanned { hash, time, files, modules, imports, roots, .. }) => {
                self.publisher.modules().add(imports);
                self.hash = Some(hash);
                let mut build = self.build().time(time).files(files);
                build.modules.extend(modules);
                self.publisher.hub().set_initial(build);
                self.publisher.terminal().watching(&roots);
                if self.is_announced {
                    // The initial state has ended it.
                    self.announce(None);
                }
            }
            OutputEvent::Built(Rebuilt { hash, time, changes, modules, .. }) => {
                self.is_changing = false;
                self.hash = Some(hash);
                self.changes.extend(changes.into_iter().map(|change| (change.id.clone(), change)));
                self.modules.extend(modules);
                if !is_busy {
                    self.publish(self.build().time(time));
                }
            }
        }
    }

    /// The run has ended. Publishes its result, with all changes of the output since it began.
    pub(super) fn end(&mut self, failure: Option<String>) {
        self.failure = failure;
        let begun = self.running.take();
        let build = self.build();
        self.publish(match begun {
            Some(begun) => build.time(begun.elapsed()),
            None => build,
        });
    }

    /// The state, without changes.
    fn build(&self) -> Build {
        // Without a hash, pages only show or hide errors: a command that was fixed reloads no page.
        let build = match &self.hash {
            Some(hash) => Build::new(hash),
            None => Build::unhashed(),
        };
        let build = build.name(&*self.name);
        match &self.failure {
            Some(failure) => build.error(failure),
            None => build,
        }
    }

    fn publish(&mut self, build: Build) {
        self.is_announced = false;
        let changes = std::mem::take(&mut self.changes).into_values();
        let mut build = changed(build, changes, self.publisher.modules());
        build.modules.extend(std::mem::take(&mut self.modules));
        if self.failure.is_some() {
            // The terminal has the failure already.
            self.publisher.hub().built(build);
        } else {
            self.publisher.built(build.into());
        }
    }
}
