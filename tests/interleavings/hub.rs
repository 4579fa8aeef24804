//! The product's hub, compiled around loom's lock, as far as the tests need it.
#![allow(dead_code, unused_imports, reason = "the rest of the product is left out, and some of what it calls is here")]

/// So that the hub's own modules are found where it has them.
#[path = "../../src"]
mod product {
    pub(crate) mod build;
    pub(crate) mod bundle;
    pub(crate) mod errors;
    pub(crate) mod escape;
    pub(crate) mod hub;
    pub(crate) mod json;
    pub(crate) mod wire;
}

/// What `src/sync.rs` is in the product.
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

use product::{build, bundle, errors, escape, hub, json, wire};

use build::{Build, Change};
use wire::Frame;
use hub::Subscribe;

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

    /// A client that asks for changes, and for events after this one if it has seen any; `None` once closed.
    #[must_use]
    pub fn subscribe(&self, last_event_id: Option<String>) -> Option<Client> {
        let request = Subscribe { ids: true, changes: true, since: Vec::new(), last_event_id, client: None };
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
    /// Reads all that there is now, and says whether that was the end. If it was not, the client waits.
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

    /// How often it was woken: what a handle to it can tell from another thread.
    #[must_use]
    pub fn wakes(&self) -> usize {
        self.wakes.0.load(Ordering::SeqCst)
    }

    /// The data of all events that it has read.
    #[must_use]
    pub fn events(&self) -> Vec<&str> {
        self.text.lines().filter_map(|line| line.strip_prefix("data: ")).collect()
    }

    /// The id of the last event that it has read.
    #[must_use]
    pub fn last_event_id(&self) -> Option<String> {
        self.text.lines().rev().find_map(|line| line.strip_prefix("id: ")).map(str::to_owned)
    }
}
