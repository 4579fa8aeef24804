//! Checks of the roots in intervals, reports of errors, and retries.

use std::{
    fs, io,
    path::Path,
    time::{Duration, Instant},
};

use super::{
    super::{
        error::looks_like_a_pattern,
        event_handler::EventHandler,
        roots::WatchedPath,
        scan::{self, Kind, ScanError},
        system,
    },
    RootIdentity, WatchState,
};
use crate::{escape::Escaped, notice::warning};

/// Interval of the checks: no event says that a folder above a root was renamed, that a file system was mounted, or
/// that a link that is a root leads elsewhere.
const CHECK: Duration = Duration::from_secs(1);

/// The same while a root is missing.
const CHECK_MISSING: Duration = Duration::from_millis(250);

/// Interval of the scans on file systems that may change without events.
const SCAN_SILENT: Duration = Duration::from_secs(1);

/// Shortest pause between two such scans, as a multiple of their duration: they take a fifth of a core.
const SCAN_PAUSE: u32 = 4;

impl<H: EventHandler> WatchState<H> {
    /// Does what is due by time: retries, and a check of the roots or, when the tree is polled, a scan.
    pub(in super::super) fn check(&mut self, now: Instant) {
        self.lost.extend(self.retry.take(now));
        self.lost.extend(self.locked.take(now));
        if self.next_silent.is_some_and(|at| at <= now) {
            self.scan_silent(now);
        }
        self.end_burst(now);
        if now < self.next_check {
            return;
        }
        if let Some(interval) = self.poll {
            self.next_check = now + interval;
            return self.scan_all(false, now);
        }
        let identities = self.current_identities(&self.identities);
        self.next_check = now + if identities.contains(&None) { CHECK_MISSING } else { CHECK };
        for (root, identity) in self.roots.paths().collect::<Vec<_>>().iter().zip(identities) {
            if self.identities[root.root] == identity {
                continue;
            }
            self.set_identity(root, identity);
            if let Some(real) = self.folders.real(root).map(Path::to_owned) {
                self.lose(&real, true);
            }
            self.lost.insert(root.clone());
        }
    }

    /// The identity of each root now. One that can't be determined is as it was `before`.
    pub(super) fn current_identities(&self, before: &[Option<RootIdentity>]) -> Vec<Option<RootIdentity>> {
        let now = |root: WatchedPath| match identity(&root.path) {
            Ok(identity) => Some(identity),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                None
            }
            Err(_) => before.get(root.root).cloned().flatten(),
        };
        self.roots.paths().map(now).collect()
    }

    /// Checks the roots at and below `path` soon, as they are missing.
    pub(super) fn root_vanished(&mut self, path: &WatchedPath, now: Instant) {
        for root in self.roots.paths().filter(|root| root.is_under(path)).collect::<Vec<_>>() {
            self.set_identity(&root, None);
            self.next_check = self.next_check.min(now + CHECK_MISSING);
            self.link(&root);
        }
    }

    /// A root was missing, and is there now.
    pub(super) fn root_appeared(&mut self, root: &WatchedPath) {
        if self.identities[root.root].is_none() {
            if let Ok(identity) = identity(&root.path) {
                self.set_identity(root, Some(identity));
            }
        }
    }

    fn set_identity(&mut self, root: &WatchedPath, identity: Option<RootIdentity>) {
        let path = &root.path;
        match (&self.identities[root.root], &identity) {
            (Some(_), None) => {
                warning!("{path:?} is missing: its files count as removed until it is back");
            }
            (None, Some(_)) => tracing::info!("{path:?} is there now, and is scanned"),
            (Some(old), Some(new)) if old != new => tracing::info!("{path:?} was replaced, and is scanned"),
            _ => {}
        }
        self.identities[root.root] = identity;
        self.check_file_system(root);
    }

    /// Reports a root that is missing from the start, which may be a mistake.
    pub(super) fn report_missing(&self, root: &WatchedPath) {
        if self.identities[root.root].is_none() {
            let hint = if looks_like_a_pattern(&root.path) {
                ". Give a folder or a file, not a pattern: all that is below a folder is watched"
            } else {
                ", and is watched as soon as it is there"
            };
            warning!("{:?} is missing{hint}", root.path);
        }
    }

    /// Looks whether a root is on a file system that may change without events.
    pub(super) fn check_file_system(&mut self, root: &WatchedPath) {
        let real = self.identities[root.root].as_ref().map(|(real, _)| real);
        let kind = real.filter(|_| self.poll.is_none()).and_then(|real| (self.without_events)(real));
        let Some(kind) = kind else {
            self.silent.remove(&root.root);
            return;
        };
        if self.silent.insert(root.root) {
            let path = &root.path;
            tracing::info!(
                "{path:?} is on a file system ({}) whose changes may come without events: it is scanned every \
                 {SCAN_SILENT:?} as well; `Watch::poll` sets another interval",
                Escaped(kind)
            );
            self.next_silent.get_or_insert_with(|| Instant::now() + SCAN_SILENT);
        }
    }

    /// Scans the roots that may change without events.
    fn scan_silent(&mut self, now: Instant) {
        for root in self.roots.paths().filter(|root| self.silent.contains(&root.root)).collect::<Vec<_>>() {
            match scan::kind(&root) {
                Ok(Kind::Folder { real }) => self.scan(&root, real, false, now),
                Ok(Kind::File) => self.compare(&root, false, now),
                // The check of the roots notices it.
                Ok(Kind::Nothing) | Err(_) => {}
            }
        }
        let pause = SCAN_SILENT.max(now.elapsed().saturating_mul(SCAN_PAUSE));
        self.next_silent = (!self.silent.is_empty()).then(|| Instant::now() + pause);
    }

    /// Makes up for events that may be missing after a burst.
    fn end_burst(&mut self, now: Instant) {
        let Some(burst) = self.burst.as_ref().filter(|burst| burst.deadline().is_some_and(|at| at <= now))
        else {
            return;
        };
        let needs_scan = burst.needs_scan(self.tree.len());
        self.folders.renew();
        if needs_scan {
            self.scan_all(false, now);
        }
        let end = Instant::now();
        self.burst.iter_mut().for_each(|burst| burst.ended(end - now, end));
    }

    /// Warns once of a path that is left out, and tries it again if that may help.
    pub(in super::super) fn report(&mut self, error: ScanError, path: Option<&WatchedPath>) {
        if error.is_gone() {
            return;
        }
        let kind = std::mem::discriminant(&error);
        let is_bound = matches!(error, ScanError::TooManyLinks | ScanError::TooManyFiles);
        let is_shortage = error.is_shortage();
        let is_new = match path {
            Some(path) if is_shortage => self.retry.add(path, Instant::now()),
            Some(path) if !is_bound => self.unreadable.insert(path.clone()),
            // One line for all paths.
            _ => self.reported.insert(kind),
        };
        if is_new {
            let error = error.at(path.map(|path| &*path.path));
            let remedy = match (is_shortage, is_bound) {
                (true, _) => "; it is tried again",
                (_, true) => "; this path and others like it are left out",
                _ => "",
            };
            warning!("{}{remedy}", Escaped(error));
        }
    }
}

fn identity(path: &Path) -> io::Result<RootIdentity> {
    let is_folder = fs::metadata(path)?.is_dir();
    let folder = if is_folder { path } else { path.parent().unwrap_or(path) };
    let real = fs::canonicalize(folder)?;
    let id = system::folder_id(&real)?;
    Ok((real, id))
}
