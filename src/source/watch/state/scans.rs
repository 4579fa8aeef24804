//! Scans, compared with what is known.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
    time::Instant,
};

use super::{
    super::{
        content::FileFingerprint,
        error::WatchError,
        event_handler::EventHandler,
        fs_event::EventDetail,
        message::Inbox,
        roots::{WatchedPath, uppermost},
        scan::{self, Kind, MAX_FILES, ScanError, Scanner},
    },
    WatchState,
    events::Appearance,
    is_rules_file,
};
use crate::notice::warning;

impl<H: EventHandler> WatchState<H> {
    /// Watches each root itself, or the nearest existing folder above one that is missing. The rest is watched by the
    /// first scan.
    ///
    /// # Errors
    ///
    /// If a root can't be read or watched.
    pub(in super::super) fn watch_roots(&mut self) -> Result<(), WatchError> {
        for root in self.roots.paths().collect::<Vec<_>>() {
            let failed = |source| WatchError::Root { path: root.path.to_path_buf(), source };
            let watched = match scan::kind(&root).map_err(failed)? {
                Kind::Folder { real } => self
                    .folders
                    .add(&root, &real, false)
                    .map_err(ScanError::from)
                    .and_then(|()| fs::read_dir(&real).map(drop).map_err(ScanError::from)),
                Kind::File | Kind::Nothing => self.folders.link(&root).map_err(ScanError::from),
            };
            match watched {
                Err(error) if !error.is_gone() => return Err(error.at(Some(&root.path))),
                _ => {}
            }
        }
        // The first scan follows.
        self.folders.take_restarted();
        Ok(())
    }

    /// Scans all roots for the first time, reads their files, and publishes them. Calls `found` with the number of
    /// files found so far, and stops early if `stop` is set.
    pub(in super::super) fn scan_first(
        &mut self,
        begun: Instant,
        inbox: &Inbox,
        stop: &AtomicBool,
        mut found: impl FnMut(usize),
    ) {
        let mut files = Vec::new();
        for root in self.roots.paths().collect::<Vec<_>>() {
            match scan::kind(&root) {
                Ok(Kind::Folder { real }) => {
                    let before = files.len();
                    let room = MAX_FILES.saturating_sub(before);
                    let go_on = |count| {
                        found(before + count);
                        !stop.load(Ordering::Relaxed)
                    };
                    let scan = Scanner::new(&mut self.folders, &mut self.rules, false, room)
                        .scan_while(&root, real, go_on);
                    self.warn_if_emptied(&root, scan.files.is_empty());
                    files.extend(scan.files);
                    for (path, error) in scan.errors {
                        self.report(error, Some(&path));
                    }
                }
                Ok(Kind::File) => {
                    self.link(&root);
                    files.push(root);
                }
                // It was reported as missing.
                Ok(Kind::Nothing) => self.link(&root),
                Err(error) => self.report(error.into(), Some(&root)),
            }
        }
        // In the order of the tree, which is filled faster then.
        files.sort_unstable();
        self.read_first(&files, begun, inbox, stop);
    }

    /// Warns once if the `.gitignore` of a root leaves nothing of it.
    fn warn_if_emptied(&mut self, root: &WatchedPath, has_no_files: bool) {
        if has_no_files && self.rules.empties(root) && self.emptied.insert(root.root) {
            let path = &root.path;
            warning!(
                "nothing in {path:?} is watched: its own .gitignore leaves out all of it; \
                 include files by `ignore(\"!*.js\")`, for example"
            );
        }
    }

    /// Scans what was lost since the last call, after all events about it have been applied.
    pub(super) fn scan_lost(&mut self, inbox: &Inbox) {
        let restarted = self.folders.take_restarted();
        if !restarted && !self.all_lost && self.lost.is_empty() {
            return;
        }
        // The ended watches may have reported a write whose close will not be reported any more.
        self.apply_all(inbox);
        let now = Instant::now();
        let lost = std::mem::take(&mut self.lost);
        if std::mem::take(&mut self.all_lost) {
            return self.scan_all(true, now);
        }
        if restarted {
            self.scan_all(false, now);
        }
        for path in uppermost(lost.into_iter().collect()) {
            self.appeared(&path, Appearance::Unknown, now);
        }
    }

    /// Scans all roots. With `rewatch`, events were lost, and watches may have been.
    pub(super) fn scan_all(&mut self, rewatch: bool, now: Instant) {
        for root in self.roots.paths().collect::<Vec<_>>() {
            match scan::kind(&root) {
                Ok(Kind::Folder { real }) => {
                    self.root_appeared(&root);
                    self.scan(&root, real, rewatch, now);
                }
                Ok(Kind::File) => {
                    self.root_appeared(&root);
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
        if self.roots.is_root(folder) {
            self.warn_if_emptied(folder, scan.files.is_empty());
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
    pub(super) fn compare(&mut self, file: &WatchedPath, rewatch: bool, now: Instant) {
        let Some(fingerprint) = FileFingerprint::at(&file.path) else {
            if !self.unreadable.contains(file) {
                self.stability.complete(file, now);
            }
            return;
        };
        // The clock of another system may be coarser.
        let is_silent = self.silent.contains(&file.root);
        let detail = if is_silent { EventDetail::Coarse } else { self.detail };
        let step = detail.timestamp_step();
        let is_same = self.tree.known(file).is_some_and(|known| known.is_same(&fingerprint, step));
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
