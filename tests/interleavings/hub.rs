//! The crate's hub, compiled with loom's lock, as far as the tests need it.
#![allow(
    dead_code,
    unused_imports,
    reason = "the rest of the product is left out, and some of what it calls is here"
)]

/// Makes the hub's modules available under their paths in the crate.
#[path = "../../src"]
mod product {
    pub(crate) mod build;
    pub(crate) mod bundle;
    pub(crate) mod errors;
    pub(crate) mod escape;
    pub(crate) mod hub;
    pub(crate) mod json;
    pub(crate) mod metrics;
    pub(crate) mod notice;
    pub(crate) mod wire;
}

/// Replaces `src/sync.rs`.
mod sync {
    pub(crate) use loom::sync::{Mutex, MutexGuard};
}

use std::{
    convert::Infallible,
    num::NonZeroUsize,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use self::product::{
    build::{self, Build, Change},
    bundle, errors, escape,
    hub::{self, Subscribe},
    json, metrics, notice,
    wire::{self, Frame},
};

/// A hub with a log of this many events.
#[derive(Clone)]
pub struct Hub(Arc<hub::Hub>);

impl Hub {
    #[must_use]
    pub fn new(events: usize) -> Self {
        Self(hub::Hub::new(NonZeroUsize::new(events).expect("a log has room for an event"), 1 << 20))
    }

    pub fn publish(&self, number: u32) {
        let Ok(()) = self.0.publish(|| Ok::<_, Infallible>(Frame::new(number.to_string().as_bytes())));
    }

    pub fn building(&self) {
        self.0.building(None, None);
    }

    /// Publishes a build of the one bundle.
    pub fn built(&self, hash: &str) {
        self.0.built(Build::new(hash).change(Change::new("/a").version(hash)));
    }

    pub fn unchanged(&self) {
        self.0.unchanged("");
    }

    pub fn close(&self) {
        self.0.close();
    }

    #[must_use]
    pub fn clients(&self) -> usize {
        self.0.client_count()
    }

    /// Subscribes a client that asks for changes, and for the events after this one if given; `None` once
    /// closed.
    #[must_use]
    pub fn subscribe(&self, last_event_id: Option<String>) -> Option<Client> {
        let request = Subscribe {
            ids: true,
            changes: true,
            since: Vec::new(),
            last_event_id,
            client: None,
            catch_up: false,
        };
        let subscriber = self.0.subscribe(&request)?;
        Some(Client { subscriber, wakes: Arc::default(), text: String::new() })
    }
}

#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

/// One client of the hub, with a waker that counts.
pub struct Client {
    subscriber: hub::Subscriber,
    wakes: Arc<Wakes>,
    text: String,
}

impl Client {
    /// Reads all events so far, and returns true at the end of the stream. Otherwise the client waits.
    pub fn read(&mut self) -> bool {
        let waker = Waker::from(self.wakes.clone());
        let mut cx = Context::from_waker(&waker);
        loop {
            match self.subscriber.poll_next(&mut cx) {
                Poll::Ready(Some(bytes)) => {
                    self.text += std::str::from_utf8(&bytes).expect("events are text");
                }
                Poll::Ready(None) => return true,
                Poll::Pending => return false,
            }
        }
    }

    /// Returns a handle to the number of wakes, for another thread.
    #[must_use]
    pub fn wakes(&self) -> usize {
        self.wakes.0.load(Ordering::SeqCst)
    }

    /// Returns the data of all events that it has read.
    #[must_use]
    pub fn events(&self) -> Vec<&str> {
        self.text.lines().filter_map(|line| line.strip_prefix("data: ")).collect()
    }

    /// Returns the id of the last event that it has read.
    #[must_use]
    pub fn last_event_id(&self) -> Option<String> {
        self.text.lines().rev().find_map(|line| line.strip_prefix("id: ")).map(str::to_owned)
    }
}
