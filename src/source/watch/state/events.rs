//! File system events: which files have to be read, and which folders scanned.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::Instant,
};

use super::{
    super::{
        content::FileFingerprint,
        event_handler::EventHandler,
        fs_event::{EventDetail, FsEvent},
        roots::WatchedPath,
        scan::{self, Kind},
    },
    WatchState, is_rules_file,
};

/// Way in which a file or folder has appeared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Appearance {
    /// It was created, and may be about to be written.
    Created,
    /// It was put there complete.
    Complete,
    /// Events about it may be missing.
    Unknown,
}

impl<H: EventHandler> WatchState<H> {
    pub(super) fn apply_event(&mut self, event: FsEvent, now: Instant) {
        let (path, of_path): (_, fn(PathBuf) -> FsEvent) = match &event {
            FsEvent::Modified(path) => (path, FsEvent::Modified),
            FsEvent::Replaced(path) => (path, FsEvent::Replaced),
            _ => return self.apply_spelled(event, now),
        };
        let other = self.spelling.other(path);
        self.apply_spelled(event, now);
        if let Some(path) = other {
            self.apply_spelled(of_path(path), now);
        }
    }

    /// Applies an event about a name as it is spelled in it.
    fn apply_spelled(&mut self, event: FsEvent, now: Instant) {
        match event {
            FsEvent::Closed(path) => self.each_file(&path, |state, file| {
                let known = state.is_known(file) || is_rules_file(file);
                state.stability.closed(file, known, now);
            }),
            FsEvent::Written(path) => self.each_file(&path, |state, file| state.stability.written(file, now)),
            FsEvent::Created(path) => {
                self.each(&path, |state, path| state.appeared(path, Appearance::Created, now));
            }
            FsEvent::MovedIn(path) => {
                self.each(&path, |state, path| state.appeared(path, Appearance::Complete, now));
            }
            FsEvent::Replaced(path) => {
                self.lose(&path, false);
                self.each(&path, |state, path| state.appeared(path, Appearance::Created, now));
            }
            FsEvent::Removed(path) => {
                self.lose(&path, false);
                self.each(&path, |state, path| state.removed(path, now));
            }
            FsEvent::Modified(path) => self.each_file(&path, |state, file| {
                if let Some(fingerprint) = FileFingerprint::at(&file.path) {
                    state.stability.modified(file, fingerprint, now);
                }
            }),
            FsEvent::Attributes(path) => self.each_file(&path, |state, file| {
                if state.unreadable.contains(file) {
                    state.appeared(file, Appearance::Complete, now);
                }
            }),
            FsEvent::Overflow => self.all_lost = true,
            FsEvent::Error(error) => self.report(error.into(), None),
        }
    }

    fn each(&mut self, path: &Path, act: impl Fn(&mut Self, &WatchedPath)) {
        for watched in self.folders.watched_paths(path) {
            act(self, &watched);
        }
    }

    /// Calls `act` for the watched paths of a file that are not ignored.
    fn each_file(&mut self, path: &Path, act: impl Fn(&mut Self, &WatchedPath)) {
        self.each(path, |state, file| {
            if state.is_wanted(file) {
                act(state, file);
            }
        });
    }

    fn is_wanted(&self, file: &WatchedPath) -> bool {
        is_rules_file(file) || !self.rules.ignores(file, false)
    }

    /// The folder with this real path was removed or renamed, or another one has its name now, for sure if it is
    /// `replaced`. Its watch has ended.
    pub(super) fn lose(&mut self, path: &Path, replaced: bool) {
        if self.folders.is_real(path) {
            self.lost.extend(self.folders.lose(path, replaced));
        }
    }

    /// Returns true if `path` has another name on the disk, by which it can be read as well.
    pub(super) fn is_misspelt(&self, path: &WatchedPath) -> bool {
        self.spelling.is_other(path, self.roots.below(path).components().count())
    }

    fn removed(&mut self, path: &WatchedPath, now: Instant) {
        if self.folders.contains(path) || self.folders.has_link(path) {
            self.lost.insert(path.clone());
        } else if self.is_wanted(path) {
            self.file_removed(path, now);
        }
    }

    pub(super) fn file_removed(&mut self, file: &WatchedPath, now: Instant) {
        let known = self.is_known(file);
        self.stability.removed(file, known, now);
    }

    /// Something has appeared at `path`, or was replaced.
    pub(super) fn appeared(&mut self, path: &WatchedPath, appearance: Appearance, now: Instant) {
        let is_root = self.roots.is_root(path);
        let is_link = scan::is_link(path) && !is_root;
        let mut kind = scan::kind(path);
        let is_folder = matches!(kind, Ok(Kind::Folder { .. }));
        if self.rules.ignores(path, is_folder) && !is_rules_file(path) {
            return;
        }
        if !is_root && self.is_misspelt(path) {
            return self.vanished(path, now);
        }
        if is_link || is_root && !is_folder {
            self.link(path);
            // The target may have appeared before it was watched.
            kind = scan::kind(path);
        } else {
            self.folders.unlink(path);
        }
        if is_root && matches!(kind, Ok(Kind::Folder { .. } | Kind::File)) {
            self.root_appeared(path);
        }
        match kind {
            Ok(Kind::Folder { real }) if is_link && self.folders.is_loop(path, &real) => {}
            Ok(Kind::Folder { real }) => self.scan(path, real, appearance == Appearance::Unknown, now),
            Ok(Kind::File) => {
                if self.folders.contains(path) {
                    self.vanished(path, now);
                }
                self.file_appeared(path, if is_link { Appearance::Complete } else { appearance }, now);
            }
            Ok(Kind::Nothing) => self.vanished(path, now),
            // The read reports the error.
            Err(_) => self.stability.complete(path, now),
        }
    }

    pub(super) fn link(&mut self, path: &WatchedPath) {
        if let Err(error) = self.folders.link(path) {
            self.report(error.into(), Some(path));
        }
    }

    fn file_appeared(&mut self, file: &WatchedPath, appearance: Appearance, now: Instant) {
        let Some(fingerprint) = FileFingerprint::at(&file.path) else {
            return self.file_removed(file, now);
        };
        if self.detail == EventDetail::Coarse || appearance == Appearance::Unknown {
            self.stability.modified(file, fingerprint, now);
        } else if appearance == Appearance::Complete {
            self.stability.complete(file, now);
        } else if fingerprint.len == 0 {
            // The program that has created it will close it.
            self.stability.written(file, now);
        } else {
            self.stability.found(file, fingerprint, now);
        }
    }

    /// Nothing is left at `path` and below it. A root is awaited.
    pub(super) fn vanished(&mut self, path: &WatchedPath, now: Instant) {
        let known = self.tree.under(path).cloned();
        let files: HashSet<_> = known.chain(self.stability.under(path)).collect();
        for file in files {
            self.file_removed(&file, now);
        }
        self.forget_folder(path);
        self.root_vanished(path, now);
    }

    pub(super) fn forget_folder(&mut self, folder: &WatchedPath) {
        self.folders.forget(folder);
        self.rules.forget(folder);
    }
}
