//! A port of the sockets' own, as Vite has it beside an app that is not Vite's.

use std::{convert::Infallible, future::Future, io, pin::pin, sync::Arc, time::Duration};

use futures_util::future::select;
use hyper::{server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::{handshake, sockets::Sockets};
use crate::shared::Shared;

/// Serves sockets on this port until the hub closes.
pub(crate) fn listen(
    shared: &Arc<Shared>,
    sockets: &Arc<Sockets>,
    listener: TcpListener,
) -> io::Result<impl Future<Output = ()> + Send + 'static> {
    sockets.set_port(listener.local_addr()?.port());
    let (shared, sockets) = (shared.clone(), sockets.clone());
    Ok(async move {
        let (closes, closed) = tokio::sync::oneshot::channel::<Infallible>();
        shared.hub().at_close(move || drop(closes));
        drop(select(closed, pin!(accept(shared, sockets, listener))).await);
    })
}

async fn accept(shared: Arc<Shared>, sockets: Arc<Sockets>, listener: TcpListener) {
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
        let (shared, sockets) = (shared.clone(), sockets.clone());
        tokio::spawn(async move {
            let service = service_fn(|mut request| {
                let answer = handshake::answer_alone(&shared, &sockets, &mut request);
                async move { Ok::<_, Infallible>(answer.response()) }
            });
            let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.with_upgrades().await {
                tracing::debug!("a connection of the sockets' port ended: {error}");
            }
        });
    }
}
