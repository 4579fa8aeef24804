//! One log for several processes, in Redis: what the sources of each publish is applied by all, in the same order.
//!
//! Two threads, each with a connection: one sends operations, the other one reads and applies them. They end when the hub is
//! closed or gone. While Redis is away, operations are applied ahead, at once, and sent later.

mod health;
mod outbox;
mod reader;
mod store;
mod writer;

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::BuildHasher,
    sync::{
        Arc, Condvar, Mutex, MutexGuard, Once, PoisonError, Weak,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use redis::RedisError;

use self::{
    health::{Health, Report},
    outbox::{Outbox, Waiting},
    reader::Applied,
    store::Store,
};
use crate::{
    hub::{
        Hub,
        relayed::{Done, Note, Operation, Origin, Outlet},
    },
    notice::{info, warning},
    options::{Options, Redis},
};

/// The relay of one process.
pub(crate) struct Relay {
    store: Store,
    server: String,
    /// The bound of the log: events and bytes.
    bound: (usize, usize),
    origin: Origin,
    hub: Weak<Hub>,
    /// Held while operations are applied. It is taken before `outbox`.
    applied: Mutex<Applied>,
    outbox: Mutex<Outbox>,
    health: Mutex<Health>,
    /// Notified when operations are submitted, and at the end.
    changed: Condvar,
    others: AtomicUsize,
    started: Once,
}

/// The relay as a hub's outlet.
#[derive(Clone)]
pub(crate) struct Handle(Arc<Relay>);

impl Handle {
    /// Shares a hub's log by the relay of the options, if they have one. Nothing is started.
    pub(crate) fn new(hub: &Arc<Hub>, options: &Options) -> Option<Self> {
        let settings = options.relay.as_ref().filter(|_| options.enabled)?;
        let store = match Store::new(settings) {
            Ok(store) => store,
            Err(error) => {
                warning!("the relay can't be opened ({error}): events stay in this process");
                return None;
            }
        };
        let random = RandomState::new().hash_one(0);
        let relay = Self(Arc::new(Relay {
            store,
            server: server(settings),
            bound: (options.replay_buffer_events.get(), options.replay_buffer_bytes),
            origin: Origin(u32::try_from(random >> 32).unwrap_or_default()),
            hub: Arc::downgrade(hub),
            applied: Mutex::default(),
            outbox: Mutex::default(),
            health: Mutex::new(Health::new(Instant::now())),
            changed: Condvar::new(),
            others: AtomicUsize::new(0),
            started: Once::new(),
        }));
        hub.share(Arc::new(relay.clone()), relay.0.origin);
        Some(relay)
    }

    /// Starts the threads, once.
    pub(crate) fn start(&self) {
        self.0.started.call_once(|| {
            lock(&self.0.health).start(Instant::now());
            for (name, run) in
                [("hot relay reader", reader::run as fn(&Arc<Relay>)), ("hot relay writer", writer::run)]
            {
                let relay = self.0.clone();
                let thread = thread::Builder::new().name(name.to_owned());
                if let Err(error) = thread.spawn(move || run(&relay)) {
                    warning!("the relay can't be started ({error}): events stay in this process");
                    lock(&self.0.health).fail();
                    self.0.apply_due();
                }
            }
        });
    }
}

fn server(settings: &Redis) -> String {
    settings.info().addr().to_string()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Outlet for Handle {
    fn submit(&self, operation: Operation, done: Option<Done>) {
        let relay = &self.0;
        if !relay.is_running() {
            return;
        }
        self.start();
        let text = match operation.encode() {
            Ok(text) => text,
            Err(error) => return warning!("an event can't be relayed: {error}"),
        };
        let mut outbox = lock(&relay.outbox);
        outbox.push(operation, text, done, Instant::now(), relay.bound.1);
        drop(outbox);
        relay.changed.notify_all();
        if lock(&relay.health).is_away() {
            relay.apply_due();
        }
    }

    fn flush(&self) {
        self.0.apply_waiting(true);
    }

    fn other_clients(&self) -> usize {
        self.0.others.load(Ordering::Relaxed)
    }
}

impl Relay {
    /// Returns false once the hub is closed or gone.
    fn is_running(&self) -> bool {
        self.hub.upgrade().is_some_and(|hub| !hub.is_closed())
    }

    /// Applies ahead what can't wait for the shared log any longer.
    fn apply_due(&self) {
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

    fn apply_waiting(&self, at_once: bool) {
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

    fn applied(&self) -> MutexGuard<'_, Applied> {
        lock(&self.applied)
    }

    /// Returns the position of the latest event that is applied.
    fn position(&self) -> (u64, u64) {
        lock(&self.applied).position
    }

    fn latest(&self) -> ((u64, u64), Option<(Origin, u64)>) {
        lock(&self.applied).latest()
    }

    fn take(&self, count: u64) -> Option<Waiting> {
        lock(&self.outbox).take(count)
    }

    fn overtake(&self, key: (&str, usize)) {
        lock(&self.outbox).overtake(key);
    }

    /// Drops the operations up to this number, which do not come back.
    fn drop_until(&self, count: u64) -> Vec<Done> {
        lock(&self.outbox).drop_until(count)
    }

    fn resend(&self) {
        lock(&self.outbox).resend();
    }

    fn unsent(&self, max: usize, max_bytes: usize) -> Vec<(u64, Operation, Arc<[u8]>)> {
        lock(&self.outbox).unsent(max, max_bytes)
    }

    fn sent(&self, count: u64) {
        lock(&self.outbox).sent(count);
    }

    fn is_sent(&self) -> bool {
        !lock(&self.outbox).has_unsent()
    }

    fn has_joined(&self) -> bool {
        self.position().0 > 0
    }

    fn set_others(&self, clients: usize) {
        self.others.store(clients, Ordering::Relaxed);
    }

    /// Waits for a moment, or until the hub is closed.
    fn wait(&self, at_most: Duration) {
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
    fn wait_for_operations(&self, at_most: Duration) {
        let outbox = lock(&self.outbox);
        if !outbox.has_unsent() || !self.is_running() {
            let _ = self.changed.wait_timeout(outbox, at_most).unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Notes that the log is read.
    fn reads(&self, reads: bool) {
        let report = lock(&self.health).reads(reads);
        self.report(report, "");
    }

    /// Notes that operations are sent.
    fn writes(&self) {
        let report = lock(&self.health).writes(true);
        self.report(report, "");
    }

    /// Notes that Redis is away, or refuses something.
    fn lost(&self, error: &RedisError) {
        let is_reader = thread::current().name().is_some_and(|name| name.ends_with("reader"));
        let mut health = lock(&self.health);
        let report = if is_reader { health.reads(false) } else { health.writes(false) };
        drop(health);
        tracing::debug!("the relay's connection is lost: {error}");
        self.report(report, &error.to_string());
        self.apply_due();
    }

    fn report(&self, report: Option<Report>, reason: &str) {
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

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("server", &self.0.server)
            .field("origin", &self.0.origin)
            .finish_non_exhaustive()
    }
}
