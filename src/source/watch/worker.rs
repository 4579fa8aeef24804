//! The watcher's state, and how what has happened to a file becomes part of a build.

use super::barrier::Barrier;
use super::content::{Content, Reader, Reading, Stamp};
use super::folders::Folders;
use super::ignore::{RULES_FILE, Rules};
use super::mounts::Mounts;
use super::reading::{Background, Done, LARGE, read_all};
use super::roots::{Place, Roots};
use super::settle::{Outcome, Settle, Task};
use super::signal::{Events, Signal};
use super::sink::Sink;
use super::tell::Teller;
use super::thread::Message;
use super::tree::Tree;
use crate::escape::Escaped;
use std::collections::{BTreeSet, HashSet};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant, SystemTime};

/// How long a file found on the disk must stay as it is where its close may have been missed.
const STILL: Duration = Duration::from_millis(20);

/// Files that are read before what has happened meanwhile is heard.
const PORTION: usize = 64;

/// How long to wait for the barrier. It commonly takes a tenth of a millisecond.
const BARRIER: Duration = Duration::from_millis(250);

/// The same after the first scan, which has itself opened every file.
const BARRIER_SCAN: Duration = Duration::from_secs(2);

/// Everything that the watcher's thread knows.
#[derive(Debug)]
pub(super) struct Worker<S> {
    pub(super) roots: Arc<Roots>,
    pub(super) rules: Rules,
    pub(super) folders: Folders,
    pub(super) tree: Tree,
    pub(super) settle: Settle,
    pub(super) teller: Teller<S>,
    pub(super) events: Events,
    /// What each root was when it was last looked at.
    pub(super) anchors: Vec<Option<super::hear::Anchor>>,
    pub(super) mounts: Mounts,
    /// When to look at the roots next.
    pub(super) look_at: Instant,
    /// Places whose watches have died, to be looked at.
    pub(super) lost: BTreeSet<Place>,
    /// The same for all places: events were lost.
    pub(super) all_lost: bool,
    /// The files and folders that can't be read, each of which was warned of once.
    pub(super) unreadable: HashSet<Place>,
    /// Whether it was told that the system's limit of watches is reached.
    pub(super) limit_told: bool,
    /// Files that have been read, and can be believed when the barrier has been passed.
    pub(super) read: Vec<Done>,
    background: Background,
    barrier: Option<Barrier>,
}

impl<S: Sink> Worker<S> {
    pub(super) fn new(
        teller: Teller<S>,
        roots: Arc<Roots>,
        rules: Rules,
        folders: Folders,
        (events, settle, barrier): (Events, Duration, Option<Barrier>),
        background: Background,
    ) -> Self {
        let still = if events == Events::Exact { STILL } else { settle };
        let mut worker = Self {
            anchors: Vec::new(),
            mounts: Mounts::now(),
            look_at: Instant::now(),
            roots,
            rules,
            folders,
            tree: Tree::default(),
            settle: Settle::new(still),
            teller,
            events,
            lost: BTreeSet::new(),
            all_lost: false,
            unreadable: HashSet::new(),
            limit_told: false,
            read: Vec::new(),
            background,
            barrier,
        };
        worker.anchors = worker.anchors_now();
        worker
    }

    /// Reads all files and tells what is there.
    pub(super) fn first_scan(
        &mut self,
        files: &[Place],
        begun: Instant,
        inbox: &Receiver<Message>,
        stop: &AtomicBool,
    ) {
        for (at, reading, read) in read_all(files, stop) {
            let place = &files[at];
            match reading {
                Reading::Content(content) => {
                    self.tree.load(&self.roots, place, &content, read);
                }
                Reading::Moved(stamp) => self.settle.seen(place, stamp, Instant::now()),
                Reading::Failed(error) => self.warn_once(place, &error),
                Reading::Missing => {}
                Reading::Stopped => return,
            }
        }
        if !self.pass_barrier(inbox, BARRIER_SCAN) && !self.all_lost {
            // This system does not tell of openings.
            self.barrier = None;
        }
        // What is in the middle of being written is not there yet.
        for place in self.settle.being_written() {
            self.tree.remove(&self.roots, &place);
        }
        self.teller.scanned(&mut self.tree, begun);
    }

    /// Does all that there is to do now.
    pub(super) fn work(&mut self, inbox: &Receiver<Message>, stop: &AtomicBool) {
        let mut reader = Reader::new(stop);
        loop {
            self.hear_all(inbox);
            self.look_at_lost(inbox);
            for task in self.settle.take(PORTION, Instant::now()) {
                self.read(&mut reader, task);
            }
            let idle = self.read.is_empty();
            let passed = idle || self.pass_barrier(inbox, BARRIER);
            for mut done in std::mem::take(&mut self.read) {
                if let Some(stamp) = Stamp::at(&done.task.place.path).filter(|_| !passed) {
                    done.reading = Reading::Moved(stamp);
                }
                self.finish(done);
            }
            self.teller.tell(&mut self.tree, &mut self.settle, Instant::now());
            if idle || stop.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    /// Reads a file, or has it read if that will take long.
    fn read(&mut self, reader: &mut Reader<'_>, mut task: Task) {
        let stamp = Stamp::at(&task.place.path);
        if let Some(stamp) = stamp.filter(|_| task.probe) {
            let known = self.tree.known(&task.place);
            if known.is_none_or(|known| known.stamp.len != stamp.len) {
                let reading = Reading::Moved(stamp);
                return self.read.push(Done { task, reading, at: SystemTime::now() });
            }
        }
        if stamp.is_some_and(|stamp| stamp.len >= LARGE) {
            if !task.probe {
                self.settle.is_large(&task);
            }
            match self.background.read(task) {
                None => return,
                Some(refused) => task = refused,
            }
        }
        let want_text = is_style(&task.place);
        self.read.push(reader.done(task, want_text));
    }

    pub(super) fn hear_all(&mut self, inbox: &Receiver<Message>) {
        for message in inbox.try_iter() {
            self.hear(message);
        }
    }

    /// Hears all that has happened up to now, so that what was read before is known to be void if
    /// it was being written. Says whether it was all.
    fn pass_barrier(&mut self, inbox: &Receiver<Message>, longest: Duration) -> bool {
        let end = Instant::now() + longest;
        if self.barrier.as_ref().is_none_or(|barrier| !barrier.raise()) {
            self.hear_all(inbox);
            return true;
        }
        while let Ok(message) = inbox.recv_timeout(end.saturating_duration_since(Instant::now())) {
            if matches!(message, Message::Signal(Signal::Barrier)) {
                return true;
            }
            self.hear(message);
            // The barrier may be among what was lost.
            if self.all_lost {
                return false;
            }
        }
        false
    }

    /// When there will be something to do.
    pub(super) fn due(&mut self) -> Instant {
        let settled = self.settle.due();
        settled.into_iter().chain(self.teller.due(&self.settle)).fold(self.look_at, Instant::min)
    }

    /// Takes in what came of reading a file.
    fn finish(&mut self, Done { task, reading, at }: Done) {
        let place = &task.place;
        let now = Instant::now();
        if task.probe {
            let version = match &reading {
                Reading::Content(content) => Some(content.version),
                _ => None,
            };
            let same = self.tree.known(place).is_some_and(|known| Some(known.version) == version);
            return self.settle.probed(&task, !same, now);
        }
        let is_rules = is_rules_file(place);
        let outcome = match &reading {
            Reading::Stopped => return,
            Reading::Moved(stamp) => Outcome::Moved(*stamp),
            Reading::Missing if self.is_known(place) => Outcome::Doubtful,
            Reading::Content(content) if content.stamp.len == 0 => {
                let as_before = self.tree.known(place).is_some_and(|known| known.version == content.version);
                if as_before { Outcome::Plain } else { Outcome::Doubtful }
            }
            Reading::Missing | Reading::Failed(_) | Reading::Content(_) => Outcome::Plain,
        };
        if !self.settle.finish(&task, outcome, now) {
            return;
        }
        if is_rules {
            self.rules_changed(&parent(place));
            return;
        }
        match reading {
            Reading::Content(content) => {
                self.unreadable.remove(place);
                self.set(place, content, at, task.since);
            }
            Reading::Failed(error) => self.warn_once(place, &error),
            Reading::Missing => self.remove(place, task.since),
            Reading::Moved(_) | Reading::Stopped => {}
        }
    }

    /// Whether the file at `place` has been read, and was there.
    pub(super) fn is_known(&self, place: &Place) -> bool {
        if is_rules_file(place) {
            self.rules.has_file(&parent(place))
        } else {
            self.tree.known(place).is_some()
        }
    }

    fn set(&mut self, place: &Place, content: Content, read: SystemTime, since: Instant) {
        let now = Instant::now();
        let shared = content.stamp.shared().is_some().then(|| content.clone());
        if self.tree.set(&self.roots, place, content, read) {
            self.teller.changed(place, since, now);
        }
        // The system tells of a write by the name that was written to, and of no other.
        for (other, content) in self.tree.other_names(place).iter().zip(std::iter::repeat(shared).flatten()) {
            let is_same = Stamp::at(&other.path) == Some(content.stamp);
            if is_same && self.tree.set(&self.roots, other, content, read) {
                self.teller.changed(other, since, now);
            }
        }
    }

    /// Takes a file out of the tree, if it is in there.
    pub(super) fn remove(&mut self, place: &Place, since: Instant) {
        self.unreadable.remove(place);
        if self.tree.remove(&self.roots, place) {
            self.teller.changed(place, since, Instant::now());
        }
    }

    /// Warns of what can't be read, if it could be before.
    pub(super) fn warn_once(&mut self, place: &Place, error: &io::Error) {
        if self.unreadable.insert(place.clone()) {
            let (path, error) = (Escaped(place.path.display()), Escaped(error));
            tracing::warn!("can't read {path}: {error}; it counts as it was last read");
        }
    }
}

/// Whether `place` is a file with rules of what to ignore.
pub(super) fn is_rules_file(place: &Place) -> bool {
    place.path.file_name().is_some_and(|name| name == RULES_FILE)
}

/// The folder that `place` is in.
pub(super) fn parent(place: &Place) -> Place {
    Place::new(place.root, place.path.parent().unwrap_or(&place.path))
}

/// Whether the text of the file at `place` is of use to a page.
fn is_style(place: &Place) -> bool {
    place.path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("css"))
}
