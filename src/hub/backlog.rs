//! Bounded queues of events: the hub's log, and a client's inbox.

use std::{collections::VecDeque, num::NonZeroUsize};

use crate::wire::Frame;

/// The largest number of events, and of their bytes, in a backlog.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bound {
    pub(super) events: NonZeroUsize,
    pub(super) bytes: usize,
}

/// The latest events, each with a note of its owner.
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

/// Events that fell out of a backlog, to be dropped outside the hub's lock: this may be the last reference to
/// megabytes.
#[derive(Debug, Default)]
#[must_use = "drop it outside the lock"]
pub(super) struct Dropped {
    /// Almost always the only one, so most pushes don't allocate.
    first: Option<Frame>,
    others: Vec<Frame>,
}

impl Dropped {
    pub(super) fn count(&self) -> u64 {
        u64::from(self.first.is_some()) + self.others.len() as u64
    }
}

impl<N> Backlog<N> {
    /// Appends an event and removes the oldest ones beyond the bound.
    pub(super) fn push(&mut self, note: N, frame: Frame, bound: Bound) -> Dropped {
        self.bytes += frame.len();
        self.events.push_back((note, frame));
        let mut dropped = Dropped::default();
        // A single event larger than the bound is kept, because clients wait for it.
        while self.events.len() > bound.events.get() || (self.bytes > bound.bytes && self.events.len() > 1) {
            match self.pop() {
                Some(frame) if dropped.first.is_none() => dropped.first = Some(frame),
                frame => dropped.others.extend(frame),
            }
        }
        dropped
    }

    /// Removes and returns the oldest event.
    pub(super) fn pop(&mut self) -> Option<Frame> {
        let (_, frame) = self.events.pop_front()?;
        self.bytes -= frame.len();
        Some(frame)
    }

    /// Returns the note of the oldest event.
    pub(super) fn oldest(&self) -> Option<&N> {
        self.events.front().map(|(note, _)| note)
    }

    /// Returns the note of the event at this index, counted from the oldest.
    #[cfg(feature = "redis")]
    pub(super) fn note(&self, index: usize) -> Option<&N> {
        self.events.get(index).map(|(note, _)| note)
    }

    /// Returns the number of the oldest events whose notes are all of this kind; no later event is.
    #[cfg(feature = "redis")]
    pub(super) fn partition_point(&self, is: impl Fn(&N) -> bool) -> usize {
        self.events.partition_point(|(note, _)| is(note))
    }

    /// Returns the event at this index, counted from the oldest.
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
