//! The position of one client in the log, and its next step.

use std::{
    sync::Arc,
    task::{Context, Poll},
};

use super::{Hub, clients::Kind, state::CatchUp};
#[cfg(feature = "metrics")]
use crate::metrics;
use crate::wire::Frame;

/// One client's cursor in the log. Dropping it ends the subscription.
#[derive(Debug)]
pub(crate) struct Cursor {
    pub(super) hub: Arc<Hub>,
    pub(super) slot: usize,
    pub(super) client: u64,
    pub(super) kind: Kind,
    /// Number of the last event that was taken from the log.
    pub(super) read: u64,
    /// The events that it has seen of a log that is shared with other processes.
    #[cfg(feature = "redis")]
    pub(super) place: super::relayed::Place,
}

/// The next step of a client.
pub(crate) enum Step {
    Event(Frame),
    /// The client was too slow: events that it has not read have been dropped.
    Lagged(CatchUp),
}

impl Cursor {
    /// Returns the hub that this cursor reads.
    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Returns the client's number.
    pub(crate) fn client(&self) -> u64 {
        self.client
    }

    /// Returns the number of the last event that was taken from the log.
    pub(crate) fn position(&self) -> u64 {
        self.read
    }

    /// Polls for the next step; `None` once the hub is closed and everything is read.
    ///
    /// # Cancel safety
    /// Nothing is lost if it is polled again later.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Step>> {
        let step = self.poll_step(cx);
        #[cfg(feature = "metrics")]
        if let Poll::Ready(Some(Step::Lagged(CatchUp { missed: Some(missed), .. }))) = &step {
            metrics::lagged(*missed);
        }
        step
    }

    fn poll_step(&mut self, cx: &mut Context<'_>) -> Poll<Option<Step>> {
        let mut guard = self.hub.lock();
        let state = &mut *guard;
        #[cfg(feature = "redis")]
        if state.relayed.is_shared() {
            if state.relayed.is_joining && !state.closed {
                let old = state.clients.wait(self.slot, cx.waker());
                drop(guard);
                drop(old);
                return Poll::Pending;
            }
            state.relayed.move_on(&mut self.place);
            self.read = state.skip_seen(self.read, &mut self.place);
        }
        if let Some((missed, inbox)) = state.clients.take_missed(self.client) {
            let missed = missed + state.last - self.read;
            self.read = state.last;
            #[cfg(feature = "redis")]
            self.place.clone_from(&state.relayed.place());
            let catch_up = state.catch_up(Some(missed));
            drop(guard);
            drop(inbox);
            return Poll::Ready(Some(Step::Lagged(catch_up)));
        }
        if let Some(frame) = state.clients.take_from_inbox(self.client, self.read) {
            return Poll::Ready(Some(Step::Event(frame)));
        }
        if self.read == state.last {
            if state.closed {
                return Poll::Ready(None);
            }
            let waker = &mut state.clients.wakers[self.slot];
            if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                let old = waker.replace(cx.waker().clone());
                drop(guard);
                drop(old);
            }
            return Poll::Pending;
        }
        let first = state.first();
        if self.read + 1 < first {
            let missed = state.last - self.read;
            self.read = state.last;
            #[cfg(feature = "redis")]
            self.place.clone_from(&state.relayed.place());
            let catch_up = state.catch_up(Some(missed));
            return Poll::Ready(Some(Step::Lagged(catch_up)));
        }
        let index = usize::try_from(self.read + 1 - first).unwrap_or(usize::MAX);
        let Some(frame) = state.log.get(index).cloned() else { return Poll::Ready(None) };
        #[cfg(feature = "redis")]
        self.place.advance(state.log.note(index).unwrap_or(&super::relayed::Note::default()));
        self.read += 1;
        Poll::Ready(Some(Step::Event(frame)))
    }
}

impl Hub {
    /// Creates a cursor for an addressable client that reads on after the event with this number, or after
    /// the latest one; `None` once the hub is closed.
    pub(crate) fn connect(self: &Arc<Self>, after: Option<u64>) -> Option<Cursor> {
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        let (slot, client) = state.add_client(Kind::Other);
        state.clients.make_addressable(client, slot, None);
        let read = after.unwrap_or(state.last).min(state.last);
        #[cfg(feature = "redis")]
        let place = state.relayed.place();
        drop(state);
        Some(Cursor {
            hub: self.clone(),
            slot,
            client,
            kind: Kind::Other,
            read,
            #[cfg(feature = "redis")]
            place,
        })
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        let mut state = self.hub.lock();
        let left = state.clients.remove(self.slot, self.client, self.kind);
        drop(state);
        drop(left);
    }
}
