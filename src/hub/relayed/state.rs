//! The part of a shared log's state that the hub's lock guards.

use std::task::Waker;

use super::{Note, Origin, Place};
use crate::{
    hub::state::{CatchUp, State},
    wire::Frame,
};

/// The state of a shared log.
#[derive(Default)]
pub(crate) struct Relayed {
    is_shared: bool,
    /// Set while clients have to wait: the shared log is being read.
    pub(crate) is_joining: bool,
    epoch: u64,
    /// Number of the latest event of the shared log that is applied.
    pub(crate) at: u64,
    /// Number of the latest event that is not in the log any more.
    floor: u64,
    origin: Origin,
    /// The position of the event that is about to be pushed.
    pub(crate) note: Note,
    /// Number of this process's latest event that was applied ahead, and of its latest one in the shared log.
    ahead: u64,
    settled: u64,
    /// Number in the hub's own log of the oldest event that is ahead of the shared log.
    first_ahead: Option<u64>,
    /// The end of the log when clients could last enter, for those that had waited for it.
    opened: (u64, Place),
    /// The end of the log before this one, if that had the same events.
    before: Option<(u64, u64)>,
    /// Clients to wake besides those that wait for the log.
    pub(crate) wakers: Vec<Waker>,
}

impl Relayed {
    pub(super) fn begin(&mut self, origin: Origin) {
        (self.is_shared, self.is_joining, self.origin) = (true, true, origin);
    }

    pub(super) fn join(&mut self, epoch: u64, floor: u64, is_whole: bool) {
        self.before = Some((self.epoch, self.at)).filter(|_| is_whole);
        (self.epoch, self.at, self.floor) = (epoch, floor, floor);
        self.first_ahead = None;
    }

    /// Lets clients enter.
    pub(super) fn open(&mut self, last: u64, place: Place) {
        (self.is_joining, self.opened) = (false, (last, place));
    }

    /// Moves a place in the log before this one to this one, which goes on where that ended.
    pub(in crate::hub) fn move_on(&self, place: &mut Place) {
        if place.epoch != self.epoch && self.before.is_some_and(|before| before == (place.epoch, place.at)) {
            (place.epoch, place.at) = (self.epoch, 0);
        }
    }

    /// Notes that the log is empty.
    pub(super) fn lose(&mut self) {
        (self.floor, self.first_ahead) = (self.at, None);
    }

    /// Returns true if clients are woken after a batch of operations, and not after each.
    pub(crate) fn wakes_later(&self) -> bool {
        self.is_shared
    }

    /// Notes that an operation is applied.
    pub(super) fn advance(&mut self, note: &Note) {
        if note.is_ahead {
            self.ahead = self.ahead.max(note.count);
            return;
        }
        self.at = self.at.max(note.at);
        if note.origin == self.origin && note.count > 0 {
            self.settled = self.settled.max(note.count);
            if self.settled >= self.ahead {
                self.first_ahead = None;
            }
        }
    }

    /// Notes that an event was pushed with this number in the hub's own log, whose oldest one now has this position.
    pub(crate) fn pushed(&mut self, number: u64, oldest: Option<Note>, has_dropped: bool) {
        let note = self.note;
        if note.is_ahead {
            self.first_ahead.get_or_insert(number);
        }
        self.advance(&note);
        if let Some(oldest) = oldest.filter(|_| has_dropped) {
            self.floor = self.floor.max(oldest.at - u64::from(!oldest.is_ahead && oldest.at > 0));
        }
    }

    /// Returns the place of a client that has seen everything.
    pub(crate) fn place(&self) -> Place {
        let mut place = Place::new(self.epoch, self.at);
        if self.ahead > self.settled {
            place.see(self.origin, self.ahead);
        }
        place
    }
}

impl State {
    /// Returns the event that was applied ahead with this number, if it is in the log.
    pub(super) fn frame_ahead(&self, count: u64) -> Option<Frame> {
        let first = usize::try_from(self.relayed.first_ahead?.saturating_sub(self.first())).ok()?;
        let is_it = |note: &Note| note.is_ahead && note.count == count;
        let index = (first..self.log.len()).find(|&index| self.log.note(index).is_some_and(is_it))?;
        self.log.get(index).cloned()
    }

    /// Returns where a client with this place enters: the number of the last event in the hub's own log that it does not
    /// need, its place, and what it receives if it can't read on.
    pub(super) fn enter(&self, seen: Option<&Place>, has_waited: bool) -> (u64, Place, Option<CatchUp>) {
        let mut newest = self.relayed.place();
        let Some(mut seen) = seen.cloned() else {
            let catch_up = Some(self.catch_up(None));
            // What was published while it waited is sent, too.
            if has_waited {
                let (last, place) = &self.relayed.opened;
                return (*last, place.clone(), catch_up);
            }
            return (self.last, newest, catch_up);
        };
        self.relayed.move_on(&mut seen);
        if seen.epoch != self.relayed.epoch || seen.at < self.relayed.floor {
            let missed = self.relayed.at.saturating_sub(seen.at);
            let missed = (seen.epoch == self.relayed.epoch).then_some(missed);
            newest.merge(&seen);
            return (self.last, newest, Some(self.catch_up(missed)));
        }
        let first = self.first();
        let is_before = |note: &Note| note.at < seen.at;
        let mut index = self.log.partition_point(is_before);
        if let Some(ahead) = self.relayed.first_ahead {
            index = index.min(usize::try_from(ahead.saturating_sub(first)).unwrap_or(usize::MAX));
        }
        (first + index as u64 - 1, seen, None)
    }

    /// Skips the events that a client has seen. Returns the number of the last one in the hub's own log.
    pub(in crate::hub) fn skip_seen(&self, mut read: u64, place: &mut Place) -> u64 {
        let first = self.first();
        while read < self.last && read + 1 >= first {
            let index = usize::try_from(read + 1 - first).unwrap_or(usize::MAX);
            let Some(note) = self.log.note(index).filter(|note| place.has(note)) else { break };
            place.advance(note);
            read += 1;
        }
        read
    }
}
