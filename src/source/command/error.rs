//! Why a build command can't be looked after.

use std::{fmt, io, path::PathBuf};

use crate::source::watch::WatchError;

/// Why [`HotMiddleware::command`](crate::HotMiddleware::command) has refused.
///
/// That the command itself fails is no such error: the page and the log show it, and the next change runs it again.
#[derive(Debug)]
#[non_exhaustive]
pub enum CommandError {
    /// There is nothing in the line to run.
    NoCommand {
        /// The line as it was given.
        line: String,
    },
    /// [`Command::watch`](crate::Command::watch) was not called.
    NoSources {
        /// The command's line.
        line: String,
    },
    /// The directory to run in is none.
    Dir {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The output folder can't be made.
    Output {
        /// The folder as it was given.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The sources or the output can't be watched.
    Watch(WatchError),
    /// The system starts no thread.
    Thread(io::Error),
}

impl From<WatchError> for CommandError {
    fn from(error: WatchError) -> Self {
        Self::Watch(error)
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoCommand { line } => {
                write!(f, "the command {line:?} is empty; give a line like \"make css\"")
            }
            Self::NoSources { line } => write!(
                f,
                "nothing would ever run {line:?} again: call `Command::watch` with the folder of its sources"
            ),
            Self::Dir { path } => {
                write!(
                    f,
                    "can't run a command in {path:?}: it is no folder; make it, or correct `Command::dir`"
                )
            }
            Self::Output { path, source } => {
                write!(f, "can't make the output folder {path:?}: {source}; correct `Command::serve`")
            }
            Self::Watch(error) => write!(f, "{error}"),
            Self::Thread(error) => write!(f, "can't start a thread for the command: {error}"),
        }
    }
}

impl std::error::Error for CommandError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NoCommand { .. } | Self::NoSources { .. } | Self::Dir { .. } => None,
            Self::Output { source, .. } => Some(source),
            Self::Watch(error) => error.source(),
            Self::Thread(error) => Some(error),
        }
    }
}
