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

impl<N> Backlog<N> {
    /// Appends an event, drops the oldest beyond the bound, and tells how many those were.
    pub(super) fn push(&mut self, note: N, frame: Frame, bound: Bound) -> u64 {
        self.bytes += frame.len();
        self.events.push_back((note, frame));
        let mut dropped = 0;
        // One event larger than the bound is kept all the same: somebody is waiting for it.
        while self.events.len() > bound.events.get() || (self.bytes > bound.bytes && self.events.len() > 1) {
            dropped += u64::from(self.pop().is_some());
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
