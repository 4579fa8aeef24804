//! The runner's events, all sent through one channel.

use std::{net::SocketAddr, path::PathBuf, process::ExitStatus};

use cargo_metadata::Message;
use serde::Deserialize;

use crate::system::{Passed, Stream};

#[derive(Debug)]
pub(crate) enum Event {
    /// A file or folder may have changed.
    Fs(FsEvent),
    /// An event of the build with this number.
    Cargo(u64, CargoEvent),
    /// A process has opened its channel.
    Connected { pid: u32, stream: Stream },
    /// A message from a process, with the socket sent along with it.
    App { pid: u32, said: AppMessage, socket: Option<Passed> },
    /// A process has ended.
    Ended { pid: u32, status: Option<ExitStatus>, tail: String },
    /// A key was pressed.
    Key(u8),
    /// A signal to exit.
    Signal(i32),
}

/// An event of a running build.
#[derive(Debug)]
pub(crate) enum CargoEvent {
    Message(Box<Message>),
    /// A line of standard error, unchanged.
    Line(Vec<u8>),
    /// Number of finished crates, number of all crates, and names of those being compiled.
    Progress {
        done: u32,
        all: u32,
        crates: String,
    },
    Ended {
        status: Option<ExitStatus>,
    },
}

/// A message from a process of the app.
#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
pub(crate) enum AppMessage {
    Hello { pid: u32, token: Option<String> },
    Layer { path: String },
    Listening { bound: SocketAddr, sent: bool },
    Accepting,
    Drained,
}

/// A change of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FsEvent {
    /// It is complete: created, written, or renamed to this path.
    Arrived(PathBuf),
    /// It was changed in another way, or removed.
    Changed(PathBuf),
    /// Events were lost.
    Lost,
}
