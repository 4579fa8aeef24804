//! Clients of a shared log: where they enter it, and what they skip.

use std::task::{Context, Poll};

use super::place::{Note, Place};
use crate::{
    hub::{
        cursor::Cursor,
        state::{CatchUp, State},
        subscriber::Subscribe,
    },
    wire::Frame,
};

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

impl State {
    /// Returns where a client enters, as [`enter`](Self::enter) does. The last value is true if it has to wait.
    pub(in crate::hub) fn enter_or_wait(&self, request: &Subscribe) -> (u64, Place, Option<CatchUp>, bool) {
        if self.relayed.is_joining {
            return (self.last, self.relayed.place(), None, true);
        }
        let id = request.last_event_id.as_deref().and_then(Place::parse);
        let (read, place, catch_up) = self.enter(id.as_ref(), false);
        (read, place, catch_up, false)
    }
}

impl Cursor {
    /// Returns the id of the events that this client has seen, if the log is shared.
    pub(in crate::hub) fn shared_id(&self) -> Option<String> {
        self.hub.outlet.get().map(|_| self.place.to_string())
    }

    /// Enters the log once it is there. Returns what the client receives first, if it does not read on.
    pub(in crate::hub) fn poll_enter(
        &mut self,
        request: &Subscribe,
        cx: &mut Context<'_>,
    ) -> Poll<Option<CatchUp>> {
        let hub = self.hub.clone();
        let mut state = hub.lock();
        if state.relayed.is_joining && !state.closed {
            let old = state.clients.wait(self.slot, cx.waker());
            drop(state);
            drop(old);
            return Poll::Pending;
        }
        let id = request.last_event_id.as_deref().and_then(Place::parse);
        let (read, place, catch_up) = state.enter(id.as_ref(), true);
        (self.read, self.place) = (read, place);
        Poll::Ready(catch_up)
    }
}
