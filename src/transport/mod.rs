//! The transports that carry a subscription to a browser.

mod query;
pub(crate) mod sse;
#[cfg(feature = "websocket")]
pub(crate) mod websocket;
