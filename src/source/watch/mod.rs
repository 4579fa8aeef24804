//! The file watcher.
mod content;
mod error;
mod folders;
mod gather;
mod handle;
mod hear;
mod ignore;
mod options;
mod reading;
mod roots;
mod scan;
mod settle;
mod signal;
mod sink;
mod tell;
#[cfg(test)]
mod testing;
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
pub(crate) use thread::start;
