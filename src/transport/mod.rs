//! What carries a subscription to a browser.

pub(crate) mod sse;
