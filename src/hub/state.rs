//! The hub's state, all of it behind its one lock.

use std::{mem, sync::Arc, task::Waker};

use super::{
    backlog::{Backlog, Bound, Dropped},
    bundles::Bundles,
    clients::{Clients, Kind},
};
use crate::{bundle::Bundle, metrics, wire::Frame};

/// The note of an event in the log.
#[cfg(not(feature = "redis"))]
type Note = ();
#[cfg(feature = "redis")]
use super::relayed::{Note, Relayed};

#[derive(Default)]
pub(super) struct State {
    /// The latest events; the last one has the number `last`.
    pub(super) log: Backlog<Note>,
    pub(super) last: u64,
    pub(super) bundles: Bundles,
    pub(super) building: Vec<Arc<Building>>,
    pub(super) clients: Clients,
    /// Number of clients so far, which is the number of the latest one.
    pub(super) last_client: u64,
    /// Set once a client may reconnect with the id of an event that it has seen.
    pub(super) resumable: bool,
    pub(super) closed: bool,
    /// Tasks to run when the hub closes.
    pub(super) at_close: Vec<Box<dyn FnOnce() + Send>>,
    #[cfg(feature = "redis")]
    pub(super) relayed: Relayed,
}

/// A build under way.
#[derive(Debug)]
pub(super) struct Building {
    /// Name of its bundle.
    pub(super) name: String,
    /// Set for a build of a whole compiler, which includes bundles of any name.
    pub(super) whole: bool,
    pub(super) frame: Frame,
}

impl Building {
    /// Returns true if a build of this bundle ends it. One without a name may be a whole compiler's, so any
    /// bundle ends it.
    pub(super) fn ends_with(&self, name: &str) -> bool {
        self.name.is_empty() || self.name == name
    }
}

impl State {
    /// Returns the number of the oldest event in the log.
    pub(super) fn first(&self) -> u64 {
        self.last + 1 - self.log.len() as u64
    }

    /// Returns true if a client is connected, or may reconnect, to read a new event.
    pub(super) fn has_readers(&self) -> bool {
        !self.closed && (self.clients.count > 0 || self.resumable)
    }

    pub(super) fn add_client(&mut self, kind: Kind) -> (usize, u64) {
        self.last_client += 1;
        (self.clients.add(kind), self.last_client)
    }

    pub(super) fn catch_up(&self, missed: Option<u64>) -> CatchUp {
        CatchUp { last: self.last, missed, bundles: self.bundles.all(), building: self.building.clone() }
    }

    /// Removes the builds under way that a build of this bundle ends.
    pub(super) fn end_building(&mut self, name: &str) -> Vec<Arc<Building>> {
        let (ended, others) =
            mem::take(&mut self.building).into_iter().partition(|building| building.ends_with(name));
        self.building = others;
        ended
    }

    #[cfg(not(feature = "redis"))]
    #[allow(clippy::unused_self)]
    fn note(&self) {}

    /// Returns the note of the next event.
    #[cfg(feature = "redis")]
    fn note(&self) -> Note {
        self.relayed.note
    }

    /// Appends an event, if any client may read it.
    pub(super) fn push(&mut self, frame: Frame, bound: Bound) -> Pushed {
        if !self.has_readers() {
            return Pushed { unread: Some(frame), ..Pushed::default() };
        }
        self.last += 1;
        let dropped = self.log.push(self.note(), frame, bound);
        #[cfg(feature = "redis")]
        if self.relayed.is_shared() {
            self.relayed.pushed(self.last, self.log.oldest().copied(), dropped.count() > 0);
            return Pushed { is_logged: true, _dropped: dropped, ..Pushed::default() };
        }
        Pushed { wakers: self.clients.take_wakers(), is_logged: true, _dropped: dropped, unread: None }
    }
}

/// Work left for outside the lock after a push: wakers to wake, and events to drop.
#[derive(Default)]
#[must_use = "wake clients outside the lock"]
pub(super) struct Pushed {
    pub(super) wakers: Vec<Waker>,
    /// Set if the event has entered the log.
    is_logged: bool,
    pub(super) _dropped: Dropped,
    pub(super) unread: Option<Frame>,
}

impl Pushed {
    pub(super) fn wake(self) {
        if self.is_logged {
            metrics::event();
        }
        wake(self.wakers);
        drop(self.unread);
    }
}

/// The state that replaces missed events: a snapshot, evaluated outside the lock.
pub(crate) struct CatchUp {
    pub(super) last: u64,
    pub(super) missed: Option<u64>,
    pub(super) bundles: Vec<Arc<Bundle>>,
    pub(super) building: Vec<Arc<Building>>,
}

impl CatchUp {
    /// Returns true if a build of this bundle is under way.
    pub(super) fn is_building(&self, bundle: &Bundle) -> bool {
        let name = bundle.latest().name();
        self.building.iter().any(|building| building.whole || building.name == name)
    }
}

/// Wakes tasks. Only called outside the lock, because a waker may run anything, even the hub.
pub(super) fn wake(wakers: impl IntoIterator<Item = Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}
