//! A port of the sockets' own, as Vite has it beside an app that is not Vite's.

use std::{convert::Infallible, future::Future, io, pin::pin, time::Duration};

use futures_util::future::select;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::handshake;
use crate::{middleware::HotMiddleware, service};

impl HotMiddleware {
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
    pub fn serve_sockets(
        &self,
        listener: TcpListener,
    ) -> io::Result<impl Future<Output = ()> + Send + 'static> {
        self.set_socket_port(listener.local_addr()?.port());
        let hot = self.clone();
        Ok(async move {
            let (closes, closed) = tokio::sync::oneshot::channel::<Infallible>();
            hot.hub().at_close(move || drop(closes));
            drop(select(closed, pin!(accept(hot, listener))).await);
        })
    }
}

async fn accept(hot: HotMiddleware, listener: TcpListener) {
    loop {
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Such as no file handles left: it passes, or the next one says it again.
                tracing::warn!("a connection of the sockets' port was not accepted: {error}");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let hot = hot.clone();
        tokio::spawn(async move {
            let service = service_fn(|mut request| {
                let answer = handshake::answer_alone(&hot, &mut request);
                async move { Ok::<_, Infallible>(service::socket_response::<String>(answer)) }
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.with_upgrades().await {
                tracing::debug!("a connection of the sockets' port ended: {error}");
            }
        });
    }
}
