//! The folders that the system watches, and the watched paths that an event in one of them is about.

use std::{
    collections::{BTreeMap, HashMap},
    ffi::OsString,
    ops::Bound,
    path::{Path, PathBuf},
};

use notify::{RecursiveMode, Watcher};

use super::{
    backend::Backend,
    links::{Step, steps},
    roots::{WatchedPath, under, uppermost},
};

/// Number of watched paths that one folder may have through links. Folders that link to each other would have
/// exponentially many.
pub(super) const MAX_PATHS: usize = 16;

/// The folders under watch.
///
/// One folder on the disk may have several watched paths: through a symbolic link, or because it is served twice. The
/// system keeps one watch for it, so each folder is watched by its real path, and an event there is passed on to all
/// its watched paths.
pub(super) struct Folders {
    /// `None` when the tree is polled.
    watcher: Option<Box<dyn Watcher + Send>>,
    backend: Backend,
    /// Events may have been lost by a change of the watches.
    restarted: bool,
    /// By real path.
    real: BTreeMap<PathBuf, Folder>,
    /// The real path of each watched path.
    paths: BTreeMap<WatchedPath, PathBuf>,
    /// The steps of each watched path that is a link, or a file that is a root.
    links: HashMap<WatchedPath, Vec<Step>>,
}

#[derive(Debug, Default)]
struct Folder {
    paths: Vec<WatchedPath>,
    /// By name in this folder, the watched paths that lead there by links.
    targets: HashMap<OsString, Vec<WatchedPath>>,
    watched: Option<RecursiveMode>,
}

impl std::fmt::Debug for Folders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { watcher, backend, restarted, real, paths, links } = self;
        f.debug_struct("Folders")
            .field("watcher", &watcher.is_some())
            .field("backend", backend)
            .field("restarted", restarted)
            .field("real", real)
            .field("paths", paths)
            .field("links", links)
            .finish()
    }
}

impl Folders {
    /// No folders yet. `watcher` is `None` when the tree is polled.
    pub(super) fn new(watcher: Option<Box<dyn Watcher + Send>>, backend: Backend) -> Self {
        Self {
            watcher,
            backend,
            restarted: false,
            real: BTreeMap::new(),
            paths: BTreeMap::new(),
            links: HashMap::new(),
        }
    }

    /// Watches `folder`, whose real path is `real`.
    ///
    /// With `rewatch`, also if it is watched already: the watch may have ended with an earlier folder of that name.
    pub(super) fn add(&mut self, folder: &WatchedPath, real: &Path, rewatch: bool) -> notify::Result<()> {
        if self.paths.get(folder).is_some_and(|old| old != real) {
            self.forget(folder);
        }
        let mode =
            if self.backend.is_recursive() { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
        self.watch(real, mode, rewatch)?;
        let entry = self.real.entry(real.to_owned()).or_default();
        if !entry.paths.contains(folder) {
            entry.paths.push(folder.clone());
            self.paths.insert(folder.clone(), real.to_owned());
        }
        Ok(())
    }

    /// Watches everything that `link` depends on, instead of what was watched for it before.
    ///
    /// A folder on the path may appear between the look at the disk and its watch, so the path is resolved again
    /// until it stays the same.
    pub(super) fn link(&mut self, link: &WatchedPath) -> notify::Result<()> {
        /// Enough for a path whose folders are created one after the other, while it is resolved.
        const MAX_TRIES: usize = 8;
        let mut outcome = Ok(());
        for _ in 0..MAX_TRIES {
            let steps = self.steps_of(link);
            for (folder, _) in &steps {
                // A folder without read permission can't be watched. Only the last step has to be: a missing target
                // will appear there.
                outcome = self.watch(folder, RecursiveMode::NonRecursive, false);
            }
            if self.links.get(link).map_or(&[][..], Vec::as_slice) == steps {
                break;
            }
            self.set_steps(link, steps);
        }
        outcome
    }

    /// The steps of `link`, without the first one if its folder is watched as part of the tree.
    fn steps_of(&self, link: &WatchedPath) -> Vec<Step> {
        let mut steps = steps(&link.path);
        let in_tree = |(folder, _): &Step| self.real.get(folder).is_some_and(|at| !at.paths.is_empty());
        if steps.first().is_some_and(in_tree) {
            steps.remove(0);
        }
        steps
    }

    fn set_steps(&mut self, link: &WatchedPath, steps: Vec<Step>) {
        // New steps come first: a folder that stays is never unwatched in between, or events would be lost.
        for (folder, name) in &steps {
            let folder = self.real.entry(folder.clone()).or_default();
            folder.targets.entry(name.clone()).or_default().push(link.clone());
        }
        self.unlink(link);
        if !steps.is_empty() {
            self.links.insert(link.clone(), steps);
        }
    }

    /// Undoes [`link`](Self::link).
    pub(super) fn unlink(&mut self, link: &WatchedPath) {
        for (real, name) in self.links.remove(link).unwrap_or_default() {
            if let Some(folder) = self.real.get_mut(&real) {
                if let Some(paths) = folder.targets.get_mut(&name) {
                    // Only one of them: its new steps may have the same.
                    if let Some(at) = paths.iter().position(|other| other == link) {
                        paths.remove(at);
                    }
                    if paths.is_empty() {
                        folder.targets.remove(&name);
                    }
                }
            }
            self.release(&real);
        }
    }

    fn watch(&mut self, real: &Path, mode: RecursiveMode, rewatch: bool) -> notify::Result<()> {
        let watched = |folder: &Path| self.real.get(folder).and_then(|folder| folder.watched);
        let all = Some(RecursiveMode::Recursive);
        let covered = watched(real) == Some(mode)
            || self.backend.is_recursive() && real.ancestors().any(|above| watched(above) == all);
        if covered && (!rewatch || self.backend.is_recursive()) {
            return Ok(());
        }
        // Windows keeps the other one as well, and FSEvents has two paths then.
        let other = watched(real).filter(|_| !covered);
        self.unwatch(real, other);
        if let Some(watcher) = &mut self.watcher {
            self.restarted |= self.backend.restarts();
            watcher.watch(real, mode)?;
            self.real.entry(real.to_owned()).or_default().watched = Some(mode);
        }
        Ok(())
    }

    /// Begins all watches again: one whose buffer has overflowed may have ended without notice.
    pub(super) fn renew(&mut self) {
        let Some(watcher) = &mut self.watcher else { return };
        for (real, folder) in &mut self.real {
            if let Some(mode) = folder.watched {
                let _ = watcher.unwatch(real);
                // A folder that is gone is found missing by the next check.
                folder.watched = watcher.watch(real, mode).is_ok().then_some(mode);
            }
        }
    }

    /// Returns true, once, if a change of the watches may have lost events.
    pub(super) fn take_restarted(&mut self) -> bool {
        std::mem::take(&mut self.restarted)
    }

    /// Stops watching a folder that nothing depends on any more.
    fn release(&mut self, real: &Path) {
        let idle = |folder: &Folder| folder.paths.is_empty() && folder.targets.is_empty();
        if self.real.get(real).is_some_and(idle) {
            let folder = self.real.remove(real);
            self.unwatch(real, folder.and_then(|folder| folder.watched));
        }
    }

    fn unwatch(&mut self, real: &Path, watched: Option<RecursiveMode>) {
        if let Some((watcher, _)) = self.watcher.as_mut().zip(watched) {
            self.restarted |= self.backend.restarts();
            // An error means that the system has dropped the watch already, with its folder.
            let _ = watcher.unwatch(real);
        }
    }

    /// Forgets the folders at and below `folder`, and the links below it.
    pub(super) fn forget(&mut self, folder: &WatchedPath) {
        let copy = |(at, real): (&WatchedPath, &PathBuf)| (at.clone(), real.clone());
        for (path, real) in under(&self.paths, folder).map(copy).collect::<Vec<_>>() {
            self.paths.remove(&path);
            if let Some(entry) = self.real.get_mut(&real) {
                entry.paths.retain(|other| *other != path);
            }
            self.release(&real);
        }
        let below = |at: &&WatchedPath| at.is_under(folder) && *at != folder;
        for link in self.links.keys().filter(below).cloned().collect::<Vec<_>>() {
            self.unlink(&link);
        }
    }

    /// Removes the watches of the folder with this real path and of all folders below it, which is gone from there:
    /// they would go on under a wrong name. Returns the uppermost watched paths that have to be scanned.
    ///
    /// A watch that goes by the path stays, unless the folder is `replaced` for sure.
    pub(super) fn lose(&mut self, real: &Path, replaced: bool) -> Vec<WatchedPath> {
        let ends = replaced || self.backend.follows_folders();
        let from = (Bound::Included(real), Bound::Unbounded);
        let below = self.real.range::<Path, _>(from).take_while(|(at, _)| at.starts_with(real));
        let mut lost = Vec::new();
        for (at, watched) in below.map(|(at, folder)| (at.clone(), folder.watched)).collect::<Vec<_>>() {
            self.unwatch(&at, watched.filter(|_| ends));
            if let Some(folder) = self.real.get_mut(&at) {
                folder.watched = watched.filter(|_| !ends);
                lost.extend(folder.paths.iter().chain(folder.targets.values().flatten()).cloned());
            }
        }
        uppermost(lost)
    }

    /// Returns true if a folder with this real path is part of the tree, or a step of a link.
    pub(super) fn is_real(&self, path: &Path) -> bool {
        self.real.contains_key(path)
    }

    /// Returns true if `path` is a known link.
    pub(super) fn has_link(&self, path: &WatchedPath) -> bool {
        self.links.contains_key(path)
    }

    /// Returns true if `path` is a known folder.
    pub(super) fn contains(&self, path: &WatchedPath) -> bool {
        self.paths.contains_key(path)
    }

    /// The real path of `folder`.
    pub(super) fn real(&self, folder: &WatchedPath) -> Option<&Path> {
        self.paths.get(folder).map(PathBuf::as_path)
    }

    /// The folders at and below `folder`.
    pub(super) fn under(&self, folder: &WatchedPath) -> Vec<WatchedPath> {
        under(&self.paths, folder).map(|(at, _)| at.clone()).collect()
    }

    /// The watched paths that an event at the real `path` is about.
    pub(super) fn watched_paths(&self, path: &Path) -> Vec<WatchedPath> {
        let Some((folder, name)) = path.parent().zip(path.file_name()) else {
            return Vec::new();
        };
        let Some(folder) = self.real.get(folder) else {
            return Vec::new();
        };
        let inside = folder.paths.iter().map(|path| path.join(name));
        let linked = folder.targets.get(name).into_iter().flatten().cloned();
        inside.chain(linked).collect()
    }

    /// Returns true if `link` leads to a folder, `target`, that it is in itself.
    pub(super) fn is_loop(&self, link: &WatchedPath, target: &Path) -> bool {
        let above = link.path.ancestors().skip(1).map(|above| WatchedPath::new(link.root, above));
        let mut reals = above.map_while(|above| self.paths.get(&above));
        reals.any(|real| real.starts_with(target))
    }

    /// Returns true if `link` would be one path too many for the folder with the real path `target`.
    pub(super) fn is_full(&self, link: &WatchedPath, target: &Path) -> bool {
        self.real.get(target).is_some_and(|at| at.paths.len() >= MAX_PATHS && !at.paths.contains(link))
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::source::watch::testing::Dir;

    fn path(dir: &Dir, name: &str) -> WatchedPath {
        WatchedPath::new(0, dir.path().join(name))
    }

    #[test]
    fn an_event_is_about_every_path_of_its_folder() {
        let dir = Dir::new();
        dir.folder("real");
        let mut folders = Folders::new(None, Backend::SYSTEM);
        let real = dir.path().join("real");
        let (one, two) = (path(&dir, "real"), WatchedPath::new(1, dir.path().join("link")));
        folders.add(&one, &real, false).unwrap();
        folders.add(&two, &real, false).unwrap();
        assert_eq!(folders.watched_paths(&real.join("x")), [one.join("x"), two.join("x")]);
        folders.forget(&one);
        assert_eq!(folders.watched_paths(&real.join("x")), [two.join("x")]);
        folders.forget(&two);
        assert!(!folders.is_real(&real));
        assert_eq!(folders.watched_paths(&real.join("x")), []);
    }

    #[test]
    fn a_link_is_followed_step_by_step() {
        let dir = Dir::new();
        dir.write("far/file", "x");
        dir.folder("between");
        dir.folder("root");
        dir.link("../far/file", "between/second");
        dir.link(dir.path().join("between/second"), "root/first");
        let mut folders = Folders::new(None, Backend::SYSTEM);
        folders.add(&path(&dir, "root"), &dir.path().join("root"), false).unwrap();
        let link = path(&dir, "root/first");
        folders.link(&link).unwrap();
        for step in ["root/first", "between/second", "far/file"] {
            assert_eq!(folders.watched_paths(&dir.path().join(step)), std::slice::from_ref(&link), "{step}");
        }
        assert_eq!(folders.watched_paths(&dir.path().join("far/other")), []);
        folders.unlink(&link);
        assert!(!folders.is_real(&dir.path().join("far")) && folders.is_real(&dir.path().join("root")));
    }

    #[test]
    fn a_link_to_a_folder_above_is_a_loop_and_one_to_a_sibling_is_not() {
        let dir = Dir::new();
        dir.folder("root/a/b");
        dir.folder("root/c");
        let mut folders = Folders::new(None, Backend::SYSTEM);
        for name in ["root", "root/a", "root/a/b"] {
            folders.add(&path(&dir, name), &dir.path().join(name), false).unwrap();
        }
        let link = path(&dir, "root/a/b/link");
        for (target, expected) in
            [("root/a/b", true), ("root/a", true), ("root", true), ("", true), ("root/c", false)]
        {
            assert_eq!(folders.is_loop(&link, &dir.path().join(target)), expected, "{target}");
        }
    }

    #[test]
    fn a_lost_folder_is_scanned_by_every_path() {
        let dir = Dir::new();
        dir.folder("real/sub");
        let mut folders = Folders::new(None, Backend::SYSTEM);
        for (at, real) in [
            (path(&dir, "real"), "real"),
            (path(&dir, "real/sub"), "real/sub"),
            (WatchedPath::new(1, dir.path().join("other")), "real/sub"),
        ] {
            folders.add(&at, &dir.path().join(real), false).unwrap();
        }
        let again = folders.lose(&dir.path().join("real"), false);
        assert_eq!(again, [path(&dir, "real"), WatchedPath::new(1, dir.path().join("other"))]);
    }

    #[test]
    fn a_folder_has_a_bounded_number_of_paths() {
        let dir = Dir::new();
        dir.folder("real");
        let real = dir.path().join("real");
        let mut folders = Folders::new(None, Backend::SYSTEM);
        for count in 0..MAX_PATHS {
            let link = path(&dir, &count.to_string());
            assert!(!folders.is_full(&link, &real), "{count}");
            folders.add(&link, &real, false).unwrap();
        }
        assert!(folders.is_full(&path(&dir, "more"), &real));
        assert!(!folders.is_full(&path(&dir, "0"), &real), "it is one of them");
    }
}
