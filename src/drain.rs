//! The end of a server: when it begins, and how long it may take.

use std::{
    fmt,
    future::{Future, IntoFuture, pending},
    pin::pin,
    time::Duration,
};

use futures_util::{
    FutureExt,
    future::{AbortHandle, BoxFuture, Either, Shared, abortable, select},
};
use tokio::time::sleep;

use crate::middleware::HotMiddleware;

/// A moment that any number of tasks wait for.
pub(crate) struct Closing {
    begin: AbortHandle,
    begun: Shared<BoxFuture<'static, ()>>,
}

impl Closing {
    pub(crate) fn new() -> Self {
        let (never, begin) = abortable(pending::<()>());
        Self { begin, begun: never.map(drop).boxed().shared() }
    }

    pub(crate) fn begin(&self) {
        self.begin.abort();
    }
}

impl fmt::Debug for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closing").field("begun", &self.begin.is_aborted()).finish()
    }
}

impl HotMiddleware {
    /// Completes once the layer is closed, by [`close`](Self::close) or by the signal of
    /// [`OptionsBuilder::shutdown`](crate::OptionsBuilder::shutdown). It is what a server's graceful shutdown begins
    /// with, so that the signal is given in one place; [`drain`](Self::drain) has an example.
    ///
    /// A layer that is not [`enabled`](crate::OptionsBuilder::enabled) completes it in the same two cases.
    pub fn closed(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let hot = self.clone();
        async move {
            let begun = hot.closing().begun.clone();
            if let Some(signal) = hot.options().shutdown.clone() {
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
}
