//! When a file may be read: from what is seen of it to the moment that its content can be believed.
//!
//! Pure: what happens comes in by calls, and the time with each of them.

use super::content::Stamp;
use super::roots::Place;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::time::{Duration, Instant};

/// A file that is gone, or was closed empty, is believed to be so after this time: editors and
/// tools that replace a file leave a gap.
pub(super) const GRACE: Duration = Duration::from_millis(50);

/// A new file is read this time after its close: it may be about to be renamed to what it is meant
/// to be, and no page has loaded it yet.
pub(super) const NEW: Duration = Duration::from_millis(20);

/// A write that takes longer than this is told as a build that has begun, and no longer holds
/// back the changes of other files.
pub(super) const SLOW: Duration = Duration::from_millis(20);

/// A write that takes longer than this is no longer told as a build: it may be a log.
pub(super) const ENDLESS: Duration = Duration::from_secs(10);

/// All files that something has happened to and that have not been read since.
#[derive(Debug)]
pub(super) struct Settle {
    /// How long a file must stay as it is when nothing else says that it is complete.
    still: Duration,
    items: HashMap<Place, Item>,
    /// When something is due for an item; an entry of an earlier turn is void.
    timers: BinaryHeap<Reverse<(Instant, u64, Place)>>,
    turns: u64,
    /// How many items are in a state that ends by itself, and soon.
    brief: usize,
    /// Counts builds, so that an item knows which of them it has announced.
    build: u64,
    announcers: usize,
    announcement: Option<Place>,
}

#[derive(Debug)]
struct Item {
    /// The first sign of this change.
    since: Instant,
    /// Drawn anew with each state.
    turn: u64,
    state: State,
    announced: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Being written; the close is yet to come.
    Writing,
    /// The same, for [`SLOW`]: is it another already?
    Probed,
    /// The same, and it is.
    Slow,
    /// The same, for longer than [`ENDLESS`].
    Endless,
    /// May be complete, if it stays like this.
    Still(Stamp),
    /// Gone, or empty: for [`GRACE`].
    Doubtful,
    /// Complete, but perhaps not here to stay: for [`NEW`].
    New,
    /// Complete.
    Ready,
    Reading {
        large: bool,
    },
}

impl State {
    fn is_brief(self) -> bool {
        !matches!(self, Self::New | Self::Probed | Self::Slow | Self::Endless | Self::Reading { large: true })
    }
}

/// A file to be read now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Task {
    pub(super) place: Place,
    /// Read it only if it is still like this.
    pub(super) expected: Option<Stamp>,
    /// The first sign of this change.
    pub(super) since: Instant,
    /// Only to see whether it differs from before; wants a [`probed`](Settle::probed).
    pub(super) probe: bool,
    turn: u64,
    /// The file is believed even if it is gone or empty.
    sure: bool,
}

/// What was found by reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Content, or an error that more time won't mend.
    Plain,
    /// Nothing where there was something: no file, or no byte in it.
    Doubtful,
    /// Another state than expected.
    Moved(Stamp),
}

impl Settle {
    pub(super) fn new(still: Duration) -> Self {
        Self {
            still,
            items: HashMap::new(),
            timers: BinaryHeap::new(),
            turns: 0,
            brief: 0,
            build: 0,
            announcers: 0,
            announcement: None,
        }
    }

    /// A write, not yet closed.
    pub(super) fn written(&mut self, place: &Place, now: Instant) {
        let state = self.items.get(place).map(|item| item.state);
        if !matches!(state, Some(State::Writing | State::Slow | State::Endless)) {
            self.put(place, State::Writing, Some(now + SLOW), now);
        }
    }

    /// The file was closed after writing; `known` says whether it has been part of a build.
    pub(super) fn closed(&mut self, place: &Place, known: bool, now: Instant) {
        if known {
            self.complete(place, now);
        } else {
            self.put(place, State::New, Some(now + NEW), now);
        }
    }

    /// The file is complete, and here to stay: renamed into place, for one.
    pub(super) fn complete(&mut self, place: &Place, now: Instant) {
        self.put(place, State::Ready, Some(now), now);
    }

    /// The file was seen as `stamp`; it may have been complete before, or be in the making.
    ///
    /// A better sign that has been seen stands: a write that will be closed, a close. What is being
    /// read is read again: it may have been another that was read.
    pub(super) fn seen(&mut self, place: &Place, stamp: Stamp, now: Instant) {
        match self.items.get(place).map(|item| item.state) {
            Some(State::Still(same)) if same == stamp => {}
            None | Some(State::Still(_) | State::Doubtful | State::Reading { .. }) => {
                self.touched(place, stamp, now);
            }
            Some(_) => {}
        }
    }

    /// Something has just happened to the file, now `stamp`, and no other sign can be relied upon.
    pub(super) fn touched(&mut self, place: &Place, stamp: Stamp, now: Instant) {
        self.put(place, State::Still(stamp), Some(now + self.still), now);
    }

    /// The file is gone; `known` says whether it has been part of a build.
    pub(super) fn gone(&mut self, place: &Place, known: bool, now: Instant) {
        if known {
            self.doubt(place, now);
        } else {
            self.drop(place);
        }
    }

    /// Nothing more is wanted of this file.
    pub(super) fn drop(&mut self, place: &Place) {
        if let Some(item) = self.items.remove(place) {
            self.discount(&item);
        }
    }

    /// Whether something has happened to the file, and it has not been read since.
    pub(super) fn has(&self, place: &Place) -> bool {
        self.items.contains_key(place)
    }

    /// The files at or below `folder` that have not settled.
    pub(super) fn under(&self, folder: &Place) -> Vec<Place> {
        self.items.keys().filter(|place| place.is_under(folder)).cloned().collect()
    }

    /// The files that have been written to and not closed since.
    pub(super) fn being_written(&self) -> Vec<Place> {
        let written =
            |item: &Item| matches!(item.state, State::Writing | State::Probed | State::Slow | State::Endless);
        self.items.iter().filter(|(_, item)| written(item)).map(|(place, _)| place.clone()).collect()
    }

    fn doubt(&mut self, place: &Place, now: Instant) {
        if self.items.get(place).is_some_and(|item| item.state == State::Doubtful) {
            return;
        }
        self.put(place, State::Doubtful, Some(now + GRACE), now);
        self.announce(place);
    }

    fn put(&mut self, place: &Place, state: State, due: Option<Instant>, now: Instant) -> u64 {
        self.turns += 1;
        let turn = self.turns;
        let old = self.items.get(place);
        let item = Item {
            since: old.map_or(now, |item| item.since),
            turn,
            state,
            announced: old.and_then(|item| item.announced),
        };
        self.brief -= usize::from(old.is_some_and(|item| item.state.is_brief()));
        self.brief += usize::from(state.is_brief());
        self.items.insert(place.clone(), item);
        if let Some(due) = due {
            self.timers.push(Reverse((due, turn, place.clone())));
        }
        turn
    }

    fn discount(&mut self, item: &Item) {
        self.brief -= usize::from(item.state.is_brief());
        self.announcers -= usize::from(item.announced == Some(self.build));
    }

    fn announce(&mut self, place: &Place) {
        let Some(item) = self.items.get_mut(place).filter(|item| item.announced.is_none()) else {
            return;
        };
        item.announced = Some(self.build);
        self.announcers += 1;
        self.announcement.get_or_insert_with(|| place.clone());
    }

    fn retract(&mut self, place: &Place) {
        if let Some(build) = self.items.get_mut(place).and_then(|item| item.announced.take()) {
            self.announcers -= usize::from(build == self.build);
        }
    }

    /// A file for whose sake a build should be announced now, if none has been.
    pub(super) fn take_announcement(&mut self) -> Option<Place> {
        self.announcement.take()
    }

    /// Whether a file that was announced may still turn out to have changed.
    pub(super) fn has_announced(&self) -> bool {
        self.announcers > 0
    }

    /// A build has been told: what was announced up to here is settled by it.
    pub(super) fn built(&mut self) {
        self.build += 1;
        self.announcers = 0;
        self.announcement = None;
    }

    /// Whether other files will settle so soon that their changes may go into the same build.
    pub(super) fn has_brief(&self) -> bool {
        self.brief > 0
    }

    /// When [`take`](Self::take) should be called next.
    pub(super) fn due(&mut self) -> Option<Instant> {
        while let Some(Reverse((due, turn, place))) = self.timers.peek() {
            if self.items.get(place).is_some_and(|item| item.turn == *turn) {
                return Some(*due);
            }
            self.timers.pop();
        }
        None
    }

    /// Up to `limit` files that are to be read now; each wants a [`finish`](Self::finish), or a
    /// [`probed`](Self::probed).
    pub(super) fn take(&mut self, limit: usize, now: Instant) -> Vec<Task> {
        let mut tasks = Vec::new();
        while tasks.len() < limit && self.due().is_some_and(|due| due <= now) {
            let Some(Reverse((_, _, place))) = self.timers.pop() else { break };
            let Some(item) = self.items.get(&place) else { continue };
            let (since, state) = (item.since, item.state);
            match state {
                State::Writing => {
                    let turn = self.put(&place, State::Probed, None, now);
                    tasks.push(Task { place, expected: None, since, probe: true, turn, sure: false });
                }
                State::Slow => {
                    self.put(&place, State::Endless, None, now);
                    self.retract(&place);
                }
                State::Still(_) | State::Doubtful | State::New | State::Ready => {
                    let turn = self.put(&place, State::Reading { large: false }, None, now);
                    let expected = if let State::Still(stamp) = state { Some(stamp) } else { None };
                    let sure = state == State::Doubtful;
                    tasks.push(Task { place, expected, since, probe: false, turn, sure });
                }
                State::Probed | State::Endless | State::Reading { .. } => {}
            }
        }
        tasks
    }

    /// Reading this file will take long: the others no longer wait for it.
    pub(super) fn is_large(&mut self, task: &Task) {
        if let Some(item) = self.items.get_mut(&task.place).filter(|item| item.turn == task.turn) {
            self.brief -= usize::from(item.state.is_brief());
            item.state = State::Reading { large: true };
            self.announce(&task.place);
        }
    }

    /// The file that is being written is another, or it is not.
    ///
    /// The system tells of a write also when nothing but the time of the last one was set, and then
    /// no close follows.
    pub(super) fn probed(&mut self, task: &Task, differs: bool, now: Instant) {
        let place = &task.place;
        if self.items.get(place).is_none_or(|item| item.turn != task.turn) {
            return;
        }
        if differs {
            self.put(place, State::Slow, Some(now + ENDLESS), now);
            self.announce(place);
        } else {
            self.drop(place);
        }
    }

    /// What was found is there: may it be believed?
    ///
    /// No, if something has happened since the task was given out, or if more time might tell
    /// more; then another task will follow.
    pub(super) fn finish(&mut self, task: &Task, outcome: Outcome, now: Instant) -> bool {
        let place = &task.place;
        if self.items.get(place).is_none_or(|item| item.turn != task.turn) {
            return false;
        }
        match outcome {
            Outcome::Moved(stamp) => self.touched(place, stamp, now),
            Outcome::Doubtful if !task.sure => self.doubt(place, now),
            Outcome::Doubtful | Outcome::Plain => {
                self.drop(place);
                return true;
            }
        }
        false
    }
}

#[cfg(test)]
mod tests;
