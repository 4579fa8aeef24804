//! Errors of a watch.

use std::{
    error::Error,
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use super::system;
use crate::{errors::debug_is_display, escape::Escaped};

/// Reason why [`HotMiddleware::watch`](crate::HotMiddleware::watch) has failed.
///
/// The message names the invalid value and the remedy.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum WatchError {
    /// Neither [`Watch::files`](super::Watch::files) nor [`Watch::reload`](super::Watch::reload) was called.
    #[error("nothing to watch: call `Watch::files` or `Watch::reload`")]
    NoRoots,
    /// A folder to watch can't be read, or can't exist: a file is in its path, or the system allows no such name. One that
    /// is missing is no error.
    #[error("can't watch {path:?}: {source}; {}", remedy(path))]
    #[non_exhaustive]
    Root {
        /// The folder, as it was given.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The path to watch is neither a folder nor a regular file.
    #[error("can't watch {path:?}: it is neither a folder nor a regular file")]
    #[non_exhaustive]
    NotAFolder {
        /// The path, as it was given.
        path: PathBuf,
    },
    /// A URL prefix is not a plain absolute path.
    #[error("bad URL prefix {prefix:?}: {reason}; write it like \"/assets\"")]
    #[non_exhaustive]
    Prefix {
        /// The prefix, as it was given.
        prefix: String,
        /// The rule that it breaks.
        reason: &'static str,
    },
    /// A folder was given twice for the same purpose.
    #[error("{path:?} was given twice for the same purpose: remove one of the two calls")]
    #[non_exhaustive]
    Twice {
        /// The folder, as it was given the second time.
        path: PathBuf,
    },
    /// A pattern does not have the syntax of a `.gitignore` file.
    #[error("bad pattern {pattern:?}: {}; write it as in a .gitignore file", Escaped(reason))]
    #[non_exhaustive]
    Pattern {
        /// The pattern, as it was given.
        pattern: String,
        /// The syntax error.
        reason: String,
    },
    /// A duration is out of range.
    #[error("bad {option} of {span:?}: it must be between {:?} and {:?}", .allowed.0, .allowed.1)]
    #[non_exhaustive]
    Span {
        /// The option that it was given to.
        option: &'static str,
        /// The duration, as it was given.
        span: Duration,
        /// The shortest and the longest valid one.
        allowed: (Duration, Duration),
    },
    /// Linux allows this user no further watched folders.
    #[error(
        "can't watch {path:?}: the limit fs.inotify.max_user_watches (now {}) is reached; \
         raise it by `sudo sysctl fs.inotify.max_user_watches=524288`, \
         or leave folders out by `Watch::ignore`",
        display(*.limit)
    )]
    #[non_exhaustive]
    WatchLimit {
        /// The first folder beyond the limit.
        path: PathBuf,
        /// The current value of `fs.inotify.max_user_watches`, if it can be read.
        limit: Option<u64>,
    },
    /// Linux allows this user no further inotify instances.
    #[error(
        "can't watch: the limit fs.inotify.max_user_instances (now {}) is reached; \
         raise it by `sudo sysctl fs.inotify.max_user_instances=1024`, \
         or end programs that watch files",
        display(*.limit)
    )]
    #[non_exhaustive]
    InstanceLimit {
        /// The current value of `fs.inotify.max_user_instances`, if it can be read.
        limit: Option<u64>,
    },
    /// The process may open no further files.
    #[error("can't watch: the limit of open files is reached; raise it by `ulimit -n 4096` before the start")]
    OpenFileLimit,
    /// Any other error of the system's file watcher.
    #[error("can't watch{}: {}", .path.as_ref().map_or_else(String::new, |path| format!(" {path:?}")), Escaped(source))]
    #[non_exhaustive]
    System {
        /// The folder to watch, if the error is about one.
        path: Option<PathBuf>,
        /// The error itself.
        source: Box<dyn Error + Send + Sync>,
    },
}

debug_is_display!(WatchError);

impl WatchError {
    /// An error in watching `path`, or in starting the system's watcher.
    pub(super) fn from_notify(error: notify::Error, path: Option<&Path>) -> Self {
        let path = path.or(error.paths.first().map(PathBuf::as_path)).map(Path::to_owned);
        match error.kind {
            notify::ErrorKind::MaxFilesWatch => Self::WatchLimit {
                path: path.unwrap_or_default(),
                limit: system::inotify_limit("max_user_watches"),
            },
            notify::ErrorKind::Io(error) => Self::from_io(error, path),
            notify::ErrorKind::PathNotFound => {
                Self::System { path, source: Box::new(io::Error::from(io::ErrorKind::NotFound)) }
            }
            // Its paths are in this error's message already.
            kind => Self::System { path, source: Box::new(notify::Error::new(kind)) },
        }
    }

    /// An error in reading `path`.
    pub(super) fn from_io(error: io::Error, path: Option<PathBuf>) -> Self {
        if system::is_out_of_descriptors(&error) {
            Self::out_of_descriptors()
        } else {
            Self::System { path, source: Box::new(error) }
        }
    }

    /// Linux has one error for the process's open files and the user's inotify instances. If a file can still be
    /// opened, it is the latter.
    fn out_of_descriptors() -> Self {
        let is_limit =
            matches!(fs::File::open("/dev/null"), Err(error) if system::is_out_of_descriptors(&error));
        if is_limit || !cfg!(any(target_os = "linux", target_os = "android")) {
            Self::OpenFileLimit
        } else {
            Self::InstanceLimit { limit: system::inotify_limit("max_user_instances") }
        }
    }
}

fn display(limit: Option<u64>) -> String {
    limit.map_or_else(|| "unknown".to_owned(), |limit| limit.to_string())
}

/// Returns the remedy for a path that can't be watched. A pattern is an invalid name on Windows.
fn remedy(path: &Path) -> String {
    if looks_like_a_pattern(path) {
        return "give a folder or a file, not a pattern: all that is below a folder is watched".to_owned();
    }
    let current = std::env::current_dir().unwrap_or_default();
    format!("correct the path (a relative one begins at {current:?})")
}

/// Returns true for a path with a character of patterns, as in `templates/*.html`.
pub(super) fn looks_like_a_pattern(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().iter().any(|byte| b"*?[{".contains(byte)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_value_and_the_remedy() {
        // Each system has its own words for it.
        let system = io::Error::from_raw_os_error(5);
        let reason = system.to_string();
        let current = format!("relative one begins at {:?}", std::env::current_dir().unwrap());
        let watched = Some(Path::new("/site/css"));
        let cases = [
            (WatchError::NoRoots, &["Watch::files", "Watch::reload"][..]),
            (
                WatchError::Root { path: "static".into(), source: io::ErrorKind::NotFound.into() },
                &["\"static\"", "not found", &current],
            ),
            (WatchError::NotAFolder { path: "/dev/null".into() }, &["\"/dev/null\"", "neither"]),
            (
                WatchError::Prefix { prefix: "a".into(), reason: "because" },
                &["\"a\"", "because", "\"/assets\""],
            ),
            (WatchError::Twice { path: "static".into() }, &["\"static\"", "twice"]),
            (WatchError::Pattern { pattern: "[".into(), reason: "because".into() }, &["\"[\"", "because"]),
            (
                WatchError::Span {
                    option: "settle",
                    span: Duration::ZERO,
                    allowed: (Duration::from_millis(1), Duration::from_secs(10)),
                },
                &["settle", "0ns", "1ms", "10s"],
            ),
            (WatchError::from_notify(notify::Error::io(system), watched), &["\"/site/css\"", &reason]),
            (WatchError::from_notify(notify::Error::generic("odd"), None), &["can't watch: odd"]),
        ];
        for (error, parts) in cases {
            let message = error.to_string();
            for part in parts {
                assert!(message.contains(part), "{part:?} in {message:?}");
            }
        }
    }

    #[test]
    fn sources_are_kept() {
        let denied = || io::Error::from(io::ErrorKind::PermissionDenied);
        let errors = [
            WatchError::Root { path: "static".into(), source: denied() },
            WatchError::from_notify(notify::Error::io(denied()), Some(Path::new("/site"))),
            WatchError::from_io(denied(), None),
        ];
        for error in errors {
            let source = error.source().and_then(|source| source.downcast_ref::<io::Error>());
            assert_eq!(source.unwrap().kind(), io::ErrorKind::PermissionDenied, "{error}");
        }
        assert!(WatchError::NoRoots.source().is_none());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn limits_of_linux_are_reported_with_their_value_and_a_command() {
        let present = |name: &str| {
            fs::read_to_string(format!("/proc/sys/fs/inotify/{name}")).unwrap().trim().to_owned()
        };
        let full = notify::Error::new(notify::ErrorKind::MaxFilesWatch);
        let message = WatchError::from_notify(full, Some(Path::new("/site"))).to_string();
        let now = format!("fs.inotify.max_user_watches (now {})", present("max_user_watches"));
        let command = "`sudo sysctl fs.inotify.max_user_watches=524288`";
        assert!(
            message.contains("\"/site\"") && message.contains(&now) && message.contains(command),
            "{message}"
        );

        // This process can open files, so it must be the instances.
        let full = notify::Error::io(io::Error::from_raw_os_error(24));
        let message = WatchError::from_notify(full, None).to_string();
        let now = format!("fs.inotify.max_user_instances (now {})", present("max_user_instances"));
        assert!(message.contains(&now) && message.contains("`sudo sysctl fs.inotify."), "{message}");
    }
}
