//! One bounded log of events and a cursor in it for each client. Knows no HTTP and no timers.
//!
//! A slow client loses nothing while the log holds what it has not read. When its cursor falls out of the
//! log, it is told how many events it missed and gets the latest state of every bundle instead. So a
//! client that never reads costs a cursor, and nobody waits for it.

mod backlog;
mod bundles;
mod clients;
mod cursor;
mod state;
mod subscriber;

use std::{
    collections::hash_map::RandomState,
    convert::Infallible,
    fmt,
    hash::BuildHasher,
    mem,
    num::NonZeroUsize,
    sync::{Arc, PoisonError},
};

use self::{
    backlog::Bound,
    state::{Building, State, wake},
};
pub(crate) use self::{
    cursor::{Cursor, Step},
    subscriber::{Subscribe, Subscriber},
};
use crate::{
    build::Build,
    bundle::{self, Bundle, Next},
    sync::{Mutex, MutexGuard},
    wire::{Event, Frame},
};

/// Most builds under way that are sent to new clients, and most bytes of one. Names come from outside.
const MAX_BUILDING: usize = 256;
const MAX_BUILDING_BYTES: usize = 4096;

/// The log, the bundles' states and the clients' wakers.
pub(crate) struct Hub {
    /// Tells this hub's event ids from those of an earlier process.
    boot: String,
    /// Of the log, and of what a client alone is sent and does not read.
    bound: Bound,
    /// Guards everything below. Held for look-ups and moves only: encoding, comparing, waking, and giving memory back
    /// happen outside.
    state: Mutex<State>,
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
        let pushed = self.lock().push(frame, self.bound);
        pushed.wake();
        Ok(())
    }

    /// Has every page loaded again.
    pub(crate) fn reload(&self, file: Option<&str>) {
        let Ok(()) = self.publish(|| Ok::<_, Infallible>(Frame::reload(file)));
    }

    /// Publishes that a build of a bundle has begun, or of a whole compiler where no name is given, and tells it to
    /// whoever comes before the build is done.
    pub(crate) fn building(&self, name: Option<&str>, file: Option<&str>) {
        self.begin_building(name, file, name.is_none());
    }

    /// The same of the one bundle that has no name.
    #[cfg(feature = "watch")]
    pub(crate) fn building_unnamed(&self, file: Option<&str>) {
        self.begin_building(None, file, false);
    }

    fn begin_building(&self, name: Option<&str>, file: Option<&str>, whole: bool) {
        let frame = Frame::of(&Event::Building { name, file });
        let name = name.unwrap_or_default().to_owned();
        let building = Arc::new(Building { name, whole, frame: frame.clone() });
        let mut state = self.lock();
        if state.closed {
            return;
        }
        let place = state.building.iter().position(|other| other.name == building.name);
        let _replaced = place.map(|place| state.building.remove(place));
        if state.building.len() < MAX_BUILDING && building.name.len() + frame.len() <= MAX_BUILDING_BYTES {
            state.building.push(building.clone());
        }
        let pushed = state.push(frame, self.bound);
        drop(state);
        pushed.wake();
    }

    /// Makes a build the latest of its bundle and publishes it: as `sync` where the hash is the old one.
    pub(crate) fn built(&self, build: Build) {
        self.apply(build, false);
    }

    /// Sets the state that a bundle begins with, and publishes it as `sync`: nothing was built.
    pub(crate) fn set_initial(&self, build: Build) {
        self.apply(build, true);
    }

    /// Encodes a build and compares it with the one before without the lock, and then puts it in place, unless another
    /// thread has put a build of the same bundle there meanwhile, or a client has come who has to be told: then again.
    fn apply(&self, mut build: Build, initial: bool) {
        loop {
            let state = self.lock();
            if state.closed {
                return;
            }
            let (replaced, heard) = (state.bundles.get(build.key()), state.is_heard());
            drop(state);
            let previous = replaced.as_deref();
            let frame =
                heard.then(|| bundle::frame(&build, previous.map(|bundle| &**bundle.latest()), initial));
            let next = Next::of(&build, previous);

            let mut state = self.lock();
            if state.closed {
                return;
            }
            let now = state.bundles.get(build.key());
            if now.as_ref().map(Arc::as_ptr) != replaced.as_ref().map(Arc::as_ptr)
                || (frame.is_none() && state.is_heard())
            {
                continue;
            }
            // All of these are dropped when the lock is free again.
            let _ended = state.end_building(&build.name);
            let _of_clients_alone = (build.files.take(), build.changes.take());
            let _taken_out = state.bundles.put(Arc::new(Bundle::new(mem::take(&mut build), next)));
            let pushed = frame.map(|frame| state.push(frame, self.bound));
            drop(state);
            return pushed.unwrap_or_default().wake();
        }
    }

    /// Takes back that a bundle is building, as nothing changed after all: its latest state goes out again.
    #[cfg(any(feature = "watch", test))]
    pub(crate) fn unchanged(&self, name: &str) {
        let mut state = self.lock();
        let place = state.building.iter().position(|building| building.name == name);
        let taken_off = place.map(|place| state.building.remove(place));
        let bundle = state.bundles.get((name, 0));
        drop(state);
        drop(taken_off);
        let Some(bundle) = bundle else { return };
        let frame = bundle.latest().sync().clone();
        let mut state = self.lock();
        // A build that another thread has published meanwhile has told a later state.
        if !state.bundles.get((name, 0)).is_some_and(|now| Arc::ptr_eq(&now, &bundle)) {
            return;
        }
        let pushed = state.push(frame, self.bound);
        drop(state);
        pushed.wake();
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

    /// The latest build of each bundle.
    pub(crate) fn latest(&self) -> Vec<Arc<bundle::Latest>> {
        let bundles = self.lock().bundles.all();
        bundles.iter().map(|bundle| bundle.latest().clone()).collect()
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
        let mut clients = self.lock().clients.numbers();
        clients.sort_unstable();
        clients
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
    /// What it does not read is bounded as the log is, and so is what all clients together do not read: beyond that it
    /// has missed events.
    pub(crate) fn send_to(&self, client: u64, frame: Frame) -> bool {
        let mut guard = self.lock();
        let state = &mut *guard;
        if state.closed || !state.clients.known.contains_key(&client) {
            // Not given back under the lock: it may be large.
            drop(guard);
            return false;
        }
        let mailed = state.clients.inbox(client, state.last, frame, self.bound);
        drop(guard);
        wake(mailed.wakers);
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
