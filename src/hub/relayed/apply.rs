//! Operations from a shared log, applied to a hub.

use std::sync::Arc;

use super::{
    operation::Operation,
    outlet::{Join, Outlet},
    place::{Note, Origin},
};
use crate::{
    build::Build,
    bundle::{Bundle, Next},
    hub::{Applied, Hub, state::wake},
    wire::Frame,
};

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
    pub(in crate::hub) fn submit(&self, operation: impl FnOnce() -> Operation) -> bool {
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
            Operation::Known(build) => {
                if self.lock().bundles.get(build.key()).is_none() {
                    self.apply(*build, true);
                }
                Applied::Unchanged
            }
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
                Operation::Built(build) | Operation::Initial(build) | Operation::Known(build) => {
                    self.restore(*build);
                }
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
        let next = Next::of(&build, None);
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
