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

/// Time limit from accepting a connection to the upgrade, or to the end of the refusal.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Maximum number of connections before their upgrade. More wait in the kernel's queue, so the app keeps descriptors.
const HANDSHAKES: usize = 256;

/// Largest request head in bytes, with room for the app's cookies.
const MAX_HEAD: usize = 32 << 10;

/// Pause after a failed accept, such as without free descriptors.
const PAUSE: Duration = Duration::from_millis(100);

impl HotMiddleware {
    /// Serves sockets on a port of their own until [`close`](Self::close), for apps whose server or proxy hands no
    /// connections over. Vite's client, where this server serves it, connects to that port from then on.
    ///
    /// A page's origin must have the host of the request, on any port, or be an allowed origin. A plain request is
    /// answered with `426 Upgrade Required`, and a connection without an upgrade is closed after 10 seconds. Await it on
    /// a task of its own:
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
    /// The system's error when the listener has no local address.
    pub fn serve_sockets(
        &self,
        listener: TcpListener,
    ) -> io::Result<impl Future<Output = ()> + Send + 'static> {
        self.set_socket_port(listener.local_addr()?.port());
        let hot = self.clone();
        Ok(async move {
            let (closes, closed) = tokio::sync::oneshot::channel::<Infallible>();
            hot.hub().at_close(move || drop(closes));
            // Dropping it closes connections before their upgrade. Open sockets end with the hub.
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
                // Once per streak: the next attempt may fail a tenth of a second later.
                if !is_failing {
                    tracing::warn!("a connection of the sockets' port was not accepted: {}", Escaped(&error));
                }
                is_failing = true;
                sleep(PAUSE).await;
            }
        }
    }
}

/// Answers the one request of a connection. An upgraded socket runs in a task of its own.
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
        Err(_) => {
            tracing::debug!("a connection of the sockets' port was closed: no upgrade within {HANDSHAKE:?}");
        }
    }
}
