//! Sources of builds. Each holds a handle to the hub and publishes its builds to it.

#[cfg(feature = "command")]
pub(crate) mod command;
#[cfg(feature = "command")]
pub(crate) mod process;
#[cfg(feature = "watch")]
mod thread;
#[cfg(feature = "watch")]
pub(crate) mod watch;
#[cfg(all(unix, feature = "webpack"))]
pub(crate) mod webpack;
