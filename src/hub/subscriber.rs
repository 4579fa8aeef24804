//! One client's event stream: its options and its bytes.

use std::{
    collections::VecDeque,
    mem,
    sync::Arc,
    task::{Context, Poll, ready},
};

use bytes::Bytes;

#[cfg(feature = "redis")]
use super::relayed;
use super::{
    Hub,
    clients::Kind,
    cursor::{Cursor, Step},
    state::CatchUp,
};
use crate::{
    bundle::MAX_COMPARED_BYTES,
    wire::{Event, Frame},
};

/// A request for an event stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subscribe {
    /// Adds an id to every event.
    pub(crate) ids: bool,
    /// Adds the extension fields of this crate's client to `built` and `sync`.
    pub(crate) changes: bool,
    /// Hashes that the client has.
    pub(crate) since: Vec<String>,
    /// Id of the last event that it has seen.
    pub(crate) last_event_id: Option<String>,
    /// Name under which it sends messages.
    pub(crate) client: Option<String>,
    /// Ends the stream where it would wait: for a client that has a stream already.
    pub(crate) catch_up: bool,
}

/// One client's event stream, read from its cursor.
#[derive(Debug)]
pub(crate) struct Subscriber {
    cursor: Cursor,
    ids: bool,
    changes: bool,
    /// Bytes of events that were taken and not handed out yet.
    unsent: VecDeque<Bytes>,
    /// The request of a client that waits for a log that is shared with other processes.
    #[cfg(feature = "redis")]
    entering: Option<Box<Subscribe>>,
}

impl Hub {
    /// Subscribes a new client and prepares the state that it receives first; `None` once the hub is closed.
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
        let kind = match request {
            Subscribe { catch_up: true, .. } => Kind::CatchingUp,
            Subscribe { changes: true, .. } => Kind::Own,
            Subscribe { .. } => Kind::Other,
        };
        let (slot, client) = state.add_client(kind);
        if name.is_some() {
            state.clients.make_addressable(client, slot, name);
        }
        #[cfg(feature = "redis")]
        let (read, place, catch_up, is_joining) = match self.outlet() {
            Some(_) => state.enter_or_wait(request),
            None => (read, relayed::Place::default(), catch_up, false),
        };
        drop(state);
        let cursor = Cursor {
            hub: self.clone(),
            slot,
            client,
            kind,
            read,
            #[cfg(feature = "redis")]
            place,
        };
        #[cfg(feature = "redis")]
        if is_joining {
            return Some(Subscriber::entering(cursor, request));
        }
        Some(Subscriber::new(cursor, request, catch_up.as_ref()))
    }

    /// Returns the number of an event of this hub from its id.
    pub(crate) fn parse_id(&self, id: &str) -> Option<u64> {
        #[cfg(feature = "redis")]
        if self.outlet().is_some() {
            return relayed::Place::parse(id).map(|place| place.at);
        }
        id.strip_prefix(&self.boot)?.strip_prefix('-')?.parse().ok()
    }
}

impl Subscriber {
    /// Creates the stream of a cursor, and writes the state that its client receives first.
    fn new(cursor: Cursor, request: &Subscribe, catch_up: Option<&CatchUp>) -> Self {
        let &Subscribe { ids, changes, .. } = request;
        let mut subscriber = Self {
            cursor,
            ids,
            changes,
            unsent: VecDeque::new(),
            #[cfg(feature = "redis")]
            entering: None,
        };
        if let Some(catch_up) = catch_up {
            subscriber.write_catch_up(catch_up, &request.since);
        }
        subscriber
    }

    /// Creates the stream of a client that waits for a shared log.
    #[cfg(feature = "redis")]
    fn entering(cursor: Cursor, request: &Subscribe) -> Self {
        let entering = Some(Box::new(request.clone()));
        Self { entering, ..Self::new(cursor, request, None) }
    }

    /// Returns true while the client waits for a shared log.
    #[cfg(feature = "redis")]
    pub(crate) fn is_entering(&self) -> bool {
        self.entering.is_some()
    }

    /// Returns the hub that it reads.
    pub(crate) fn hub(&self) -> &Arc<Hub> {
        self.cursor.hub()
    }

    /// Returns the client's number.
    #[cfg(test)]
    pub(super) fn number(&self) -> u64 {
        self.cursor.client
    }

    /// Puts an event before all that has not been handed out yet. It takes nothing from the log.
    pub(crate) fn prepend(&mut self, frame: &Frame) {
        let later = mem::take(&mut self.unsent);
        self.write(frame, self.cursor.read);
        self.unsent.extend(later);
    }

    /// Polls for the next bytes, which are whole events in their order; `None` once the hub is closed and
    /// everything is read.
    ///
    /// # Cancel safety
    /// Bytes that were not handed out are returned by the next call.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            if let Some(bytes) = self.unsent.pop_front() {
                if self.unsent.is_empty() {
                    // Frees the memory of the initial state, which is needed only once.
                    self.unsent = VecDeque::new();
                }
                return Poll::Ready(Some(bytes));
            }
            #[cfg(feature = "redis")]
            if let Some(request) = &self.entering {
                let catch_up = ready!(self.cursor.poll_enter(request, cx));
                let since = self.entering.take().map(|request| request.since).unwrap_or_default();
                if let Some(catch_up) = catch_up {
                    self.write_catch_up(&catch_up, &since);
                }
                continue;
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
        self.write_id(id);
        frame.write(self.changes, &mut self.unsent);
    }

    fn write_id(&mut self, id: u64) {
        if !self.ids {
            return;
        }
        #[cfg(feature = "redis")]
        if let Some(id) = self.cursor.shared_id() {
            // A client keeps its own id until it has entered.
            if self.entering.is_none() {
                self.unsent.push_back(format!("id: {id}\n").into());
            }
            return;
        }
        self.unsent.push_back(id_line(&self.hub().boot, id));
    }

    fn write_catch_up(&mut self, catch_up: &CatchUp, since: &[String]) {
        let id = catch_up.last;
        if let Some(missed) = catch_up.missed {
            self.write(&Frame::of(&Event::Lagged { missed }), id);
        }
        let mut budget = MAX_COMPARED_BYTES;
        for bundle in &catch_up.bundles {
            // Like webpack-hot-middleware, skips bundles that are being built. This crate's client receives
            // them, because it can tell which parts of the page are old.
            if !self.changes && catch_up.missed.is_none() && catch_up.is_building(bundle) {
                continue;
            }
            self.write_id(id);
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
