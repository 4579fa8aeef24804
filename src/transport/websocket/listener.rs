//! A port of the sockets' own, as Vite has it beside an app that is not Vite's.

use std::{convert::Infallible, future::Future, io, pin::pin, time::Duration};

use futures_util::future::select;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::handshake;
use crate::{escape::Escaped, middleware::HotMiddleware, service};

/// How long a connection may take to become a socket, or to take the answer that it can't be one.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How many connections may be about to. The system keeps a few more waiting, and the rest of the app its descriptors.
const HANDSHAKES: usize = 256;

/// The largest head that is read, with room for a cookie or two of the app's.
const MAX_HEAD: usize = 32 << 10;

/// How long is waited after a connection could not be accepted, such as for want of descriptors.
const PAUSE: Duration = Duration::from_millis(100);

impl HotMiddleware {
    /// Serves sockets on a port of their own until [`close`](Self::close), for apps whose server or proxy hands no
    /// connections over. Vite's client, where this server serves it, connects to that port from then on.
    ///
    /// A page's host has to be the one that it asks here, on whatever port, or its origin an allowed one. A plain
    /// request is answered with `426 Upgrade Required`, and a connection that is no socket after 10 seconds is ended.
    /// Await it on a task of its own:
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
            // With it end the connections that are no sockets yet; those that are read the hub's end themselves.
            drop(select(closed, pin!(accept(hot, listener))).await);
        })
    }
}

async fn accept(hot: HotMiddleware, listener: TcpListener) {
    let mut connections = JoinSet::new();
    let mut is_failing = false;
    loop {
        while connections.try_join_next().is_some() {}
        if connections.len() >= HANDSHAKES {
            connections.join_next().await;
        }
        match listener.accept().await {
            Ok((stream, _)) => {
                is_failing = false;
                connections.spawn(serve(hot.clone(), stream));
            }
            Err(error) => {
                // It passes, or it is said once: it may come ten times a second.
                if !is_failing {
                    tracing::warn!("a connection of the sockets' port was not accepted: {}", Escaped(&error));
                }
                is_failing = true;
                sleep(PAUSE).await;
            }
        }
    }
}

/// Answers the one request of a connection. A socket goes on in a task of its own.
async fn serve(hot: HotMiddleware, stream: TcpStream) {
    let service = service_fn(|mut request| {
        let answer = handshake::answer_alone(&hot, &mut request);
        async move { Ok::<_, Infallible>(service::socket_response::<String>(answer)) }
    });
    let connection = http1::Builder::new()
        .keep_alive(false)
        .max_buf_size(MAX_HEAD)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    match timeout(HANDSHAKE, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!("a connection of the sockets' port ended: {}", Escaped(error)),
        Err(_) => tracing::debug!("a connection of the sockets' port was ended: no socket in {HANDSHAKE:?}"),
    }
}
