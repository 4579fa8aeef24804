//! Errors of a bundler.

use std::{io, path::PathBuf};

use crate::{errors::debug_is_display, source::watch::WatchError};

/// Reason why [`HotMiddleware::webpack`](crate::HotMiddleware::webpack) has failed.
///
/// A configuration that does not load and a build that fails are no such errors: pages and the log show them.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum WebpackError {
    /// The configuration is missing.
    #[error(
        "there is no webpack configuration {path:?}: correct the path (a relative one begins at {:?})",
        std::env::current_dir().unwrap_or_default()
    )]
    #[non_exhaustive]
    Config {
        /// The path, as it was given.
        path: PathBuf,
    },
    /// The directory to run in is not a directory.
    #[error("can't run a bundler in {path:?}: it is not a folder; correct `Webpack::dir`")]
    #[non_exhaustive]
    Dir {
        /// The path, as it was given.
        path: PathBuf,
    },
    /// Node.js is missing.
    #[error(
        "can't run {program:?}: install Node.js 20 or later from https://nodejs.org, \
         or give its path by `Webpack::node`"
    )]
    #[non_exhaustive]
    Node {
        /// The program, as it was given.
        program: PathBuf,
    },
    /// No bundler is installed in the project.
    #[error(
        "no bundler is installed for {dir:?}: run `npm install` there, or `npm install --save-dev {}`",
        .packages.first().map_or("webpack", String::as_str)
    )]
    #[non_exhaustive]
    Bundler {
        /// The npm packages, any of which would do.
        packages: Vec<String>,
        /// The folder from which they were searched for.
        dir: PathBuf,
    },
    /// The client can't be written to where bundlers find it.
    #[error(
        "can't write the client into the node_modules of {dir:?}: {source}; \
         run `npm install --save-dev tower-hot-middleware` there"
    )]
    #[non_exhaustive]
    Client {
        /// The project's directory.
        dir: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The configuration can't be watched.
    #[error(transparent)]
    Watch(#[from] WatchError),
    /// The system can't start a process or thread.
    #[error("can't start a bundler: {0}")]
    System(#[source] io::Error),
}

debug_is_display!(WebpackError);
