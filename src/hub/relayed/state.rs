//! The part of a shared log's state that the hub's lock guards.

use std::task::Waker;

use super::place::{Note, Origin, Place};

/// The state of a shared log.
#[derive(Default)]
pub(crate) struct Relayed {
    is_shared: bool,
    /// Set while clients have to wait: the shared log is being read.
    pub(crate) is_joining: bool,
    pub(super) epoch: u64,
    /// Number of the latest event of the shared log that is applied.
    pub(crate) at: u64,
    /// Number of the latest event that is not in the log any more.
    pub(super) floor: u64,
    origin: Origin,
    /// The position of the event that is about to be pushed.
    pub(crate) note: Note,
    /// Number of this process's latest event that was applied ahead, and of its latest one in the shared log.
    ahead: u64,
    settled: u64,
    /// Number in the hub's own log of the oldest event that is ahead of the shared log.
    pub(super) first_ahead: Option<u64>,
    /// The end of the log when clients could last enter, for those that had waited for it.
    pub(super) opened: (u64, Place),
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

    /// Returns true if the log is shared. Then clients are woken after a batch of operations, and not after each.
    pub(crate) fn is_shared(&self) -> bool {
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
