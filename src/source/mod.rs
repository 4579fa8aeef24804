//! Sources of builds. Each publishes its builds to the hub, and holds nothing else of its middleware.

#[cfg(feature = "command")]
pub(crate) mod command;
#[cfg(feature = "command")]
mod first_build;
#[cfg(feature = "watch")]
mod handle;
#[cfg(feature = "command")]
pub(crate) mod process;
#[cfg(all(any(unix, windows), feature = "listen"))]
mod runner;
#[cfg(feature = "watch")]
mod thread;
#[cfg(feature = "watch")]
pub(crate) mod watch;
#[cfg(all(unix, feature = "webpack"))]
pub(crate) mod webpack;

#[cfg(feature = "command")]
pub use first_build::WaitError;
