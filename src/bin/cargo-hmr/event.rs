//! The events of the runner, which come by one channel.

use std::{
    os::{fd::OwnedFd, unix::net::UnixStream},
    process::ExitStatus,
};

use crate::{build::Said as CargoSaid, channel::Said as AppSaid, watcher::FsEvent};

#[derive(Debug)]
pub(crate) enum Event {
    /// A file or folder may have changed.
    Fs(FsEvent),
    /// A line or message of the build of this number.
    Cargo(u64, CargoSaid),
    /// A process has opened its channel.
    Connected { pid: u32, stream: UnixStream },
    /// A message of a process on its channel, with the socket that it sends along.
    App { pid: u32, said: AppSaid, socket: Option<OwnedFd> },
    /// A process has ended.
    Ended { pid: u32, status: Option<ExitStatus>, tail: String },
    /// A key was pressed.
    Key(u8),
    /// The process is to end, because of this signal.
    Signal(i32),
}
