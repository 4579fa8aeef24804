//! Where builds come from: each source holds a handle to the hub and tells it what was built.

#[cfg(feature = "command")]
pub(crate) mod command;
#[cfg(feature = "command")]
pub(crate) mod process;
#[cfg(feature = "watch")]
pub(crate) mod watch;
