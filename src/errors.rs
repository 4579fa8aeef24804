//! The crate's errors. Each names the value that was wrong and what to do about it.

use std::{fmt, path::PathBuf, time::Duration};

use serde_json::Value;

use crate::escape::Escaped;

/// Implements `Debug` as `Display`, so that `main` and `unwrap` print the message.
macro_rules! debug_is_display {
    ($error:ty) => {
        impl std::fmt::Debug for $error {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(self, f)
            }
        }
    };
}
pub(crate) use debug_is_display;

/// An invalid value given to [`OptionsBuilder`](crate::OptionsBuilder).
#[non_exhaustive]
pub enum OptionsError {
    /// The path can't be the path of a request.
    #[non_exhaustive]
    Path {
        /// The path, as it was given.
        path: String,
        /// The rule that it breaks.
        reason: &'static str,
    },
    /// The heartbeat is too short, or too long to keep a connection open.
    Heartbeat(Duration),
    /// The replay buffer would hold no event.
    ReplayBufferEvents(usize),
    /// The replay buffer would be too small for an ordinary event.
    ReplayBufferBytes(usize),
    /// The allowed host can't be the host of a URL.
    #[non_exhaustive]
    AllowedHost {
        /// The host, as it was given.
        host: String,
        /// The rule that it breaks.
        reason: &'static str,
    },
    /// The allowed origin can't be the origin of a page.
    #[non_exhaustive]
    AllowedOrigin {
        /// The origin, as it was given.
        origin: String,
        /// The rule that it breaks.
        reason: &'static str,
    },
    /// The token for builds can't be sent in a header or could be guessed, for this reason. The token itself is a
    /// secret and not shown.
    BuildToken(&'static str),
    /// The command of the editor can't be parsed.
    #[cfg(feature = "watch")]
    #[non_exhaustive]
    Editor {
        /// The command, as it was given.
        command: String,
        /// The rule that it breaks.
        reason: &'static str,
    },
    /// The folder can't be a workspace of the browser's developer tools.
    #[non_exhaustive]
    DevtoolsWorkspace {
        /// The folder, as it was given.
        folder: PathBuf,
        /// The rule that it breaks.
        reason: &'static str,
    },
    /// The relay's URL, prefix or expiry is invalid.
    #[cfg(feature = "redis")]
    #[non_exhaustive]
    Relay {
        /// The value, as it was given, without a user and password.
        value: String,
        /// The rule that it breaks.
        reason: String,
    },
    /// The token of all pages could be guessed, or can't be sent in a header, for this reason. The token itself is a secret
    /// and not shown.
    #[cfg(feature = "redis")]
    PageToken(&'static str),
    /// The base can't be that of Vite's client.
    #[cfg(feature = "websocket")]
    #[non_exhaustive]
    ViteBase {
        /// The base, as it was given.
        base: String,
        /// The rule that it breaks.
        reason: &'static str,
    },
    /// Vite's client can't be served from this file.
    #[cfg(feature = "websocket")]
    #[non_exhaustive]
    ViteClient {
        /// The file.
        file: PathBuf,
        /// The reason, such as a version that is not supported.
        reason: String,
    },
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path { path, reason } => {
                write!(f, "the path {path:?} {reason}; give one like \"/__webpack_hmr\"")
            }
            Self::Heartbeat(interval) => {
                write!(f, "a heartbeat every {interval:?} is out of range; give one from 100 ms to 1 hour")
            }
            Self::ReplayBufferEvents(events) => {
                write!(f, "a replay buffer of {events} events holds none; give at least 1")
            }
            Self::ReplayBufferBytes(bytes) => {
                write!(
                    f,
                    "a replay buffer of {bytes} bytes is too small for ordinary events; give at least 4096"
                )
            }
            #[cfg(feature = "watch")]
            Self::Editor { command, reason } => {
                write!(
                    f,
                    "the editor {command:?} {reason}; give a program and its arguments, such as \"code\""
                )
            }
            Self::AllowedHost { host, reason } => write!(
                f,
                "the allowed host {host:?} {reason}; give one like \"app.example\", with a leading dot for the names \
                 under it too, and names outside of ASCII in their xn-- form"
            ),
            Self::AllowedOrigin { origin, reason } => {
                write!(
                    f,
                    "the allowed origin {origin:?} {reason}; give one like \"https://app.example:8443\""
                )
            }
            Self::DevtoolsWorkspace { folder, reason } => {
                write!(f, "the workspace {folder:?} {reason}; give the folder of the app's sources")
            }
            #[cfg(feature = "redis")]
            Self::Relay { value, reason } => write!(
                f,
                "the relay's {value:?} {}; give a URL like \"redis://localhost:6379\", and a prefix like \"shop\"",
                Escaped(reason)
            ),
            #[cfg(feature = "redis")]
            Self::PageToken(reason) => {
                write!(
                    f,
                    "the token of pages {reason}; draw one at random, such as by `openssl rand -hex 32`"
                )
            }
            #[cfg(feature = "websocket")]
            Self::ViteBase { base, reason } => {
                write!(f, "the base {base:?} of Vite's client {reason}; give one like \"/\" or \"/app/\"")
            }
            #[cfg(feature = "websocket")]
            Self::ViteClient { file, reason } => write!(
                f,
                "Vite's client can't be served from {}: {}; give the node_modules folder that has vite 8.3.8",
                Escaped(file.display()),
                Escaped(reason)
            ),
            Self::BuildToken(reason) => {
                write!(
                    f,
                    "the token for builds {reason}; draw one at random, such as by `openssl rand -hex 32`"
                )
            }
        }
    }
}

debug_is_display!(OptionsError);

impl std::error::Error for OptionsError {}

/// A value given to [`HotMiddleware::publish`](crate::HotMiddleware::publish) that can't be written as JSON.
pub struct PublishError(pub(crate) serde_json::Error);

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the event can't be written as JSON: {}", Escaped(&self.0))
    }
}

debug_is_display!(PublishError);

impl std::error::Error for PublishError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// A text given to [`Stats::from_json`](crate::Stats::from_json) that is not a bundler's stats.
pub struct StatsError(Reason);

enum Reason {
    Json(serde_json::Error),
    NotAnObject(String),
}

impl StatsError {
    pub(crate) fn json(error: serde_json::Error) -> Self {
        Self(Reason::Json(error))
    }

    pub(crate) fn not_an_object(value: &Value) -> Self {
        const SHOWN: usize = 40;
        let json = value.to_string();
        // JSON leaves DEL and the controls above it as they are, and a terminal obeys them.
        let mut text = Escaped(json.chars().take(SHOWN).collect::<String>()).to_string();
        if json.chars().nth(SHOWN).is_some() {
            text.push('…');
        }
        Self(Reason::NotAnObject(text))
    }
}

impl fmt::Display for StatsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Reason::Json(error) => write!(f, "the stats are not JSON: {}", Escaped(error)),
            Reason::NotAnObject(text) => {
                write!(f, "the stats are {text} and not an object; give what stats.toJson() returns")
            }
        }
    }
}

debug_is_display!(StatsError);

impl std::error::Error for StatsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Reason::Json(error) => Some(error),
            Reason::NotAnObject(_) => None,
        }
    }
}
