//! Why a watch can't begin.

use crate::escape::Escaped;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Why [`HotMiddleware::watch`](crate::HotMiddleware::watch) has refused.
///
/// The message names the value that is wrong and what to do about it.
#[derive(Debug)]
#[non_exhaustive]
pub enum WatchError {
    /// Neither [`Watch::serve`](crate::Watch::serve) nor [`Watch::reload`](crate::Watch::reload) was called.
    NoRoots,
    /// A folder that is to be watched is not there, or can't be looked into.
    Root {
        /// The folder, as it was given.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// What is to be watched is neither a folder nor a regular file.
    NotAFolder {
        /// The path, as it was given.
        path: PathBuf,
    },
    /// A URL prefix is not a plain absolute path.
    Prefix {
        /// The prefix, as it was given.
        prefix: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// One folder was given twice, for the same purpose.
    Twice {
        /// The folder, as it was given the second time.
        path: PathBuf,
    },
    /// A pattern is not one of `.gitignore`'s.
    Pattern {
        /// The pattern, as it was given.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A time span is outside of what is sensible.
    Span {
        /// Which option it was given to.
        option: &'static str,
        /// The span, as it was given.
        span: Duration,
        /// The shortest and the longest that are taken.
        allowed: (Duration, Duration),
    },
    /// Linux allows this user no further watched folders.
    WatchLimit {
        /// The folder that was one too many.
        path: PathBuf,
        /// The present value of `fs.inotify.max_user_watches`, where it can be read.
        limit: Option<u64>,
    },
    /// Linux allows this user no further inotify instances.
    InstanceLimit {
        /// The present value of `fs.inotify.max_user_instances`, where it can be read.
        limit: Option<u64>,
    },
    /// The process may open no further files.
    OpenFileLimit,
    /// Any other error of the system's file watching.
    System {
        /// The folder that was to be watched, where it is about one.
        path: Option<PathBuf>,
        /// What the system says.
        message: String,
    },
}

impl WatchError {
    /// What has gone wrong in watching `path`, or in setting up the watching at all.
    pub(super) fn from_notify(error: &notify::Error, path: Option<&Path>) -> Self {
        let path = path.or(error.paths.first().map(PathBuf::as_path)).map(Path::to_owned);
        match &error.kind {
            notify::ErrorKind::MaxFilesWatch => {
                Self::WatchLimit { path: path.unwrap_or_default(), limit: limit("max_user_watches") }
            }
            notify::ErrorKind::Io(error) => Self::from_io(error, path),
            notify::ErrorKind::PathNotFound => Self::System { path, message: "it is not there".to_owned() },
            _ => Self::System { path, message: error.to_string() },
        }
    }

    /// What has gone wrong in looking into `path`.
    pub(super) fn from_io(error: &io::Error, path: Option<PathBuf>) -> Self {
        if is_out_of_files(error) {
            Self::out_of_files()
        } else {
            Self::System { path, message: error.to_string() }
        }
    }

    /// Whether it would be the same for every further folder.
    pub(super) fn is_limit(&self) -> bool {
        matches!(self, Self::WatchLimit { .. } | Self::InstanceLimit { .. } | Self::OpenFileLimit)
    }

    /// Linux says the same for the process's open files and the user's inotify instances: what
    /// tells them apart is whether a file can still be opened.
    fn out_of_files() -> Self {
        let is_limit = matches!(fs::File::open("/dev/null"), Err(error) if is_out_of_files(&error));
        if is_limit || !cfg!(any(target_os = "linux", target_os = "android")) {
            Self::OpenFileLimit
        } else {
            Self::InstanceLimit { limit: limit("max_user_instances") }
        }
    }
}

/// EMFILE and ENFILE, which have these numbers on every Unix.
fn is_out_of_files(error: &io::Error) -> bool {
    cfg!(unix) && matches!(error.raw_os_error(), Some(23 | 24))
}

/// The present value of an inotify limit.
fn limit(name: &str) -> Option<u64> {
    fs::read_to_string(Path::new("/proc/sys/fs/inotify").join(name)).ok()?.trim().parse().ok()
}

impl fmt::Display for WatchError {
    #[expect(clippy::unnecessary_debug_formatting, reason = "quotes show where a path begins and ends")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let now = |limit: &Option<u64>| limit.map_or_else(|| "unknown".to_owned(), |limit| limit.to_string());
        match self {
            Self::NoRoots => f.write_str("nothing to watch: call `Watch::serve` or `Watch::reload`"),
            Self::Root { path, source } => write!(
                f,
                "can't watch {path:?}: {source}; make it first, or correct the path (a relative one begins at {:?})",
                std::env::current_dir().unwrap_or_default(),
            ),
            Self::NotAFolder { path } => {
                write!(f, "can't watch {path:?}: it is neither a folder nor a regular file")
            }
            Self::Prefix { prefix, reason } => {
                write!(f, "bad URL prefix {prefix:?}: {reason}; write it like \"/assets\"")
            }
            Self::Twice { path } => {
                write!(f, "{path:?} was given twice for the same purpose: take one of the two calls away")
            }
            Self::Pattern { pattern, reason } => {
                write!(f, "bad pattern {pattern:?}: {}; write it as in a .gitignore file", Escaped(reason))
            }
            Self::Span { option, span, allowed: (least, most) } => {
                write!(f, "bad {option} of {span:?}: it must be between {least:?} and {most:?}")
            }
            Self::WatchLimit { path, limit } => write!(
                f,
                "can't watch {path:?}: the limit fs.inotify.max_user_watches (now {}) is reached; \
                 raise it by `sudo sysctl fs.inotify.max_user_watches=524288`, \
                 or leave folders out by `Watch::ignore`",
                now(limit),
            ),
            Self::InstanceLimit { limit } => write!(
                f,
                "can't watch: the limit fs.inotify.max_user_instances (now {}) is reached; \
                 raise it by `sudo sysctl fs.inotify.max_user_instances=1024`, \
                 or end programs that watch files",
                now(limit),
            ),
            Self::OpenFileLimit => f.write_str(
                "can't watch: the limit of open files is reached; raise it by `ulimit -n 4096` before the start",
            ),
            Self::System { path: Some(path), message } => write!(f, "can't watch {path:?}: {}", Escaped(message)),
            Self::System { path: None, message } => write!(f, "can't watch: {}", Escaped(message)),
        }
    }
}

impl std::error::Error for WatchError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Root { source, .. } => Some(source),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_name_the_value_and_the_remedy() {
        let io = |code| notify::Error::io(io::Error::from_raw_os_error(code));
        let watched = Some(Path::new("/site/css"));
        let cases = [
            (WatchError::NoRoots, &["Watch::serve", "Watch::reload"][..]),
            (
                WatchError::Root { path: "static".into(), source: io::ErrorKind::NotFound.into() },
                &["\"static\"", "not found", "relative one begins at \"/"],
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
            (WatchError::from_notify(&io(5), watched), &["\"/site/css\"", "nput/output error"]),
            (WatchError::from_notify(&notify::Error::generic("odd"), None), &["can't watch: odd"]),
        ];
        for (error, parts) in cases {
            let message = error.to_string();
            for part in parts {
                assert!(message.contains(part), "{part:?} in {message:?}");
            }
        }
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn the_limits_of_linux_are_told_with_their_value_and_a_command() {
        let present = |name: &str| {
            fs::read_to_string(format!("/proc/sys/fs/inotify/{name}")).unwrap().trim().to_owned()
        };
        let full = notify::Error::new(notify::ErrorKind::MaxFilesWatch);
        let message = WatchError::from_notify(&full, Some(Path::new("/site"))).to_string();
        let now = format!("fs.inotify.max_user_watches (now {})", present("max_user_watches"));
        let command = "`sudo sysctl fs.inotify.max_user_watches=524288`";
        assert!(
            message.contains("\"/site\"") && message.contains(&now) && message.contains(command),
            "{message}"
        );

        // This process can open files, so it must be the instances.
        let full = notify::Error::io(io::Error::from_raw_os_error(24));
        let message = WatchError::from_notify(&full, None).to_string();
        let now = format!("fs.inotify.max_user_instances (now {})", present("max_user_instances"));
        assert!(message.contains(&now) && message.contains("`sudo sysctl fs.inotify."), "{message}");
    }
}
