//! Which folders the system watches for us, and which places what happens there is about.

use super::roots::{Place, under, uppermost};
use super::signal::Events;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::fs;
use std::ops::Bound;
use std::path::{Component, Path, PathBuf};

/// The folders under watch.
///
/// One folder on the disk may stand in several places of the tree: through a symbolic link, or
/// because it is served twice. The system knows only one watch for it, so each is watched by its
/// real path, and what happens there is passed on to all its places.
pub(super) struct Folders {
    /// None when the tree is polled.
    watcher: Option<RecommendedWatcher>,
    /// Whether one watch covers all below, so that folders in a watched one need none.
    recursive: bool,
    /// By real path.
    real: BTreeMap<PathBuf, Folder>,
    /// The real path of each place.
    places: BTreeMap<Place, PathBuf>,
    /// For a place that is a link, or a file that is a root: what else it depends on.
    links: HashMap<Place, Vec<(PathBuf, OsString)>>,
}

#[derive(Debug, Default)]
struct Folder {
    places: Vec<Place>,
    /// By name in this folder, the places that lead there by links.
    targets: HashMap<OsString, Vec<Place>>,
    watched: Option<RecursiveMode>,
}

impl std::fmt::Debug for Folders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { watcher, recursive, real, places, links } = self;
        f.debug_struct("Folders")
            .field("watcher", &watcher.is_some())
            .field("recursive", recursive)
            .field("real", real)
            .field("places", places)
            .field("links", links)
            .finish()
    }
}

impl Folders {
    /// No folders yet; `watcher` is none when the tree is polled.
    pub(super) fn new(watcher: Option<RecommendedWatcher>) -> Self {
        Self {
            watcher,
            recursive: Events::SYSTEM == Events::Vague,
            real: BTreeMap::new(),
            places: BTreeMap::new(),
            links: HashMap::new(),
        }
    }

    /// Has the folder at `place`, whose real path is `real`, watched.
    ///
    /// When `anew`, also if it is watched already: the watch may have died with its folder.
    pub(super) fn add(&mut self, place: &Place, real: &Path, anew: bool) -> notify::Result<()> {
        if self.places.get(place).is_some_and(|old| old != real) {
            self.forget(place);
        }
        let mode = if self.recursive { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
        self.watch(real, mode, anew)?;
        let folder = self.real.entry(real.to_owned()).or_default();
        if !folder.places.contains(place) {
            folder.places.push(place.clone());
            self.places.insert(place.clone(), real.to_owned());
        }
        Ok(())
    }

    /// Watches everything that the link at `place` depends on, instead of what was watched for it before.
    ///
    /// A folder on the path may appear between the look at the disk and its watch, so the path is resolved again
    /// until it stays the same.
    pub(super) fn link(&mut self, place: &Place) -> notify::Result<()> {
        /// Enough for a path whose folders are made one after the other, while it is resolved.
        const MOST_TRIES: usize = 8;
        let mut outcome = Ok(());
        for _ in 0..MOST_TRIES {
            let steps = self.steps_of(place);
            for (folder, _) in &steps {
                // A folder that may not be read can't be watched. The last step is the one that has to be: what is
                // missing will appear there.
                outcome = self.watch(folder, RecursiveMode::NonRecursive, false);
            }
            // Steps that stay are not unwatched in between, or events would be lost.
            if self.links.get(place).map_or(&[][..], Vec::as_slice) == steps {
                break;
            }
            self.set_steps(place, steps);
        }
        outcome
    }

    /// The steps of the link at `place`, without the link's own where its folder is watched as part of the tree.
    fn steps_of(&self, place: &Place) -> Vec<(PathBuf, OsString)> {
        let mut steps = steps(&place.path);
        let in_tree = |(folder, _): &(PathBuf, OsString)| {
            self.real.get(folder).is_some_and(|folder| !folder.places.is_empty())
        };
        if steps.first().is_some_and(in_tree) {
            steps.remove(0);
        }
        steps
    }

    fn set_steps(&mut self, place: &Place, steps: Vec<(PathBuf, OsString)>) {
        for (folder, name) in &steps {
            let folder = self.real.entry(folder.clone()).or_default();
            folder.targets.entry(name.clone()).or_default().push(place.clone());
        }
        self.unlink(place);
        if !steps.is_empty() {
            self.links.insert(place.clone(), steps);
        }
    }

    /// Undoes [`link`](Self::link).
    fn unlink(&mut self, place: &Place) {
        for (real, name) in self.links.remove(place).unwrap_or_default() {
            if let Some(folder) = self.real.get_mut(&real) {
                if let Some(places) = folder.targets.get_mut(&name) {
                    // Once only: its new way may lead through here as well.
                    if let Some(at) = places.iter().position(|other| other == place) {
                        places.remove(at);
                    }
                    if places.is_empty() {
                        folder.targets.remove(&name);
                    }
                }
            }
            self.release(&real);
        }
    }

    /// Waits until the watcher has finished what it was doing: what it has told by then has come in.
    pub(super) fn sync(&mut self) {
        if let Some(watcher) = self.watcher.as_mut().filter(|_| !self.recursive) {
            // There is no such path, which the watcher says after it has looked at its list.
            let _ = watcher.unwatch(Path::new("/\0"));
        }
    }

    fn watch(&mut self, real: &Path, mode: RecursiveMode, anew: bool) -> notify::Result<()> {
        let watched = |folder: &Path| self.real.get(folder).and_then(|folder| folder.watched);
        let all = Some(RecursiveMode::Recursive);
        let covered = watched(real) == Some(mode)
            || self.recursive && real.ancestors().any(|above| watched(above) == all);
        if let Some(watcher) = self.watcher.as_mut().filter(|_| !covered || (anew && !self.recursive)) {
            watcher.watch(real, mode)?;
            self.real.entry(real.to_owned()).or_default().watched = Some(mode);
        }
        Ok(())
    }

    /// Stops watching a folder that nothing depends on any more.
    fn release(&mut self, real: &Path) {
        let idle = |folder: &Folder| folder.places.is_empty() && folder.targets.is_empty();
        if self.real.get(real).is_some_and(idle) {
            let folder = self.real.remove(real);
            self.unwatch(real, folder.and_then(|folder| folder.watched));
        }
    }

    fn unwatch(&mut self, real: &Path, watched: Option<RecursiveMode>) {
        if let Some((watcher, _)) = self.watcher.as_mut().zip(watched) {
            // An error means that the system has dropped the watch already, with its folder.
            let _ = watcher.unwatch(real);
        }
    }

    /// Forgets the folders and links at and below `place`, which is gone or another.
    pub(super) fn forget(&mut self, place: &Place) {
        let copy = |(at, real): (&Place, &PathBuf)| (at.clone(), real.clone());
        for (place, real) in under(&self.places, place).map(copy).collect::<Vec<_>>() {
            self.places.remove(&place);
            if let Some(folder) = self.real.get_mut(&real) {
                folder.places.retain(|other| *other != place);
            }
            self.release(&real);
        }
        let links: Vec<_> =
            self.links.keys().filter(|at| at.is_under(place) && *at != place).cloned().collect();
        for link in links {
            self.unlink(&link);
        }
    }

    /// Forgets that the link at `place` is one.
    pub(super) fn forget_link(&mut self, place: &Place) {
        self.unlink(place);
    }

    /// The folder with this real path is gone from there, and all below it: their watches with it,
    /// or they would go on under a wrong name. Gives the uppermost places that are to be looked
    /// at again.
    pub(super) fn lost(&mut self, real: &Path) -> Vec<Place> {
        let from = (Bound::Included(real), Bound::Unbounded);
        let below = self.real.range::<Path, _>(from).take_while(|(at, _)| at.starts_with(real));
        let mut again = Vec::new();
        for (at, watched) in below.map(|(at, folder)| (at.clone(), folder.watched)).collect::<Vec<_>>() {
            self.unwatch(&at, watched);
            if let Some(folder) = self.real.get_mut(&at) {
                folder.watched = None;
                let targets = folder.targets.values().flatten();
                again.extend(folder.places.iter().chain(targets).cloned());
            }
        }
        uppermost(again)
    }

    /// Whether a folder with this real path is part of the tree, or on the way of a link.
    pub(super) fn is_real(&self, path: &Path) -> bool {
        self.real.contains_key(path)
    }

    /// Whether a link is known at `place`.
    pub(super) fn has_link(&self, place: &Place) -> bool {
        self.links.contains_key(place)
    }

    /// Whether a folder is known at `place`.
    pub(super) fn has(&self, place: &Place) -> bool {
        self.places.contains_key(place)
    }

    /// The real path of the folder at `place`.
    pub(super) fn real(&self, place: &Place) -> Option<&Path> {
        self.places.get(place).map(PathBuf::as_path)
    }

    /// The folders at and below `place`.
    pub(super) fn under(&self, place: &Place) -> Vec<Place> {
        under(&self.places, place).map(|(at, _)| at.clone()).collect()
    }

    /// The places that what happens at the real `path` is about.
    pub(super) fn places_of(&self, path: &Path) -> Vec<Place> {
        let Some((folder, name)) = path.parent().zip(path.file_name()) else {
            return Vec::new();
        };
        let Some(folder) = self.real.get(folder) else {
            return Vec::new();
        };
        let inside = folder.places.iter().map(|place| place.join(name));
        let linked = folder.targets.get(name).into_iter().flatten().cloned();
        inside.chain(linked).collect()
    }

    /// Whether a link at `place` would lead to a folder, `target`, that it stands in itself.
    pub(super) fn is_loop(&self, place: &Place, target: &Path) -> bool {
        let above = place.path.ancestors().skip(1).map(|above| Place::new(place.root, above));
        let mut reals = above.map_while(|above| self.places.get(&above));
        reals.any(|real| real.starts_with(target))
    }
}

/// Every folder, with a name in it, that decides which file `path` leads to: the path's own, and one for each
/// component of each link on the way, as path_resolution(7) takes them.
///
/// The steps end at the target, or at the first folder that is missing: its parent is the nearest one that can be
/// watched. Folders above the one that `path` is in are no steps of it: the tree notices by itself when one of them
/// goes.
fn steps(path: &Path) -> Vec<(PathBuf, OsString)> {
    /// As many as Linux follows.
    const MOST_LINKS: usize = 40;
    /// The longest path, of 4,096 bytes, has no more components.
    const MOST_COMPONENTS: usize = 2_048;
    let Some((folder, name)) = path.parent().zip(path.file_name()) else { return Vec::new() };
    let Ok(folder) = fs::canonicalize(folder) else { return Vec::new() };
    let mut steps: Vec<(PathBuf, OsString)> = Vec::new();
    let mut links = 0;
    let mut at = folder.clone();
    // The next component is the last of these.
    let mut pending = vec![name.to_owned()];
    for _ in 0..MOST_COMPONENTS {
        let Some(name) = pending.pop() else { break };
        if name == ".." {
            at.pop();
            continue;
        }
        let here = at.join(&name);
        let step = (at.clone(), name);
        if !folder.starts_with(&here) && !steps.contains(&step) {
            steps.push(step);
        }
        let Ok(metadata) = fs::symlink_metadata(&here) else { break };
        if metadata.is_symlink() {
            let Ok(target) = fs::read_link(&here) else { break };
            links += 1;
            if links > MOST_LINKS {
                break;
            }
            for component in target.components().rev() {
                match component {
                    Component::Normal(name) => pending.push(name.to_owned()),
                    Component::ParentDir => pending.push("..".into()),
                    Component::CurDir | Component::RootDir | Component::Prefix(_) => {}
                }
            }
            if target.is_absolute() {
                at = target.ancestors().last().unwrap_or(&target).to_owned();
            }
        } else if metadata.is_dir() {
            at = here;
        } else {
            break;
        }
    }
    steps
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::source::watch::testing::Dir;

    fn place(dir: &Dir, name: &str) -> Place {
        Place::new(0, dir.path().join(name))
    }

    #[test]
    fn a_folder_with_two_places_is_told_of_in_both() {
        let dir = Dir::new();
        dir.folder("real");
        let mut folders = Folders::new(None);
        let real = dir.path().join("real");
        let (one, two) = (place(&dir, "real"), Place::new(1, dir.path().join("link")));
        folders.add(&one, &real, false).unwrap();
        folders.add(&two, &real, false).unwrap();
        assert_eq!(folders.places_of(&real.join("x")), [one.join("x"), two.join("x")]);
        folders.forget(&one);
        assert_eq!(folders.places_of(&real.join("x")), [two.join("x")]);
        folders.forget(&two);
        assert!(!folders.is_real(&real));
        assert_eq!(folders.places_of(&real.join("x")), []);
    }

    #[test]
    fn a_link_is_followed_step_by_step() {
        let dir = Dir::new();
        dir.write("far/file", "x");
        dir.folder("between");
        dir.folder("root");
        dir.link("../far/file", "between/second");
        dir.link(dir.path().join("between/second"), "root/first");
        let mut folders = Folders::new(None);
        folders.add(&place(&dir, "root"), &dir.path().join("root"), false).unwrap();
        let link = place(&dir, "root/first");
        folders.link(&link).unwrap();
        for step in ["root/first", "between/second", "far/file"] {
            assert_eq!(folders.places_of(&dir.path().join(step)), std::slice::from_ref(&link), "{step}");
        }
        assert_eq!(folders.places_of(&dir.path().join("far/other")), []);
        folders.forget_link(&link);
        assert!(!folders.is_real(&dir.path().join("far")) && folders.is_real(&dir.path().join("root")));
    }

    #[test]
    fn links_that_chase_each_other_come_to_an_end() {
        let dir = Dir::new();
        dir.link("two", "one");
        dir.link("one", "two");
        assert_eq!(steps(&dir.path().join("one")).len(), 2);
    }

    #[test]
    fn a_link_to_a_folder_above_is_a_loop_and_one_to_a_sibling_is_not() {
        let dir = Dir::new();
        dir.folder("root/a/b");
        dir.folder("root/c");
        let mut folders = Folders::new(None);
        for name in ["root", "root/a", "root/a/b"] {
            folders.add(&place(&dir, name), &dir.path().join(name), false).unwrap();
        }
        let link = place(&dir, "root/a/b/link");
        for (target, expected) in
            [("root/a/b", true), ("root/a", true), ("root", true), ("", true), ("root/c", false)]
        {
            assert_eq!(folders.is_loop(&link, &dir.path().join(target)), expected, "{target}");
        }
    }

    #[test]
    fn a_lost_folder_is_to_be_looked_at_again_wherever_it_stands() {
        let dir = Dir::new();
        dir.folder("real/sub");
        let mut folders = Folders::new(None);
        for (place, real) in [
            (place(&dir, "real"), "real"),
            (place(&dir, "real/sub"), "real/sub"),
            (Place::new(1, dir.path().join("other")), "real/sub"),
        ] {
            folders.add(&place, &dir.path().join(real), false).unwrap();
        }
        let again = folders.lost(&dir.path().join("real"));
        assert_eq!(again, [place(&dir, "real"), Place::new(1, dir.path().join("other"))]);
    }
}
