//! One bounded log of events and a cursor in it for each client. Knows no HTTP and no timers.
//!
//! A slow client loses nothing while the log holds what it has not read. When its cursor falls out of the
//! log, it is told how many events it missed and gets the latest state of every bundle instead. So a
//! client that never reads costs a cursor, and nobody waits for it.

mod backlog;
mod clients;
mod cursor;
mod subscriber;

use std::{
    collections::hash_map::RandomState,
    convert::Infallible,
    fmt,
    hash::BuildHasher,
    mem,
    num::NonZeroUsize,
    sync::{Arc, PoisonError},
    task::Waker,
};

use self::{
    backlog::{Backlog, Bound},
    clients::Clients,
    cursor::CatchUp,
};
pub(crate) use self::{
    cursor::{Cursor, Step},
    subscriber::{Subscribe, Subscriber},
};
use crate::{
    build::Build,
    bundle::{self, Bundle},
    sync::{Mutex, MutexGuard},
    wire::{Event, Frame},
};

/// The most bundles that the hub keeps the state of. Names come from outside, and memory is bounded.
const MAX_BUNDLES: usize = 256;

/// The log, the bundles' states and the clients' wakers.
pub(crate) struct Hub {
    /// Tells this hub's event ids from those of an earlier process.
    boot: String,
    /// Of the log, and of what a client alone is sent and does not read.
    bound: Bound,
    /// Guards everything below. Held for look-ups and moves only: encoding and waking happen outside.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The latest events; the last one has the number `last`.
    log: Backlog<()>,
    last: u64,
    bundles: Vec<Bundle>,
    /// The builds under way, by bundle name.
    building: Vec<(String, Frame)>,
    clients: Clients,
    /// How many clients there have been: the number of the latest.
    last_client: u64,
    /// Whether a client may come back and name an event that it has seen.
    resumable: bool,
    closed: bool,
    /// What is to be done when the hub closes.
    at_close: Vec<Box<dyn FnOnce() + Send>>,
}

impl State {
    /// The number of the oldest event in the log.
    fn first(&self) -> u64 {
        self.last + 1 - self.log.len() as u64
    }

    /// Whether anybody is there, or may come back, to read a new event.
    fn is_heard(&self) -> bool {
        !self.closed && (self.clients.count > 0 || self.resumable)
    }

    fn bundle(&self, key: (&str, usize)) -> Option<&Bundle> {
        self.bundles.iter().find(|bundle| bundle.latest().key() == key)
    }

    fn add_client(&mut self) -> (usize, u64) {
        self.last_client += 1;
        (self.clients.add(), self.last_client)
    }

    fn catch_up(&self, since: &[String], missed: Option<u64>) -> CatchUp {
        CatchUp {
            last: self.last,
            missed,
            bundles: self.bundles.iter().map(|bundle| bundle.snapshot(since)).collect(),
            building: self.building.iter().map(|(_, frame)| frame.clone()).collect(),
        }
    }
}

impl Hub {
    pub(crate) fn new(max_events: NonZeroUsize, max_bytes: usize) -> Arc<Self> {
        let boot = format!("{:08x}", RandomState::new().hash_one(0) >> 32);
        let bound = Bound { events: max_events, bytes: max_bytes };
        Arc::new(Self { boot, bound, state: Mutex::default() })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics under the lock, and a state that somehow did is still whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes an event that changes no state.
    pub(crate) fn publish<E>(&self, encode: impl FnOnce() -> Result<Frame, E>) -> Result<(), E> {
        if !self.lock().is_heard() {
            return Ok(());
        }
        let frame = encode()?;
        let wakers = self.push(self.lock(), frame);
        wake(wakers);
        Ok(())
    }

    /// Has every page loaded again.
    pub(crate) fn reload(&self, file: Option<&str>) {
        let Ok(()) = self.publish(|| Ok::<_, Infallible>(Frame::reload(file)));
    }

    /// Publishes that a build of a bundle has begun, and tells it to whoever comes before the build is done.
    pub(crate) fn building(&self, name: Option<&str>, file: Option<&str>) {
        let frame = Frame::of(&Event::Building { name, file });
        let mut state = self.lock();
        if state.closed {
            return;
        }
        let name = name.unwrap_or_default();
        state.building.retain(|(other, _)| other != name);
        if state.building.len() < MAX_BUNDLES {
            state.building.push((name.to_owned(), frame.clone()));
        }
        let wakers = self.push(state, frame);
        wake(wakers);
    }

    /// Makes a build the latest of its bundle and publishes it: as `sync` where the hash is the old one.
    pub(crate) fn built(&self, build: Build) {
        self.take_in(build, false);
    }

    /// Sets the state that a bundle begins with, and publishes it as `sync`: nothing was built.
    pub(crate) fn begin(&self, build: Build) {
        self.take_in(build, true);
    }

    fn take_in(&self, build: Build, begins: bool) {
        let mut encoded: Option<(Option<Arc<bundle::Latest>>, Frame)> = None;
        loop {
            let mut state = self.lock();
            if state.closed {
                return;
            }
            let previous = state.bundle(build.key()).map(|bundle| bundle.latest().clone());
            let fits = encoded.as_ref().is_some_and(|(encoded_after, _)| match (encoded_after, &previous) {
                (Some(then), Some(now)) => then.hash() == now.hash(),
                (None, None) => true,
                _ => false,
            });
            if !fits && state.is_heard() {
                // What is written depends on the build before this one. If another thread publishes a build
                // of the same bundle meanwhile, it is written again.
                drop(state);
                let frame = bundle::frame(&build, previous.as_deref(), begins);
                encoded = Some((previous, frame));
                continue;
            }
            // A build that was begun without a name is that of a whole compiler, whatever its bundles' names.
            state.building.retain(|(name, _)| !name.is_empty() && *name != build.name);
            match state.bundles.iter_mut().find(|bundle| bundle.latest().key() == build.key()) {
                Some(bundle) => bundle.take_in(build),
                None => {
                    if state.bundles.len() == MAX_BUNDLES {
                        state.bundles.remove(0);
                    }
                    state.bundles.push(Bundle::new(build));
                }
            }
            let wakers = match encoded {
                Some((_, frame)) => self.push(state, frame),
                None => Vec::new(),
            };
            return wake(wakers);
        }
    }

    /// Takes back that a bundle is building, as nothing changed after all: its latest state goes out again.
    #[cfg(any(feature = "watch", test))]
    pub(crate) fn unchanged(&self, name: &str) {
        let mut state = self.lock();
        state.building.retain(|(other, _)| other != name);
        let Some(latest) = state.bundle((name, 0)).map(|bundle| bundle.latest().clone()) else { return };
        drop(state);
        let frame = latest.sync().clone();
        let state = self.lock();
        // A build that another thread has published meanwhile has told a later state.
        if !state.bundle((name, 0)).is_some_and(|bundle| Arc::ptr_eq(bundle.latest(), &latest)) {
            return;
        }
        let wakers = self.push(state, frame);
        wake(wakers);
    }

    fn push(&self, mut state: MutexGuard<'_, State>, frame: Frame) -> Vec<Waker> {
        if !state.is_heard() {
            return Vec::new();
        }
        state.last += 1;
        state.log.push((), frame, self.bound);
        state.clients.take_wakers()
    }

    /// Ends every subscription once it has read what was published before. May be called again.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        let wakers = state.clients.take_wakers();
        let tasks = mem::take(&mut state.at_close);
        drop(state);
        wake(wakers);
        for task in tasks {
            task();
        }
    }

    /// Has something done when the hub closes, outside of its lock; at once if it is closed.
    #[cfg(any(feature = "command", feature = "websocket"))]
    pub(crate) fn at_close(&self, task: impl FnOnce() + Send + 'static) {
        let mut state = self.lock();
        if state.closed {
            drop(state);
            return task();
        }
        state.at_close.push(Box::new(task));
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    pub(crate) fn client_count(&self) -> usize {
        self.lock().clients.count
    }

    /// The latest build of each bundle.
    pub(crate) fn latest(&self) -> Vec<Arc<bundle::Latest>> {
        self.lock().bundles.iter().map(|bundle| bundle.latest().clone()).collect()
    }

    /// A cursor for a new client, and what it has to be told first; `None` once the hub is closed.
    pub(crate) fn subscribe(self: &Arc<Self>, request: &Subscribe) -> Option<Subscriber> {
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        let seen = request.last_event_id.as_deref().and_then(|id| self.parse_id(id));
        let seen = seen.filter(|&seen| seen <= state.last);
        let (read, catch_up) = match seen {
            Some(seen) if seen + 1 >= state.first() => (seen, None),
            seen => {
                let missed = seen.map(|seen| state.last - seen);
                (state.last, Some(state.catch_up(&request.since, missed)))
            }
        };
        state.resumable |= request.ids;
        let (place, client) = state.add_client();
        if request.client.is_some() {
            state.clients.know(client, place, request.client.clone());
        }
        drop(state);
        let cursor = Cursor { hub: self.clone(), place, client, read };
        Some(Subscriber::new(cursor, request, catch_up.as_ref()))
    }

    /// A cursor for a client that can be sent something alone, and that reads on after the event with this number, or
    /// after the latest; `None` once the hub is closed.
    pub(crate) fn connect(self: &Arc<Self>, after: Option<u64>) -> Option<Cursor> {
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        let (place, client) = state.add_client();
        state.clients.know(client, place, None);
        let read = after.unwrap_or(state.last).min(state.last);
        drop(state);
        Some(Cursor { hub: self.clone(), place, client, read })
    }

    /// Keeps events from now on even while no client is connected, for one that comes back and reads on.
    pub(crate) fn make_resumable(&self) {
        self.lock().resumable = true;
    }

    /// The number of the latest event.
    pub(crate) fn last(&self) -> u64 {
        self.lock().last
    }

    /// The clients that can be answered alone.
    pub(crate) fn known_clients(&self) -> Vec<u64> {
        self.lock().clients.numbers()
    }

    /// The client that calls itself this: the latest, as a stream that was lost may still look open.
    pub(crate) fn client_named(&self, name: &str) -> Option<u64> {
        self.lock().clients.named(name)
    }

    pub(crate) fn has_client(&self, client: u64) -> bool {
        self.lock().clients.known.contains_key(&client)
    }

    /// Sends an event to one client, after all that was published before. Whether the client is there.
    ///
    /// What it does not read is bounded as the log is: beyond that it has missed events.
    pub(crate) fn send_to(&self, client: u64, frame: Frame) -> bool {
        let mut guard = self.lock();
        let state = &mut *guard;
        if state.closed {
            return false;
        }
        let Some(place) = state.clients.mail(client, state.last, frame, self.bound) else { return false };
        let waker = state.clients.wakers[place].take();
        drop(guard);
        wake(waker);
        true
    }

    fn parse_id(&self, id: &str) -> Option<u64> {
        id.strip_prefix(&self.boot)?.strip_prefix('-')?.parse().ok()
    }
}

/// Wakes outside the lock: a waker may run anything, the hub included.
fn wake(wakers: impl IntoIterator<Item = Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Hub")
            .field("clients", &state.clients.count)
            .field("events", &state.log.len())
            .field("bytes", &state.log.bytes())
            .field("closed", &state.closed)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
