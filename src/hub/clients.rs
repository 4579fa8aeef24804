//! The connected clients: a waker for each, and an inbox for each that is addressable.

use std::{
    collections::{BTreeSet, HashMap},
    mem,
    task::Waker,
};

use super::backlog::{Backlog, Bound, Dropped};
use crate::wire::Frame;

/// The clients' wakers, each in a slot, and the addressable clients.
#[derive(Default)]
pub(super) struct Clients {
    pub(super) wakers: Vec<Option<Waker>>,
    pub(super) free: Vec<usize>,
    pub(super) count: usize,
    /// Those of `count` that are this crate's client, and those that end once they are caught up.
    own: usize,
    catching_up: usize,
    /// The clients that can be sent events of their own, by number.
    pub(super) addressable: HashMap<u64, Addressable>,
    /// The numbers of the addressable clients with a name, by name.
    named: HashMap<String, BTreeSet<u64>>,
    /// Number of bytes in all inboxes together.
    inbox_bytes: usize,
}

/// A client that can be sent events of its own.
pub(super) struct Addressable {
    slot: usize,
    /// The name under which an event stream's client sends messages.
    name: Option<String>,
    /// Events for this client alone, each with the number of the event that it follows.
    inbox: Backlog<u64>,
    /// Number of its own events that were dropped because it did not read them.
    pub(super) missed: u64,
}

/// The remains of a client, to be dropped outside the lock: its waker may be the last reference to a task
/// that owns another subscriber.
#[must_use = "drop it outside the lock"]
pub(super) struct Left {
    _waker: Option<Waker>,
    _addressable: Option<Addressable>,
}

/// Work left for outside the lock after an event for one client.
#[must_use = "wake clients outside the lock"]
#[derive(Default)]
pub(super) struct Delivered {
    pub(super) wakers: Vec<Waker>,
    dropped: Dropped,
    unread: Option<Backlog<u64>>,
}

/// The number of open streams.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Streams {
    /// Streams of this crate's client, each of which may serve several pages.
    pub(crate) own: usize,
    /// Streams of other clients.
    pub(crate) others: usize,
}

/// The kind of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// This crate's client.
    Own,
    /// A stream that ends once its client is caught up.
    CatchingUp,
    Other,
}

impl Clients {
    pub(super) fn add(&mut self, kind: Kind) -> usize {
        self.count += 1;
        self.own += usize::from(kind == Kind::Own);
        self.catching_up += usize::from(kind == Kind::CatchingUp);
        self.free.pop().unwrap_or_else(|| {
            self.wakers.push(None);
            self.wakers.len() - 1
        })
    }

    /// Makes a client addressable.
    pub(super) fn make_addressable(&mut self, client: u64, slot: usize, name: Option<String>) {
        if let Some(name) = &name {
            self.named.entry(name.clone()).or_default().insert(client);
        }
        let addressable = Addressable { slot, name, inbox: Backlog::default(), missed: 0 };
        self.addressable.insert(client, addressable);
    }

    pub(super) fn streams(&self) -> Streams {
        Streams { own: self.own, others: self.count - self.own - self.catching_up }
    }

    pub(super) fn remove(&mut self, slot: usize, client: u64, kind: Kind) -> Left {
        self.count -= 1;
        self.own -= usize::from(kind == Kind::Own);
        self.catching_up -= usize::from(kind == Kind::CatchingUp);
        let addressable = self.addressable.remove(&client);
        if let Some(addressable) = &addressable {
            self.inbox_bytes -= addressable.inbox.bytes();
            if let Some(numbers) = addressable.name.as_ref().and_then(|name| self.named.get_mut(name)) {
                numbers.remove(&client);
            }
            if let Some(name) =
                addressable.name.as_ref().filter(|name| self.named.get(*name).is_some_and(BTreeSet::is_empty))
            {
                self.named.remove(name);
            }
        }
        let waker = self.wakers[slot].take();
        self.free.push(slot);
        if self.count == 0 {
            *self = Self::default();
        }
        Left { _waker: waker, _addressable: addressable }
    }

    pub(super) fn take_wakers(&mut self) -> Vec<Waker> {
        self.wakers.iter_mut().filter_map(Option::take).collect()
    }

    /// Returns the numbers of the addressable clients, in any order.
    pub(super) fn numbers(&self) -> Vec<u64> {
        self.addressable.keys().copied().collect()
    }

    /// Returns the name of an addressable client.
    #[cfg(feature = "redis")]
    pub(super) fn name_of(&self, client: u64) -> Option<String> {
        self.addressable.get(&client)?.name.clone()
    }

    /// Sets the waker of a client. Returns the old one, to be dropped outside the lock.
    #[cfg(feature = "redis")]
    pub(super) fn wait(&mut self, slot: usize, waker: &Waker) -> Option<Waker> {
        let slot = &mut self.wakers[slot];
        if slot.as_ref().is_some_and(|old| old.will_wake(waker)) {
            return None;
        }
        slot.replace(waker.clone())
    }

    /// Returns the latest client with this name, because a stream that was lost may still look open.
    pub(super) fn named(&self, name: &str) -> Option<u64> {
        self.named.get(name)?.last().copied()
    }

    /// Puts an event into a client's inbox, after the event with this number. Does nothing if the client
    /// isn't there.
    ///
    /// If all inboxes together exceed the bound, the largest one is emptied, and its client has missed those
    /// events.
    pub(super) fn deliver(&mut self, client: u64, after: u64, frame: Frame, bound: Bound) -> Delivered {
        let mut delivered = Delivered::default();
        let Some(addressable) = self.addressable.get_mut(&client) else { return delivered };
        let before = addressable.inbox.bytes();
        delivered.dropped = addressable.inbox.push(after, frame, bound);
        addressable.missed += delivered.dropped.count();
        self.inbox_bytes = self.inbox_bytes - before + addressable.inbox.bytes();
        delivered.wakers.extend(self.wakers[addressable.slot].take());
        // A single event larger than the bound is kept, as in the log.
        let alone = addressable.inbox.len() == 1 && self.inbox_bytes == addressable.inbox.bytes();
        if self.inbox_bytes > bound.bytes && !alone {
            if let Some(addressable) =
                self.addressable.values_mut().max_by_key(|addressable| addressable.inbox.bytes())
            {
                let unread = mem::take(&mut addressable.inbox);
                addressable.missed += unread.len() as u64;
                self.inbox_bytes -= unread.bytes();
                delivered.wakers.extend(self.wakers[addressable.slot].take());
                delivered.unread = Some(unread);
            }
        }
        delivered
    }

    /// Empties the inbox of a client that has missed events. Returns how many it has missed in all, and the
    /// inbox.
    pub(super) fn take_missed(&mut self, client: u64) -> Option<(u64, Backlog<u64>)> {
        let addressable = self.addressable.get_mut(&client).filter(|addressable| addressable.missed > 0)?;
        let inbox = mem::take(&mut addressable.inbox);
        self.inbox_bytes -= inbox.bytes();
        Some((mem::take(&mut addressable.missed) + inbox.len() as u64, inbox))
    }

    /// Takes the oldest event from a client's inbox if the client has read the event that it follows.
    pub(super) fn take_from_inbox(&mut self, client: u64, read: u64) -> Option<Frame> {
        let addressable = self.addressable.get_mut(&client)?;
        addressable.inbox.oldest().filter(|after| **after <= read)?;
        let frame = addressable.inbox.pop()?;
        self.inbox_bytes -= frame.len();
        Some(frame)
    }

    #[cfg(test)]
    pub(super) fn inbox_bytes(&self) -> usize {
        self.inbox_bytes
    }
}
