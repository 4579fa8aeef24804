//! One bounded log of events with a cursor for each client. Knows no HTTP and no timers.
//!
//! A slow client loses nothing while the log holds its unread events. When its cursor falls out of the log,
//! it receives the number of missed events and the latest state of every bundle instead. So a client that
//! never reads costs a cursor and delays no one.

mod applied;
mod backlog;
mod bundles;
mod clients;
mod cursor;
mod recent;
#[cfg(feature = "redis")]
pub(crate) mod relayed;
mod state;
mod subscriber;

use std::{
    collections::hash_map::RandomState,
    fmt,
    hash::BuildHasher,
    mem,
    num::NonZeroUsize,
    sync::{Arc, PoisonError},
};

#[cfg(feature = "redis")]
use self::relayed::Operation;
pub(crate) use self::{
    applied::Applied,
    clients::Streams,
    cursor::{Cursor, Step},
    recent::{Fill, Logged},
    subscriber::{Subscribe, Subscriber},
};
use self::{
    backlog::Bound,
    state::{Building, State, wake},
};
use crate::{
    build::Build,
    bundle::{self, Bundle, Next},
    sync::{Mutex, MutexGuard},
    wire::{Event, Frame},
};

/// The largest number of builds under way that are sent to new clients, and the most bytes of one. Names come
/// from outside.
const MAX_BUILDING: usize = 256;
const MAX_BUILDING_BYTES: usize = 4096;

/// The event log, the bundles' states and the clients' wakers.
pub(crate) struct Hub {
    /// Distinguishes this hub's event ids from those of an earlier process.
    boot: String,
    /// The bound of the log, and of each inbox.
    bound: Bound,
    /// Takes what sources publish to a log that is shared with other processes.
    #[cfg(feature = "redis")]
    outlet: std::sync::OnceLock<Arc<dyn relayed::Outlet>>,
    /// Guards everything below. Held for look-ups and moves only: encoding, comparing, waking and freeing
    /// memory happen outside.
    state: Mutex<State>,
}

impl Hub {
    pub(crate) fn new(max_events: NonZeroUsize, max_bytes: usize) -> Arc<Self> {
        let boot = format!("{:08x}", RandomState::new().hash_one(0) >> 32);
        let bound = Bound { events: max_events, bytes: max_bytes };
        Arc::new(Self {
            boot,
            bound,
            #[cfg(feature = "redis")]
            outlet: std::sync::OnceLock::new(),
            state: Mutex::default(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing panics under the lock, so a poisoned state would still be whole.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Publishes an event that changes no state.
    pub(crate) fn publish<E>(&self, encode: impl FnOnce() -> Result<Frame, E>) -> Result<(), E> {
        #[cfg(feature = "redis")]
        if let Some(outlet) = self.outlet() {
            if let Ok(event) = serde_json::from_slice(&encode()?.json()) {
                outlet.submit(Operation::Event(event), None);
            }
            return Ok(());
        }
        if !self.lock().has_readers() {
            return Ok(());
        }
        self.push(encode()?);
        Ok(())
    }

    /// Appends an event. Returns the number of the latest one.
    fn push(&self, frame: Frame) -> u64 {
        let mut state = self.lock();
        let pushed = state.push(frame, self.bound);
        let last = state.last;
        drop(state);
        pushed.wake();
        last
    }

    /// Reloads every page. Returns the event's number.
    pub(crate) fn reload(&self, file: Option<&str>) -> u64 {
        #[cfg(feature = "redis")]
        if self.submit(|| Operation::Reload { file: file.map(str::to_owned) }) {
            return 0;
        }
        self.push(Frame::reload(file))
    }

    /// Publishes that a build of a bundle has begun, or of a whole compiler if there is no name. Clients that
    /// connect before the build is done receive the event too.
    pub(crate) fn building(&self, name: Option<&str>, file: Option<&str>) {
        self.announce_building(name, file, name.is_none());
    }

    /// The same for the one bundle without a name.
    #[cfg(feature = "watch")]
    pub(crate) fn building_unnamed(&self, file: Option<&str>) {
        self.announce_building(None, file, false);
    }

    fn announce_building(&self, name: Option<&str>, file: Option<&str>, whole: bool) {
        #[cfg(feature = "redis")]
        if self.submit(|| {
            let (name, file) = (name.map(str::to_owned), file.map(str::to_owned));
            Operation::Building { name, file, whole }
        }) {
            return;
        }
        self.begin_building(name, file, whole);
    }

    fn begin_building(&self, name: Option<&str>, file: Option<&str>, whole: bool) {
        let frame = Frame::of(&Event::Building { name, file });
        let name = name.unwrap_or_default().to_owned();
        let building = Arc::new(Building { name, whole, frame: frame.clone() });
        let mut state = self.lock();
        if state.closed {
            return;
        }
        let index = state.building.iter().position(|other| other.name == building.name);
        let _replaced = index.map(|index| state.building.remove(index));
        if state.building.len() < MAX_BUILDING && building.name.len() + frame.len() <= MAX_BUILDING_BYTES {
            state.building.push(building.clone());
        }
        let pushed = state.push(frame, self.bound);
        drop(state);
        pushed.wake();
    }

    /// Makes a build the latest of its bundle and publishes it, as `sync` if the hash has not changed.
    pub(crate) fn built(&self, build: Build) -> Applied {
        #[cfg(feature = "redis")]
        if self.outlet.get().is_some() {
            self.submit(|| Operation::Built(Box::new(build)));
            return Applied::Unchanged;
        }
        self.apply(build, false)
    }

    /// Sets the initial state of a bundle and publishes it as `sync`, because nothing was built.
    pub(crate) fn set_initial(&self, build: Build) {
        #[cfg(feature = "redis")]
        if self.outlet.get().is_some() {
            self.submit(|| Operation::Initial(Box::new(build)));
            return;
        }
        self.apply(build, true);
    }

    /// Encodes and compares a build without the lock, then stores it. Starts over if meanwhile another thread
    /// has stored a build of the same bundle, or the first client has connected.
    fn apply(&self, mut build: Build, initial: bool) -> Applied {
        loop {
            let state = self.lock();
            if state.closed {
                return Applied::Unchanged;
            }
            let (replaced, has_readers) = (state.bundles.get(build.key()), state.has_readers());
            drop(state);
            let previous = replaced.as_deref();
            let frame = has_readers
                .then(|| bundle::frame(&build, previous.map(|bundle| &**bundle.latest()), initial));
            let next = Next::of(&build, previous);
            let is_changed =
                !initial && previous.is_none_or(|bundle| bundle.latest().hash() != build.hash.as_deref());

            let mut state = self.lock();
            if state.closed {
                return Applied::Unchanged;
            }
            let now = state.bundles.get(build.key());
            if now.as_ref().map(Arc::as_ptr) != replaced.as_ref().map(Arc::as_ptr)
                || (frame.is_none() && state.has_readers())
            {
                continue;
            }
            // All of these are dropped after the lock is released.
            let _ended = state.end_building(&build.name);
            let _extension_fields = (build.files.take(), build.changes.take());
            let _evicted = state.bundles.put(Arc::new(Bundle::new(mem::take(&mut build), next)));
            let pushed = frame.map(|frame| state.push(frame, self.bound));
            let last = state.last;
            drop(state);
            pushed.unwrap_or_default().wake();
            return if is_changed { Applied::Changed(last) } else { Applied::Unchanged };
        }
    }

    /// Withdraws a build of a bundle that changed nothing after all, by publishing the latest state again.
    #[cfg(any(feature = "watch", test))]
    pub(crate) fn unchanged(&self, name: &str) {
        #[cfg(feature = "redis")]
        if self.submit(|| Operation::Unchanged { name: name.to_owned() }) {
            return;
        }
        self.withdraw(name);
    }

    #[cfg(any(feature = "watch", feature = "redis", test))]
    fn withdraw(&self, name: &str) {
        let mut state = self.lock();
        let index = state.building.iter().position(|building| building.name == name);
        let withdrawn = index.map(|index| state.building.remove(index));
        let bundle = state.bundles.get((name, 0));
        drop(state);
        drop(withdrawn);
        let Some(bundle) = bundle else { return };
        let frame = bundle.latest().sync().clone();
        let mut state = self.lock();
        // Another thread has published a later state meanwhile.
        if !state.bundles.get((name, 0)).is_some_and(|now| Arc::ptr_eq(&now, &bundle)) {
            return;
        }
        let pushed = state.push(frame, self.bound);
        drop(state);
        pushed.wake();
    }

    /// Ends every subscription once it has read all earlier events. May be called again.
    pub(crate) fn close(&self) {
        #[cfg(feature = "redis")]
        if let Some(outlet) = self.outlet() {
            outlet.flush();
        }
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

    /// Runs a task when the hub closes, outside of its lock; at once if it is closed.
    #[cfg(any(feature = "watch", feature = "websocket"))]
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

    /// Returns the number of open streams of this crate's client, and of others.
    pub(crate) fn streams(&self) -> Streams {
        self.lock().clients.streams()
    }

    /// Returns the latest build of each bundle.
    pub(crate) fn latest(&self) -> Vec<Arc<bundle::Latest>> {
        let bundles = self.lock().bundles.all();
        bundles.iter().map(|bundle| bundle.latest().clone()).collect()
    }

    /// Keeps events from now on even while no client is connected, for clients that come back and read on.
    pub(crate) fn make_resumable(&self) {
        self.lock().resumable = true;
    }

    /// Returns the number of the latest event.
    pub(crate) fn last(&self) -> u64 {
        self.lock().last
    }

    /// Returns the numbers of the addressable clients.
    pub(crate) fn addressable_clients(&self) -> Vec<u64> {
        let mut clients = self.lock().clients.numbers();
        clients.sort_unstable();
        clients
    }

    /// Returns the latest client with this name, because a stream that was lost may still look open.
    pub(crate) fn client_named(&self, name: &str) -> Option<u64> {
        self.lock().clients.named(name)
    }

    pub(crate) fn has_client(&self, client: u64) -> bool {
        self.lock().clients.addressable.contains_key(&client)
    }

    /// Sends an event to one client, after all earlier events. Returns true if the client is connected.
    ///
    /// Each inbox is bounded as the log is, and so are all inboxes together: beyond that, a client has missed
    /// events.
    pub(crate) fn send_to(&self, client: u64, frame: Frame) -> bool {
        let mut guard = self.lock();
        let state = &mut *guard;
        if state.closed || !state.clients.addressable.contains_key(&client) {
            // Dropped outside the lock, because it may be large.
            drop(guard);
            return false;
        }
        let delivered = state.clients.deliver(client, state.last, frame, self.bound);
        drop(guard);
        wake(delivered.wakers);
        true
    }
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
