//! Stability of files: the time from the first event to the moment at which its content counts.
//!
//! Pure: events are passed in by calls, and the time with each of them.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    time::{Duration, Instant},
};

use super::{content::FileFingerprint, roots::WatchedPath};

/// Time after which a file that was removed, or closed empty, counts as that. Editors and tools that replace a file
/// leave a gap.
pub(super) const GRACE: Duration = Duration::from_millis(50);

/// Time from the close of a new file to its read. It may be about to be renamed, and no page has loaded it yet.
pub(super) const NEW: Duration = Duration::from_millis(20);

/// Time after which a write no longer holds back the changes of other files. It may be a large file, or a log.
pub(super) const SLOW: Duration = Duration::from_millis(20);

/// The files that have had an event and have not been read since.
#[derive(Debug)]
pub(super) struct Stability {
    /// Time for which a file must stay unchanged when no event says that it is complete.
    unchanged_for: Duration,
    files: HashMap<WatchedPath, File>,
    /// Deadlines. An entry with an earlier generation of its file is void.
    timers: BinaryHeap<Reverse<(Instant, u64, WatchedPath)>>,
    generations: u64,
    /// Number of files in a state that ends by itself, and soon.
    short_waits: usize,
    /// Number of the current build, so that a file knows in which one it was announced.
    build: u64,
    /// Number of files that were announced in the current build.
    announced: usize,
    announcement: Option<WatchedPath>,
}

#[derive(Debug)]
struct File {
    /// First event of this change.
    since: Instant,
    /// Unique to each state.
    generation: u64,
    state: State,
    announced: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Being written; the close is yet to come.
    Writing,
    /// The same, for longer than [`SLOW`].
    SlowWrite,
    /// Complete if it stays like this.
    Settling(FileFingerprint),
    /// Removed or empty, for [`GRACE`].
    Doubtful,
    /// Complete, but perhaps under a temporary name, for [`NEW`].
    New,
    /// Complete.
    Ready,
    /// Complete, and to be read later.
    Postponed,
    Reading {
        large: bool,
    },
}

impl State {
    /// Returns true if the changes of other files may wait for the end of this state.
    fn is_short(self) -> bool {
        matches!(
            self,
            Self::Writing | Self::Settling(_) | Self::Doubtful | Self::Ready | Self::Reading { large: false }
        )
    }
}

/// A file to read now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ReadTask {
    pub(super) file: WatchedPath,
    /// The fingerprint that it must still have.
    pub(super) expected: Option<FileFingerprint>,
    /// First event of this change.
    pub(super) since: Instant,
    generation: u64,
    /// The result counts even if the file is missing or empty.
    final_attempt: bool,
}

/// Result of a read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Finding {
    /// Content, or an error that does not go away by itself.
    Definite,
    /// No file, or no byte in it, where there was something.
    Doubtful,
    /// Another state than expected.
    Changed(FileFingerprint),
}

impl Stability {
    pub(super) fn new(unchanged_for: Duration) -> Self {
        Self {
            unchanged_for,
            files: HashMap::new(),
            timers: BinaryHeap::new(),
            generations: 0,
            short_waits: 0,
            build: 0,
            announced: 0,
            announcement: None,
        }
    }

    /// The file was written to, and is not closed yet.
    pub(super) fn written(&mut self, file: &WatchedPath, now: Instant) {
        let state = self.files.get(file).map(|file| file.state);
        if !matches!(state, Some(State::Writing | State::SlowWrite)) {
            self.set(file, State::Writing, Some(now + SLOW), now);
        }
    }

    /// The file was closed after writing. `known`: it has been part of a build.
    pub(super) fn closed(&mut self, file: &WatchedPath, known: bool, now: Instant) {
        if known {
            self.complete(file, now);
        } else {
            self.set(file, State::New, Some(now + NEW), now);
        }
    }

    /// The file is complete under its final name: it was renamed into place, for one.
    pub(super) fn complete(&mut self, file: &WatchedPath, now: Instant) {
        self.set(file, State::Ready, Some(now), now);
    }

    /// The file was found as `fingerprint`, complete or not.
    ///
    /// A stronger event takes precedence: a write that will be closed, a close. A file that is being read is read again,
    /// as the read may be of an earlier one.
    pub(super) fn found(&mut self, file: &WatchedPath, fingerprint: FileFingerprint, now: Instant) {
        match self.files.get(file).map(|file| file.state) {
            Some(State::Settling(same)) if same == fingerprint => {}
            None | Some(State::Settling(_) | State::Doubtful | State::Reading { .. }) => {
                self.modified(file, fingerprint, now);
            }
            Some(_) => {}
        }
    }

    /// The file has just changed to `fingerprint`, and no event will say that it is complete.
    pub(super) fn modified(&mut self, file: &WatchedPath, fingerprint: FileFingerprint, now: Instant) {
        self.set(file, State::Settling(fingerprint), Some(now + self.unchanged_for), now);
    }

    /// The file was removed. `known`: it has been part of a build.
    pub(super) fn removed(&mut self, file: &WatchedPath, known: bool, now: Instant) {
        if known {
            self.doubt(file, now);
        } else {
            self.forget(file);
        }
    }

    /// Forgets the events of a file.
    pub(super) fn forget(&mut self, file: &WatchedPath) {
        if let Some(file) = self.files.remove(file) {
            self.short_waits -= usize::from(file.state.is_short());
            self.announced -= usize::from(file.announced == Some(self.build));
        }
    }

    /// Returns true if the file has had an event and has not been read since.
    pub(super) fn contains(&self, file: &WatchedPath) -> bool {
        self.files.contains_key(file)
    }

    /// The files at or below `folder`.
    pub(super) fn under(&self, folder: &WatchedPath) -> Vec<WatchedPath> {
        self.files.keys().filter(|file| file.is_under(folder)).cloned().collect()
    }

    /// The files that were written to and not closed since.
    pub(super) fn being_written(&self) -> Vec<WatchedPath> {
        let written = |file: &File| matches!(file.state, State::Writing | State::SlowWrite);
        self.files.iter().filter(|(_, file)| written(file)).map(|(path, _)| path.clone()).collect()
    }

    fn doubt(&mut self, file: &WatchedPath, now: Instant) {
        if self.files.get(file).is_some_and(|file| file.state == State::Doubtful) {
            return;
        }
        self.set(file, State::Doubtful, Some(now + GRACE), now);
        self.announce(file);
    }

    fn set(&mut self, path: &WatchedPath, state: State, deadline: Option<Instant>, now: Instant) -> u64 {
        self.generations += 1;
        let generation = self.generations;
        let old = self.files.get(path);
        let file = File {
            since: old.map_or(now, |file| file.since),
            generation,
            state,
            announced: old.and_then(|file| file.announced),
        };
        self.short_waits -= usize::from(old.is_some_and(|file| file.state.is_short()));
        self.short_waits += usize::from(state.is_short());
        self.files.insert(path.clone(), file);
        if let Some(deadline) = deadline {
            self.timers.push(Reverse((deadline, generation, path.clone())));
        }
        generation
    }

    fn announce(&mut self, path: &WatchedPath) {
        let Some(file) = self.files.get_mut(path).filter(|file| file.announced.is_none()) else {
            return;
        };
        file.announced = Some(self.build);
        self.announced += 1;
        self.announcement.get_or_insert_with(|| path.clone());
    }

    /// A file for which to announce a build now, if none has begun.
    pub(super) fn take_announcement(&mut self) -> Option<WatchedPath> {
        self.announcement.take()
    }

    /// Returns true if a file that was announced may still turn out to have changed.
    pub(super) fn has_announced(&self) -> bool {
        self.announced > 0
    }

    /// A build was published, which ends all announcements before it.
    pub(super) fn built(&mut self) {
        self.build += 1;
        self.announced = 0;
        self.announcement = None;
    }

    /// Returns true if other files will be complete so soon that their changes may join the build.
    pub(super) fn has_short_waits(&self) -> bool {
        self.short_waits > 0
    }

    /// Time of the next [`take`](Self::take).
    pub(super) fn deadline(&mut self) -> Option<Instant> {
        while let Some(Reverse((deadline, generation, path))) = self.timers.peek() {
            if self.is_current(path, *generation) {
                return Some(*deadline);
            }
            self.timers.pop();
        }
        None
    }

    fn is_current(&self, path: &WatchedPath, generation: u64) -> bool {
        self.files.get(path).is_some_and(|file| file.generation == generation)
    }

    /// Takes up to `limit` files that are to be read now. Each needs a [`finish`](Self::finish) or a
    /// [`postpone`](Self::postpone).
    pub(super) fn take(&mut self, limit: usize, now: Instant) -> Vec<ReadTask> {
        let mut tasks = Vec::new();
        while tasks.len() < limit && self.deadline().is_some_and(|deadline| deadline <= now) {
            let Some(Reverse((_, _, path))) = self.timers.pop() else { break };
            let Some(file) = self.files.get(&path) else { continue };
            let (since, state) = (file.since, file.state);
            let expected = match state {
                State::Writing => {
                    self.set(&path, State::SlowWrite, None, now);
                    continue;
                }
                State::Settling(fingerprint) => Some(fingerprint),
                State::Doubtful | State::New | State::Ready | State::Postponed => None,
                State::SlowWrite | State::Reading { .. } => continue,
            };
            let generation = self.set(&path, State::Reading { large: false }, None, now);
            let final_attempt = state == State::Doubtful;
            tasks.push(ReadTask { file: path, expected, since, generation, final_attempt });
        }
        tasks
    }

    /// The read will take long: other files no longer wait for it.
    pub(super) fn read_is_long(&mut self, task: &ReadTask) {
        if self.is_current(&task.file, task.generation) {
            if let Some(file) = self.files.get_mut(&task.file) {
                self.short_waits -= usize::from(file.state.is_short());
                file.state = State::Reading { large: true };
            }
            self.announce(&task.file);
        }
    }

    /// Postpones a read to `until`.
    pub(super) fn postpone(&mut self, task: &ReadTask, until: Instant) {
        if self.is_current(&task.file, task.generation) {
            self.set(&task.file, State::Postponed, Some(until), until);
        }
    }

    /// Ends a read. Returns true if its result counts.
    ///
    /// It does not if there was an event since the task was taken, or if a later read may find something else. Another
    /// task will follow then.
    pub(super) fn finish(&mut self, task: &ReadTask, finding: Finding, now: Instant) -> bool {
        let file = &task.file;
        if !self.is_current(file, task.generation) {
            return false;
        }
        match finding {
            Finding::Changed(fingerprint) => self.modified(file, fingerprint, now),
            Finding::Doubtful if !task.final_attempt => self.doubt(file, now),
            Finding::Doubtful | Finding::Definite => {
                self.forget(file);
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests;
