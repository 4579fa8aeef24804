//! [`HotMiddleware`]: the layer around an app, and the handle through which builds are published.

use std::{
    fmt,
    future::{Future, IntoFuture},
    pin::pin,
    sync::Arc,
    time::Duration,
};

use futures_util::future::{Either, select};
use serde::Serialize;
use tokio::time::sleep;
use tower_layer::Layer;

#[cfg(feature = "websocket")]
use crate::transport::websocket::{self, Sockets};
use crate::{
    build::stats::Stats,
    errors::PublishError,
    messages::{Client, Listener, Message},
    notice::warning,
    options::Options,
    service::HotMiddlewareService,
    shared::Shared,
    wire::{Custom, Frame},
};

/// Hot module replacement and live reload for a tower service: the layer, and the handle that publishes.
///
/// All clones share one state: one is the app's layer, and others publish builds. Making one spawns nothing and needs no
/// runtime.
///
/// ```
/// use axum::{Router, routing::get};
/// use tower_hot_middleware::{Build, HotMiddleware};
///
/// let hot = HotMiddleware::dev();
/// let app: Router = Router::new().route("/", get(|| async { "hello" })).layer(hot.clone());
///
/// hot.building();
/// hot.built(Build::new("5f3a9c"));
/// # let _ = app;
/// ```
///
/// # Lifetime
/// Everything that is registered or started lives as long as its middleware: listeners, watches, commands and bundlers.
/// Dropping the value that [`on`](Self::on) or `watch` returns ends nothing. Each ends
/// - by its `stop`, or when the guard that its `stop_on_drop` returns is dropped;
/// - when the middleware is closed: by [`close`](Self::close), by the signal of
///   [`OptionsBuilder::shutdown`](crate::OptionsBuilder::shutdown), by SIGINT or SIGTERM where the app handles them, see
///   [`OptionsBuilder::close_on_signal`](crate::OptionsBuilder::close_on_signal), or by the drop of the listener of `listen`;
/// - when the middleware is gone: its last clone, the last service that it made, and the last request to one.
#[derive(Clone)]
pub struct HotMiddleware {
    shared: Arc<Shared>,
    #[cfg(feature = "websocket")]
    sockets: Arc<Sockets>,
}

impl HotMiddleware {
    /// A middleware with the default options, which is enabled in debug builds.
    ///
    /// A debug build is one with `debug-assertions` in Cargo's profile, for this crate as for the app: `cargo run` has
    /// them, and `cargo run --release` does not. Elsewhere every request goes to the inner service, and nothing is watched
    /// or run.
    #[must_use]
    pub fn dev() -> Self {
        Self::new(Options { enabled: cfg!(debug_assertions), ..Options::default() })
    }

    /// A middleware with these options.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let shared = Arc::new(Shared::new(options));
        Self {
            #[cfg(feature = "websocket")]
            sockets: Arc::new(Sockets::new(shared.hub())),
            shared,
        }
    }

    /// Publishes that a build has begun, as `{"action":"building"}`. A client that connects before
    /// [`built`](Self::built) receives it as well.
    pub fn building(&self) {
        tracing::debug!("building");
        self.shared.hub().building(None, None);
    }

    /// Publishes that a build of the bundle `name` has begun.
    ///
    /// ```
    /// # let hot = tower_hot_middleware::HotMiddleware::dev();
    /// hot.building_bundle("admin");
    /// ```
    pub fn building_bundle(&self, name: impl AsRef<str>) {
        self.shared.publisher().building(name.as_ref(), None);
    }

    /// Publishes that a build of the bundle `name` has begun because of `file`.
    ///
    /// ```
    /// # let hot = tower_hot_middleware::HotMiddleware::dev();
    /// hot.building_file("main", "./src/app.js");
    /// ```
    pub fn building_file(&self, name: impl AsRef<str>, file: impl AsRef<str>) {
        self.shared.publisher().building(name.as_ref(), Some(file.as_ref()));
    }

    /// Publishes that a build is done, as one event for each bundle.
    ///
    /// A bundle with the same hash as before is sent as `sync` and not as `built`. Clients that connect later receive the
    /// latest state of each of up to 256 bundles. Nothing is encoded while no client is connected.
    pub fn built(&self, stats: impl Into<Stats>) {
        self.shared.built(stats.into());
    }

    /// Sends a value of the app's own to every client, as JSON. In the page, `subscribe` receives it.
    ///
    /// # Errors
    /// [`PublishError`] if the value can't be written as JSON, such as a map whose keys are not strings. Then nothing is
    /// sent. The value is not serialized while no client is connected.
    ///
    /// ```
    /// # let hot = tower_hot_middleware::HotMiddleware::dev();
    /// hot.publish(&serde_json::json!({ "action": "news", "count": 3 }))?;
    /// # Ok::<(), tower_hot_middleware::PublishError>(())
    /// ```
    pub fn publish(&self, event: &(impl Serialize + ?Sized)) -> Result<(), PublishError> {
        self.shared.hub().publish(|| match serde_json::to_vec(event) {
            Ok(json) => Ok(Frame::new(&json)),
            Err(error) => Err(PublishError(error)),
        })
    }

    /// Updates every page, by `{"action":"reload"}`: each asks the app for itself again, and reloads if what differs can't be
    /// changed in place. A page that the app answers with as before stays as it is.
    pub fn reload(&self) {
        self.shared.reload(None);
    }

    /// Updates every page as [`reload`](Self::reload) does, because of `file`, which the browser's console names.
    ///
    /// ```
    /// # let hot = tower_hot_middleware::HotMiddleware::dev();
    /// hot.reload_file("./content/news.md");
    /// ```
    pub fn reload_file(&self, file: impl AsRef<str>) {
        self.shared.reload(Some(file.as_ref()));
    }

    /// Sends a named event of the app's own to every page, as `{"type":"custom","event":…,"data":…}`. In the page,
    /// the client's `on(event, handler)` receives it.
    ///
    /// # Errors
    /// [`PublishError`], as [`publish`](Self::publish).
    ///
    /// ```
    /// # let hot = tower_hot_middleware::HotMiddleware::dev();
    /// hot.send("greeting", "hello")?;
    /// hot.send("deployed", &["api", "web"])?;
    /// # Ok::<(), tower_hot_middleware::PublishError>(())
    /// ```
    pub fn send(&self, event: &str, data: &(impl Serialize + ?Sized)) -> Result<(), PublishError> {
        self.publish(&Custom::new(event, data))
    }

    /// Calls `listener` with each message that a page sends under this name, by the client's `send(event, data)`.
    ///
    /// The listener receives this middleware too. Use that and don't capture a clone: a clone that the listener owns
    /// would keep the middleware alive for ever. It stays registered as long as the middleware lives, or until
    /// [`Listener::stop`].
    ///
    /// The listeners of one event are called in the order in which they were registered, on the task that answers the
    /// page's request. A listener should not block: give long work to a task or thread. A panic is logged, and the other
    /// listeners are called. Only pages with this layer's script tag can send, see `docs/security.md`. A message has 64 KiB
    /// at most.
    ///
    /// ```
    /// # let hot = tower_hot_middleware::HotMiddleware::dev();
    /// let echo = hot.on("hello", |hot, message| {
    ///     if let Err(error) = hot.send("hello", message.data()) {
    ///         eprintln!("{error}");
    ///     }
    /// });
    /// echo.stop();
    /// ```
    pub fn on(
        &self,
        event: impl Into<String>,
        listener: impl Fn(&HotMiddleware, &Message) + Send + Sync + 'static,
    ) -> Listener {
        #[cfg(feature = "websocket")]
        let sockets = self.sockets.clone();
        self.shared.listeners().on(event.into(), move |shared, message| {
            let hot = Self {
                shared: shared.clone(),
                #[cfg(feature = "websocket")]
                sockets: sockets.clone(),
            };
            listener(&hot, message);
        })
    }

    /// Connected pages that can receive an event of their own: those of Vite's client, and of this crate's client where it
    /// has sent a message itself.
    #[must_use]
    pub fn clients(&self) -> Vec<Client> {
        let clients = self.shared.hub().addressable_clients().into_iter();
        clients.map(|number| Client::new(self.shared.hub().clone(), number)).collect()
    }

    /// Number of open streams and sockets.
    ///
    /// It is not the number of pages: the tabs and frames of a browser share one stream, except for pages that have sent
    /// something and those that can't start a shared worker.
    #[must_use]
    pub fn client_count(&self) -> usize {
        self.shared.hub().client_count()
    }

    /// Number of open streams and sockets of all processes that share a relay, as of the last second; of this process if it
    /// has none.
    ///
    /// A process that was killed counts for 5 seconds, and one that can't reach Redis counts the others as they were.
    #[cfg(feature = "redis")]
    #[must_use]
    pub fn total_client_count(&self) -> usize {
        let others = self.shared.hub().outlet().map_or(0, |outlet| outlet.other_clients());
        self.client_count() + others
    }

    /// Ends every stream after the events that were published before, and every watch, command and bundler.
    ///
    /// From then on nothing is published, and requests for the stream go to the inner service, except those of this crate's
    /// client, which are answered with 204. The client's files are still served, for pages that are being loaded. May be
    /// called again.
    ///
    /// Call it when a graceful shutdown begins, or the server waits for streams that never end; or give the
    /// signal to [`OptionsBuilder::shutdown`](crate::OptionsBuilder::shutdown). On Linux, the signals that the app handles
    /// close it by [default](crate::OptionsBuilder::close_on_signal). Each completes [`closed`](Self::closed).
    pub fn close(&self) {
        self.shared.close();
    }

    /// Serves sockets on a port of their own until [`close`](Self::close), for apps whose server or proxy does not pass
    /// on upgrades. Vite's client, where this server serves it, connects to that port once the future is polled.
    ///
    /// A plain request is answered with `426 Upgrade Required`. Await it in a task of its own:
    ///
    /// ```no_run
    /// # use tower_hot_middleware::HotMiddleware;
    /// # async fn run(hot: HotMiddleware) -> std::io::Result<()> {
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:24678").await?;
    /// tokio::spawn(async move { hot.serve_sockets(listener).await });
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The system's error if the listener has no address.
    ///
    /// # Cancel safety
    /// Dropping the future closes the port. Open sockets stay.
    #[cfg(feature = "websocket")]
    pub async fn serve_sockets(&self, listener: tokio::net::TcpListener) -> std::io::Result<()> {
        websocket::listen(&self.shared, &self.sockets, listener).await
    }

    /// Completes once the layer is closed, by [`close`](Self::close), by the signal of
    /// [`OptionsBuilder::shutdown`](crate::OptionsBuilder::shutdown), by a signal that the app handles, or by the drop of the
    /// listener of `listen`. It is what a server's graceful shutdown begins with, so that the signal is given in one place;
    /// [`drain`](Self::drain) has an example. The future keeps the middleware alive.
    ///
    /// A layer that is not [`enabled`](crate::OptionsBuilder::enabled) completes it in the first two cases.
    pub fn closed(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let hot = self.clone();
        async move {
            let begun = hot.shared.closing().reached();
            if let Some(signal) = hot.shared.options().shutdown.clone() {
                select(signal, begun).await;
                hot.close();
            } else {
                begun.await;
            }
        }
    }

    /// Awaits a server that shuts down gracefully, for no longer than `at_most` after the layer was
    /// [`closed`](Self::closed). Returns what the server returns, or `None` if it was given up.
    ///
    /// A graceful shutdown waits until each client has read what it was sent. One that has stopped reading, such as a
    /// suspended laptop, would keep the server for ever, and so would half a request. No layer can close a connection:
    /// only the server can, by ending. Everything that is open counts, so choose a time that the app's own answers keep
    /// to.
    ///
    /// ```no_run
    /// use std::time::Duration;
    /// use tower_hot_middleware::{HotMiddleware, Options};
    ///
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
    /// With hyper-util's `GracefulShutdown`, the loop that accepts ends by [`closed`](Self::closed), and the server is
    /// `graceful.shutdown()`: see `examples/hyper.rs`.
    ///
    /// # Panics
    /// Like [`tokio::time::sleep`], outside of a Tokio runtime with a clock.
    ///
    /// # Cancel safety
    /// Dropping the future drops the server.
    pub async fn drain<S: IntoFuture>(&self, server: S, at_most: Duration) -> Option<S::Output> {
        let server = pin!(server.into_future());
        let deadline = pin!(async {
            self.closed().await;
            sleep(at_most).await;
        });
        match select(server, deadline).await {
            Either::Left((output, _)) => Some(output),
            Either::Right(_) => {
                warning!(
                    "connections were still open {at_most:?} after the shutdown began, and are dropped: \
                     a client has not read its answer, or not sent its whole request"
                );
                None
            }
        }
    }

    /// The state that the service, the sources and all handles share.
    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }
}

impl fmt::Debug for HotMiddleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HotMiddleware")
            .field("options", self.shared.options())
            .field("hub", self.shared.hub())
            .finish_non_exhaustive()
    }
}

impl<S> Layer<S> for HotMiddleware {
    type Service = HotMiddlewareService<S>;

    fn layer(&self, inner: S) -> Self::Service {
        #[cfg(feature = "redis")]
        self.shared.start_relay();
        #[cfg(all(any(unix, windows), feature = "listen"))]
        if self.shared.options().enabled {
            self.shared.follows_runner.call_once(|| self.follow_runner());
        }
        HotMiddlewareService::new(
            inner,
            self.shared.clone(),
            #[cfg(feature = "websocket")]
            self.sockets.clone(),
        )
    }
}
