//! Operations of this process that are not back from the shared log. Pure.

use std::{
    collections::VecDeque,
    sync::Arc,
    time::{Duration, Instant},
};

use crate::hub::relayed::{Done, Operation};

/// The most operations that wait, and the time after which one is applied ahead of the shared log.
const MAX_WAITING: usize = 65_536;
const PATIENCE: Duration = Duration::from_millis(500);

/// The operations of one process, the oldest first.
#[derive(Default)]
pub(super) struct Outbox {
    waiting: VecDeque<Waiting>,
    bytes: usize,
    /// Number of the latest operation.
    last: u64,
    /// Number of the latest operation that was sent on the current connection.
    sent: u64,
    /// Number of the latest operation that is applied.
    applied: u64,
}

/// An operation that waits.
pub(super) struct Waiting {
    pub(super) count: u64,
    pub(super) operation: Operation,
    pub(super) text: Arc<[u8]>,
    pub(super) done: Option<Done>,
    since: Instant,
    /// Set if it was applied ahead of the shared log.
    pub(super) is_applied: bool,
    /// Set if it is a build that was applied ahead, and another process's build of the same bundle came first.
    pub(super) is_overtaken: bool,
}

impl Outbox {
    /// Adds an operation. Returns the number of operations that had to make room, which other processes miss.
    pub(super) fn push(
        &mut self,
        operation: Operation,
        text: Vec<u8>,
        done: Option<Done>,
        now: Instant,
        max_bytes: usize,
    ) -> usize {
        self.last += 1;
        self.bytes += text.len();
        self.waiting.push_back(Waiting {
            count: self.last,
            operation,
            text: text.into(),
            done,
            since: now,
            is_applied: false,
            is_overtaken: false,
        });
        let mut dropped = 0;
        while self.waiting.len() > MAX_WAITING || (self.bytes > max_bytes && self.waiting.len() > 1) {
            // What this process has not seen itself stays: it is applied within a moment.
            if !self.waiting.front().is_some_and(|oldest| oldest.is_applied) {
                break;
            }
            self.bytes -= self.waiting.pop_front().map_or(0, |oldest| oldest.text.len());
            dropped += 1;
        }
        dropped
    }

    /// Returns the next operations to send, and their bytes are at most `max_bytes` unless it is one.
    pub(super) fn unsent(&self, max: usize, max_bytes: usize) -> Vec<(u64, Operation, Arc<[u8]>)> {
        let first = self.waiting.partition_point(|waiting| waiting.count <= self.sent);
        let mut bytes = 0;
        let fits = |waiting: &&Waiting| {
            let is_first = bytes == 0;
            bytes += waiting.text.len();
            is_first || bytes <= max_bytes
        };
        let next = self.waiting.range(first..).take(max).take_while(fits);
        next.map(|waiting| (waiting.count, waiting.operation.clone(), waiting.text.clone())).collect()
    }

    pub(super) fn has_unsent(&self) -> bool {
        self.sent < self.last && !self.waiting.is_empty()
    }

    /// Notes that the operations up to this one are in the shared log.
    pub(super) fn sent(&mut self, count: u64) {
        self.sent = self.sent.max(count);
    }

    /// Notes that the shared log may have lost what was sent: all that has not come back is sent again.
    pub(super) fn resend(&mut self) {
        self.sent = self.waiting.front().map_or(self.last, |oldest| oldest.count - 1);
    }

    /// Takes the next operation to apply ahead: at once, or if it has waited for too long.
    pub(super) fn next_due(&mut self, at_once: bool, now: Instant) -> Option<(u64, Operation, Option<Done>)> {
        let first = self.waiting.partition_point(|waiting| waiting.count <= self.applied);
        let waiting = self.waiting.get_mut(first)?;
        if !at_once && now.saturating_duration_since(waiting.since) < PATIENCE {
            return None;
        }
        waiting.is_applied = true;
        self.applied = waiting.count;
        Some((waiting.count, waiting.operation.clone(), waiting.done.take()))
    }

    /// Takes an operation that has come back, and drops all before it.
    pub(super) fn take(&mut self, count: u64) -> Option<Waiting> {
        let mut found = None;
        while self.waiting.front().is_some_and(|oldest| oldest.count <= count) {
            found = self.waiting.pop_front();
            self.bytes -= found.as_ref().map_or(0, |found| found.text.len());
        }
        self.applied = self.applied.max(count);
        self.sent = self.sent.max(count);
        found.filter(|found| found.count == count)
    }

    /// Drops the operations up to this number, and returns what was to be called.
    pub(super) fn drop_until(&mut self, count: u64) -> Vec<Done> {
        let mut dones = Vec::new();
        while self.waiting.front().is_some_and(|oldest| oldest.count <= count) {
            let Some(oldest) = self.waiting.pop_front() else { break };
            self.bytes -= oldest.text.len();
            dones.extend(oldest.done);
        }
        (self.applied, self.sent) = (self.applied.max(count), self.sent.max(count));
        dones
    }

    /// Notes that another process's build of a bundle was applied.
    pub(super) fn overtake(&mut self, key: (&str, usize)) {
        let same = |waiting: &&mut Waiting| {
            waiting.is_applied && waiting.operation.build().is_some_and(|build| build.key() == key)
        };
        if let Some(latest) = self.waiting.iter_mut().rev().find(same) {
            latest.is_overtaken = true;
        }
    }
}
