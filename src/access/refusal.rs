//! The reasons for refusing a request, as texts for the client, the page's console and the log.

use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use http::{HeaderMap, HeaderValue, StatusCode, header::RETRY_AFTER};

use super::{
    address::{Host, Origin, Reason},
    forwarded::ForwardedHost,
};
use crate::{metrics, notice::warning};

/// The environment variable that adds hosts, separated by commas, where the app's options can't be edited.
pub(crate) const ENVIRONMENT: &str = "TOWER_HOT_MIDDLEWARE_ALLOWED_HOSTS";

/// Number of distinct refusals that are logged.
const REMEMBERED: usize = 64;

/// Number of bytes shown of an invalid value.
const SHOWN: usize = 100;

/// The reason for refusing a request, and the option that would allow it. Ends without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    text: String,
    /// Set if the same request may succeed later.
    is_throttled: bool,
}

impl Refusal {
    fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), is_throttled: false }
    }

    pub(crate) fn status(&self) -> StatusCode {
        if self.is_throttled { StatusCode::TOO_MANY_REQUESTS } else { StatusCode::FORBIDDEN }
    }

    /// Adds `Retry-After` to a throttled refusal.
    pub(crate) fn head(&self, headers: &mut HeaderMap) {
        if self.is_throttled {
            headers.insert(RETRY_AFTER, HeaderValue::from_static("10"));
        }
    }

    pub(super) fn no_host() -> Self {
        Self::new("The request has an Origin and no host. Send a Host header")
    }

    pub(super) fn several(name: &str) -> Self {
        Self::new(format!("The request has several {name} headers. Send one"))
    }

    pub(super) fn no_such_host(value: &[u8], reason: Reason) -> Self {
        Self::new(format!("The host {} {reason}, so it can't be allowed", Shown(value)))
    }

    pub(super) fn host(host: Host<'_>) -> Self {
        Self::new(format!(
            "The host {host} is not allowed. If it is yours, allow it by OptionsBuilder::allowed_host({:?}), or \
             start the server with {ENVIRONMENT}={host} in its environment",
            host.to_string()
        ))
    }

    pub(super) fn no_such_forwarded_host(host: &ForwardedHost<'_>, reason: Reason) -> Self {
        Self::new(format!(
            "{} names the host {}, which {reason}, so it can't be allowed",
            host.header,
            Shown(host.value)
        ))
    }

    pub(super) fn forwarded_host(header: &str, host: Host<'_>) -> Self {
        Self::new(format!(
            "A proxy was asked for the host {host} ({header}), which is not allowed. If it is yours, allow it by \
             OptionsBuilder::allowed_host({:?}), or start the server with {ENVIRONMENT}={host} in its environment",
            host.to_string()
        ))
    }

    pub(super) fn null_origin() -> Self {
        Self::new(
            "Pages without an origin (Origin: null), such as sandboxed frames and files, can't be allowed. Serve \
             the page over HTTP",
        )
    }

    pub(super) fn no_such_origin(value: &[u8], reason: Reason) -> Self {
        Self::new(format!("The origin {} {reason}, so it can't be allowed", Shown(value)))
    }

    pub(super) fn origin(origin: &Origin<'_>) -> Self {
        let name = origin.to_string();
        Self::new(format!(
            "Pages of {name} are not allowed. If it is yours, allow it by OptionsBuilder::allowed_origin({name:?})"
        ))
    }

    pub(super) fn site(value: &[u8]) -> Self {
        Self::new(format!(
            "Pages of other origins are not allowed (Sec-Fetch-Site: {}). If the page is yours, request this with CORS \
             (`crossorigin` on the script), and allow its origin by OptionsBuilder::allowed_origin",
            Shown(value)
        ))
    }

    pub(super) fn state() -> Self {
        Self::new(
            "The inspector's state is for the inspector's own page. Open the stream's path in the browser",
        )
    }

    pub(super) fn workspace(host: Host<'_>) -> Self {
        Self::new(format!(
            "The folder of the app is not told under the host {host}, which other machines may use. Open the app under \
             localhost, or allow the host by OptionsBuilder::allowed_host({:?})",
            host.to_string()
        ))
    }

    // No token is shown, not even a wrong one: it may be the right one with a letter too many.

    pub(super) fn no_token() -> Self {
        Self::new(
            "A message needs a token. Pages find theirs in the script tag that this server puts into them; build tools \
             send `Authorization: Bearer` with the token that was given to OptionsBuilder::build_token",
        )
    }

    #[cfg(feature = "websocket")]
    pub(super) fn no_socket_token() -> Self {
        Self::new(
            "A socket needs the page's token, as `?token=`. Vite's client has it if this server serves that client, by \
             OptionsBuilder::vite_client; other clients find it in the script tag that this server puts into pages",
        )
    }

    pub(super) fn page_token() -> Self {
        Self::new(
            "The page's token is not that of this process: the server was restarted since. Reload the page",
        )
    }

    pub(super) fn receipt_key() -> Self {
        Self::new(
            "The key for receipts is not that of this process: the server was restarted since. The stream has the new one \
             in its first event",
        )
    }

    pub(super) fn build_token() -> Self {
        Self::new(
            "The token in `Authorization: Bearer` is not the one that was given to OptionsBuilder::build_token",
        )
    }

    pub(super) fn too_many_tokens() -> Self {
        let text =
            "More than 10 wrong tokens were sent within 10 seconds. Retry in 10 seconds with the right one";
        Self { is_throttled: true, ..Self::new(text) }
    }

    pub(super) fn no_build_token() -> Self {
        Self::new(
            "This server accepts no build reports. Choose a token, give it to OptionsBuilder::build_token, and send \
             it as `Authorization: Bearer`",
        )
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Displays any value, escaped and shortened.
struct Shown<'a>(&'a [u8]);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (shown, rest) = self.0.split_at(self.0.len().min(SHOWN));
        write!(f, "{:?}{}", String::from_utf8_lossy(shown), if rest.is_empty() { "" } else { "…" })
    }
}

/// Logs each distinct refusal once, because a refused page retries every few seconds.
///
/// Senders can make up values, so the number of remembered refusals is bounded.
#[derive(Debug, Default)]
pub(super) struct RefusalLog {
    /// Guards the look-up only; nothing is logged under the lock.
    seen: Mutex<Vec<Refused>>,
}

/// A distinct refusal.
#[derive(Clone, Debug)]
pub(crate) struct Refused {
    pub(crate) text: String,
    /// Time of the latest request.
    pub(crate) at: SystemTime,
    /// Number of requests that were refused so.
    pub(crate) count: u64,
}

impl RefusalLog {
    pub(super) fn note(&self, refusal: &Refusal) {
        metrics::refused();
        let Some(count) = self.remember(refusal) else { return };
        warning!("refused: {refusal}");
        if count == REMEMBERED {
            warning!("{REMEMBERED} different requests were refused; further refusals are not logged");
        }
    }

    /// Returns the number of refusals including this one, if it is new.
    fn remember(&self, refusal: &Refusal) -> Option<usize> {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let at = SystemTime::now();
        if let Some(known) = seen.iter_mut().find(|known| known.text == refusal.text) {
            (known.at, known.count) = (at, known.count.saturating_add(1));
            return None;
        }
        if seen.len() == REMEMBERED {
            return None;
        }
        seen.push(Refused { text: refusal.text.clone(), at, count: 1 });
        Some(seen.len())
    }

    pub(super) fn list(&self) -> Vec<Refused> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_is_logged_once_and_memory_is_bounded() {
        let log = RefusalLog::default();
        let refusal = |n: usize| Refusal::new(n.to_string());
        assert_eq!(log.remember(&refusal(0)), Some(1));
        assert_eq!(log.remember(&refusal(0)), None);
        let noted = (0..10 * REMEMBERED).filter(|n| log.remember(&refusal(*n)).is_some()).count();
        assert_eq!(noted, REMEMBERED - 1);
        let listed = log.list();
        assert_eq!((listed.len(), listed[0].text.as_str()), (REMEMBERED, "0"));
        assert!(listed[0].count > 2 && listed[1].count == 1);
    }

    #[test]
    fn invalid_values_are_shown_shortened_and_escaped() {
        let long = Refusal::no_such_host(&b"a".repeat(100_000), "is too long").to_string();
        assert!(long.len() < 200 && long.contains("aaa\"…"), "{long}");
        assert_eq!(Shown(b"a\n\"\x1b[31m\xff").to_string(), "\"a\\n\\\"\\u{1b}[31m\u{fffd}\"");
    }
}
