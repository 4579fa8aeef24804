//! A Redis server that relays events between processes.

use std::{env, fmt, time::Duration};

use redis::{Client, ConnectionInfo, IntoConnectionInfo};

use crate::{access::Token, errors::OptionsError};

/// The shortest and the longest time after which keys expire.
const EXPIRY: std::ops::RangeInclusive<Duration> = Duration::from_secs(10)..=Duration::from_secs(30 * 86_400);

/// A Redis or Valkey server that relays events between the processes of an app, for
/// [`OptionsBuilder::relay`](crate::OptionsBuilder::relay).
///
/// What is published at one process reaches the pages of all, in one order, and a page that reconnects to another process
/// reads on where it was. `docs/relay.md` has the details.
///
/// ```
/// use tower_hot_middleware::{HotMiddleware, Options, relay::Redis};
///
/// let relay = Redis::new("redis://localhost")?.prefix("shop");
/// let hot = HotMiddleware::new(Options::builder().relay(relay).build()?);
/// # let _ = hot;
/// # Ok::<(), tower_hot_middleware::OptionsError>(())
/// ```
#[derive(Clone)]
#[must_use = "it relays nothing until it is given to `OptionsBuilder::relay`"]
pub struct Redis {
    info: ConnectionInfo,
    prefix: String,
    expiry: Duration,
    page_token: Option<String>,
}

impl Redis {
    /// Creates the relay of this server: `redis://user:password@host:6379/0`, `unix:///run/redis.sock`, or with the feature
    /// `redis-tls` `rediss://…`, which verifies the server's certificate by the system's.
    ///
    /// It needs Redis 5, or any Valkey. Nothing is connected yet: that happens once the layer is put around an app, or with
    /// the first event.
    ///
    /// # Errors
    /// [`OptionsError::Relay`] if the URL is invalid, or needs TLS and the feature is off.
    pub fn new(url: impl AsRef<str>) -> Result<Self, OptionsError> {
        let url = url.as_ref();
        let invalid = |reason: &str| OptionsError::Relay { value: shown(url), reason: reason.to_owned() };
        if url.starts_with("rediss:") && !cfg!(feature = "redis-tls") {
            return Err(invalid("needs TLS, which is in the feature `redis-tls`"));
        }
        let info = url
            .into_connection_info()
            .map_err(|error| invalid(error.detail().unwrap_or("is not a URL of Redis")))?;
        Client::open(info.clone()).map_err(|error| invalid(error.detail().unwrap_or("can't be opened")))?;
        let executable = env::current_exe().ok();
        let name = executable.as_deref().and_then(|path| path.file_stem()?.to_str()).unwrap_or("app");
        let prefix = name.chars().filter(|c| !is_forbidden(*c)).collect();
        Ok(Self { info, prefix, expiry: Duration::from_secs(3600), page_token: None })
    }

    /// Sets the name under which the processes of an app meet, which begins the name of every key. The default is the file
    /// name of the executable: set it for services with different executables, and for apps with the same one.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = prefix.into();
        self
    }

    /// Sets the time after which the keys expire once the last process has ended. From 10 seconds to 30 days; the default
    /// is 1 hour.
    pub fn expiry(mut self, expiry: Duration) -> Self {
        self.expiry = expiry;
        self
    }

    /// Sets the token of all pages, so that every process accepts the messages of pages that another one has served.
    ///
    /// The same text of at least 16 characters in every process, drawn at random and read from the environment: it is in the
    /// script tag of the app's pages, and never in Redis. Without it, each process draws its own, and a page's messages are
    /// refused by the others. See [`HotMiddleware::on`](crate::HotMiddleware::on).
    pub fn page_token(mut self, token: impl Into<String>) -> Self {
        self.page_token = Some(token.into());
        self
    }

    /// Checks the settings.
    pub(super) fn check(&self) -> Result<(), OptionsError> {
        let invalid = |value: &str, reason: &str| {
            Err(OptionsError::Relay { value: value.to_owned(), reason: reason.to_owned() })
        };
        if self.prefix.is_empty() || self.prefix.len() > 200 {
            return invalid(&self.prefix, "is no prefix of keys, which has 1 to 200 bytes");
        }
        if self.prefix.contains(is_forbidden) {
            return invalid(
                &self.prefix,
                "is no prefix of keys, which has no braces, spaces and control characters",
            );
        }
        if !EXPIRY.contains(&self.expiry) {
            return invalid(
                &format!("{:?}", self.expiry),
                "is out of range for an expiry: 10 seconds to 30 days",
            );
        }
        if let Some(token) = &self.page_token {
            Token::parse(token).map_err(OptionsError::PageToken)?;
        }
        Ok(())
    }

    pub(crate) fn info(&self) -> &ConnectionInfo {
        &self.info
    }

    pub(crate) fn key_prefix(&self) -> &str {
        &self.prefix
    }

    pub(crate) fn key_expiry(&self) -> Duration {
        self.expiry
    }

    pub(crate) fn token(&self) -> Option<Token> {
        Token::parse(self.page_token.as_deref()?).ok()
    }
}

fn is_forbidden(character: char) -> bool {
    matches!(character, '{' | '}') || character.is_whitespace() || character.is_control()
}

/// Returns a URL without its user and password.
fn shown(url: &str) -> String {
    match (url.find("://"), url.rfind('@')) {
        (Some(scheme), Some(at)) if scheme + 3 <= at => format!("{}…{}", &url[..scheme + 3], &url[at..]),
        _ => url.to_owned(),
    }
}

impl fmt::Debug for Redis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Redis")
            .field("server", &format_args!("{}", self.info.addr()))
            .field("prefix", &self.prefix)
            .field("expiry", &self.expiry)
            // A secret.
            .field("page_token", &self.page_token.is_some())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Options;

    #[test]
    fn a_url_that_is_invalid_is_an_error_without_its_password() {
        let cases =
            ["", "http://localhost", "redis://user:secret@[", "localhost:6379", "redis://u:secret@host/x"];
        for url in cases {
            let error = Redis::new(url).unwrap_err().to_string();
            assert!(!error.contains("secret") && error.contains("redis://"), "{url:?}: {error}");
        }
        #[cfg(not(feature = "redis-tls"))]
        assert!(Redis::new("rediss://localhost").unwrap_err().to_string().contains("redis-tls"));
    }

    #[test]
    fn the_password_is_never_shown() {
        let redis =
            Redis::new("redis://user:secret@localhost:6380/2").unwrap().page_token("hidden-hidden-hidden");
        let text = format!("{redis:?}");
        assert!(
            text.contains("localhost:6380") && !text.contains("secret") && !text.contains("hidden-"),
            "{text}"
        );
    }

    #[test]
    fn settings_are_checked_when_the_options_are_built() {
        let redis = || Redis::new("redis://localhost").unwrap();
        let fails = |redis: Redis| Options::builder().relay(redis).build().unwrap_err().to_string();
        assert!(Options::builder().relay(redis()).build().is_ok());
        let cases = [
            (redis().prefix(""), "\"\""),
            (redis().prefix("a{b}"), "a{b}"),
            (redis().prefix("a b"), "a b"),
            (redis().expiry(Duration::from_secs(1)), "1s"),
            (redis().page_token("short"), "token"),
        ];
        for (redis, named) in cases {
            let error = fails(redis);
            assert!(error.contains(named), "{error} does not name {named}");
        }
    }
}
