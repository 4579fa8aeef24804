//! The state that the threads of a relay share.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, Once, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use redis::RedisError;

use super::{
    applied::Applied,
    health::{Health, Report},
    outbox::{Outbox, Waiting},
    store::Store,
};
use crate::{
    hub::{
        Hub,
        relayed::{Done, Note, Operation, Origin},
    },
    notice::{info, warning},
};

/// The relay of one process.
pub(super) struct Relay {
    pub(super) store: Store,
    pub(super) server: String,
    /// The bound of the log: events and bytes.
    pub(super) bound: (usize, usize),
    pub(super) origin: Origin,
    pub(super) hub: Weak<Hub>,
    /// Held while operations are applied. It is taken before `outbox`.
    applied: Mutex<Applied>,
    pub(super) outbox: Mutex<Outbox>,
    pub(super) health: Mutex<Health>,
    /// Notified when operations are submitted, and at the end.
    pub(super) changed: Condvar,
    pub(super) others: AtomicUsize,
    pub(super) started: Once,
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Relay {
    pub(super) fn new(store: Store, server: String, bound: (usize, usize), hub: &Arc<Hub>) -> Self {
        let random = RandomState::new().hash_one(0);
        Self {
            store,
            server,
            bound,
            origin: Origin(u32::try_from(random >> 32).unwrap_or_default()),
            hub: Arc::downgrade(hub),
            applied: Mutex::default(),
            outbox: Mutex::default(),
            health: Mutex::new(Health::new(Instant::now())),
            changed: Condvar::new(),
            others: AtomicUsize::new(0),
            started: Once::new(),
        }
    }

    pub(super) fn origin(&self) -> Origin {
        self.origin
    }

    /// Returns false once the hub is closed or gone.
    pub(super) fn is_running(&self) -> bool {
        self.hub.upgrade().is_some_and(|hub| !hub.is_closed())
    }

    /// Applies ahead what can't wait for the shared log any longer.
    pub(super) fn apply_due(&self) {
        let Some(hub) = self.hub.upgrade() else { return };
        // Before anything is applied, clients enter the log.
        let applied = lock(&self.applied);
        let mut health = lock(&self.health);
        if health.gives_up(Instant::now()) {
            hub.open();
        }
        let (is_away, is_starting) = (health.is_away(), health.is_starting());
        drop((health, applied));
        if !is_starting {
            self.apply_waiting(is_away);
        }
    }

    pub(super) fn apply_waiting(&self, at_once: bool) {
        let Some(hub) = self.hub.upgrade() else { return };
        let mut dones = Vec::new();
        let applied = lock(&self.applied);
        loop {
            let next = lock(&self.outbox).next_due(at_once, Instant::now());
            let Some((count, operation, done)) = next else { break };
            let note = Note { at: applied.position.1, origin: self.origin, count, is_ahead: true };
            let outcome = hub.apply_operation(operation, note);
            dones.extend(done.map(|done| (done, outcome)));
        }
        drop(applied);
        hub.wake_clients();
        for (done, outcome) in dones {
            done(outcome);
        }
    }

    pub(super) fn applied(&self) -> MutexGuard<'_, Applied> {
        lock(&self.applied)
    }

    /// Returns the position of the latest event that is applied.
    pub(super) fn position(&self) -> (u64, u64) {
        lock(&self.applied).position
    }

    pub(super) fn latest(&self) -> ((u64, u64), Option<(Origin, u64)>) {
        lock(&self.applied).latest()
    }

    pub(super) fn take(&self, count: u64) -> Option<Waiting> {
        lock(&self.outbox).take(count)
    }

    pub(super) fn overtake(&self, key: (&str, usize)) {
        lock(&self.outbox).overtake(key);
    }

    /// Drops the operations up to this number, which do not come back.
    pub(super) fn drop_until(&self, count: u64) -> Vec<Done> {
        lock(&self.outbox).drop_until(count)
    }

    pub(super) fn resend(&self) {
        lock(&self.outbox).resend();
    }

    pub(super) fn unsent(&self, max: usize, max_bytes: usize) -> Vec<(u64, Operation, Arc<[u8]>)> {
        lock(&self.outbox).unsent(max, max_bytes)
    }

    pub(super) fn sent(&self, count: u64) {
        lock(&self.outbox).sent(count);
    }

    pub(super) fn is_sent(&self) -> bool {
        !lock(&self.outbox).has_unsent()
    }

    pub(super) fn has_joined(&self) -> bool {
        self.position().0 > 0
    }

    pub(super) fn set_others(&self, clients: usize) {
        self.others.store(clients, Ordering::Relaxed);
    }

    /// Waits for a moment, or until the hub is closed.
    pub(super) fn wait(&self, at_most: Duration) {
        let begin = Instant::now();
        while self.is_running() {
            let left = at_most.saturating_sub(begin.elapsed());
            if left.is_zero() {
                return;
            }
            self.apply_due();
            thread::sleep(left.min(Duration::from_millis(50)));
        }
    }

    /// Waits until there are operations to send.
    pub(super) fn wait_for_operations(&self, at_most: Duration) {
        // Before the log is read, nothing can be sent.
        let can_send = self.has_joined() && self.is_running();
        let outbox = lock(&self.outbox);
        if !outbox.has_unsent() || !can_send {
            let _ = self.changed.wait_timeout(outbox, at_most).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Notes that the log is read.
    pub(super) fn reads(&self, reads: bool) {
        let report = lock(&self.health).reads(reads);
        self.report(report, "");
    }

    /// Notes that operations are sent.
    pub(super) fn writes(&self) {
        let report = lock(&self.health).writes(true);
        self.report(report, "");
    }

    /// Notes that Redis is away, or refuses something.
    pub(super) fn lost(&self, error: &RedisError) {
        let is_reader = thread::current().name().is_some_and(|name| name.ends_with("reader"));
        let mut health = lock(&self.health);
        let report = if is_reader { health.reads(false) } else { health.writes(false) };
        drop(health);
        tracing::debug!("the relay's connection is lost: {error}");
        self.report(report, &error.to_string());
        self.apply_due();
    }

    pub(super) fn report(&self, report: Option<Report>, reason: &str) {
        match report {
            Some(Report::Away) => warning!(
                "the relay's Redis at {} is away ({reason}): pages get the events of this process, and those of others \
                 once it is back",
                self.server
            ),
            Some(Report::Back) => info(&format!("the relay's Redis at {} is back", self.server)),
            None => {}
        }
    }
}
