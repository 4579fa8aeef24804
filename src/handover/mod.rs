//! A listening socket that outlives the app: taken over from `cargo hmr`, systemd or systemfd, or bound here.
//!
//! ```text
//! cargo hmr ──LISTEN_FDS──▶ new process: listen() ──accepting──▶ cargo hmr ──drain──▶ old process
//! ```
//!
//! - `inherited` takes the sockets that the process was started with, `listener` accepts from one, and `stream` is a
//!   connection that knows when it was last used.
//! - `runner` is the private channel to `cargo hmr`. `drain` is what a process does when its successor accepts.

pub(crate) mod drain;
#[cfg(unix)]
mod inherited;
pub(crate) mod listener;
#[cfg(unix)]
pub(crate) mod runner;
mod stream;

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::{ToSocketAddrs, lookup_host};

pub use self::{listener::SharedListener, stream::SharedStream};

/// Length of the queue of connections that are not accepted yet. Connections wait in it while an app starts; the
/// system lowers it to its own limit (`net.core.somaxconn`, 4096 on Linux).
pub(crate) const BACKLOG: i32 = 4096;

/// Listens on an address, with the very socket of the process that this one replaces where there is one.
///
/// Under `cargo hmr` a rebuilt app takes over the socket of the running one, so that no request is refused or cut by a
/// restart; `docs/cargo-hmr.md` has how. A socket passed by systemd or systemfd (`LISTEN_FDS`) is taken over as well.
/// Anywhere else this binds the address. `TCP_NODELAY` is set on every connection.
///
/// Of several sockets passed, this takes the one bound to the address. If no socket is, it takes the first, as systemd's
/// configuration has the address then; under `cargo hmr` it binds the address instead.
///
/// With axum, the feature `axum` lets [`axum::serve`](https://docs.rs/axum/0.8/axum/fn.serve.html) take the listener:
///
/// ```no_run
/// # #[cfg(feature = "axum")]
/// # async fn run(app: axum::Router) -> std::io::Result<()> {
/// let listener = tower_hot_middleware::listen("127.0.0.1:3000").await?;
/// axum::serve(listener, app).await
/// # }
/// ```
///
/// With hyper, or anything else, [`SharedListener::accept`] is called as tokio's is.
///
/// # Errors
/// The system's error with the address in its text: the address is invalid or in use, or its host can't be resolved.
///
/// # Panics
/// Like [`tokio::net::TcpListener::from_std`], outside of a Tokio runtime with I/O enabled.
pub async fn listen(address: impl ToSocketAddrs) -> io::Result<SharedListener> {
    let mut error =
        io::Error::new(io::ErrorKind::InvalidInput, "the address to listen on names no host and port");
    for address in lookup_host(address).await? {
        match open(address) {
            Ok(listener) => return SharedListener::new(listener),
            Err(failed) => error = explain(address, &failed),
        }
    }
    Err(error)
}

/// The inherited socket for an address, or a new one.
fn open(address: SocketAddr) -> io::Result<TcpListener> {
    #[cfg(unix)]
    if let Some(listener) = inherited::take(address) {
        let listener = prepare(listener)?;
        runner::listening(&listener, false);
        return Ok(listener);
    }
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // As the standard library does: on Windows the option would let two apps have the same port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    let listener = prepare(socket.into())?;
    #[cfg(unix)]
    runner::listening(&listener, true);
    Ok(listener)
}

fn prepare(listener: TcpListener) -> io::Result<TcpListener> {
    listener.set_nonblocking(true)?;
    // Accepted connections inherit the option on Linux; elsewhere it is set when they are accepted.
    SockRef::from(&listener).set_tcp_nodelay(true)?;
    Ok(listener)
}

fn explain(address: SocketAddr, error: &io::Error) -> io::Error {
    let remedy = match error.kind() {
        io::ErrorKind::AddrInUse => "; end the process that listens there, or choose another port",
        io::ErrorKind::PermissionDenied => "; ports below 1024 need a privilege, choose another one",
        io::ErrorKind::AddrNotAvailable => "; this machine does not have that address",
        _ => "",
    };
    io::Error::new(error.kind(), format!("{address} can't be listened on: {error}{remedy}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_address_in_use_is_named_with_the_remedy() {
        let first = listen("127.0.0.1:0").await.unwrap();
        let address = first.local_addr().unwrap();
        let error = listen(address).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        let text = error.to_string();
        assert!(text.contains(&address.to_string()) && text.contains("choose another port"), "{text}");
    }

    #[tokio::test]
    async fn an_address_that_is_none_is_an_error() {
        for address in ["127.0.0.1", "127.0.0.1:port", ""] {
            assert!(listen(address).await.is_err(), "{address:?}");
        }
    }

    #[tokio::test]
    async fn connections_have_no_delay() {
        let listener = listen("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (_client, accepted) = tokio::join!(tokio::net::TcpStream::connect(address), listener.accept());
        let (stream, _) = accepted.unwrap();
        assert!(stream.get_ref().nodelay().unwrap());
    }
}
