//! The connection to `cargo hmr`: a Unix socket, or a connection of this machine with a token.

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;

#[cfg(unix)]
pub(super) use unix::{CAN_SEND, Connection};
#[cfg(windows)]
pub(super) use windows::{CAN_SEND, Connection};
