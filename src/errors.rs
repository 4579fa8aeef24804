//! The crate's errors. Each names the value that was wrong and what to do about it.

#[cfg(feature = "websocket")]
use std::path::PathBuf;
use std::{fmt, time::Duration};

use serde_json::Value;

use crate::escape::Escaped;

/// A value given to [`OptionsBuilder`](crate::OptionsBuilder) that can't be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionsError {
    /// The path is not one that a request could have.
    Path {
        /// The path as it was given.
        path: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The heartbeat is too short or too long to keep a connection open.
    Heartbeat(Duration),
    /// The log would hold no event.
    ReplayBufferEvents(usize),
    /// The log would be too small for an ordinary event.
    ReplayBufferBytes(usize),
    /// The allowed host is none that a browser could ask for.
    AllowedHost {
        /// The host as it was given.
        host: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The allowed origin is none that a browser could send.
    AllowedOrigin {
        /// The origin as it was given.
        origin: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The token of the uplink can't be sent or could be guessed: what is wrong with it. The token itself is a
    /// secret and not shown.
    BuildToken(&'static str),
    /// The base is none that Vite's client could have.
    #[cfg(feature = "websocket")]
    ViteBase {
        /// The base as it was given.
        base: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Vite's client can't be served from this file.
    #[cfg(feature = "websocket")]
    ViteClient {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
}

impl fmt::Display for OptionsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path { path, reason } => {
                write!(f, "the path {path:?} {reason}; give one like \"/__webpack_hmr\"")
            }
            Self::Heartbeat(every) => {
                write!(f, "a heartbeat every {every:?} is out of range; give one from 100 ms to 1 hour")
            }
            Self::ReplayBufferEvents(events) => {
                write!(f, "a log of {events} events holds none; give at least 1")
            }
            Self::ReplayBufferBytes(bytes) => {
                write!(f, "a log of {bytes} bytes is too small for ordinary events; give at least 4096")
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
                    "the uplink's token {reason}; draw one at random, such as by `openssl rand -hex 32`"
                )
            }
        }
    }
}

impl std::error::Error for OptionsError {}

/// A value given to [`HotMiddleware::publish`](crate::HotMiddleware::publish) that is not JSON.
#[derive(Debug)]
pub struct PublishError(pub(crate) serde_json::Error);

impl fmt::Display for PublishError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the event can't be written as JSON: {}", Escaped(&self.0))
    }
}

impl std::error::Error for PublishError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

/// A text given to [`Stats::from_json`](crate::Stats::from_json) that is not a bundler's stats.
#[derive(Debug)]
pub struct StatsError(Reason);

#[derive(Debug)]
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

impl std::error::Error for StatsError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0 {
            Reason::Json(error) => Some(error),
            Reason::NotAnObject(_) => None,
        }
    }
}
