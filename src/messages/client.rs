//! A connected page, as the app addresses it.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use serde::Serialize;

#[cfg(feature = "redis")]
use crate::hub::relayed::Operation;
use crate::{
    errors::PublishError,
    hub::Hub,
    wire::{Custom, Frame},
};

/// A connected page that can receive an event of its own.
///
/// Returned by [`Message::client`](super::Message::client) and
/// [`HotMiddleware::clients`](crate::HotMiddleware::clients). It may be kept; once the page is gone, nothing is sent.
#[derive(Clone)]
pub struct Client {
    hub: Arc<Hub>,
    number: u64,
    /// The name of a page that is connected to another process.
    #[cfg(feature = "redis")]
    elsewhere: Option<Arc<str>>,
}

impl Client {
    pub(crate) fn new(hub: Arc<Hub>, number: u64) -> Self {
        Self {
            hub,
            number,
            #[cfg(feature = "redis")]
            elsewhere: None,
        }
    }

    /// Returns the client with this name: one of this process, or of another one with the same relay.
    pub(crate) fn named(hub: &Arc<Hub>, name: &str) -> Option<Self> {
        if let Some(number) = hub.client_named(name) {
            return Some(Self::new(hub.clone(), number));
        }
        #[cfg(feature = "redis")]
        if hub.outlet().is_some() {
            return Some(Self { elsewhere: Some(name.into()), ..Self::new(hub.clone(), 0) });
        }
        None
    }

    /// Sends a named event to this page alone, after all events that were published before. Returns false if the page is
    /// gone. With a relay, a page that sent its message to another process than the one it is connected to counts as
    /// connected, and receives the event if it is.
    ///
    /// # Errors
    /// [`PublishError`] when the value can't be written as JSON.
    ///
    /// ```
    /// # let hot = tower_hot_middleware::HotMiddleware::dev();
    /// for client in hot.clients() {
    ///     client.send("hello", "only you")?;
    /// }
    /// # Ok::<(), tower_hot_middleware::PublishError>(())
    /// ```
    pub fn send(&self, event: &str, data: &(impl Serialize + ?Sized)) -> Result<bool, PublishError> {
        let json = serde_json::to_vec(&Custom::new(event, data)).map_err(PublishError)?;
        #[cfg(feature = "redis")]
        if let Some(outlet) = self.hub.outlet() {
            let name = self.elsewhere.as_deref().map(str::to_owned);
            if let Some(client) = name.or_else(|| self.hub.name_of(self.number)) {
                let event = serde_json::from_slice(&json).map_err(PublishError)?;
                outlet.submit(Operation::To { client, event }, None);
                return Ok(true);
            }
        }
        Ok(self.hub.send_to(self.number, Frame::new(&json)))
    }

    /// Returns true until the page disconnects.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        #[cfg(feature = "redis")]
        if self.elsewhere.is_some() {
            return true;
        }
        self.hub.has_client(self.number)
    }
}

impl PartialEq for Client {
    fn eq(&self, other: &Self) -> bool {
        #[cfg(feature = "redis")]
        if self.elsewhere != other.elsewhere {
            return false;
        }
        self.number == other.number && Arc::ptr_eq(&self.hub, &other.hub)
    }
}

impl Eq for Client {}

impl Hash for Client {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.number.hash(state);
    }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("number", &self.number).finish_non_exhaustive()
    }
}
