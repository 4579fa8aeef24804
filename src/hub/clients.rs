//! Who is connected: a waker for each client, and mail for those that can be answered alone.

use std::{collections::HashMap, task::Waker};

use super::backlog::{Backlog, Bound};
use crate::wire::Frame;

/// The clients' wakers, each in a place of its own; and who they are.
#[derive(Default)]
pub(super) struct Clients {
    pub(super) wakers: Vec<Option<Waker>>,
    pub(super) free: Vec<usize>,
    pub(super) count: usize,
    /// The clients that can be answered alone, by number.
    pub(super) known: HashMap<u64, Known>,
}

/// A client that can be answered alone.
pub(super) struct Known {
    place: usize,
    /// What an event stream's client calls itself when it sends something.
    name: Option<String>,
    /// Events for this client alone, each with the number of the event that it follows.
    pub(super) mail: Backlog<u64>,
    /// How many of them were dropped because it did not read them.
    pub(super) missed: u64,
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
        let known = Known { place, name, mail: Backlog::default(), missed: 0 };
        self.known.insert(client, known);
    }

    /// Gives the place's waker back, to be dropped outside the lock: it may be the last hold on a task that
    /// owns another subscriber.
    pub(super) fn remove(&mut self, place: usize, client: u64) -> Option<Waker> {
        self.count -= 1;
        self.known.remove(&client);
        let waker = self.wakers[place].take();
        self.free.push(place);
        if self.count == 0 {
            *self = Self::default();
        }
        waker
    }

    pub(super) fn take_wakers(&mut self) -> Vec<Waker> {
        self.wakers.iter_mut().filter_map(Option::take).collect()
    }

    /// The clients that can be answered alone, in the order of their numbers.
    pub(super) fn numbers(&self) -> Vec<u64> {
        let mut clients: Vec<_> = self.known.keys().copied().collect();
        clients.sort_unstable();
        clients
    }

    /// The client that calls itself this: the latest, as a stream that was lost may still look open.
    pub(super) fn named(&self, name: &str) -> Option<u64> {
        let known = self.known.iter();
        known.filter(|(_, known)| known.name.as_deref() == Some(name)).map(|(client, _)| *client).max()
    }

    /// Puts an event into a client's mail, after the event with this number. The client's place, if it is there.
    pub(super) fn mail(&mut self, client: u64, after: u64, frame: Frame, bound: Bound) -> Option<usize> {
        let known = self.known.get_mut(&client)?;
        known.missed += known.mail.push(after, frame, bound);
        Some(known.place)
    }
}
