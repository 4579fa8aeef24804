//! A hub whose log is shared with other processes: sources hand their operations to an outlet, and what comes back from the
//! shared log is applied here, in the same order in every process.
//!
//! While the shared log is away, operations are applied *ahead* of it: pages of this process receive them at once, and skip
//! them when they come back. The hub knows no network. Whoever applies operations does so one after another.

mod operation;
mod place;
mod state;

use std::{
    collections::HashMap,
    fmt,
    sync::Arc,
    task::{Context, Poll},
};

pub(crate) use self::{
    operation::Operation,
    place::{Note, Origin, Place},
    state::Relayed,
};
use super::{
    Applied, Cursor, Hub, Subscribe,
    state::{CatchUp, State, wake},
};
use crate::{build::Build, bundle::Bundle, wire::Frame};

/// Called with the outcome of an operation once it is applied.
pub(crate) type Done = Box<dyn FnOnce(Applied) + Send>;

/// Takes operations to the shared log.
pub(crate) trait Outlet: Send + Sync {
    /// Takes an operation. Never waits for the network.
    fn submit(&self, operation: Operation, done: Option<Done>);

    /// Applies everything that was submitted and has not come back, because the hub is about to close.
    fn flush(&self);

    /// Returns the number of clients of all other processes.
    fn other_clients(&self) -> usize;
}

impl fmt::Debug for dyn Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlet").finish_non_exhaustive()
    }
}

/// The part of a shared log that a process reads when it joins.
#[derive(Debug, Default)]
pub(crate) struct Join {
    pub(crate) epoch: u64,
    /// Number of the event before the oldest one that is in the log.
    pub(crate) floor: u64,
    /// Number of events that connected clients have missed; 0 if they may read on.
    pub(crate) lost: u64,
    /// The builds of bundles and the builds under way from before the oldest event.
    pub(crate) earlier: Vec<Operation>,
}

impl Hub {
    /// Shares the log from now on. Called before anything is published.
    pub(crate) fn share(&self, outlet: Arc<dyn Outlet>, origin: Origin) {
        let mut state = self.lock();
        state.resumable = true;
        state.relayed.begin(origin);
        drop(state);
        let _ = self.outlet.set(outlet);
    }

    pub(crate) fn outlet(&self) -> Option<&Arc<dyn Outlet>> {
        self.outlet.get()
    }

    /// Hands an operation to the shared log, if there is one.
    pub(super) fn submit(&self, operation: impl FnOnce() -> Operation) -> bool {
        let Some(outlet) = self.outlet.get() else { return false };
        outlet.submit(operation(), None);
        true
    }

    /// Publishes a build as [`built`](Self::built) does, and calls `done` once it is applied.
    pub(crate) fn built_then(&self, build: Build, done: impl FnOnce(Applied) + Send + 'static) {
        match self.outlet.get() {
            Some(outlet) => outlet.submit(Operation::Built(Box::new(build)), Some(Box::new(done))),
            None => done(self.built(build)),
        }
    }

    /// Publishes a reload as [`reload`](Self::reload) does, and calls `done` once it is applied.
    pub(crate) fn reload_then(&self, file: Option<&str>, done: impl FnOnce(Applied) + Send + 'static) {
        match self.outlet.get() {
            Some(outlet) => {
                outlet.submit(Operation::Reload { file: file.map(str::to_owned) }, Some(Box::new(done)));
            }
            None => done(Applied::Changed(self.reload(file))),
        }
    }

    /// Applies an operation. Clients are woken by [`wake_clients`](Self::wake_clients).
    pub(crate) fn apply_operation(&self, operation: Operation, note: Note) -> Applied {
        self.lock().relayed.note = note;
        let applied = match operation {
            Operation::Building { name, file, whole } => {
                self.begin_building(name.as_deref(), file.as_deref(), whole);
                Applied::Unchanged
            }
            Operation::Built(build) => self.apply(*build, false),
            Operation::Initial(build) => self.apply(*build, true),
            Operation::Unchanged { name } => {
                self.withdraw(&name);
                Applied::Unchanged
            }
            Operation::Reload { file } => {
                self.push(Frame::reload(file.as_deref()));
                Applied::Changed(0)
            }
            Operation::Event(event) => {
                self.push(Frame::new(event.get().as_bytes()));
                Applied::Unchanged
            }
            Operation::To { client, event } => {
                self.send_to_named(&client, Frame::new(event.get().as_bytes()));
                Applied::Unchanged
            }
        };
        let mut state = self.lock();
        state.relayed.advance(&note);
        let at = state.relayed.at;
        drop(state);
        // Receipts name an event by its number in the shared log.
        if let Applied::Changed(_) = applied { Applied::Changed(at) } else { applied }
    }

    /// Puts an operation that was applied ahead into the log at its place, for clients that come from other processes.
    /// Its effect on the state is there already.
    pub(crate) fn settle(&self, operation: Operation, note: Note) {
        let mut state = self.lock();
        state.relayed.note = note;
        if let Some(frame) = state.frame_ahead(note.count) {
            let pushed = state.push(frame, self.bound);
            drop(state);
            return pushed.wake();
        }
        drop(state);
        self.apply_operation(operation, note);
    }

    /// Wakes the clients that have something to read.
    pub(crate) fn wake_clients(&self) {
        let mut state = self.lock();
        let mut wakers = state.clients.take_wakers();
        wakers.append(&mut state.relayed.wakers);
        drop(state);
        wake(wakers);
    }

    /// Begins to read a shared log: what the earlier one had is dropped, and clients wait for [`open`](Self::open).
    pub(crate) fn join(&self, join: Join) {
        let mut state = self.lock();
        state.relayed.is_joining = true;
        let log = std::mem::take(&mut state.log);
        state.last += join.lost;
        let bundles = std::mem::take(&mut state.bundles);
        let building = std::mem::take(&mut state.building);
        state.relayed.join(join.epoch, join.floor, join.lost == 0);
        drop(state);
        drop((log, building));
        for operation in join.earlier {
            match operation {
                Operation::Built(build) | Operation::Initial(build) => self.restore(*build),
                Operation::Building { name, file, whole } => {
                    self.begin_building(name.as_deref(), file.as_deref(), whole);
                }
                _ => {}
            }
        }
        // Bundles that only this process knows, as the shared log is new.
        let mut state = self.lock();
        let mut replaced = Vec::new();
        for bundle in bundles.all() {
            if state.bundles.get(bundle.latest().key()).is_none() {
                replaced.extend(state.bundles.put(bundle));
            }
        }
        // What was restored is no event.
        let log = std::mem::take(&mut state.log);
        drop(state);
        drop((log, replaced, bundles));
    }

    /// Gives a bundle that is not known its earlier hash, which the next build's event names.
    pub(crate) fn expect_previous(&self, build: &Build, before: &str) {
        if !before.is_empty() && self.lock().bundles.get(build.key()).is_none() {
            self.restore(Build { nth: build.nth, ..Build::new(before).name(build.name.clone()) });
        }
    }

    /// Notes that an operation at this position has no event.
    pub(crate) fn note_settled(&self, note: Note) {
        self.lock().relayed.advance(&note);
    }

    /// Notes that events are missing: every client is caught up.
    pub(crate) fn lose(&self, events: u64) {
        let mut state = self.lock();
        let log = std::mem::take(&mut state.log);
        state.last += events;
        state.relayed.lose();
        drop(state);
        drop(log);
    }

    fn restore(&self, build: Build) {
        let next = crate::bundle::Next::of(&build, None);
        let bundle = Arc::new(Bundle::new(build, next));
        let _replaced = self.lock().bundles.put(bundle);
    }

    /// Lets clients read: the shared log is read to its end, or is away. They are woken by
    /// [`wake_clients`](Self::wake_clients).
    pub(crate) fn open(&self) {
        let mut state = self.lock();
        let (last, place) = (state.last, state.relayed.place());
        state.relayed.open(last, place);
    }

    /// Returns the latest build of each bundle, for a shared log that has lost them.
    pub(crate) fn builds(&self) -> Vec<Build> {
        self.latest().iter().map(|latest| latest.build().clone()).collect()
    }

    /// Returns the name of an addressable client.
    pub(crate) fn name_of(&self, client: u64) -> Option<String> {
        self.lock().clients.name_of(client)
    }

    fn send_to_named(&self, name: &str, frame: Frame) {
        let mut guard = self.lock();
        let state = &mut *guard;
        let Some(client) = state.clients.named(name) else { return drop(guard) };
        let mut delivered = state.clients.deliver(client, state.last, frame, self.bound);
        state.relayed.wakers.append(&mut delivered.wakers);
        drop(guard);
    }
}

impl State {
    /// Returns where a client enters, as [`enter`](Self::enter) does. The last value is true if it has to wait.
    pub(super) fn enter_or_wait(&self, request: &Subscribe) -> (u64, Place, Option<CatchUp>, bool) {
        if self.relayed.is_joining {
            return (self.last, self.relayed.place(), None, true);
        }
        let id = request.last_event_id.as_deref().and_then(Place::parse);
        let (read, place, catch_up) = self.enter(id.as_ref(), false);
        (read, place, catch_up, false)
    }
}

/// The numbers of the latest events of each origin.
pub(crate) type Counts = HashMap<Origin, u64>;

impl Cursor {
    /// Returns the id of the events that this client has seen, if the log is shared.
    pub(super) fn shared_id(&self) -> Option<String> {
        self.hub.outlet.get().map(|_| self.place.to_string())
    }

    /// Enters the log once it is there. Returns what the client receives first, if it does not read on.
    pub(super) fn poll_enter(&mut self, request: &Subscribe, cx: &mut Context<'_>) -> Poll<Option<CatchUp>> {
        let hub = self.hub.clone();
        let mut state = hub.lock();
        if state.relayed.is_joining && !state.closed {
            let old = state.clients.wait(self.slot, cx.waker());
            drop(state);
            drop(old);
            return Poll::Pending;
        }
        let id = request.last_event_id.as_deref().and_then(Place::parse);
        let (read, place, catch_up) = state.enter(id.as_ref(), true);
        (self.read, self.place) = (read, place);
        Poll::Ready(catch_up)
    }
}
