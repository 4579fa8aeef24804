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
    options::Options,
    service::HotMiddlewareService,
    shared::Shared,
    wire::{Custom, Frame},
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
    shared: Arc<Shared>,
    #[cfg(feature = "websocket")]
    sockets: Arc<Sockets>,
}

impl HotMiddleware {
    /// A layer and handle with a hub of its own.
    #[must_use]
    pub fn new(options: Options) -> Self {
        let shared = Arc::new(Shared::new(options));
        Self {
            #[cfg(feature = "websocket")]
            sockets: Arc::new(Sockets::new(shared.hub())),
            shared,
        }
    }

    /// Tells every client that a build has begun, as `{"action":"building"}`. A client that connects before
    /// [`built`](Self::built) is told so as well.
    pub fn building(&self) {
        tracing::debug!("building");
        self.shared.hub().building(None, None);
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
        self.shared.hub().building(Some(name), file);
    }

    /// Tells every client that a build is done: one event for each bundle.
    ///
    /// A bundle whose hash is the one that it had is sent as `sync` and not as `built`. The latest state of
    /// each of up to 256 bundles is kept for clients that come later. Nothing is encoded while nobody listens.
    pub fn built(&self, stats: impl Into<Stats>) {
        self.shared.built(stats.into());
    }

    /// Sends a value of the app's own to every client, as JSON. In the page, `subscribe` hears it.
    ///
    /// # Errors
    /// [`PublishError`] when the value can't be written as JSON, such as a map with keys that are no strings.
    /// Nothing is sent then. A value is not looked at while nobody listens.
    pub fn publish(&self, event: &impl Serialize) -> Result<(), PublishError> {
        self.shared.hub().publish(|| match serde_json::to_vec(event) {
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
        self.shared.reload(file.into());
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
        self.shared.listeners().on(event.into(), move |_, message| listener(message))
    }

    /// Ends a listener. A call of it that is under way goes on.
    pub fn off(&self, listener: Listener) {
        self.shared.listeners().off(listener);
    }

    /// The pages that are connected and can be sent something alone: those of Vite's client, and of our own where it
    /// sends something itself.
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

    /// Ends every stream once what was published before has gone out. From then on nothing is published, and
    /// requests for the stream go to the inner service. The client's files are served still, for pages that are on their
    /// way. May be called again.
    ///
    /// Call it when a graceful shutdown begins, or the server waits for streams that never end; or give the
    /// signal to [`OptionsBuilder::shutdown`](crate::OptionsBuilder::shutdown). Either completes
    /// [`closed`](Self::closed).
    pub fn close(&self) {
        self.shared.close();
    }

    /// Serves sockets on a port of their own until [`close`](Self::close), for apps whose server or proxy hands no
    /// connections over. Vite's client, where this server serves it, connects to that port from then on.
    ///
    /// A plain request is answered with `426 Upgrade Required`. Await it on a task of its own:
    ///
    /// ```no_run
    /// # use tower_hot_middleware::HotMiddleware;
    /// # async fn run(hot: HotMiddleware) -> std::io::Result<()> {
    /// let listener = tokio::net::TcpListener::bind("127.0.0.1:24678").await?;
    /// tokio::spawn(hot.serve_sockets(listener)?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// The system's, when the listener's address can't be told.
    #[cfg(feature = "websocket")]
    pub fn serve_sockets(
        &self,
        listener: tokio::net::TcpListener,
    ) -> std::io::Result<impl Future<Output = ()> + Send + 'static> {
        websocket::listen(&self.shared, &self.sockets, listener)
    }

    /// Completes once the layer is closed, by [`close`](Self::close) or by the signal of
    /// [`OptionsBuilder::shutdown`](crate::OptionsBuilder::shutdown). It is what a server's graceful shutdown begins
    /// with, so that the signal is given in one place; [`drain`](Self::drain) has an example.
    ///
    /// A layer that is not [`enabled`](crate::OptionsBuilder::enabled) completes it in the same two cases.
    pub fn closed(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let hot = self.clone();
        async move {
            let begun = hot.shared.closing().begun.clone();
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
                tracing::warn!(
                    "connections were still open {at_most:?} after the shutdown began, and are dropped: \
                     a client has not read its answer, or not sent its whole request"
                );
                None
            }
        }
    }

    /// The state that the service, the sources and all handles share.
    #[cfg(any(feature = "watch", test))]
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
        HotMiddlewareService::new(
            inner,
            self.shared.clone(),
            #[cfg(feature = "websocket")]
            self.sockets.clone(),
        )
    }
}
