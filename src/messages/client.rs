//! A connected page, as the app addresses it.

use std::{
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use serde::Serialize;

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
}

impl Client {
    pub(crate) fn new(hub: Arc<Hub>, number: u64) -> Self {
        Self { hub, number }
    }

    /// Sends a named event to this page alone, after all events that were published before. Returns false if the page is
    /// gone.
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
        Ok(self.hub.send_to(self.number, Frame::new(&json)))
    }

    /// Returns true until the page disconnects.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.hub.has_client(self.number)
    }
}

impl PartialEq for Client {
    fn eq(&self, other: &Self) -> bool {
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
