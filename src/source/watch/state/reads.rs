//! Reading files, and committing what was read.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant, SystemTime},
};

use super::{
    super::{
        content::{FileContent, FileFingerprint, FileReader, ReadOutcome},
        event_handler::EventHandler,
        message::{Inbox, Read},
        readers::{self, LARGE, read_all},
        roots::WatchedPath,
        scan::{MAX_FILES, ScanError},
        stability::{Finding, ReadTask},
        system,
        wanted::Wanted,
    },
    WatchState, is_rules_file, parent,
};
use crate::{escape::Escaped, notice::warning};

impl<H: EventHandler> WatchState<H> {
    /// Reads the files that the first scan has found, and publishes them.
    pub(super) fn read_first(
        &mut self,
        files: &[WatchedPath],
        begun: Instant,
        inbox: &Inbox,
        stop: &AtomicBool,
    ) {
        let mut imports = Vec::new();
        for (index, outcome, read) in read_all(files, stop) {
            let file = &files[index];
            match outcome {
                ReadOutcome::Content(content) => {
                    self.tree.set_initial(&self.roots, file, &content, read);
                    let module = content.module.filter(|_| self.roots.is_served(file));
                    imports.extend(module.map(|module| (self.roots.id(file), module)));
                }
                ReadOutcome::Changed(fingerprint) => self.stability.found(file, fingerprint, Instant::now()),
                ReadOutcome::Failed(error) => self.read_failed(file, &error, Instant::now()),
                ReadOutcome::Missing => {}
                ReadOutcome::Stopped => return,
            }
        }
        if stop.load(Ordering::Relaxed) {
            return;
        }
        self.apply_all(inbox);
        // A file that is being written is not part of the first build.
        for file in self.stability.being_written() {
            self.tree.remove(&self.roots, &file);
        }
        self.publisher.publish_scan(&mut self.tree, imports, begun);
    }

    /// Reads a file, in the background if that takes long.
    pub(super) fn read(&mut self, reader: &mut FileReader<'_>, mut task: ReadTask) {
        if self.is_misspelt(&task.file) {
            let (outcome, at, took) = (ReadOutcome::Missing, SystemTime::now(), Duration::ZERO);
            return self.read.push(Read { task, outcome, at, took });
        }
        let fingerprint = FileFingerprint::at(&task.file.path);
        if fingerprint.is_some_and(|fingerprint| fingerprint.len >= LARGE) && !is_rules_file(&task.file) {
            if self.tree.known(&task.file).is_some() {
                if let Some(later) = self.pacer.start(&task.file, Instant::now()) {
                    return self.stability.postpone(&task, later);
                }
            }
            self.stability.read_is_long(&task);
            match self.background.read(task) {
                None => return,
                Some(rejected) => task = rejected,
            }
        }
        let wanted = Wanted::of(&task.file.path);
        self.read.push(readers::read(reader, task, wanted));
    }

    /// Commits everything that was read, after the events that have arrived meanwhile: a file that was written to during
    /// its read does not count.
    pub(super) fn commit_all(&mut self, inbox: &Inbox) {
        self.apply_all(inbox);
        for read in std::mem::take(&mut self.read) {
            self.commit(read);
        }
    }

    /// Commits a read to the tree, unless it does not count.
    fn commit(&mut self, Read { task, outcome, at, took }: Read) {
        let file = &task.file;
        let now = Instant::now();
        self.pacer.finish(file, took, now);
        let finding = match &outcome {
            ReadOutcome::Stopped => return,
            ReadOutcome::Changed(fingerprint) => Finding::Changed(*fingerprint),
            ReadOutcome::Missing if self.is_known(file) => Finding::Doubtful,
            ReadOutcome::Content(content) if content.fingerprint.len == 0 => {
                let is_same = self.tree.known(file).is_some_and(|known| known.version == content.version);
                if is_same { Finding::Definite } else { Finding::Doubtful }
            }
            ReadOutcome::Missing | ReadOutcome::Failed(_) | ReadOutcome::Content(_) => Finding::Definite,
        };
        if !self.stability.finish(&task, finding, now) {
            return;
        }
        if is_rules_file(file) {
            return self.rules_changed(&parent(file), now);
        }
        match outcome {
            ReadOutcome::Content(content) => {
                self.unreadable.remove(file);
                self.locked.remove(file);
                self.set(file, content, at, task.since);
            }
            ReadOutcome::Failed(error) => self.read_failed(file, &error, now),
            ReadOutcome::Missing => self.remove(file, task.since),
            ReadOutcome::Changed(_) | ReadOutcome::Stopped => {}
        }
    }

    /// Returns true if the file was read, and existed.
    pub(super) fn is_known(&self, file: &WatchedPath) -> bool {
        if is_rules_file(file) { self.rules.has_file(&parent(file)) } else { self.tree.known(file).is_some() }
    }

    fn set(&mut self, file: &WatchedPath, content: FileContent, read: SystemTime, since: Instant) {
        if self.tree.len() >= MAX_FILES && self.tree.known(file).is_none() {
            return self.report(ScanError::TooManyFiles, Some(file));
        }
        if self.tree.set(&self.roots, file, content, read) {
            self.publisher.changed(file, since, Instant::now());
        }
    }

    /// Removes a file from the tree.
    pub(super) fn remove(&mut self, file: &WatchedPath, since: Instant) {
        self.unreadable.remove(file);
        self.locked.remove(file);
        if self.tree.remove(&self.roots, file) {
            self.publisher.changed(file, since, Instant::now());
        }
    }

    /// Warns once of a file that can't be read, and reads it again if that may help.
    pub(super) fn read_failed(&mut self, file: &WatchedPath, error: &io::Error, now: Instant) {
        let is_locked = system::is_locked(error);
        let is_shortage = system::is_out_of_resources(error);
        let is_new = if is_locked {
            // Most programs that save a file lock it for no longer than that takes.
            self.locked.add(file, now) && self.unreadable.insert(file.clone())
        } else if is_shortage {
            self.retry.add(file, now)
        } else {
            self.unreadable.insert(file.clone())
        };
        if is_new {
            let path = &file.path;
            let remedy =
                if is_locked || is_shortage { "it is read again" } else { "it counts as it was read last" };
            warning!("can't read {path:?}: {}; {remedy}", Escaped(error));
        }
    }
}
