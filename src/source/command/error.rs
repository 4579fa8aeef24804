//! Errors of a build command.

use std::{io, path::PathBuf};

use crate::{errors::debug_is_display, source::watch::WatchError};

/// Reason why [`HotMiddleware::command`](crate::HotMiddleware::command) has failed.
///
/// A command that fails is no such error: pages and the log show it, and the next change runs it again.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum CommandError {
    /// The command line is empty.
    #[error("the command {line:?} is empty; give a line like \"make css\"")]
    #[non_exhaustive]
    NoCommand {
        /// The line, as it was given.
        line: String,
    },
    /// Neither [`Command::watch`](super::Command::watch) nor [`Command::keep_running`](super::Command::keep_running) was
    /// called.
    #[error(
        "nothing would ever run {line:?} again: call `Command::watch` with the folder of its sources, \
         or `Command::keep_running` if it watches them itself"
    )]
    #[non_exhaustive]
    NoSources {
        /// The command's line.
        line: String,
    },
    /// The directory to run in is not a directory.
    #[error("can't run a command in {path:?}: it is not a folder; make it, or correct `Command::dir`")]
    #[non_exhaustive]
    Dir {
        /// The path, as it was given.
        path: PathBuf,
    },
    /// The output folder can't be made.
    #[error("can't make the output folder {path:?}: {source}; correct `Command::serve`")]
    #[non_exhaustive]
    Output {
        /// The folder, as it was given.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The sources or the output can't be watched.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// The system can't start a thread.
    #[error("can't start a thread for the command: {0}; see the limits of this user by `ulimit -u`")]
    Thread(#[source] io::Error),
}

debug_is_display!(CommandError);
