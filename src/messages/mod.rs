//! Messages from pages, the listeners that receive them, and the clients that sent them.

mod byte_pool;
mod client;
mod listeners;
mod rate_limiter;

#[cfg(test)]
pub(crate) use byte_pool::BytePool;
pub(crate) use byte_pool::ByteShare;
pub use client::Client;
pub(crate) use listeners::Listeners;
pub use listeners::{Listener, Message};
pub(crate) use rate_limiter::RateLimiter;

/// The largest message of a page: what `fetch` sends with `keepalive` as well (Fetch standard, section 4.6).
pub(crate) const MAX_PAGE_BYTES: usize = 64 << 10;

/// Number of messages accepted in a second, from all senders together: more than a page sends by hand, and than the
/// log of events could pass on.
pub(crate) const MAX_PER_SECOND: u32 = 1_000;
