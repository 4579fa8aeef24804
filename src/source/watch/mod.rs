//! The file watcher: it publishes changes of the watched files as soon as they are complete.
//!
//! ```text
//! notify ─▶ fs_event ─▶ message ─▶ state ─▶ publisher ─▶ EventHandler
//!                                    │
//!                 stability, readers, tree, batch, folders, scan
//! ```
//!
//! - `thread` starts and ends the watcher's thread, which owns a `state`: a `WatchState` that applies messages, and
//!   publishes when something is due.
//! - `fs_event` reduces the system's events. `message` has the messages between threads, and their bounded queue.
//! - `stability` decides when a file is complete, `readers` and `content` read it, `tree` has the versions and the
//!   hash, and `batch` decides how many changes make up a build. `publisher` passes builds to an `EventHandler`.
//! - `folders` has the folders that the system watches, and `links` what a symbolic link depends on. `scan` reads
//!   folders, `ignore` and `pattern` say what to leave out, and `retry` has what could not be read for now.
//! - `roots` and `urls` name files. `mounts` finds file systems without events, and `linux` has the interfaces of Linux.
//!
//! `stability`, `batch`, `tree`, `roots`, `urls`, `fs_event` and `retry` are pure: files, time and events are passed in.
//!
//! Events are hints, and the disk is the truth. An event says where to look and, on Linux, when a file is complete; a
//! build has what was read. So a lost event costs a scan, and no change.

mod backend;
mod batch;
mod burst;
mod content;
mod error;
mod event_handler;
mod folders;
mod fs_event;
mod handle;
mod ignore;
mod links;
mod message;
mod mounts;
mod options;
mod pattern;
mod publisher;
mod readers;
mod retry;
mod roots;
mod scan;
mod spelling;
mod stability;
mod state;
mod system;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod thread;
mod tree;
mod urls;
mod wanted;

pub use error::WatchError;
#[cfg(feature = "command")]
pub(crate) use event_handler::Changed;
pub(crate) use event_handler::{EventHandler, Rebuilt, Scanned, changed};
pub use handle::WatchHandle;
pub use options::Watch;
#[cfg(feature = "command")]
pub(super) use thread::start;
