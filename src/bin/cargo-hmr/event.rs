//! The events of the runner, which come by one channel.

use std::{
    net::SocketAddr,
    os::{fd::OwnedFd, unix::net::UnixStream},
    path::PathBuf,
    process::ExitStatus,
};

use cargo_metadata::Message;
use serde::Deserialize;

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

/// One thing that cargo says.
#[derive(Debug)]
pub(crate) enum CargoSaid {
    Message(Box<Message>),
    /// A line of standard error as cargo wrote it.
    Line(Vec<u8>),
    /// Crates done of all, and the names of those under way.
    Progress {
        done: u32,
        all: u32,
        crates: String,
    },
    Ended {
        status: Option<ExitStatus>,
    },
}

/// One thing that a process says.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum AppSaid {
    Hello { pid: u32 },
    Layer { path: String },
    Listening { bound: SocketAddr, sent: bool },
    Accepting,
    Drained,
}

/// One thing that has happened to a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FsEvent {
    /// It is there as a whole: it was made or written, or renamed to this.
    Arrived(PathBuf),
    /// It was changed in some other way, or is gone.
    Changed(PathBuf),
    /// Events were lost.
    Lost,
}
