//! What each signal does: which files have to be read, and which folders looked through.

use super::content::Stamp;
use super::mounts::Moved;
use super::roots::{Place, uppermost};
use super::scan::{self, Sight, WalkError};
use super::signal::{Events, Signal};
use super::sink::Sink;
use super::thread::Message;
use super::worker::{Worker, is_rules_file};
use crate::escape::Escaped;
use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

/// How often the roots are looked at: the system does not tell when a folder above one is renamed,
/// or when a link that is a root leads elsewhere.
const LOOK: Duration = Duration::from_secs(1);

/// The same while a root is missing.
const LOOK_MISSING: Duration = Duration::from_millis(250);

/// What a root stands on: the real path of it, or of its folder, and which folder that is.
pub(super) type Anchor = (PathBuf, Option<(u64, u64)>);

/// How something has come to be where it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum How {
    /// It was made there, and may be about to be filled.
    Made,
    /// It was put there as it is.
    Whole,
    /// Nobody has told, or not to the end.
    Lost,
}

impl<S: Sink> Worker<S> {
    /// Takes a message in.
    pub(super) fn hear(&mut self, message: Message) {
        let now = Instant::now();
        match message {
            Message::Signal(signal) => self.signal(signal, now),
            Message::Read(done) => self.read.push(*done),
            Message::Stop => {}
        }
    }

    fn signal(&mut self, signal: Signal, now: Instant) {
        match signal {
            Signal::Closed(path) => self.each_file(&path, |worker, place| {
                let known = worker.is_known(place) || is_rules_file(place);
                worker.settle.closed(place, known, now);
            }),
            Signal::Written(path) => self.each_file(&path, |worker, place| worker.settle.written(place, now)),
            Signal::Created(path) => self.each(&path, |worker, place| worker.appeared(place, How::Made, now)),
            Signal::Arrived(path) => {
                self.each(&path, |worker, place| worker.appeared(place, How::Whole, now));
            }
            Signal::Moved(path) => {
                self.lose(&path);
                self.each(&path, |worker, place| worker.appeared(place, How::Made, now));
            }
            Signal::Left(path) => {
                self.lose(&path);
                self.each(&path, |worker, place| worker.left(place, now));
            }
            Signal::Touched(path) => self.each_file(&path, |worker, place| {
                if let Some(stamp) = Stamp::at(&place.path) {
                    worker.settle.touched(place, stamp, now);
                }
            }),
            Signal::Attributes(path) => self.each_file(&path, |worker, place| {
                if worker.unreadable.contains(place) {
                    worker.appeared(place, How::Whole, now);
                }
            }),
            Signal::Barrier => {}
            Signal::Lost => self.all_lost = true,
            Signal::Failed(error) => self.complain(&WalkError::Watch(error), None),
        }
    }

    fn each(&mut self, path: &Path, act: impl Fn(&mut Self, &Place)) {
        for place in self.folders.places_of(path) {
            act(self, &place);
        }
    }

    /// Calls `act` for the places of a file that are not ignored.
    fn each_file(&mut self, path: &Path, act: impl Fn(&mut Self, &Place)) {
        self.each(path, |worker, place| {
            if worker.is_wanted(place) {
                act(worker, place);
            }
        });
    }

    fn is_wanted(&self, place: &Place) -> bool {
        is_rules_file(place) || !self.rules.ignores(place, false)
    }

    /// The folder with this real path has left it: it may be gone, or another may be there now.
    ///
    /// Its watch is dead, and what was still to be told of the files in it is not told any more.
    fn lose(&mut self, path: &Path) {
        if self.folders.is_real(path) {
            self.lost.extend(self.folders.lost(path));
        }
    }

    fn left(&mut self, place: &Place, now: Instant) {
        if self.folders.has(place) || self.folders.has_link(place) {
            self.lost.insert(place.clone());
        } else if self.is_wanted(place) {
            self.gone(place, now);
        }
    }

    /// Looks at what was lost since the last time, having heard all that was told of it.
    pub(super) fn look_at_lost(&mut self, inbox: &Receiver<Message>) {
        if !self.all_lost && self.lost.is_empty() {
            return;
        }
        // What the dead watches have told may not have come in yet: a write whose close never will.
        self.folders.sync();
        self.hear_all(inbox);
        let now = Instant::now();
        let lost = std::mem::take(&mut self.lost);
        if std::mem::take(&mut self.all_lost) {
            return self.look_through(true, now);
        }
        for place in uppermost(lost.into_iter().collect()) {
            self.appeared(&place, How::Lost, now);
        }
    }

    fn gone(&mut self, place: &Place, now: Instant) {
        let known = self.is_known(place);
        self.settle.gone(place, known, now);
    }

    /// Something is at `place` that was not there, or may be another.
    fn appeared(&mut self, place: &Place, how: How, now: Instant) {
        let is_root = self.roots.below(place).as_os_str().is_empty();
        let is_link = scan::is_link(place) && !is_root;
        let mut sight = scan::look(place);
        let is_folder = matches!(sight, Ok(Sight::Folder { .. }));
        if self.rules.ignores(place, is_folder) && !is_rules_file(place) {
            return;
        }
        if is_link || is_root && !is_folder {
            self.link(place);
            // It may have come before it was watched.
            sight = scan::look(place);
        } else {
            self.folders.forget_link(place);
        }
        match sight {
            Ok(Sight::Folder { real }) if is_link && self.folders.is_loop(place, &real) => {}
            Ok(Sight::Folder { real }) => self.look_into(place, real, how == How::Lost, now),
            Ok(Sight::File) => {
                if self.folders.has(place) {
                    self.vanished(place, now);
                }
                self.file_appeared(place, if is_link { How::Whole } else { how }, now);
            }
            Ok(Sight::Nothing) => self.vanished(place, now),
            // The reading tells why.
            Err(_) => self.settle.complete(place, now),
        }
    }

    fn link(&mut self, place: &Place) {
        if let Err(error) = self.folders.link(place) {
            self.complain(&WalkError::Watch(error), Some(place));
        }
    }

    fn file_appeared(&mut self, place: &Place, how: How, now: Instant) {
        let Some(stamp) = Stamp::at(&place.path) else {
            return self.gone(place, now);
        };
        if self.events == Events::Vague || how == How::Lost {
            self.settle.touched(place, stamp, now);
        } else if how == How::Whole || stamp.shared().is_some() {
            self.settle.complete(place, now);
        } else if stamp.len == 0 {
            // Whoever has made it will close it.
            self.settle.written(place, now);
        } else {
            self.settle.seen(place, stamp, now);
        }
    }

    /// Nothing is at `place` any more, and nothing below it.
    fn vanished(&mut self, place: &Place, now: Instant) {
        let known = self.tree.under(place).map(|(place, _)| place.clone());
        let files: HashSet<_> = known.chain(self.settle.under(place)).collect();
        for file in files {
            self.gone(&file, now);
        }
        self.forget_folder(place);
        for root in self.roots.places().filter(|root| root.is_under(place)) {
            self.anchors[root.root] = None;
            self.look_at = self.look_at.min(now + LOOK_MISSING);
        }
    }

    fn forget_folder(&mut self, place: &Place) {
        self.folders.forget(place);
        self.rules.forget(place);
    }

    /// Looks through all roots; when `anew`, events have been lost, and watches with them.
    pub(super) fn look_through(&mut self, anew: bool, now: Instant) {
        for place in self.roots.places().collect::<Vec<_>>() {
            match scan::look(&place) {
                Ok(Sight::Folder { real }) => self.look_into(&place, real, anew, now),
                Ok(Sight::File) => {
                    self.link(&place);
                    self.compare(&place, anew, now);
                }
                Ok(Sight::Nothing) | Err(_) => self.vanished(&place, now),
            }
        }
    }

    /// Looks through a folder and compares what is there with what is known.
    fn look_into(&mut self, place: &Place, real: PathBuf, anew: bool, now: Instant) {
        let walked = scan::walk(place, real, &mut self.folders, &mut self.rules, anew);
        for (at, error) in walked.errors {
            self.complain(&error, Some(&at));
        }
        let files: HashSet<_> = walked.files.into_iter().collect();
        for file in &files {
            self.compare(file, anew, now);
        }
        let known = self.tree.under(place).map(|(place, _)| place.clone());
        let rest: HashSet<_> =
            known.chain(self.settle.under(place)).filter(|file| !files.contains(file)).collect();
        for file in rest {
            if is_rules_file(&file) {
                continue;
            }
            if self.rules.ignores_below(place, &file) {
                self.settle.drop(&file);
                self.remove(&file, now);
            } else {
                self.gone(&file, now);
            }
        }
        let folders: HashSet<_> = walked.folders.into_iter().collect();
        self.unreadable.retain(|at| !folders.contains(at));
        for folder in self.folders.under(place) {
            if !folders.contains(&folder) {
                self.forget_folder(&folder);
            }
        }
    }

    /// Has a file read if it may differ from what is known of it.
    fn compare(&mut self, file: &Place, anew: bool, now: Instant) {
        let Some(stamp) = Stamp::at(&file.path) else {
            if !self.unreadable.contains(file) {
                self.settle.complete(file, now);
            }
            return;
        };
        let is_same = self
            .tree
            .known(file)
            .is_some_and(|known| known.stamp == stamp && !stamp.is_fresh(known.read, self.events.tick()));
        if is_same && !self.settle.has(file) {
            return;
        }
        if anew {
            // A close may be among what was lost.
            self.settle.touched(file, stamp, now);
        } else {
            self.settle.seen(file, stamp, now);
        }
    }

    /// The `.gitignore` in `folder` may have changed.
    pub(super) fn rules_changed(&mut self, folder: &Place) {
        let Some(real) = self.folders.real(folder).map(Path::to_owned) else {
            return;
        };
        if self.rules.read_file(folder) {
            self.look_into(folder, real, false, Instant::now());
        }
    }

    /// Does what is to be done now and then: looks whether the roots are still what they were, or
    /// through all of them when the tree is polled.
    pub(super) fn look_around(&mut self, poll: Option<Duration>, now: Instant) {
        self.look_at_mounts();
        if let Some(interval) = poll {
            self.look_at = now + interval;
            return self.look_through(false, now);
        }
        let anchors = self.anchors_now();
        self.look_at = now + if anchors.contains(&None) { LOOK_MISSING } else { LOOK };
        for (place, anchor) in self.roots.places().collect::<Vec<_>>().iter().zip(anchors) {
            if self.anchors[place.root] == anchor {
                continue;
            }
            self.anchors[place.root] = anchor;
            if let Some(real) = self.folders.real(place).map(Path::to_owned) {
                self.lose(&real);
            }
            self.lost.insert(place.clone());
        }
    }

    /// Has the folders looked at that a mount has covered or uncovered: their watches are those of what was there
    /// before.
    fn look_at_mounts(&mut self) {
        for Moved { point, has_come } in self.mounts.moved() {
            let lost = self.folders.lost(&point);
            // A root that something has found to be gone already is not among the folders any more.
            if lost.is_empty() && !self.roots.places().any(|root| root.path.starts_with(&point)) {
                continue;
            }
            self.lost.extend(lost);
            let point = Escaped(point.display());
            if has_come {
                tracing::info!("{point} was mounted, and is looked through");
            } else {
                tracing::warn!("{point} was unmounted: what was in it is gone until it is mounted again");
            }
        }
    }

    /// What the roots stand on now.
    pub(super) fn anchors_now(&self) -> Vec<Option<Anchor>> {
        self.roots.places().map(|place| anchor(&place.path)).collect()
    }

    /// Warns, once, of what is left out.
    pub(super) fn complain(&mut self, error: &WalkError, place: Option<&Place>) {
        if error.is_gone() {
            return;
        }
        let error = error.told(place.map(|place| &*place.path));
        let is_new = if error.is_limit() {
            !std::mem::replace(&mut self.limit_told, true)
        } else {
            place.is_none_or(|place| self.unreadable.insert(place.clone()))
        };
        if is_new {
            tracing::warn!("{}", Escaped(error));
        }
    }
}

/// What the root at `path` stands on, if it is there.
fn anchor(path: &Path) -> Option<Anchor> {
    let folder = if fs::metadata(path).ok()?.is_dir() { path } else { path.parent()? };
    let real = fs::canonicalize(folder).ok()?;
    let file = Stamp::of(&fs::metadata(&real).ok()?).file();
    Some((real, file))
}
