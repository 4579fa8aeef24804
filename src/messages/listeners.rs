//! Who hears what pages send.

use std::{
    collections::HashMap,
    fmt,
    panic::{self, AssertUnwindSafe},
    sync::{Arc, PoisonError, RwLock},
};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Client;

/// What a page sent with the client's `send(event, data)`.
///
/// Given to the listeners that [`HotMiddleware::on`](crate::HotMiddleware::on) registers. It comes from a page of the
/// app: any script there may send anything, so what it holds is checked as a request's body would be.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    event: String,
    data: Value,
    client: Option<Client>,
}

impl Message {
    pub(crate) fn new(event: String, data: Value) -> Self {
        Self { event, data, client: None }
    }

    /// Says who sent it.
    pub(crate) fn from(self, client: Option<Client>) -> Self {
        Self { client, ..self }
    }

    /// The page that sent it, to be answered alone; `None` where it does not say which one it is, such as a page
    /// whose event stream is closed.
    ///
    /// ```
    /// # use tower_hot_middleware::{HotMiddleware, Options};
    /// # let hot = HotMiddleware::new(Options::default());
    /// hot.on("time", |message| {
    ///     if let Some(client) = message.client() {
    ///         client.send("time", &"noon").expect("a text is JSON");
    ///     }
    /// });
    /// ```
    #[must_use]
    pub fn client(&self) -> Option<&Client> {
        self.client.as_ref()
    }

    /// The event's name.
    #[must_use]
    pub fn event(&self) -> &str {
        &self.event
    }

    /// What was sent with it; `null` when nothing was.
    #[must_use]
    pub fn data(&self) -> &Value {
        &self.data
    }

    /// What was sent with it, as a type of the app's own.
    ///
    /// # Errors
    /// `serde_json`'s, which says what was expected and what came.
    ///
    /// ```
    /// # use tower_hot_middleware::{HotMiddleware, Options};
    /// #[derive(serde::Deserialize)]
    /// struct Save { name: String, text: String }
    ///
    /// # let hot = HotMiddleware::new(Options::default());
    /// hot.on("save", |message| match message.parse::<Save>() {
    ///     Ok(Save { name, text }) => println!("{name} has {} bytes", text.len()),
    ///     Err(error) => eprintln!("not a save: {error}"),
    /// });
    /// ```
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.data)
    }
}

/// A listener that was registered; [`HotMiddleware::off`](crate::HotMiddleware::off) takes it to end it.
///
/// Dropping it changes nothing: most listeners stay for as long as the app runs.
#[derive(Debug, PartialEq, Eq)]
pub struct Listener {
    event: String,
    number: u64,
}

/// A listener's function, which is given what the middleware's parts share.
type Callback<C> = Arc<dyn Fn(&Arc<C>, &Message) + Send + Sync>;

/// The listeners of each event, in the order in which they were registered.
pub(crate) struct Listeners<C> {
    registered: RwLock<Registered<C>>,
}

struct Registered<C> {
    by_event: HashMap<String, Vec<(u64, Callback<C>)>>,
    last: u64,
}

impl<C> Default for Listeners<C> {
    fn default() -> Self {
        Self { registered: RwLock::new(Registered { by_event: HashMap::new(), last: 0 }) }
    }
}

impl<C> Listeners<C> {
    pub(crate) fn on(
        &self,
        event: String,
        callback: impl Fn(&Arc<C>, &Message) + Send + Sync + 'static,
    ) -> Listener {
        let mut registered = self.registered.write().unwrap_or_else(PoisonError::into_inner);
        registered.last += 1;
        let number = registered.last;
        registered.by_event.entry(event.clone()).or_default().push((number, Arc::new(callback)));
        Listener { event, number }
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.registered.read().unwrap_or_else(PoisonError::into_inner).by_event.is_empty()
    }

    /// Ends a listener; one of another middleware is not found.
    pub(crate) fn off(&self, listener: Listener) {
        let Listener { event, number } = listener;
        let mut registered = self.registered.write().unwrap_or_else(PoisonError::into_inner);
        let Some(callbacks) = registered.by_event.get_mut(&event) else { return };
        let at = callbacks.iter().position(|(registered, _)| *registered == number);
        let removed = at.map(|at| callbacks.remove(at));
        if callbacks.is_empty() {
            registered.by_event.remove(&event);
        }
        drop(registered);
        // A callback may own anything, this middleware included.
        drop(removed);
    }

    /// Calls the listeners of a message's event, one after another. Whether there were any.
    ///
    /// No lock is held meanwhile, so that a listener may register and end others. One that panics is reported,
    /// and the others are called all the same.
    pub(crate) fn call(&self, context: &Arc<C>, message: &Message) -> bool {
        let callbacks: Vec<Callback<C>> = {
            let registered = self.registered.read().unwrap_or_else(PoisonError::into_inner);
            let callbacks = registered.by_event.get(&message.event);
            callbacks.into_iter().flatten().map(|(_, callback)| callback.clone()).collect()
        };
        for callback in &callbacks {
            if panic::catch_unwind(AssertUnwindSafe(|| callback(context, message))).is_err() {
                tracing::error!("a listener of {:?} panicked; the others were called", message.event);
            }
        }
        !callbacks.is_empty()
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

    /// Listeners that write down what they hear.
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
    fn each_listener_hears_its_event_until_it_is_ended() {
        let (listeners, noted) = (Listeners::<()>::default(), Arc::default());
        let first = noting(&listeners, "a", &noted, "first");
        noting(&listeners, "a", &noted, "second");
        noting(&listeners, "b", &noted, "third");
        assert!(listeners.call(&Arc::default(), &message("a")));
        assert!(!listeners.call(&Arc::default(), &message("c")), "nobody listens for it");
        listeners.off(first);
        assert!(listeners.call(&Arc::default(), &message("a")));
        assert_eq!(*noted.lock().unwrap(), ["first: a 1", "second: a 1", "second: a 1"]);
    }

    #[test]
    fn a_listener_that_panics_harms_nobody() {
        let (listeners, noted) = (Listeners::<()>::default(), Arc::default());
        listeners.on("a".to_owned(), |_, _| panic!("on purpose"));
        noting(&listeners, "a", &noted, "second");
        assert!(listeners.call(&Arc::default(), &message("a")));
        assert_eq!(noted.lock().unwrap().len(), 1);
    }

    #[test]
    fn a_listener_may_register_and_end_others() {
        let listeners = Arc::new(Listeners::<()>::default());
        let inner = listeners.clone();
        listeners.on("a".to_owned(), move |_, _| {
            let other = inner.on("b".to_owned(), |_, _| {});
            inner.off(other);
        });
        assert!(listeners.call(&Arc::default(), &message("a")));
        assert!(!listeners.call(&Arc::default(), &message("b")));
    }
}
