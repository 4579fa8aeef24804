//! The options one by one, and the checks of them.

use std::{fmt, future::Future, num::NonZeroUsize, time::Duration};
#[cfg(feature = "websocket")]
use std::{path::PathBuf, sync::Arc};

#[cfg(feature = "websocket")]
use super::ViteClient;
use super::{LogLevel, Options};
use crate::{
    access::{AllowedHost, AllowedOrigin, Token},
    errors::OptionsError,
    shutdown,
};

/// Builds [`Options`]; made by [`Options::builder`].
#[derive(Clone)]
#[must_use = "options have no effect until they are built"]
pub struct OptionsBuilder {
    options: Options,
    replay_buffer_events: Option<usize>,
    allowed_hosts: Vec<String>,
    allowed_origins: Vec<String>,
    build_token: Option<String>,
    #[cfg(feature = "websocket")]
    vite_client: Option<PathBuf>,
}

impl Options {
    /// Options to be changed, beginning with the defaults.
    pub fn builder() -> OptionsBuilder {
        OptionsBuilder::new()
    }
}

impl OptionsBuilder {
    /// The defaults.
    fn new() -> Self {
        Self {
            options: Options::default(),
            replay_buffer_events: None,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            build_token: None,
            #[cfg(feature = "websocket")]
            vite_client: None,
        }
    }

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
    pub fn replay_buffer_events(mut self, events: usize) -> Self {
        self.replay_buffer_events = Some(events);
        self
    }

    /// Sets how many bytes of events the log holds for clients that have not read them yet. At least 4096;
    /// the default is 16 MiB. A single event may be larger; the log then holds it alone.
    pub fn replay_buffer_bytes(mut self, bytes: usize) -> Self {
        self.options.replay_buffer_bytes = bytes;
        self
    }

    /// Sets whether the client's script tag is put into HTML pages. The default is `true`.
    ///
    /// It is put into every HTML document that a browser navigates to, whatever its status. An error as plain text, JSON or
    /// nothing becomes a small HTML page with that text and the client, so that it recovers by itself.
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
    pub fn console_level(mut self, level: LogLevel) -> Self {
        self.options.console_level = level;
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
    /// let options = Options::builder().build_token(token).build()?;
    /// # let _ = options;
    /// # Ok::<(), tower_hot_middleware::OptionsError>(())
    /// ```
    pub fn build_token(mut self, token: impl Into<String>) -> Self {
        self.build_token = Some(token.into());
        self
    }

    /// Sets the path that Vite's clients connect to and at which [`vite_client`](Self::vite_client) is served, as Vite's
    /// option `base`. The default is `/`; begin and end it with a slash.
    #[cfg(feature = "websocket")]
    pub fn vite_base(mut self, base: impl Into<String>) -> Self {
        self.options.vite_base = base.into();
        self
    }

    /// Serves Vite's own client from this `node_modules` folder, at `/@vite/client`. It is read when the options are
    /// built. Written against Vite 8.3.8; of a version that needs more than this crate knows, `build` says what.
    ///
    /// Pages load it by `<script type="module" src="/@vite/hot-middleware.js"></script>`, which has a page loaded again
    /// for a module that nothing in it accepts: what Vite's server decides, and this one can't know. Turn [`inject`](Self::inject) off then,
    /// or there are two clients in the page that swap the same things.
    #[cfg(feature = "websocket")]
    pub fn vite_client(mut self, node_modules: impl Into<PathBuf>) -> Self {
        self.vite_client = Some(node_modules.into());
        self
    }

    /// Ends every stream when this future does, as [`close`](crate::HotMiddleware::close) does.
    ///
    /// A graceful shutdown waits for every open response, and an event stream is a response that never ends
    /// by itself. Give the server [`HotMiddleware::closed`](crate::HotMiddleware::closed) and await it by
    /// [`HotMiddleware::drain`](crate::HotMiddleware::drain), which bounds the wait:
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use tower_hot_middleware::{HotMiddleware, Options};
    /// # async fn run(app: axum::Router, listener: tokio::net::TcpListener) -> Result<(), Box<dyn std::error::Error>> {
    /// let stop = async { tokio::signal::ctrl_c().await.expect("Ctrl-C can be waited for") };
    /// let hot = HotMiddleware::new(Options::builder().shutdown(stop).build()?);
    /// let app = app.layer(hot.clone());
    ///
    /// let server = axum::serve(listener, app).with_graceful_shutdown(hot.closed());
    /// hot.drain(server, Duration::from_secs(5)).await.transpose()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// The future is polled by requests, streams and `closed`, so it must not block. One that panics is logged and
    /// closes the layer.
    pub fn shutdown(mut self, signal: impl Future<Output = ()> + Send + 'static) -> Self {
        self.options.shutdown = Some(shutdown::share(signal));
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
        if let Some(events) = self.replay_buffer_events {
            options.replay_buffer_events =
                NonZeroUsize::new(events).ok_or(OptionsError::ReplayBufferEvents(events))?;
        }
        if options.replay_buffer_bytes < 4096 {
            return Err(OptionsError::ReplayBufferBytes(options.replay_buffer_bytes));
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
        if let Some(token) = self.build_token {
            options.build_token = Some(Token::parse(&token).map_err(OptionsError::BuildToken)?);
        }
        #[cfg(feature = "websocket")]
        {
            let base = &options.vite_base;
            if base != "/" {
                let reason = match base.strip_suffix('/') {
                    None => Some("does not end with a slash"),
                    Some(path) => unfit(path),
                };
                if let Some(reason) = reason {
                    return Err(OptionsError::ViteBase { base: base.clone(), reason });
                }
            }
            if let Some(node_modules) = self.vite_client {
                options.vite_client = Some(Arc::new(ViteClient::load(&node_modules)?));
            }
        }
        Ok(self.options)
    }
}

impl fmt::Debug for OptionsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("OptionsBuilder");
        #[cfg(feature = "websocket")]
        debug.field("vite_client", &self.vite_client);
        debug
            .field("options", &self.options)
            .field("replay_buffer_events", &self.replay_buffer_events)
            .field("allowed_hosts", &self.allowed_hosts)
            .field("allowed_origins", &self.allowed_origins)
            // A secret.
            .field("build_token", &self.build_token.is_some())
            .finish()
    }
}

/// Lets a path through that is the path of some request, as the `http` crate has it.
fn check_path(path: &str) -> Result<(), OptionsError> {
    match unfit(path) {
        Some(reason) => Err(OptionsError::Path { path: path.to_owned(), reason }),
        None => Ok(()),
    }
}

/// What is wrong with a path, if anything is.
fn unfit(path: &str) -> Option<&'static str> {
    let allowed = |byte: u8| {
        byte.is_ascii_graphic()
            && !matches!(byte, b'"' | b'#' | b'<' | b'>' | b'?' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}')
    };
    if !path.starts_with('/') {
        Some("does not start with a slash")
    } else if path.ends_with('/') {
        Some("ends with a slash")
    } else if path.split('/').any(|segment| segment == "." || segment == "..") {
        Some("has a segment that browsers resolve")
    } else if !path.bytes().all(allowed) {
        Some("has a character that a URL's path can't hold as it is")
    } else {
        None
    }
}
