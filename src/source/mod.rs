//! Where builds come from: each source holds a handle to the hub and tells it what was built.

#[cfg(feature = "command")]
pub(crate) mod command;
#[cfg(feature = "command")]
pub(crate) mod process;
#[cfg(feature = "command")]
mod thread;
#[cfg(feature = "watch")]
pub(crate) mod watch;
#[cfg(all(unix, feature = "webpack"))]
pub(crate) mod webpack;
