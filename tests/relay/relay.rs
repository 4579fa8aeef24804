//! Events of several processes in one order: real processes of an app, and real Redis servers.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod access;
mod chaos;
mod client;
mod faults;
mod networks;
mod processes;
mod proxy;
mod together;
