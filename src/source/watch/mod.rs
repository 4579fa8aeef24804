//! The file watcher: what has changed in the served folders, as soon as it can be believed.
//!
//! ```text
//! system ─▶ signal ─▶ hear ─▶ settle ─▶ reading ─▶ tree ─▶ gather, tell ─▶ Sink
//!           (what     (which  (when can (content)  (what   (when, and
//!            matters)  places)  it be              has      how much
//!                               believed)          changed) at once)
//! ```
//!
//! - `settle`, `gather`, `tree`, `roots`, `urls` and `signal` are pure: files, clock and events are
//!   handed in.
//! - `folders` knows what the system watches, `scan` looks through folders, `ignore` says which of
//!   them to leave out, `content` and `reading` read files.
//! - `thread` starts and ends the one thread that all of this runs on, and `worker` is its state.
//! - `mounts` notices what the system tells nothing of: a file system that comes or goes.
//! - `barrier` tells when all has been heard that happened before a file was read: a reading counts
//!   only if nothing was written meanwhile.
//!
//! Events are hints, and the disk is the truth: an event says where to look and, under Linux, when a
//! file is complete. What is then told is what was found. So a lost event costs a look through the
//! folders and no more.

mod barrier;
mod content;
mod error;
mod folders;
mod gather;
mod handle;
mod hear;
mod ignore;
mod mounts;
mod options;
mod pattern;
mod reading;
mod roots;
mod scan;
mod settle;
mod signal;
mod sink;
mod tell;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
mod thread;
mod tree;
mod urls;
mod worker;

pub use error::WatchError;
pub use options::Watch;
pub(crate) use sink::{Changed, Rebuilt, Scanned, Sink};
pub use thread::WatchGuard;
#[cfg(feature = "command")]
pub(crate) use thread::start;
