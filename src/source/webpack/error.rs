//! Why a bundler can't be run.

use std::{fmt, io, path::PathBuf};

use crate::source::watch::WatchError;

/// Why [`HotMiddleware::webpack`](crate::HotMiddleware::webpack) has refused.
///
/// That a configuration does not load or a build fails is no such error: the page and the log show it.
#[derive(Debug)]
#[non_exhaustive]
pub enum WebpackError {
    /// The configuration is not there.
    Config {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The directory to run in is none.
    Dir {
        /// The path as it was given.
        path: PathBuf,
    },
    /// There is no Node.js.
    Node {
        /// The program that was looked for.
        program: PathBuf,
    },
    /// No bundler is installed for the project.
    Bundler {
        /// The npm packages that were looked for.
        packages: Vec<String>,
        /// Where from.
        dir: PathBuf,
    },
    /// The client can't be written where bundlers would find it.
    Client {
        /// The project's directory.
        dir: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The configuration can't be watched.
    Watch(WatchError),
    /// The system starts no process or thread.
    System(io::Error),
}

impl From<WatchError> for WebpackError {
    fn from(error: WatchError) -> Self {
        Self::Watch(error)
    }
}

impl fmt::Display for WebpackError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Config { path } => write!(
                f,
                "there is no webpack configuration {path:?}: correct the path (a relative one begins at {:?})",
                std::env::current_dir().unwrap_or_default(),
            ),
            Self::Dir { path } => {
                write!(f, "can't run a bundler in {path:?}: it is no folder; correct `Webpack::dir`")
            }
            Self::Node { program } => write!(
                f,
                "can't run {program:?}: install Node.js 20 or later from https://nodejs.org, \
                 or say by `Webpack::node` where it is"
            ),
            Self::Bundler { packages, dir } => write!(
                f,
                "no bundler is installed for {dir:?}: run `npm install` there, or `npm install --save-dev {}`",
                packages.first().map_or("webpack", String::as_str),
            ),
            Self::Client { dir, source } => write!(
                f,
                "can't write the client into the node_modules of {dir:?}: {source}; \
                 run `npm install --save-dev tower-hot-middleware` there"
            ),
            Self::Watch(error) => write!(f, "{error}"),
            Self::System(error) => write!(f, "can't start a bundler: {error}"),
        }
    }
}

impl std::error::Error for WebpackError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Config { .. } | Self::Dir { .. } | Self::Node { .. } | Self::Bundler { .. } => None,
            Self::Client { source, .. } => Some(source),
            Self::Watch(error) => error.source(),
            Self::System(error) => Some(error),
        }
    }
}
