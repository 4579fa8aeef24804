//! The bytes of events: encoded once, shared by all clients.

mod frame;
mod webpack;

pub(crate) use frame::{END, Frame};
pub(crate) use webpack::{Custom, Event, build_json, extension_changes, extension_field};
