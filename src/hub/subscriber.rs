//! One client's event stream: what it asked for, and its bytes.

use std::{
    collections::VecDeque,
    mem,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;

use super::{
    Hub,
    cursor::{Cursor, Step},
    state::CatchUp,
};
use crate::{
    bundle::MAX_COMPARED_BYTES,
    wire::{Event, Frame},
};

/// What a client asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subscribe {
    /// Whether every event carries its id.
    pub(crate) ids: bool,
    /// Whether `built` and `sync` carry our own client's keys.
    pub(crate) changes: bool,
    /// The hashes that the client has.
    pub(crate) since: Vec<String>,
    /// The last event that it has seen.
    pub(crate) last_event_id: Option<String>,
    /// What it calls itself when it sends something.
    pub(crate) client: Option<String>,
    /// Ends the stream where it would wait: for a client that has a stream already.
    pub(crate) catch_up: bool,
}

/// One client's event stream, from its cursor.
#[derive(Debug)]
pub(crate) struct Subscriber {
    cursor: Cursor,
    ids: bool,
    changes: bool,
    /// Bytes of events that have been taken and not yet handed out.
    unsent: VecDeque<Bytes>,
}

impl Hub {
    /// A cursor for a new client, and what it has to be told first; `None` once the hub is closed.
    pub(crate) fn subscribe(self: &Arc<Self>, request: &Subscribe) -> Option<Subscriber> {
        let seen = request.last_event_id.as_deref().and_then(|id| self.parse_id(id));
        let name = request.client.clone();
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        let seen = seen.filter(|&seen| seen <= state.last);
        let (read, catch_up) = match seen {
            Some(seen) if seen + 1 >= state.first() => (seen, None),
            seen => {
                let missed = seen.map(|seen| state.last - seen);
                (state.last, Some(state.catch_up(missed)))
            }
        };
        state.resumable |= request.ids;
        let (place, client) = state.add_client();
        if name.is_some() {
            state.clients.know(client, place, name);
        }
        drop(state);
        let cursor = Cursor { hub: self.clone(), place, client, read };
        Some(Subscriber::new(cursor, request, catch_up.as_ref()))
    }

    fn parse_id(&self, id: &str) -> Option<u64> {
        id.strip_prefix(&self.boot)?.strip_prefix('-')?.parse().ok()
    }
}

impl Subscriber {
    /// A stream from a cursor; what its client has to be told first is written already.
    fn new(cursor: Cursor, request: &Subscribe, catch_up: Option<&CatchUp>) -> Self {
        let &Subscribe { ids, changes, .. } = request;
        let mut subscriber = Self { cursor, ids, changes, unsent: VecDeque::new() };
        if let Some(catch_up) = catch_up {
            subscriber.write_catch_up(catch_up, &request.since);
        }
        subscriber
    }

    /// The hub that it reads.
    pub(crate) fn hub(&self) -> &Arc<Hub> {
        self.cursor.hub()
    }

    /// The client's number.
    #[cfg(test)]
    pub(super) fn number(&self) -> u64 {
        self.cursor.client
    }

    /// Puts an event before all that the client has not been handed yet. It takes nothing from the log.
    pub(crate) fn prepend(&mut self, frame: &Frame) {
        let later = mem::take(&mut self.unsent);
        self.write(frame, self.cursor.read);
        self.unsent.extend(later);
    }

    /// The next bytes, of whole events in their order; `None` once the hub is closed and all is read.
    ///
    /// # Cancel safety
    /// Bytes that were not handed out are handed out by the next call.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            if let Some(bytes) = self.unsent.pop_front() {
                if self.unsent.is_empty() {
                    // What a newcomer is told first needs room once.
                    self.unsent = VecDeque::new();
                }
                return Poll::Ready(Some(bytes));
            }
            match ready!(self.cursor.poll_next(cx)) {
                Some(Step::Event(frame)) if !self.ids && !self.changes => {
                    return Poll::Ready(Some(frame.data().clone()));
                }
                Some(Step::Event(frame)) => self.write(&frame, self.cursor.read),
                Some(Step::Lagged(catch_up)) => self.write_catch_up(&catch_up, &[]),
                None => return Poll::Ready(None),
            }
        }
    }

    fn write(&mut self, frame: &Frame, id: u64) {
        if self.ids {
            self.unsent.push_back(id_line(&self.hub().boot, id));
        }
        frame.write(self.changes, &mut self.unsent);
    }

    fn write_catch_up(&mut self, catch_up: &CatchUp, since: &[String]) {
        let id = catch_up.last;
        if let Some(missed) = catch_up.missed {
            self.write(&Frame::of(&Event::Lagged { missed }), id);
        }
        let mut budget = MAX_COMPARED_BYTES;
        for bundle in &catch_up.bundles {
            // As webpack-hot-middleware has it, a newcomer is told nothing of what is being built. Our own client is, as
            // it can tell what of the page is old.
            if !self.changes && catch_up.missed.is_none() && catch_up.is_building(bundle) {
                continue;
            }
            if self.ids {
                self.unsent.push_back(id_line(&self.hub().boot, id));
            }
            bundle.snapshot(since, &mut budget).write(self.changes, &mut self.unsent);
        }
        for building in &catch_up.building {
            self.write(&building.frame, id);
        }
    }
}

fn id_line(boot: &str, id: u64) -> Bytes {
    format!("id: {boot}-{id}\n").into()
}
