//! A separate port for the sockets, as Vite has next to an app that is not Vite's.

use std::{convert::Infallible, io, pin::pin, sync::Arc, time::Duration};

use futures_util::future::select;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};

use super::{handshake, sockets::Sockets};
use crate::{access::Access, escape::Escaped, notice::warning, shared::Shared};

/// Time limit from accepting a connection to the upgrade, or to the end of the refusal.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Maximum number of connections before their upgrade. More wait in the kernel's queue, so the app keeps descriptors.
const HANDSHAKES: usize = 256;

/// Largest request head in bytes, with room for the app's cookies.
const MAX_HEAD: usize = 32 << 10;

/// Pause after a failed accept, for example without free descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves sockets on this port until the hub closes.
pub(crate) async fn listen(
    shared: &Arc<Shared>,
    sockets: &Arc<Sockets>,
    listener: TcpListener,
) -> io::Result<()> {
    sockets.set_port(listener.local_addr()?.port());
    let (closes, closed) = tokio::sync::oneshot::channel::<Infallible>();
    shared.hub().at_close(move || drop(closes));
    // Dropping it closes connections before their upgrade. Open sockets end with the hub.
    drop(select(closed, pin!(accept(shared.clone(), sockets.clone(), listener))).await);
    Ok(())
}

async fn accept(shared: Arc<Shared>, sockets: Arc<Sockets>, listener: TcpListener) {
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
                connections.spawn(serve(shared.clone(), sockets.clone(), stream));
            }
            Err(error) => {
                // Logged once per streak: the next attempt may fail a tenth of a second later.
                if !is_failing {
                    warning!("a connection of the sockets' port was not accepted: {}", Escaped(&error));
                }
                is_failing = true;
                sleep(PAUSE).await;
            }
        }
    }
}

/// Answers the one request of a connection. An upgraded socket runs in a task of its own.
async fn serve(shared: Arc<Shared>, sockets: Arc<Sockets>, stream: TcpStream) {
    let service = service_fn(|mut request| {
        let answer = handshake::answer_on_own_port(&shared, &sockets, &mut request);
        let mut response = answer.response();
        Access::SameOrigin.head(response.headers_mut());
        async move { Ok::<_, Infallible>(response) }
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
