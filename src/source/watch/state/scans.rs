//! Scans, compared with what is known.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    time::Instant,
};

use super::{
    super::{
        content::FileFingerprint,
        event_handler::EventHandler,
        message::Inbox,
        roots::{WatchedPath, uppermost},
        scan::{self, Kind, MAX_FILES, Scanner},
    },
    WatchState,
    events::Appearance,
    is_rules_file,
};

impl<H: EventHandler> WatchState<H> {
    /// Scans what was lost since the last call, after all events about it have been applied.
    pub(super) fn scan_lost(&mut self, inbox: &Inbox) {
        if !self.all_lost && self.lost.is_empty() {
            return;
        }
        // The ended watches may have reported a write whose close will not be reported any more.
        self.apply_all(inbox);
        let now = Instant::now();
        let lost = std::mem::take(&mut self.lost);
        if std::mem::take(&mut self.all_lost) {
            return self.scan_all(true, now);
        }
        for path in uppermost(lost.into_iter().collect()) {
            self.appeared(&path, Appearance::Unknown, now);
        }
    }

    /// Scans all roots. With `rewatch`, events were lost, and watches may have been.
    pub(super) fn scan_all(&mut self, rewatch: bool, now: Instant) {
        for root in self.roots.paths().collect::<Vec<_>>() {
            match scan::kind(&root) {
                Ok(Kind::Folder { real }) => self.scan(&root, real, rewatch, now),
                Ok(Kind::File) => {
                    self.link(&root);
                    self.compare(&root, rewatch, now);
                }
                Ok(Kind::Nothing) | Err(_) => self.vanished(&root, now),
            }
        }
    }

    /// Scans a folder and compares its files with the known ones.
    pub(super) fn scan(&mut self, folder: &WatchedPath, real: PathBuf, rewatch: bool, now: Instant) {
        let known: Vec<_> = self.tree.under(folder).cloned().collect();
        let room = (MAX_FILES + known.len()).saturating_sub(self.tree.len());
        let scan = Scanner::new(&mut self.folders, &mut self.rules, rewatch, room).scan(folder, real);
        for (path, error) in scan.errors {
            self.report(error, Some(&path));
        }
        let files: HashSet<_> = scan.files.into_iter().collect();
        for file in &files {
            self.compare(file, rewatch, now);
        }
        let known = known.into_iter().chain(self.stability.under(folder));
        for file in known.filter(|file| !files.contains(file)).collect::<HashSet<_>>() {
            if is_rules_file(&file) {
                continue;
            }
            if self.rules.ignores_below(folder, &file) {
                self.stability.forget(&file);
                self.remove(&file, now);
            } else {
                self.file_removed(&file, now);
            }
        }
        let folders: HashSet<_> = scan.folders.into_iter().collect();
        self.unreadable.retain(|path| !folders.contains(path));
        for known in self.folders.under(folder) {
            if !folders.contains(&known) {
                self.forget_folder(&known);
            }
        }
    }

    /// Reads a file if it may differ from what is known of it.
    fn compare(&mut self, file: &WatchedPath, rewatch: bool, now: Instant) {
        let Some(fingerprint) = FileFingerprint::at(&file.path) else {
            if !self.unreadable.contains(file) {
                self.stability.complete(file, now);
            }
            return;
        };
        let step = self.detail.timestamp_step();
        let is_same = self
            .tree
            .known(file)
            .is_some_and(|known| known.fingerprint == fingerprint && !fingerprint.is_fresh(known.read, step));
        if is_same && !self.stability.contains(file) {
            return;
        }
        if rewatch {
            // A close may be among the lost events.
            self.stability.modified(file, fingerprint, now);
        } else {
            self.stability.found(file, fingerprint, now);
        }
    }

    /// The `.gitignore` in `folder` may have changed.
    pub(super) fn rules_changed(&mut self, folder: &WatchedPath, now: Instant) {
        let Some(real) = self.folders.real(folder).map(Path::to_owned) else {
            return;
        };
        match self.rules.read_file(folder) {
            Ok(true) => self.scan(folder, real, false, now),
            Ok(false) => {}
            Err(error) => self.read_failed(&folder.join(super::RULES_FILE), &error, now),
        }
    }
}
