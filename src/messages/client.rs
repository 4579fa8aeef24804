//! A page that is connected, as the app's own code sees it.

use std::{fmt, sync::Arc};

use serde::Serialize;

use crate::{
    errors::PublishError,
    hub::Hub,
    wire::{Custom, Frame},
};

/// A page that is connected, and can be sent something alone.
///
/// Given with what it sent, by [`Message::client`](crate::Message::client), and by
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

    /// Sends a named event to this page alone, after what was sent to all before it. Whether the page is still there.
    ///
    /// # Errors
    /// [`PublishError`] when the value can't be written as JSON.
    ///
    /// ```
    /// # use tower_hot_middleware::{HotMiddleware, Options};
    /// # let hot = HotMiddleware::new(Options::default());
    /// for client in hot.clients() {
    ///     client.send("hello", &"only you")?;
    /// }
    /// # Ok::<(), tower_hot_middleware::PublishError>(())
    /// ```
    pub fn send(&self, event: &str, data: &impl Serialize) -> Result<bool, PublishError> {
        let json = serde_json::to_vec(&Custom::new(event, data)).map_err(PublishError)?;
        Ok(self.hub.send_to(self.number, Frame::new(&json)))
    }

    /// Whether the page is still connected.
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

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("number", &self.number).finish_non_exhaustive()
    }
}
