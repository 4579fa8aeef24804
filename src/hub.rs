//! One bounded log of events and a cursor in it for each client. Knows no HTTP and no timers.
//!
//! A slow client loses nothing while the log holds what it has not read. When its cursor falls out of the
//! log, it is told how many events it missed and gets the latest state of every bundle instead. So a
//! client that never reads costs a cursor, and nobody waits for it.

use std::{
    collections::{VecDeque, hash_map::RandomState},
    fmt,
    hash::BuildHasher,
    mem,
    num::NonZeroUsize,
    sync::{Arc, PoisonError},
    task::{Context, Poll, Waker},
};

use bytes::Bytes;

use crate::{
    build::Build,
    bundle::{self, Bundle, Snapshot},
    event::{Event, Frame},
    sync::{Mutex, MutexGuard},
};

/// The most bundles that the hub keeps the state of. Names come from outside, and memory is bounded.
const MAX_BUNDLES: usize = 256;

/// The log, the bundles' states and the clients' wakers.
pub(crate) struct Hub {
    /// Tells this hub's event ids from those of an earlier process.
    boot: String,
    max_events: NonZeroUsize,
    max_bytes: usize,
    /// Guards everything below. Held for look-ups and moves only: encoding and waking happen outside.
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// The latest events; the last one has the number `last`.
    log: VecDeque<Frame>,
    log_bytes: usize,
    last: u64,
    bundles: Vec<Bundle>,
    /// The builds under way, by bundle name.
    building: Vec<(String, Frame)>,
    clients: Clients,
    /// Whether a client may come back and name an event that it has seen.
    ids_given: bool,
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
        self.clients.count > 0 || self.ids_given
    }

    fn bundle(&self, key: (&str, usize)) -> Option<&Bundle> {
        self.bundles.iter().find(|bundle| bundle.latest().key() == key)
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

/// The clients' wakers, each in a place of its own.
#[derive(Default)]
struct Clients {
    wakers: Vec<Option<Waker>>,
    free: Vec<usize>,
    count: usize,
}

impl Clients {
    fn add(&mut self) -> usize {
        self.count += 1;
        self.free.pop().unwrap_or_else(|| {
            self.wakers.push(None);
            self.wakers.len() - 1
        })
    }

    /// Gives the place's waker back, to be dropped outside the lock: it may be the last hold on a task that
    /// owns another subscriber.
    fn remove(&mut self, place: usize) -> Option<Waker> {
        self.count -= 1;
        let waker = self.wakers[place].take();
        self.free.push(place);
        if self.count == 0 {
            *self = Self::default();
        }
        waker
    }

    fn take_wakers(&mut self) -> Vec<Waker> {
        self.wakers.iter_mut().filter_map(Option::take).collect()
    }
}

impl Hub {
    pub(crate) fn new(max_events: NonZeroUsize, max_bytes: usize) -> Arc<Self> {
        let boot = format!("{:08x}", RandomState::new().hash_one(0) >> 32);
        Arc::new(Self { boot, max_events, max_bytes, state: Mutex::default() })
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
        if state.closed || !state.is_heard() {
            return Vec::new();
        }
        state.last += 1;
        state.log_bytes += frame.len();
        state.log.push_back(frame);
        // One event larger than the whole log is kept all the same: somebody is waiting for it.
        while state.log.len() > self.max_events.get()
            || (state.log_bytes > self.max_bytes && state.log.len() > 1)
        {
            if let Some(dropped) = state.log.pop_front() {
                state.log_bytes -= dropped.len();
            }
        }
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
    #[cfg(feature = "command")]
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
        state.ids_given |= request.ids;
        let place = state.clients.add();
        drop(state);
        let &Subscribe { ids, changes, .. } = request;
        let mut subscriber =
            Subscriber { hub: self.clone(), place, read, ids, changes, unsent: VecDeque::new() };
        if let Some(catch_up) = catch_up {
            subscriber.write_catch_up(&catch_up);
        }
        Some(subscriber)
    }

    fn parse_id(&self, id: &str) -> Option<u64> {
        id.strip_prefix(&self.boot)?.strip_prefix('-')?.parse().ok()
    }
}

/// Wakes outside the lock: a waker may run anything, the hub included.
fn wake(wakers: Vec<Waker>) {
    wakers.into_iter().for_each(Waker::wake);
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.lock();
        f.debug_struct("Hub")
            .field("clients", &state.clients.count)
            .field("events", &state.log.len())
            .field("bytes", &state.log_bytes)
            .field("closed", &state.closed)
            .finish_non_exhaustive()
    }
}

/// What a client asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Subscribe {
    /// Whether every event carries its id.
    pub(crate) ids: bool,
    /// Whether `built` and `sync` carry our own client's keys.
    pub(crate) changes: bool,
    /// The hashes that the client has.
    pub(crate) since: Vec<String>,
    /// The last event that it has seen.
    pub(crate) last_event_id: Option<String>,
}

/// The state that replaces the events that a client is not sent one by one.
struct CatchUp {
    last: u64,
    missed: Option<u64>,
    bundles: Vec<Snapshot>,
    building: Vec<Frame>,
}

/// One client's cursor in the log. Dropping it ends the subscription.
#[derive(Debug)]
pub(crate) struct Subscriber {
    hub: Arc<Hub>,
    place: usize,
    /// The number of the last event that has been taken from the log.
    read: u64,
    ids: bool,
    changes: bool,
    /// Bytes of events that have been taken and not yet handed out.
    unsent: VecDeque<Bytes>,
}

impl Subscriber {
    /// The hub that it reads.
    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// Puts an event before all that the client has not been handed yet. It takes nothing from the log.
    pub(crate) fn prepend(&mut self, frame: &Frame) {
        let later = mem::take(&mut self.unsent);
        self.write(frame, self.read);
        self.unsent.extend(later);
    }

    /// The next bytes, of whole events in their order; `None` once the hub is closed and all is read.
    ///
    /// # Cancel safety
    /// Bytes that were not handed out are handed out by the next call.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        loop {
            if let Some(bytes) = self.unsent.pop_front() {
                if self.unsent.is_empty() {
                    // What a newcomer is told first needs room once.
                    self.unsent = VecDeque::new();
                }
                return Poll::Ready(Some(bytes));
            }
            let mut state = self.hub.lock();
            if self.read == state.last {
                if state.closed {
                    return Poll::Ready(None);
                }
                let waker = &mut state.clients.wakers[self.place];
                if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                    let old = waker.replace(cx.waker().clone());
                    drop(state);
                    drop(old);
                }
                return Poll::Pending;
            }
            let first = state.first();
            if self.read + 1 < first {
                let missed = state.last - self.read;
                self.read = state.last;
                let catch_up = state.catch_up(&[], Some(missed));
                drop(state);
                self.write_catch_up(&catch_up);
                continue;
            }
            let index = usize::try_from(self.read + 1 - first).unwrap_or(usize::MAX);
            let Some(frame) = state.log.get(index).cloned() else { return Poll::Ready(None) };
            drop(state);
            self.read += 1;
            if !self.ids && !self.changes {
                return Poll::Ready(Some(frame.data().clone()));
            }
            self.write(&frame, self.read);
        }
    }

    fn write(&mut self, frame: &Frame, id: u64) {
        if self.ids {
            self.unsent.push_back(id_line(&self.hub.boot, id));
        }
        frame.write(self.changes, &mut self.unsent);
    }

    fn write_catch_up(&mut self, catch_up: &CatchUp) {
        let id = catch_up.last;
        if let Some(missed) = catch_up.missed {
            self.write(&Frame::of(&Event::Lagged { missed }), id);
        }
        for bundle in &catch_up.bundles {
            if self.ids {
                self.unsent.push_back(id_line(&self.hub.boot, id));
            }
            bundle.write(self.changes, &mut self.unsent);
        }
        for building in &catch_up.building {
            self.write(building, id);
        }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        let mut state = self.hub.lock();
        let waker = state.clients.remove(self.place);
        drop(state);
        drop(waker);
    }
}

fn id_line(boot: &str, id: u64) -> Bytes {
    format!("id: {boot}-{id}\n").into()
}

#[cfg(test)]
mod tests;
