//! The reasons for rejecting a message, as texts for its sender.

use std::{fmt, str::Utf8Error, time::Duration};

use http::{HeaderMap, StatusCode, header::CONTENT_TYPE};

#[cfg(feature = "watch")]
use crate::editor::OpenError;
use crate::{
    errors::StatsError,
    escape::{Escaped, shorten},
    messages::MAX_PER_SECOND,
};

/// The longest pause in a body. The part that has arrived takes up memory meanwhile.
pub(super) const MAX_SILENCE: Duration = Duration::from_secs(30);

/// The reason for rejecting a message.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rejection {
    status: StatusCode,
    text: String,
}

impl Rejection {
    pub(super) fn new(status: StatusCode, text: impl Into<String>) -> Self {
        Self { status, text: text.into() }
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }

    pub(super) fn content_type(headers: &HeaderMap) -> Self {
        let given = match headers.get(CONTENT_TYPE) {
            Some(value) => format!("{:?}", shorten(&String::from_utf8_lossy(value.as_bytes()))),
            None => "missing".to_owned(),
        };
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("The Content-Type is {given}. Send JSON as application/json"),
        )
    }

    pub(super) fn too_large(max: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("The body is larger than {max} bytes. Send less at once"),
        )
    }

    pub(super) fn too_many() -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            format!(
                "More than {MAX_PER_SECOND} messages came within a second. Send this one later, and send fewer"
            ),
        )
    }

    pub(super) fn too_many_bytes(max: usize) -> Self {
        Self::new(
            StatusCode::TOO_MANY_REQUESTS,
            format!("More than {max} bytes of messages are on their way at once. Send this one later"),
        )
    }

    pub(super) fn silent(received: usize) -> Self {
        Self::new(
            StatusCode::REQUEST_TIMEOUT,
            format!("Nothing came for {MAX_SILENCE:?} after {received} bytes. Send the message at once"),
        )
    }

    pub(super) fn given_up() -> Self {
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "The server is shutting down and did not process this. Send it again",
        )
    }

    pub(super) fn broken_off(received: usize) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("The body broke off after {received} bytes"))
    }

    pub(super) fn not_utf8(error: Utf8Error) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("The body is not JSON: {error}. Send it as UTF-8"))
    }

    pub(super) fn malformed(error: &serde_json::Error, example: &str) -> Self {
        let error = error.to_string();
        Self::new(
            StatusCode::BAD_REQUEST,
            format!("The body is not a valid message: {}. Send one like {example}", shorten(&error)),
        )
    }

    pub(super) fn stats(error: &StatsError) -> Self {
        Self::new(StatusCode::BAD_REQUEST, shorten(&error.to_string()))
    }

    /// `known` are the types that the sender's key or token is for.
    pub(super) fn unknown_type(given: &str, known: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("The type {:?} is unknown. Send {known}", shorten(given)))
    }

    #[cfg(feature = "watch")]
    pub(super) fn unknown_module(path: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            format!("No watched folder has the module {:?}. Send the path of its URL", shorten(path)),
        )
    }

    #[cfg(feature = "watch")]
    pub(super) fn other_instances() -> Self {
        Self::new(
            StatusCode::CONFLICT,
            "Pages of this process have other instances of these modules. Reload the page",
        )
    }

    #[cfg(feature = "watch")]
    pub(super) fn not_opened(error: &OpenError) -> Self {
        match error {
            OpenError::NotAllowed(text) => Self::new(StatusCode::FORBIDDEN, text.as_str()),
            OpenError::NoEditor(text) => Self::new(StatusCode::NOT_FOUND, text.as_str()),
            OpenError::TooMany => {
                Self::new(StatusCode::TOO_MANY_REQUESTS, "More than 10 files were opened within 10 seconds")
            }
            OpenError::Waiting => Self::new(
                StatusCode::CONFLICT,
                "32 editors that were opened are still running. Close some, or leave an option such as `--wait` out of the command",
            ),
        }
    }

    pub(super) fn no_listener(event: &str) -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            format!("There is no listener for {:?}. Register one with HotMiddleware::on", shorten(event)),
        )
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Escaped(&self.text))
    }
}
