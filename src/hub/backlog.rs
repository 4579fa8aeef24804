//! Events that are kept until they are read, within a bound: the hub's log, and what one client alone is sent.

use std::{collections::VecDeque, num::NonZeroUsize};

use crate::wire::Frame;

/// How much a backlog keeps.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    pub(super) events: NonZeroUsize,
    pub(super) bytes: usize,
}

/// The latest events, each with what its owner notes beside it.
#[derive(Debug)]
pub(super) struct Backlog<N> {
    events: VecDeque<(N, Frame)>,
    bytes: usize,
}

impl<N> Default for Backlog<N> {
    fn default() -> Self {
        Self { events: VecDeque::new(), bytes: 0 }
    }
}

/// Events that fell out of a backlog, to be dropped outside the hub's lock: one of them may be the last hold on
/// megabytes.
#[derive(Debug, Default)]
#[must_use = "it is to be dropped outside the lock"]
pub(super) struct Dropped {
    /// Almost always the only one, and so without an allocation.
    first: Option<Frame>,
    others: Vec<Frame>,
}

impl Dropped {
    pub(super) fn count(&self) -> u64 {
        u64::from(self.first.is_some()) + self.others.len() as u64
    }
}

impl<N> Backlog<N> {
    /// Appends an event, and takes out the oldest beyond the bound.
    pub(super) fn push(&mut self, note: N, frame: Frame, bound: Bound) -> Dropped {
        self.bytes += frame.len();
        self.events.push_back((note, frame));
        let mut dropped = Dropped::default();
        // One event larger than the bound is kept all the same: somebody is waiting for it.
        while self.events.len() > bound.events.get() || (self.bytes > bound.bytes && self.events.len() > 1) {
            match self.pop() {
                Some(frame) if dropped.first.is_none() => dropped.first = Some(frame),
                frame => dropped.others.extend(frame),
            }
        }
        dropped
    }

    /// Takes the oldest event.
    pub(super) fn pop(&mut self) -> Option<Frame> {
        let (_, frame) = self.events.pop_front()?;
        self.bytes -= frame.len();
        Some(frame)
    }

    /// What is noted beside the oldest event.
    pub(super) fn oldest(&self) -> Option<&N> {
        self.events.front().map(|(note, _)| note)
    }

    /// The event with this many older ones before it.
    pub(super) fn get(&self, index: usize) -> Option<&Frame> {
        self.events.get(index).map(|(_, frame)| frame)
    }

    pub(super) fn len(&self) -> usize {
        self.events.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}
