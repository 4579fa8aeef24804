//! The relay as a hub's outlet: what an app's calls reach.

use std::{
    fmt,
    sync::{Arc, atomic::Ordering},
    thread,
    time::Instant,
};

use super::{
    reader,
    relay::{Relay, lock},
    store::Store,
    writer,
};
use crate::{
    hub::{
        Hub,
        relayed::{Done, Operation, Outlet},
    },
    notice::warning,
    options::Options,
};

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
        let bound = (options.replay_buffer_events.get(), options.replay_buffer_bytes);
        let relay = Self(Arc::new(Relay::new(store, settings.info().addr().to_string(), bound, hub)));
        hub.share(Arc::new(relay.clone()), relay.0.origin());
        Some(relay)
    }

    /// Starts the threads, once.
    pub(crate) fn start(&self) {
        self.0.started.call_once(|| {
            #[cfg(feature = "redis-tls")]
            choose_tls();
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

/// Chooses the implementation of TLS for the process, unless the app has. Without a choice, a connection would panic where other
/// crates of the app bring a second one.
#[cfg(feature = "redis-tls")]
fn choose_tls() {
    use rustls::crypto::{CryptoProvider, ring};

    if CryptoProvider::get_default().is_none() {
        // Another thread may have chosen meanwhile, which is as good.
        let _ = ring::default_provider().install_default();
    }
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

impl fmt::Debug for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Relay")
            .field("server", &self.0.server)
            .field("origin", &self.0.origin)
            .finish_non_exhaustive()
    }
}
