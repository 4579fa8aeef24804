//! Who is connected: a waker for each client, and inbox for those that can be answered alone.

use std::{
    collections::{BTreeSet, HashMap},
    mem,
    task::Waker,
};

use super::backlog::{Backlog, Bound, Dropped};
use crate::wire::Frame;

/// The clients' wakers, each in a place of its own; and who they are.
#[derive(Default)]
pub(super) struct Clients {
    pub(super) wakers: Vec<Option<Waker>>,
    pub(super) free: Vec<usize>,
    pub(super) count: usize,
    /// The clients that can be answered alone, by number.
    pub(super) known: HashMap<u64, Known>,
    /// The numbers of those that call themselves something.
    named: HashMap<String, BTreeSet<u64>>,
    /// Bytes in the inbox of all clients.
    inbox_bytes: usize,
}

/// A client that can be answered alone.
pub(super) struct Known {
    place: usize,
    /// What an event stream's client calls itself when it sends something.
    name: Option<String>,
    /// Events for this client alone, each with the number of the event that it follows.
    inbox: Backlog<u64>,
    /// How many of them were dropped because it did not read them.
    pub(super) missed: u64,
}

/// Remains of a client, to be dropped outside the lock: its waker may be the last hold on a task that owns another
/// subscriber.
#[must_use = "it is to be dropped outside the lock"]
pub(super) struct Left {
    _waker: Option<Waker>,
    _known: Option<Known>,
}

/// Work left after an event for one client, for outside the lock.
#[must_use = "clients are to be woken outside the lock"]
#[derive(Default)]
pub(super) struct Mailed {
    pub(super) wakers: Vec<Waker>,
    dropped: Dropped,
    unread: Option<Backlog<u64>>,
}

impl Clients {
    pub(super) fn add(&mut self) -> usize {
        self.count += 1;
        self.free.pop().unwrap_or_else(|| {
            self.wakers.push(None);
            self.wakers.len() - 1
        })
    }

    /// Makes a client one that can be answered alone.
    pub(super) fn know(&mut self, client: u64, place: usize, name: Option<String>) {
        if let Some(name) = &name {
            self.named.entry(name.clone()).or_default().insert(client);
        }
        let known = Known { place, name, inbox: Backlog::default(), missed: 0 };
        self.known.insert(client, known);
    }

    pub(super) fn remove(&mut self, place: usize, client: u64) -> Left {
        self.count -= 1;
        let known = self.known.remove(&client);
        if let Some(known) = &known {
            self.inbox_bytes -= known.inbox.bytes();
            if let Some(numbers) = known.name.as_ref().and_then(|name| self.named.get_mut(name)) {
                numbers.remove(&client);
            }
            if let Some(name) =
                known.name.as_ref().filter(|name| self.named.get(*name).is_some_and(BTreeSet::is_empty))
            {
                self.named.remove(name);
            }
        }
        let waker = self.wakers[place].take();
        self.free.push(place);
        if self.count == 0 {
            *self = Self::default();
        }
        Left { _waker: waker, _known: known }
    }

    pub(super) fn take_wakers(&mut self) -> Vec<Waker> {
        self.wakers.iter_mut().filter_map(Option::take).collect()
    }

    /// The clients that can be answered alone, in any order.
    pub(super) fn numbers(&self) -> Vec<u64> {
        self.known.keys().copied().collect()
    }

    /// The client that calls itself this: the latest, as a stream that was lost may still look open.
    pub(super) fn named(&self, name: &str) -> Option<u64> {
        self.named.get(name)?.last().copied()
    }

    /// Puts an event into a client's inbox, after the event with this number. Without such a client nothing is done.
    ///
    /// If the inbox of all clients together exceeds the bound, the largest mailbox is emptied, and its client has missed
    /// those events.
    pub(super) fn inbox(&mut self, client: u64, after: u64, frame: Frame, bound: Bound) -> Mailed {
        let mut mailed = Mailed::default();
        let Some(known) = self.known.get_mut(&client) else { return mailed };
        let before = known.inbox.bytes();
        mailed.dropped = known.inbox.push(after, frame, bound);
        known.missed += mailed.dropped.count();
        self.inbox_bytes = self.inbox_bytes - before + known.inbox.bytes();
        mailed.wakers.extend(self.wakers[known.place].take());
        // One event larger than the bound is kept all the same, as in the log.
        let alone = known.inbox.len() == 1 && self.inbox_bytes == known.inbox.bytes();
        if self.inbox_bytes > bound.bytes && !alone {
            if let Some(known) = self.known.values_mut().max_by_key(|known| known.inbox.bytes()) {
                let unread = mem::take(&mut known.inbox);
                known.missed += unread.len() as u64;
                self.inbox_bytes -= unread.bytes();
                mailed.wakers.extend(self.wakers[known.place].take());
                mailed.unread = Some(unread);
            }
        }
        mailed
    }

    /// Takes what a client has missed, with all of its inbox, where it has missed any.
    pub(super) fn take_missed(&mut self, client: u64) -> Option<(u64, Backlog<u64>)> {
        let known = self.known.get_mut(&client).filter(|known| known.missed > 0)?;
        let inbox = mem::take(&mut known.inbox);
        self.inbox_bytes -= inbox.bytes();
        Some((mem::take(&mut known.missed) + inbox.len() as u64, inbox))
    }

    /// Takes the oldest event for a client alone, where it follows an event that the client has read.
    pub(super) fn take_mail(&mut self, client: u64, read: u64) -> Option<Frame> {
        let known = self.known.get_mut(&client)?;
        known.inbox.oldest().filter(|after| **after <= read)?;
        let frame = known.inbox.pop()?;
        self.inbox_bytes -= frame.len();
        Some(frame)
    }

    #[cfg(test)]
    pub(super) fn inbox_bytes(&self) -> usize {
        self.inbox_bytes
    }
}
