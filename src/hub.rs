//! One bounded log of events and a cursor in it for each client. Knows no HTTP and no timers.
//!
//! A slow client loses nothing while the log holds what it has not read. When its cursor falls out of the
//! log, it is told how many events it missed and gets the latest state of every bundle instead. So a
//! client that never reads costs a cursor, and nobody waits for it.

use std::{
    collections::{HashMap, VecDeque, hash_map::RandomState},
    convert::Infallible,
    fmt,
    hash::BuildHasher,
    mem,
    num::NonZeroUsize,
    sync::{Arc, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use bytes::Bytes;

#[cfg(feature = "websocket")]
use crate::payload::Waiting;
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
    /// How many clients there have been: the number of the latest.
    last_client: u64,
    /// What the next socket is told first, as it went out while there was none.
    #[cfg(feature = "websocket")]
    waiting: Option<Waiting>,
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

    fn add_client(&mut self) -> (usize, u64) {
        self.last_client += 1;
        (self.clients.add(), self.last_client)
    }

    #[cfg(feature = "websocket")]
    fn keep_waiting(&mut self, waiting: Waiting) {
        if self.clients.sockets == 0 && !self.closed {
            self.waiting = Some(waiting);
        }
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

/// The clients' wakers, each in a place of its own; and who they are.
#[derive(Default)]
struct Clients {
    wakers: Vec<Option<Waker>>,
    free: Vec<usize>,
    count: usize,
    /// The clients that can be answered alone, by number.
    known: HashMap<u64, Known>,
    #[cfg(feature = "websocket")]
    sockets: usize,
}

/// A client that can be answered alone.
struct Known {
    place: usize,
    #[cfg(feature = "websocket")]
    socket: bool,
    /// What an event stream's client calls itself when it sends something.
    name: Option<String>,
    /// Events for this client alone, each with the number of the event that it follows.
    mail: VecDeque<(u64, Frame)>,
    mail_bytes: usize,
    /// How many of them were dropped because it did not read them.
    missed: u64,
}

impl Clients {
    fn add(&mut self) -> usize {
        self.count += 1;
        self.free.pop().unwrap_or_else(|| {
            self.wakers.push(None);
            self.wakers.len() - 1
        })
    }

    /// Makes a client one that can be answered alone.
    fn know(&mut self, client: u64, place: usize, name: Option<String>) {
        let known = Known {
            place,
            #[cfg(feature = "websocket")]
            socket: false,
            name,
            mail: VecDeque::new(),
            mail_bytes: 0,
            missed: 0,
        };
        self.known.insert(client, known);
    }

    /// Makes a client one on a socket.
    #[cfg(feature = "websocket")]
    fn know_socket(&mut self, client: u64, place: usize) {
        self.know(client, place, None);
        self.sockets += 1;
        if let Some(known) = self.known.get_mut(&client) {
            known.socket = true;
        }
    }

    /// Gives the place's waker back, to be dropped outside the lock: it may be the last hold on a task that
    /// owns another subscriber.
    fn remove(&mut self, place: usize, client: u64) -> Option<Waker> {
        self.count -= 1;
        #[cfg(feature = "websocket")]
        if self.known.get(&client).is_some_and(|known| known.socket) {
            self.sockets -= 1;
        }
        self.known.remove(&client);
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

    /// Has every page loaded again.
    pub(crate) fn reload(&self, file: Option<&str>) {
        #[cfg(feature = "websocket")]
        self.lock().keep_waiting(Waiting::Reload);
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
            #[cfg(feature = "websocket")]
            if let Some(waiting) = Waiting::of(&build, previous.as_deref(), begins) {
                state.keep_waiting(waiting);
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
        state.ids_given |= request.ids;
        let (place, client) = state.add_client();
        if request.client.is_some() {
            state.clients.know(client, place, request.client.clone());
        }
        drop(state);
        let cursor = Cursor { hub: self.clone(), place, client, read };
        let &Subscribe { ids, changes, .. } = request;
        let mut subscriber = Subscriber { cursor, ids, changes, unsent: VecDeque::new() };
        if let Some(catch_up) = catch_up {
            subscriber.write_catch_up(&catch_up);
        }
        Some(subscriber)
    }

    /// A cursor for a new socket; `None` once the hub is closed.
    #[cfg(feature = "websocket")]
    pub(crate) fn connect(self: &Arc<Self>) -> Option<Cursor> {
        let mut state = self.lock();
        if state.closed {
            return None;
        }
        let (place, client) = state.add_client();
        state.clients.know_socket(client, place);
        let read = state.last;
        drop(state);
        Some(Cursor { hub: self.clone(), place, client, read })
    }

    /// What went out while there was no socket, for the one that is open now.
    #[cfg(feature = "websocket")]
    pub(crate) fn take_waiting(&self) -> Option<Frame> {
        let mut state = self.lock();
        match state.waiting.take()? {
            Waiting::Reload => {
                drop(state);
                Some(Frame::reload(None))
            }
            Waiting::Errors { bundle: (name, nth) } => {
                let latest = state.bundle((&name, nth))?.latest().clone();
                drop(state);
                // An error that was mended since is nothing to be told.
                latest.errors_frame()
            }
        }
    }

    /// The clients that can be answered alone.
    pub(crate) fn known_clients(&self) -> Vec<u64> {
        let mut clients: Vec<_> = self.lock().clients.known.keys().copied().collect();
        clients.sort_unstable();
        clients
    }

    /// The client that calls itself this: the latest, as a stream that was lost may still look open.
    pub(crate) fn client_named(&self, name: &str) -> Option<u64> {
        let state = self.lock();
        let known = state.clients.known.iter();
        known.filter(|(_, known)| known.name.as_deref() == Some(name)).map(|(client, _)| *client).max()
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
        let Some(known) = state.clients.known.get_mut(&client).filter(|_| !state.closed) else {
            return false;
        };
        known.mail_bytes += frame.len();
        known.mail.push_back((state.last, frame));
        let mut dropped = Vec::new();
        while known.mail.len() > self.max_events.get()
            || (known.mail_bytes > self.max_bytes && known.mail.len() > 1)
        {
            if let Some((_, frame)) = known.mail.pop_front() {
                known.mail_bytes -= frame.len();
                known.missed += 1;
                dropped.push(frame);
            }
        }
        let place = known.place;
        let waker = state.clients.wakers[place].take();
        drop(guard);
        wake(waker.into_iter().collect());
        true
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
    /// What it calls itself when it sends something.
    pub(crate) client: Option<String>,
}

/// The state that replaces the events that a client is not sent one by one.
pub(crate) struct CatchUp {
    last: u64,
    missed: Option<u64>,
    bundles: Vec<Snapshot>,
    building: Vec<Frame>,
}

/// One client's cursor in the log. Dropping it ends the subscription.
#[derive(Debug)]
pub(crate) struct Cursor {
    hub: Arc<Hub>,
    place: usize,
    client: u64,
    /// The number of the last event that has been taken from the log.
    read: u64,
}

/// What a client is to be told next.
pub(crate) enum Step {
    Event(Frame),
    /// The client was too slow for what is gone.
    Lagged(CatchUp),
}

impl Cursor {
    /// The hub that it reads.
    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// The client's number.
    #[cfg(feature = "websocket")]
    pub(crate) fn client(&self) -> u64 {
        self.client
    }

    /// What comes next; `None` once the hub is closed and all is read.
    ///
    /// # Cancel safety
    /// Nothing is lost when it is polled again later.
    pub(crate) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Step>> {
        let mut guard = self.hub.lock();
        let state = &mut *guard;
        if let Some(known) = state.clients.known.get_mut(&self.client) {
            if known.missed > 0 {
                let missed = mem::take(&mut known.missed) + known.mail.len() as u64 + state.last - self.read;
                let mail = mem::take(&mut known.mail);
                known.mail_bytes = 0;
                self.read = state.last;
                let catch_up = state.catch_up(&[], Some(missed));
                drop(guard);
                drop(mail);
                return Poll::Ready(Some(Step::Lagged(catch_up)));
            }
            if known.mail.front().is_some_and(|(after, _)| *after <= self.read) {
                if let Some((_, frame)) = known.mail.pop_front() {
                    known.mail_bytes -= frame.len();
                    return Poll::Ready(Some(Step::Event(frame)));
                }
            }
        }
        if self.read == state.last {
            if state.closed {
                return Poll::Ready(None);
            }
            let waker = &mut state.clients.wakers[self.place];
            if !waker.as_ref().is_some_and(|waker| waker.will_wake(cx.waker())) {
                let old = waker.replace(cx.waker().clone());
                drop(guard);
                drop(old);
            }
            return Poll::Pending;
        }
        let first = state.first();
        if self.read + 1 < first {
            let missed = state.last - self.read;
            self.read = state.last;
            let catch_up = state.catch_up(&[], Some(missed));
            return Poll::Ready(Some(Step::Lagged(catch_up)));
        }
        let index = usize::try_from(self.read + 1 - first).unwrap_or(usize::MAX);
        let Some(frame) = state.log.get(index).cloned() else { return Poll::Ready(None) };
        self.read += 1;
        Poll::Ready(Some(Step::Event(frame)))
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        let mut state = self.hub.lock();
        let waker = state.clients.remove(self.place, self.client);
        drop(state);
        drop(waker);
    }
}

/// One client's event stream, from its cursor.
#[derive(Debug)]
pub(crate) struct Subscriber {
    cursor: Cursor,
    ids: bool,
    changes: bool,
    /// Bytes of events that have been taken and not yet handed out.
    unsent: VecDeque<Bytes>,
}

impl Subscriber {
    /// The hub that it reads.
    pub(crate) fn hub(&self) -> &Arc<Hub> {
        self.cursor.hub()
    }

    /// Puts an event before all that the client has not been handed yet. It takes nothing from the log.
    pub(crate) fn prepend(&mut self, frame: &Frame) {
        let later = mem::take(&mut self.unsent);
        self.write(frame, self.cursor.read);
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
            match ready!(self.cursor.poll_next(cx)) {
                Some(Step::Event(frame)) if !self.ids && !self.changes => {
                    return Poll::Ready(Some(frame.data().clone()));
                }
                Some(Step::Event(frame)) => self.write(&frame, self.cursor.read),
                Some(Step::Lagged(catch_up)) => self.write_catch_up(&catch_up),
                None => return Poll::Ready(None),
            }
        }
    }

    fn write(&mut self, frame: &Frame, id: u64) {
        if self.ids {
            self.unsent.push_back(id_line(&self.hub().boot, id));
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
                self.unsent.push_back(id_line(&self.hub().boot, id));
            }
            bundle.write(self.changes, &mut self.unsent);
        }
        for building in &catch_up.building {
            self.write(building, id);
        }
    }
}

fn id_line(boot: &str, id: u64) -> Bytes {
    format!("id: {boot}-{id}\n").into()
}

#[cfg(test)]
mod tests;
