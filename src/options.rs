//! What a [`HotMiddleware`](crate::HotMiddleware) can be told, and the checks of it.

use std::{fmt, future::Future, num::NonZeroUsize, time::Duration};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};

use crate::{
    error::OptionsError,
    guard::{AllowedHost, AllowedOrigin, Token},
};

/// The signal that ends every stream, shared by all of them.
pub(crate) type Shutdown = Shared<BoxFuture<'static, ()>>;

/// Checked options of a [`HotMiddleware`](crate::HotMiddleware).
///
/// [`Options::default`] suits most apps; [`Options::builder`] changes it.
///
/// ```
/// use std::time::Duration;
/// use tower_hot_middleware::Options;
///
/// let options = Options::builder().path("/__hot").heartbeat(Duration::from_secs(5)).build()?;
/// # let _ = options;
/// # Ok::<(), tower_hot_middleware::OptionsError>(())
/// ```
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Clone)]
pub struct Options {
    pub(crate) enabled: bool,
    pub(crate) path: String,
    pub(crate) heartbeat: Duration,
    pub(crate) log_events: NonZeroUsize,
    pub(crate) log_bytes: usize,
    pub(crate) inject: bool,
    pub(crate) base_path: Option<String>,
    pub(crate) reload_on_new_binary: bool,
    pub(crate) client_log: LogLevel,
    pub(crate) client_overlay: bool,
    pub(crate) allowed_hosts: Vec<AllowedHost>,
    pub(crate) allowed_origins: Vec<AllowedOrigin>,
    pub(crate) uplink_token: Option<Token>,
    pub(crate) shutdown: Option<Shutdown>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            enabled: true,
            path: "/__webpack_hmr".to_owned(),
            heartbeat: Duration::from_secs(10),
            log_events: const { NonZeroUsize::new(1024).unwrap() },
            log_bytes: 16 << 20,
            inject: true,
            base_path: None,
            reload_on_new_binary: true,
            client_log: LogLevel::Info,
            client_overlay: true,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            uplink_token: None,
            shutdown: None,
        }
    }
}

impl Options {
    /// Options to be changed, beginning with the defaults.
    pub fn builder() -> OptionsBuilder {
        OptionsBuilder {
            options: Self::default(),
            log_events: None,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            uplink_token: None,
        }
    }

    /// Whether pages get the client's tag.
    pub(crate) fn injects(&self) -> bool {
        self.inject && self.enabled
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("enabled", &self.enabled)
            .field("path", &self.path)
            .field("heartbeat", &self.heartbeat)
            .field("log_events", &self.log_events)
            .field("log_bytes", &self.log_bytes)
            .field("inject", &self.inject)
            .field("base_path", &self.base_path)
            .field("reload_on_new_binary", &self.reload_on_new_binary)
            .field("client_log", &self.client_log)
            .field("client_overlay", &self.client_overlay)
            .field("allowed_hosts", &self.allowed_hosts)
            .field("allowed_origins", &self.allowed_origins)
            .field("uplink_token", &self.uplink_token)
            .field("shutdown", &self.shutdown.is_some())
            .finish()
    }
}

/// What the client in the page writes to the browser's console.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogLevel {
    /// Everything: connections, builds, what was swapped. The default.
    #[default]
    Info,
    /// Warnings and errors.
    Warn,
    /// Errors.
    Error,
    /// Nothing.
    None,
}

impl LogLevel {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::None => "none",
        }
    }
}

/// Builds [`Options`]; made by [`Options::builder`].
#[derive(Clone)]
#[must_use = "options have no effect until they are built"]
pub struct OptionsBuilder {
    options: Options,
    log_events: Option<usize>,
    allowed_hosts: Vec<String>,
    allowed_origins: Vec<String>,
    uplink_token: Option<String>,
}

impl OptionsBuilder {
    /// Turns the layer off: no route, no injection, no watcher, and every request goes to the inner service.
    /// The default is `true`.
    ///
    /// ```
    /// # use tower_hot_middleware::Options;
    /// let options = Options::builder().enabled(cfg!(debug_assertions)).build()?;
    /// # let _ = options;
    /// # Ok::<(), tower_hot_middleware::OptionsError>(())
    /// ```
    pub fn enabled(mut self, enabled: bool) -> Self {
        self.options.enabled = enabled;
        self
    }

    /// Sets the path of the stream, under which the client's files lie as well. The default is
    /// `/__webpack_hmr`.
    ///
    /// It is compared with a request's path exactly: case matters, and nothing is percent-decoded.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.options.path = path.into();
        self
    }

    /// Sets how often a 💓 goes out on every stream, which keeps proxies from closing it and tells clients that
    /// the server lives. From 100 ms to 1 hour; the default is 10 seconds, half of what
    /// webpack-hot-middleware's client waits before it connects anew.
    pub fn heartbeat(mut self, every: Duration) -> Self {
        self.options.heartbeat = every;
        self
    }

    /// Sets how many events the log holds for clients that have not read them yet. At least 1; the default
    /// is 1024.
    pub fn log_events(mut self, events: usize) -> Self {
        self.log_events = Some(events);
        self
    }

    /// Sets how many bytes of events the log holds for clients that have not read them yet. At least 4096;
    /// the default is 16 MiB. A single event may be larger; the log then holds it alone.
    pub fn log_bytes(mut self, bytes: usize) -> Self {
        self.options.log_bytes = bytes;
        self
    }

    /// Sets whether the client's script tag is put into HTML pages. The default is `true`.
    ///
    /// Turn it off where the page's own bundle has a client, or where you write the tag yourself:
    /// `<script type="module" src="/__webpack_hmr/client.js"></script>`.
    pub fn inject(mut self, inject: bool) -> Self {
        self.options.inject = inject;
        self
    }

    /// Sets the path under which browsers see this layer's root, such as `/app`, where something in front of
    /// it takes that prefix off: axum's `Router::nest` or a proxy.
    ///
    /// The injected tag finds its way without it on every page but the one at the prefix itself, without a
    /// trailing slash. Under axum, the feature `axum` finds that out as well.
    pub fn base_path(mut self, path: impl Into<String>) -> Self {
        self.options.base_path = Some(path.into());
        self
    }

    /// Sets whether pages are loaded again when the server comes back as another executable. The default is
    /// `true`.
    ///
    /// Executables are told apart by the size and the modification time of the file, which a build that changed
    /// nothing leaves as they were.
    pub fn reload_on_new_binary(mut self, reload: bool) -> Self {
        self.options.reload_on_new_binary = reload;
        self
    }

    /// Sets what the client in the page writes to the browser's console. The default is
    /// [`LogLevel::Info`].
    pub fn client_log(mut self, level: LogLevel) -> Self {
        self.options.client_log = level;
        self
    }

    /// Sets whether the client in the page shows the errors of builds over it. The default is true; the browser's
    /// console has them either way.
    pub fn client_overlay(mut self, shows: bool) -> Self {
        self.options.client_overlay = shows;
        self
    }

    /// Allows the stream to be asked for by a host's name: a tunnel's, a container's, one from the hosts file. May be
    /// called several times. `localhost`, the names under it and IP addresses are always allowed.
    ///
    /// A leading dot allows all names under a name as well. Give one only whose names are all yours: whoever has
    /// one of them can point it at your machine. The environment variable `TOWER_HOT_MIDDLEWARE_ALLOWED_HOSTS` adds
    /// hosts too, separated by commas, where the code can't be edited.
    ///
    /// ```
    /// # use tower_hot_middleware::Options;
    /// let options = Options::builder().allowed_host("app.test").allowed_host(".dev.example.com").build()?;
    /// # let _ = options;
    /// # Ok::<(), tower_hot_middleware::OptionsError>(())
    /// ```
    pub fn allowed_host(mut self, host: impl Into<String>) -> Self {
        self.allowed_hosts.push(host.into());
        self
    }

    /// Allows pages of another origin to read the stream and to load the client. May be called several times. Pages
    /// that this server itself serves need none.
    ///
    /// ```
    /// # use tower_hot_middleware::Options;
    /// let options = Options::builder().allowed_origin("http://localhost:5000").build()?;
    /// # let _ = options;
    /// # Ok::<(), tower_hot_middleware::OptionsError>(())
    /// ```
    pub fn allowed_origin(mut self, origin: impl Into<String>) -> Self {
        self.allowed_origins.push(origin.into());
        self
    }

    /// Takes reports of builds from whoever sends this token, by `POST` on the stream's path: a bundler in another
    /// terminal or container, a Makefile. Without one, which is the default, nobody can report.
    ///
    /// At least 16 characters of those that RFC 6750 allows, best drawn at random. A report is 32 MiB at most.
    /// `docs/protocol.md` has what can be reported; the token itself is never logged or shown.
    ///
    /// ```
    /// # use tower_hot_middleware::Options;
    /// # let token = "2f1c6f0e8a5b4d3c";
    /// // curl -X POST http://localhost:3000/__webpack_hmr -H "Authorization: Bearer $TOKEN" \
    /// //      -H 'Content-Type: application/json' -d '{"action":"reload"}'
    /// let options = Options::builder().uplink_token(token).build()?;
    /// # let _ = options;
    /// # Ok::<(), tower_hot_middleware::OptionsError>(())
    /// ```
    pub fn uplink_token(mut self, token: impl Into<String>) -> Self {
        self.uplink_token = Some(token.into());
        self
    }

    /// Ends every stream when this future does, as [`close`](crate::HotMiddleware::close) does.
    ///
    /// A graceful shutdown waits for every open response, and an event stream is a response that never ends
    /// by itself. Give the server and this the same signal:
    ///
    /// ```no_run
    /// # use tower_hot_middleware::{HotMiddleware, Options};
    /// # async fn run(app: axum::Router, listener: tokio::net::TcpListener) -> Result<(), Box<dyn std::error::Error>> {
    /// async fn signal() {
    ///     tokio::signal::ctrl_c().await.expect("the signal can be waited for");
    /// }
    ///
    /// let hot = HotMiddleware::new(Options::builder().shutdown(signal()).build()?);
    /// axum::serve(listener, app.layer(hot)).with_graceful_shutdown(signal()).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn shutdown(mut self, signal: impl Future<Output = ()> + Send + 'static) -> Self {
        self.options.shutdown = Some(signal.boxed().shared());
        self
    }

    /// Checks the options.
    ///
    /// # Errors
    /// [`OptionsError`], with the value that can't be used and what to give instead.
    pub fn build(mut self) -> Result<Options, OptionsError> {
        let options = &mut self.options;
        check_path(&options.path)?;
        if let Some(base) = &mut options.base_path {
            base.truncate(base.trim_end_matches('/').len());
            if !base.is_empty() {
                check_path(base)?;
            }
        }
        if !(Duration::from_millis(100)..=Duration::from_secs(3600)).contains(&options.heartbeat) {
            return Err(OptionsError::Heartbeat(options.heartbeat));
        }
        if let Some(events) = self.log_events {
            options.log_events = NonZeroUsize::new(events).ok_or(OptionsError::LogEvents(events))?;
        }
        if options.log_bytes < 4096 {
            return Err(OptionsError::LogBytes(options.log_bytes));
        }
        for host in self.allowed_hosts {
            match AllowedHost::parse(&host) {
                Ok(host) => options.allowed_hosts.push(host),
                Err(reason) => return Err(OptionsError::AllowedHost { host, reason }),
            }
        }
        for origin in self.allowed_origins {
            match AllowedOrigin::parse(&origin) {
                Ok(origin) => options.allowed_origins.push(origin),
                Err(reason) => return Err(OptionsError::AllowedOrigin { origin, reason }),
            }
        }
        if let Some(token) = self.uplink_token {
            options.uplink_token = Some(Token::parse(&token).map_err(OptionsError::UplinkToken)?);
        }
        Ok(self.options)
    }
}

impl fmt::Debug for OptionsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OptionsBuilder")
            .field("options", &self.options)
            .field("log_events", &self.log_events)
            .field("allowed_hosts", &self.allowed_hosts)
            .field("allowed_origins", &self.allowed_origins)
            // A secret.
            .field("uplink_token", &self.uplink_token.is_some())
            .finish()
    }
}

/// Lets a path through that is the path of some request, as the `http` crate has it.
fn check_path(path: &str) -> Result<(), OptionsError> {
    let allowed = |byte: u8| {
        byte.is_ascii_graphic()
            && !matches!(byte, b'"' | b'#' | b'<' | b'>' | b'?' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
    };
    let reason = if !path.starts_with('/') {
        "does not start with a slash"
    } else if path.ends_with('/') {
        "ends with a slash"
    } else if path.split('/').any(|segment| segment == "." || segment == "..") {
        "has a segment that browsers resolve"
    } else if !path.bytes().all(allowed) {
        "has a character that a URL's path can't hold as it is"
    } else {
        return Ok(());
    };
    Err(OptionsError::Path { path: path.to_owned(), reason })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_values_are_named() {
        let cases = [
            (Options::builder().path(""), "\"\""),
            (Options::builder().path("hmr"), "\"hmr\" does not start"),
            (Options::builder().path("/"), "\"/\" ends"),
            (Options::builder().path("/hmr/"), "\"/hmr/\" ends"),
            (Options::builder().path("/hmr?x"), "\"/hmr?x\" has a character"),
            (Options::builder().path("/hm r"), "\"/hm r\" has a character"),
            (Options::builder().path("/hmé"), "\"/hmé\" has a character"),
            (Options::builder().path("/a/../b"), "\"/a/../b\" has a segment"),
            (Options::builder().base_path("app"), "\"app\" does not start"),
            (Options::builder().heartbeat(Duration::ZERO), "0ns"),
            (Options::builder().heartbeat(Duration::from_secs(3601)), "3601s"),
            (Options::builder().log_events(0), "0 events"),
            (Options::builder().log_bytes(100), "100 bytes"),
            (Options::builder().allowed_host("app.test").allowed_host(""), "\"\" is empty"),
            (Options::builder().allowed_host("."), "\".\" is empty"),
            (Options::builder().allowed_host("app.test:80"), "\"app.test:80\" has a port"),
            (Options::builder().allowed_host("http://app.test"), "\"http://app.test\" has a scheme"),
            (Options::builder().allowed_host("*.app.test"), "\"*.app.test\" has a *"),
            (Options::builder().allowed_host("app test"), "\"app test\" has a character"),
            (Options::builder().allowed_host("app.test/"), "\"app.test/\" has a character"),
            (Options::builder().allowed_host("büro.test"), "\"büro.test\" has a character"),
            (Options::builder().allowed_host("me@app.test"), "\"me@app.test\" has a user name"),
            (Options::builder().allowed_host("..app.test"), "\"..app.test\" has a label"),
            (Options::builder().allowed_host("::1"), "\"::1\" has a character"),
            (Options::builder().allowed_origin("app.test"), "\"app.test\" has no scheme"),
            (Options::builder().allowed_origin("null"), "\"null\" has no scheme"),
            (Options::builder().allowed_origin("*"), "\"*\" has no scheme"),
            (Options::builder().allowed_origin("http://app.test/"), "\"http://app.test/\" has a character"),
            (Options::builder().allowed_origin("http://*.app.test"), "\"http://*.app.test\" has a character"),
            (Options::builder().allowed_origin("http://app.test:0"), "\"http://app.test:0\" has a port"),
            (Options::builder().uplink_token(""), "shorter than 16"),
            (Options::builder().uplink_token("a token with blanks"), "has a character that is none of"),
        ];
        for (builder, named) in cases {
            let error = builder.build().unwrap_err().to_string();
            assert!(error.contains(named), "{error:?} does not name {named:?}");
        }
    }

    #[test]
    fn the_token_is_shown_nowhere() {
        let secret = "a-secret-of-17-ch";
        let builder = Options::builder().uplink_token(secret);
        assert!(!format!("{builder:?}{:?}", builder.clone().build().unwrap()).contains(secret));
        let error = Options::builder().uplink_token(format!("{secret}\n")).build().unwrap_err();
        assert!(!format!("{error} {error:?}").contains(secret));
    }

    #[test]
    fn right_values_pass() {
        let options = Options::builder()
            .path("/a/b%20c")
            .base_path("/app/")
            .log_events(1)
            .log_bytes(4096)
            .build()
            .unwrap();
        assert_eq!((options.path.as_str(), options.base_path.as_deref()), ("/a/b%20c", Some("/app")));
        assert!(Options::builder().base_path("/").build().is_ok());
    }

    #[test]
    fn the_defaults_are_what_building_nothing_gives() {
        assert_eq!(format!("{:?}", Options::builder().build().unwrap()), format!("{:?}", Options::default()));
    }
}
