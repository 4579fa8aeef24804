//! The hub's state, all of it behind the one lock.

use std::{mem, sync::Arc, task::Waker};

use super::{
    backlog::{Backlog, Bound, Dropped},
    bundles::Bundles,
    clients::Clients,
};
use crate::{bundle::Bundle, wire::Frame};

#[derive(Default)]
pub(super) struct State {
    /// The latest events; the last one has the number `last`.
    pub(super) log: Backlog<()>,
    pub(super) last: u64,
    pub(super) bundles: Bundles,
    pub(super) building: Vec<Arc<Building>>,
    pub(super) clients: Clients,
    /// How many clients there have been: the number of the latest.
    pub(super) last_client: u64,
    /// Whether a client may come back and name an event that it has seen.
    pub(super) resumable: bool,
    pub(super) closed: bool,
    /// What is to be done when the hub closes.
    pub(super) at_close: Vec<Box<dyn FnOnce() + Send>>,
}

/// A build under way.
#[derive(Debug)]
pub(super) struct Building {
    /// Its bundle's name.
    pub(super) name: String,
    /// Whether it is that of a whole compiler, whatever its bundles' names.
    pub(super) whole: bool,
    pub(super) frame: Frame,
}

impl Building {
    /// Returns true if a build of this bundle ends it. One without a name may be a compiler's, so any bundle's does.
    pub(super) fn ends_with(&self, name: &str) -> bool {
        self.name.is_empty() || self.name == name
    }
}

impl State {
    /// The number of the oldest event in the log.
    pub(super) fn first(&self) -> u64 {
        self.last + 1 - self.log.len() as u64
    }

    /// Whether anybody is there, or may come back, to read a new event.
    pub(super) fn is_heard(&self) -> bool {
        !self.closed && (self.clients.count > 0 || self.resumable)
    }

    pub(super) fn add_client(&mut self) -> (usize, u64) {
        self.last_client += 1;
        (self.clients.add(), self.last_client)
    }

    pub(super) fn catch_up(&self, missed: Option<u64>) -> CatchUp {
        CatchUp { last: self.last, missed, bundles: self.bundles.all(), building: self.building.clone() }
    }

    /// Takes the builds off that a build of this bundle ends.
    pub(super) fn end_building(&mut self, name: &str) -> Vec<Arc<Building>> {
        let (ended, goes_on) =
            mem::take(&mut self.building).into_iter().partition(|building| building.ends_with(name));
        self.building = goes_on;
        ended
    }

    /// Appends an event, where anybody may read it.
    pub(super) fn push(&mut self, frame: Frame, bound: Bound) -> Pushed {
        if !self.is_heard() {
            return Pushed { unheard: Some(frame), ..Pushed::default() };
        }
        self.last += 1;
        let dropped = self.log.push((), frame, bound);
        Pushed { wakers: self.clients.take_wakers(), _dropped: dropped, unheard: None }
    }
}

/// Work left after a push, for outside the lock: wakers to wake, and events to drop.
#[derive(Default)]
#[must_use = "clients are to be woken outside the lock"]
pub(super) struct Pushed {
    pub(super) wakers: Vec<Waker>,
    pub(super) _dropped: Dropped,
    pub(super) unheard: Option<Frame>,
}

impl Pushed {
    pub(super) fn wake(self) {
        wake(self.wakers);
        drop(self.unheard);
    }
}

/// The state that replaces the events that a client is not sent one by one: as it was at one moment, and looked into
/// when the lock is free again.
pub(crate) struct CatchUp {
    pub(super) last: u64,
    pub(super) missed: Option<u64>,
    pub(super) bundles: Vec<Arc<Bundle>>,
    pub(super) building: Vec<Arc<Building>>,
}

impl CatchUp {
    /// Whether a build of this bundle is under way.
    pub(super) fn is_building(&self, bundle: &Bundle) -> bool {
        let name = bundle.latest().name();
        self.building.iter().any(|building| building.whole || building.name == name)
    }
}

/// Wakes outside the lock: a waker may run anything, the hub included.
pub(super) fn wake(wakers: impl IntoIterator<Item = Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}
