//! A bounded record of what the middleware knows about its clients and child processes, for the inspector.
//!
//! Builds, events and receipts are in the hub and the terminal; refusals are in the access policy, and what pages report in the
//! console's log. This has the rest: the open pages and the output of commands. Lists are made on request.

mod agent;
mod output;
mod pages;

use std::{
    sync::Arc,
    time::{SystemTime, UNIX_EPOCH},
};

#[cfg(feature = "command")]
pub(crate) use self::output::Tail;
pub(crate) use self::{
    output::Outputs,
    pages::{Carrier, Entered, OpenPage, Pages, Visitor},
};

/// The record of one middleware.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    pub(crate) pages: Arc<Pages>,
    pub(crate) outputs: Outputs,
}

/// A time in milliseconds since 1970, as JavaScript's `Date` has it.
pub(crate) fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
