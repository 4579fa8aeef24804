//! [`HotMiddleware`]: the layer that an app wears, and the handle that sources of builds hold.

#[cfg(feature = "websocket")]
use std::sync::atomic::{AtomicU16, Ordering};
use std::{fmt, sync::Arc, time::UNIX_EPOCH};

use futures_util::FutureExt;
use serde::Serialize;
use tower_layer::Layer;

use crate::{
    build::{Build, Change},
    error::PublishError,
    event::{Custom, Event, Frame},
    guard::{self, Guard, Token, Tokens},
    hub::{Hub, Subscribe, Subscriber},
    options::Options,
    service::HotMiddlewareService,
    stats::Stats,
    transport::sse::EventStream,
    uplink::{Client, Listener, Listeners, MAX_PER_SECOND, Message, Rate},
};

/// Hot module replacement and live reload for a tower service: the layer, and the handle that publishes.
///
/// All clones share one hub, so the same value is given to the app as a layer and kept to publish builds
/// with. Making one spawns nothing and needs no runtime.
///
/// ```
/// use axum::{Router, routing::get};
/// use tower_hot_middleware::{Build, HotMiddleware, Options};
///
/// let hot = HotMiddleware::new(Options::default());
/// let app: Router = Router::new().route("/", get(|| async { "hello" })).layer(hot.clone());
///
/// hot.building();
/// hot.built(Build::new("5f3a9c"));
/// # let _ = app;
/// ```
#[derive(Clone)]
pub struct HotMiddleware {
    inner: Arc<Inner>,
}

struct Inner {
    options: Options,
    hub: Arc<Hub>,
    guard: Guard,
    listeners: Listeners,
    rate: Rate,
    /// The port of the sockets' own; 0 while they have none.
    #[cfg(feature = "websocket")]
    socket_port: AtomicU16,
    /// Names this executable; another one after it was built anew.
    server: Option<String>,
    /// Done when the first service is made, as a handle alone has no page to tell.
    #[cfg(all(unix, feature = "listen"))]
    follows_runner: std::sync::Once,
}

impl HotMiddleware {
    /// A layer and handle with a hub of its own.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let hub = Hub::new(options.log_events, options.log_bytes);
        if !options.enabled {
            hub.close();
        }
        let environment =
            std::env::var_os(guard::ENVIRONMENT).filter(|_| options.enabled).unwrap_or_default();
        let tokens = Tokens {
            page: options.enabled.then(Token::random).flatten(),
            build: options.uplink_token.clone(),
        };
        let guard = Guard::new(
            &options.allowed_hosts,
            &options.allowed_origins,
            &environment.to_string_lossy(),
            tokens,
        );
        // Asked for now: once a new build has taken the file's place, it can't be any more.
        let server = if options.enabled && options.reload_on_new_binary { executable() } else { None };
        let (listeners, rate) = (Listeners::default(), Rate::new(MAX_PER_SECOND));
        Self {
            inner: Arc::new(Inner {
                options,
                hub,
                guard,
                listeners,
                rate,
                #[cfg(feature = "websocket")]
                socket_port: AtomicU16::new(0),
                server,
                #[cfg(all(unix, feature = "listen"))]
                follows_runner: std::sync::Once::new(),
            }),
        }
    }

    /// Tells every client that a build has begun, as `{"action":"building"}`. A client that connects before
    /// [`built`](Self::built) is told so as well.
    pub fn building(&self) {
        tracing::debug!("building");
        self.inner.hub.building(None, None);
    }

    /// Tells every client that a build of the bundle `name` has begun, because of `file` where that is known.
    ///
    /// ```
    /// # use tower_hot_middleware::{HotMiddleware, Options};
    /// # let hot = HotMiddleware::new(Options::default());
    /// hot.building_bundle("main", "./src/app.js");
    /// hot.building_bundle("admin", None);
    /// ```
    pub fn building_bundle<'a>(&self, name: &str, file: impl Into<Option<&'a str>>) {
        let file = file.into();
        tracing::debug!(name, file, "building");
        self.inner.hub.building(Some(name), file);
    }

    /// Tells every client that a build is done: one event for each bundle.
    ///
    /// A bundle whose hash is the one that it had is sent as `sync` and not as `built`. The latest state of
    /// each of up to 256 bundles is kept for clients that come later. Nothing is encoded while nobody listens.
    pub fn built(&self, stats: impl Into<Stats>) {
        for mut build in stats.into().builds {
            tracing::info!("built {}", Summary(&build));
            for change in build.changes.iter_mut().flatten() {
                match change {
                    Change { removed: true, version, text, .. } => (*version, *text) = (None, None),
                    Change { version: version @ None, .. } => version.clone_from(&build.hash),
                    Change { .. } => {}
                }
            }
            self.inner.hub.built(build);
        }
    }

    /// Sends a value of the app's own to every client, as JSON. In the page, `subscribe` hears it.
    ///
    /// # Errors
    /// [`PublishError`] when the value can't be written as JSON, such as a map with keys that are no strings.
    /// Nothing is sent then. A value is not looked at while nobody listens.
    pub fn publish(&self, event: &impl Serialize) -> Result<(), PublishError> {
        self.inner.hub.publish(|| match serde_json::to_vec(event) {
            Ok(json) => Ok(Frame::new(&json)),
            Err(error) => Err(PublishError(error)),
        })
    }

    /// Has every page loaded again, as `{"action":"reload"}`, because of `file` where that is known.
    ///
    /// ```
    /// # use tower_hot_middleware::{HotMiddleware, Options};
    /// # let hot = HotMiddleware::new(Options::default());
    /// hot.reload("./content/news.md");
    /// hot.reload(None);
    /// ```
    pub fn reload<'a>(&self, file: impl Into<Option<&'a str>>) {
        let file = file.into();
        tracing::info!(file, "reload");
        self.inner.hub.reload(file);
    }

    /// Sends a named event of the app's own to every page, as `{"type":"custom","event":…,"data":…}`. In the page,
    /// the client's `on(event, handler)` hears it.
    ///
    /// # Errors
    /// [`PublishError`], as [`publish`](Self::publish).
    ///
    /// ```
    /// # use tower_hot_middleware::{HotMiddleware, Options};
    /// # let hot = HotMiddleware::new(Options::default());
    /// hot.send("deployed", &["api", "web"])?;
    /// # Ok::<(), tower_hot_middleware::PublishError>(())
    /// ```
    pub fn send(&self, event: &str, data: &impl Serialize) -> Result<(), PublishError> {
        self.publish(&Custom::new(event, data))
    }

    /// Calls `listener` with each message that a page sends under this name, by the client's `send(event, data)`,
    /// until [`off`](Self::off).
    ///
    /// Several may listen for one event, and are called in the order in which they were registered. It is called on
    /// the task that answers the page's request, so it should not block: a long work is for a task or thread of its
    /// own. If it panics, that is logged and harms nobody else. Only pages that this layer put its script tag into
    /// can send, see `docs/security.md`; a message is 64 KiB at most.
    ///
    /// ```
    /// # use tower_hot_middleware::{HotMiddleware, Options};
    /// let hot = HotMiddleware::new(Options::default());
    /// let pages = hot.clone();
    /// let echo = hot.on("hello", move |message| {
    ///     if let Err(error) = pages.send("hello", message.data()) {
    ///         eprintln!("{error}");
    ///     }
    /// });
    /// hot.off(echo);
    /// ```
    pub fn on(
        &self,
        event: impl Into<String>,
        listener: impl Fn(&Message) + Send + Sync + 'static,
    ) -> Listener {
        self.inner.listeners.on(event.into(), listener)
    }

    /// Ends a listener. A call of it that is under way goes on.
    pub fn off(&self, listener: Listener) {
        self.inner.listeners.off(listener);
    }

    /// The pages that are connected and can be sent something alone: those of Vite's client, and of our own where it
    /// sends something itself.
    #[must_use]
    pub fn clients(&self) -> Vec<Client> {
        let known = self.inner.hub.known_clients().into_iter();
        known.map(|number| Client::new(self.inner.hub.clone(), number)).collect()
    }

    /// How many streams and sockets are open.
    #[must_use]
    pub fn client_count(&self) -> usize {
        self.inner.hub.client_count()
    }

    /// Ends every stream once what was published before has gone out. From then on nothing is published, and
    /// requests for the stream go to the inner service. May be called again.
    ///
    /// Call it when a graceful shutdown begins, or the server waits for streams that never end; or give the
    /// signal to [`OptionsBuilder::shutdown`](crate::OptionsBuilder::shutdown).
    pub fn close(&self) {
        self.inner.hub.close();
    }

    pub(crate) fn options(&self) -> &Options {
        &self.inner.options
    }

    pub(crate) fn guard(&self) -> &Guard {
        &self.inner.guard
    }

    /// Whether there is a way up: nothing can be sent to an app that listens to nobody.
    pub(crate) fn takes_messages(&self) -> bool {
        self.inner.options.uplink_token.is_some() || !self.inner.listeners.is_empty()
    }

    /// The port of the sockets' own, where they have one.
    #[cfg(feature = "websocket")]
    pub(crate) fn socket_port(&self) -> Option<u16> {
        Some(self.inner.socket_port.load(Ordering::Relaxed)).filter(|port| *port != 0)
    }

    #[cfg(feature = "websocket")]
    pub(crate) fn set_socket_port(&self, port: u16) {
        self.inner.socket_port.store(port, Ordering::Relaxed);
    }

    pub(crate) fn listeners(&self) -> &Listeners {
        &self.inner.listeners
    }

    pub(crate) fn rate(&self) -> &Rate {
        &self.inner.rate
    }

    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.inner.hub
    }

    /// Whether the hub is closed, or the shutdown signal has come while no stream was there to see it.
    pub(crate) fn is_closed(&self) -> bool {
        if let Some(shutdown) = &self.inner.options.shutdown {
            if shutdown.clone().now_or_never().is_some() {
                self.inner.hub.close();
            }
        }
        self.inner.hub.is_closed()
    }

    pub(crate) fn subscribe(&self, request: &Subscribe) -> Option<Subscriber> {
        let mut subscriber = self.inner.hub.subscribe(request)?;
        if request.changes {
            let heartbeat = u64::try_from(self.inner.options.heartbeat.as_millis()).unwrap_or(u64::MAX);
            subscriber.prepend(&Frame::of(&Event::Connected { server: self.server(), heartbeat }));
        }
        Some(subscriber)
    }

    pub(crate) fn event_stream(&self, subscriber: Subscriber) -> EventStream {
        let Options { heartbeat, shutdown, .. } = &self.inner.options;
        EventStream::new(subscriber, *heartbeat, shutdown.clone())
    }

    pub(crate) fn server(&self) -> Option<&str> {
        self.inner.server.as_deref()
    }
}

/// Tells one build of the running executable from another, by the file's time and size.
fn executable() -> Option<String> {
    let file = std::env::current_exe().and_then(std::fs::metadata).ok()?;
    let modified = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{:x}-{:x}", modified.as_nanos(), file.len()))
}

/// A build in a line of the log: its name, its hash, how long it took and what it changed.
struct Summary<'a>(&'a Build);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let build = self.0;
        if !build.name.is_empty() {
            write!(f, "{} ", build.name)?;
        }
        write!(f, "{}", build.hash.as_deref().unwrap_or("(no hash)"))?;
        if let Some(time) = &build.time {
            write!(f, " in {time} ms")?;
        }
        match build.changes.as_deref() {
            Some([first]) => write!(f, ": {}", first.id)?,
            Some([first, others @ ..]) => write!(f, ": {} and {} more", first.id, others.len())?,
            Some([]) | None => {}
        }
        match build.errors.len() {
            0 => Ok(()),
            errors => write!(f, ", {errors} errors"),
        }
    }
}

impl fmt::Debug for HotMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HotMiddleware")
            .field("options", &self.inner.options)
            .field("hub", &self.inner.hub)
            .finish()
    }
}

impl<S> Layer<S> for HotMiddleware {
    type Service = HotMiddlewareService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        #[cfg(all(unix, feature = "listen"))]
        if self.options().enabled {
            self.inner.follows_runner.call_once(|| self.follow_runner());
        }
        HotMiddlewareService::new(inner, self.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_build_is_summed_up_in_a_line() {
        let cases = [
            (Build::default(), "(no hash)"),
            (
                Build::new("h").name("n").time(Duration::from_millis(3)).error("e").error("f"),
                "n h in 3 ms, 2 errors",
            ),
            (Build::new("h").change(Change::new("/a")), "h: /a"),
            (Build::new("h").changes(["/a", "/b", "/c"].map(Change::new)), "h: /a and 2 more"),
        ];
        for (build, line) in cases {
            assert_eq!(Summary(&build).to_string(), line);
        }
    }
}
