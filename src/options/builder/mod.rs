//! Each option, and its check.

mod pages;

use std::{fmt, future::Future, num::NonZeroUsize, time::Duration};
#[cfg(feature = "websocket")]
use std::{path::PathBuf, sync::Arc};

#[cfg(feature = "websocket")]
use super::ViteClient;
use super::{Options, path, workspace};
use crate::{
    access::{AllowedHost, AllowedOrigin, Token},
    errors::OptionsError,
    shutdown,
};

/// Builder of [`Options`], returned by [`Options::builder`].
#[derive(Clone)]
#[must_use = "options have no effect until they are built"]
pub struct OptionsBuilder {
    pub(super) options: Options,
    replay_buffer_events: Option<usize>,
    allowed_hosts: Vec<String>,
    allowed_origins: Vec<String>,
    build_token: Option<String>,
    #[cfg(feature = "watch")]
    editor: Option<String>,
    #[cfg(feature = "websocket")]
    vite_client: Option<PathBuf>,
}

impl Options {
    /// A builder with the default options.
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
            #[cfg(feature = "watch")]
            editor: None,
            #[cfg(feature = "websocket")]
            vite_client: None,
        }
    }

    #[cfg(feature = "watch")]
    pub(super) fn set_editor(&mut self, command: String) {
        self.editor = Some(command);
    }

    /// The options so far, for setters in other files.
    pub(super) fn options_mut(&mut self) -> &mut Options {
        &mut self.options
    }

    /// Sets whether the layer does anything. Where it is not enabled, every request goes to the inner service, and nothing is
    /// inserted, watched or run. The default is `true`; [`HotMiddleware::dev`](crate::HotMiddleware::dev) has
    /// `cfg!(debug_assertions)`.
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

    /// Sets the path of the stream. The client's files are below it. The default is `/__webpack_hmr`.
    ///
    /// A request's path has to equal it: case matters, and nothing is percent-decoded.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.options.path = path.into();
        self
    }

    /// Sets the interval of the heartbeat on every stream. It keeps proxies from closing the stream, and shows clients that
    /// the server is there. From 100 ms to 1 hour; the default is 10 seconds, half of the time after which
    /// webpack-hot-middleware's client reconnects.
    pub fn heartbeat(mut self, interval: Duration) -> Self {
        self.options.heartbeat = interval;
        self
    }

    /// Sets the number of events that are kept for clients that have not read them yet. At least 1; the default is 1024.
    pub fn replay_buffer_events(mut self, events: usize) -> Self {
        self.replay_buffer_events = Some(events);
        self
    }

    /// Sets the number of bytes of events that are kept for clients that have not read them yet. At least 4096; the default
    /// is 16 MiB. A single larger event is kept alone.
    pub fn replay_buffer_bytes(mut self, bytes: usize) -> Self {
        self.options.replay_buffer_bytes = bytes;
        self
    }

    /// Sets whether the terminal has a line for each watch and each save: what changed, and in how many pages it was
    /// swapped or reloads the page. The default is `true`.
    ///
    /// The lines are `tracing` events at the level `info` where a subscriber takes them, and go to standard error
    /// otherwise. Pages send a small receipt for each save, which they don't if this is off. Refused requests, failing
    /// commands and files that can't be watched are reported in any case. `docs/terminal.md` has the lines and the targets.
    ///
    /// ```
    /// # use tower_hot_middleware::Options;
    /// let options = Options::builder().terminal(false).build()?;
    /// # let _ = options;
    /// # Ok::<(), tower_hot_middleware::OptionsError>(())
    /// ```
    pub fn terminal(mut self, terminal: bool) -> Self {
        self.options.terminal = terminal;
        self
    }

    /// Allows requests for the stream under a host name: a tunnel's, a container's, one from the hosts file. May be called
    /// several times. `localhost`, the names under it and IP addresses are always allowed.
    ///
    /// A leading dot allows all names under a name as well. Use it only for a name whose subdomains are all yours: the owner
    /// of one can point it at your machine. The environment variable `TOWER_HOT_MIDDLEWARE_ALLOWED_HOSTS` adds hosts
    /// without a change of the code, separated by commas.
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

    /// Allows pages of another origin to read the stream and to load the client. May be called several times. Pages of this
    /// server need no such line.
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

    /// Accepts reports of builds with this token, by `POST` on the stream's path: from a bundler in another terminal or
    /// container, or a Makefile. By default there is no token, and no report is accepted.
    ///
    /// It has at least 16 of the characters that RFC 6750 allows; draw them at random. A report has 32 MiB at most.
    /// `docs/protocol.md` lists the reports. The token itself is never logged or shown.
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

    /// Sets the path to which Vite's clients connect, and under which [`vite_client`](Self::vite_client) is served, like
    /// Vite's option `base`. The default is `/`. It begins and ends with a slash.
    #[cfg(feature = "websocket")]
    pub fn vite_base(mut self, base: impl Into<String>) -> Self {
        self.options.vite_base = base.into();
        self
    }

    /// Serves Vite's own client from this `node_modules` folder, at `/@vite/client`. It is read when the options are
    /// built. It is tested with Vite 8.3.8. For a version that needs values this crate does not know, `build` returns an
    /// error that names them.
    ///
    /// Pages load it by `<script type="module" src="/@vite/hot-middleware.js"></script>`. That script reloads the page for a
    /// module that is not accepted, which Vite's server decides and this one can't. Turn [`inject`](Self::inject) off then,
    /// or two clients in the page swap the same files.
    #[cfg(feature = "websocket")]
    pub fn vite_client(mut self, node_modules: impl Into<PathBuf>) -> Self {
        self.vite_client = Some(node_modules.into());
        self
    }

    /// Closes the middleware when this future completes, as [`close`](crate::HotMiddleware::close) does: every stream,
    /// watch, command and bundler ends.
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
    /// Requests, streams and `closed` poll the future, so it must not block, and so does a task from the first stream, watch,
    /// command or bundler in a Tokio runtime on. A panic in it is logged and closes the layer.
    pub fn shutdown(mut self, signal: impl Future<Output = ()> + Send + 'static) -> Self {
        self.options.shutdown = Some(shutdown::share(signal));
        self
    }

    /// Sets whether SIGINT and SIGTERM close the middleware where the app handles them, as
    /// [`close`](crate::HotMiddleware::close) does. The default is `true`.
    ///
    /// So a graceful shutdown that begins with such a signal does not wait for open pages, without a line of the app's code.
    ///
    /// The signals of an app without a handler of its own keep their default action, which ends the process at once: the layer
    /// adds a handler only beside another one, which is still called. From the first stream, watch, command or bundler in a
    /// Tokio runtime on, it looks for one in `/proc/self/status`, and again after 10 ms, 20 ms and so on, up to every 5 s.
    ///
    /// Turn it off if the app goes on after a signal that it handles. On other systems than Linux it has no effect: there, and
    /// where the shutdown begins without a signal, use [`shutdown`](Self::shutdown), or the listener of `listen`, whose drop
    /// closes the middleware as well.
    ///
    /// ```
    /// # use tower_hot_middleware::Options;
    /// let options = Options::builder().close_on_signal(false).build()?;
    /// # let _ = options;
    /// # Ok::<(), tower_hot_middleware::OptionsError>(())
    /// ```
    pub fn close_on_signal(mut self, close: bool) -> Self {
        self.options.close_on_signal = close;
        self
    }

    /// Relays events between the processes of an app by a Redis or Valkey server: what is published at one reaches the pages
    /// of all. By default, each process has its own pages and events.
    ///
    /// ```
    /// # use tower_hot_middleware::{Options, relay::Redis};
    /// let options = Options::builder().relay(Redis::new("redis://localhost")?.prefix("shop")).build()?;
    /// # let _ = options;
    /// # Ok::<(), tower_hot_middleware::OptionsError>(())
    /// ```
    #[cfg(feature = "redis")]
    pub fn relay(mut self, redis: super::Redis) -> Self {
        self.options.relay = Some(std::sync::Arc::new(redis));
        self
    }

    /// Checks the options.
    ///
    /// # Errors
    /// [`OptionsError`], which names the invalid value and the remedy.
    pub fn build(mut self) -> Result<Options, OptionsError> {
        let options = &mut self.options;
        path::check(&options.path)?;
        if let Some(base) = &mut options.base_path {
            base.truncate(base.trim_end_matches('/').len());
            if !base.is_empty() {
                path::check(base)?;
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
        #[cfg(feature = "watch")]
        if let Some(command) = self.editor {
            options.opens_editor = !command.trim().is_empty();
            let parse = |command: &String| crate::editor::EditorCommand::parse(command);
            options.editor = Some(&command)
                .filter(|_| options.opens_editor)
                .map(parse)
                .transpose()
                .map_err(|reason| OptionsError::Editor { command: command.clone(), reason })?;
        }
        if let Some(folder) = &mut options.devtools {
            *folder = workspace::absolute(folder)?;
        }
        #[cfg(feature = "redis")]
        if let Some(redis) = &options.relay {
            redis.check()?;
        }
        #[cfg(feature = "websocket")]
        {
            let base = &options.vite_base;
            if base != "/" {
                let reason = match base.strip_suffix('/') {
                    None => Some("does not end with a slash"),
                    Some(path) => path::fault(path),
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
        #[cfg(feature = "watch")]
        debug.field("editor", &self.editor);
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
