//! Messages from pages, and the listeners that receive them.

use std::{
    collections::HashMap,
    fmt,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, PoisonError, RwLock, Weak},
};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Client;
use crate::{notice::failure, stop::StopOnDrop};

/// A message that a page sent with the client's `send(event, data)`.
///
/// Passed to the listeners that [`HotMiddleware::on`](crate::HotMiddleware::on) registers. Any script of the page can
/// send anything, so check the content as you would check a request's body.
#[derive(Clone, Debug)]
pub struct Message {
    event: String,
    data: Value,
    client: Option<Client>,
}

impl Message {
    pub(crate) fn new(event: String, data: Value) -> Self {
        Self { event, data, client: None }
    }

    /// Sets the sender.
    pub(crate) fn from(self, client: Option<Client>) -> Self {
        Self { client, ..self }
    }

    /// The page that sent it, for an answer to that page alone. `None` if the page is not connected to the event
    /// stream.
    ///
    /// ```
    /// # let hot = tower_hot_middleware::HotMiddleware::dev();
    /// hot.on("time", |_, message| {
    ///     if let Some(client) = message.client() {
    ///         client.send("time", "noon").expect("a text is JSON");
    ///     }
    /// });
    /// ```
    #[must_use]
    pub fn client(&self) -> Option<&Client> {
        self.client.as_ref()
    }

    /// Name of the event.
    #[must_use]
    pub fn event(&self) -> &str {
        &self.event
    }

    /// Data of the event; `null` if the page sent none.
    #[must_use]
    pub fn data(&self) -> &Value {
        &self.data
    }

    /// Deserializes the data into a type of the app's own.
    ///
    /// # Errors
    /// An error of `serde_json`, which names the expected type and the data.
    ///
    /// ```
    /// #[derive(serde::Deserialize)]
    /// struct Save { name: String, text: String }
    ///
    /// # let hot = tower_hot_middleware::HotMiddleware::dev();
    /// hot.on("save", |_, message| match message.deserialize::<Save>() {
    ///     Ok(Save { name, text }) => println!("{name} has {} bytes", text.len()),
    ///     Err(error) => eprintln!("not a save: {error}"),
    /// });
    /// ```
    pub fn deserialize<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.data)
    }
}

/// Control of a listener, returned by [`HotMiddleware::on`](crate::HotMiddleware::on).
///
/// The listener stays registered as long as its middleware lives, or until [`stop`](Self::stop). Dropping this ends
/// nothing. Clones control the same listener.
#[derive(Clone)]
pub struct Listener {
    registry: Weak<dyn Registry>,
    event: String,
    number: u64,
}

impl Listener {
    /// Ends the listener. A call that is under way continues. May be called again.
    pub fn stop(&self) {
        if let Some(registry) = self.registry.upgrade() {
            registry.remove(&self.event, self.number);
        }
    }

    /// A guard whose drop ends the listener.
    pub fn stop_on_drop(&self) -> StopOnDrop {
        let listener = self.clone();
        StopOnDrop::new(move || listener.stop())
    }
}

impl fmt::Debug for Listener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Listener").field("event", &self.event).finish_non_exhaustive()
    }
}

/// The registry from which a listener removes itself.
trait Registry: Send + Sync {
    /// Removes a listener, if it is registered.
    fn remove(&self, event: &str, number: u64);
}

/// A listener's function, which receives the middleware's shared state.
type Callback<C> = Arc<dyn Fn(&Arc<C>, &Message) + Send + Sync>;

/// The listeners of each event, in the order in which they were registered.
pub(crate) struct Listeners<C> {
    registered: Arc<RwLock<Registered<C>>>,
}

struct Registered<C> {
    by_event: HashMap<String, Vec<(u64, Callback<C>)>>,
    last: u64,
}

impl<C> Default for Listeners<C> {
    fn default() -> Self {
        Self { registered: Arc::new(RwLock::new(Registered { by_event: HashMap::new(), last: 0 })) }
    }
}

impl<C: 'static> Listeners<C> {
    pub(crate) fn on(
        &self,
        event: String,
        callback: impl Fn(&Arc<C>, &Message) + Send + Sync + 'static,
    ) -> Listener {
        let mut registered = self.registered.write().unwrap_or_else(PoisonError::into_inner);
        registered.last += 1;
        let number = registered.last;
        registered.by_event.entry(event.clone()).or_default().push((number, Arc::new(callback)));
        drop(registered);
        let registry: Arc<dyn Registry> = self.registered.clone();
        Listener { registry: Arc::downgrade(&registry), event, number }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.registered.read().unwrap_or_else(PoisonError::into_inner).by_event.is_empty()
    }

    /// Calls the listeners of a message's event, one after another. Returns false if the event has no listener.
    ///
    /// No lock is held meanwhile, so that a listener may register and stop others. A panic of one is logged, and the
    /// others are called all the same.
    pub(crate) fn call(&self, context: &Arc<C>, message: &Message) -> bool {
        let callbacks: Vec<Callback<C>> = {
            let registered = self.registered.read().unwrap_or_else(PoisonError::into_inner);
            let callbacks = registered.by_event.get(&message.event);
            callbacks.into_iter().flatten().map(|(_, callback)| callback.clone()).collect()
        };
        for callback in &callbacks {
            if panic::catch_unwind(AssertUnwindSafe(|| callback(context, message))).is_err() {
                failure!("a listener of {:?} panicked; the others were called", message.event);
            }
        }
        !callbacks.is_empty()
    }
}

impl<C> Registry for RwLock<Registered<C>> {
    fn remove(&self, event: &str, number: u64) {
        let mut registered = self.write().unwrap_or_else(PoisonError::into_inner);
        let Some(callbacks) = registered.by_event.get_mut(event) else { return };
        let at = callbacks.iter().position(|(registered, _)| *registered == number);
        let removed = at.map(|at| callbacks.remove(at));
        if callbacks.is_empty() {
            registered.by_event.remove(event);
        }
        drop(registered);
        // A callback may own anything, this middleware included.
        drop(removed);
    }
}

impl<C> fmt::Debug for Listeners<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let registered = self.registered.read().unwrap_or_else(PoisonError::into_inner);
        f.debug_set().entries(registered.by_event.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// A listener that records what it receives.
    fn noting(
        listeners: &Listeners<()>,
        event: &str,
        noted: &Arc<Mutex<Vec<String>>>,
        who: &'static str,
    ) -> Listener {
        let noted = noted.clone();
        listeners.on(event.to_owned(), move |_, message| {
            noted.lock().unwrap().push(format!("{who}: {} {}", message.event(), message.data()));
        })
    }

    fn message(event: &str) -> Message {
        Message { event: event.to_owned(), data: Value::from(1), client: None }
    }

    #[test]
    fn a_listener_receives_its_event_until_it_is_stopped() {
        let (listeners, noted) = (Listeners::<()>::default(), Arc::default());
        let first = noting(&listeners, "a", &noted, "first");
        noting(&listeners, "a", &noted, "second");
        noting(&listeners, "b", &noted, "third");
        assert!(listeners.call(&Arc::default(), &message("a")));
        assert!(!listeners.call(&Arc::default(), &message("c")), "it has no listener");
        first.stop();
        first.stop();
        assert!(listeners.call(&Arc::default(), &message("a")));
        assert_eq!(*noted.lock().unwrap(), ["first: a 1", "second: a 1", "second: a 1"]);
    }

    #[test]
    fn after_a_listener_panics_the_others_are_called() {
        let (listeners, noted) = (Listeners::<()>::default(), Arc::default());
        listeners.on("a".to_owned(), |_, _| panic!("on purpose"));
        noting(&listeners, "a", &noted, "second");
        assert!(listeners.call(&Arc::default(), &message("a")));
        assert_eq!(noted.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_listener_may_register_and_stop_others() {
        let listeners = Arc::new(Listeners::<()>::default());
        let inner = Arc::downgrade(&listeners);
        listeners.on("a".to_owned(), move |_, _| {
            let other = inner.upgrade().unwrap().on("b".to_owned(), |_, _| {});
            other.stop();
        });
        assert!(listeners.call(&Arc::default(), &message("a")));
        assert!(!listeners.call(&Arc::default(), &message("b")));
    }
}
