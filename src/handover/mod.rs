//! A listening socket that outlives the app: inherited from `cargo hmr`, systemd or systemfd, or bound here.
//!
//! ```text
//! cargo hmr ──LISTEN_FDS──▶ new process: listen() ──accepting──▶ cargo hmr ──drain──▶ old process
//! ```
//!
//! - `inherited` takes over inherited sockets, `listener` accepts from one, and `stream` is a connection that records its
//!   last use.
//! - `runner` is the private channel to `cargo hmr`, over a `connection`. `drain` ends a process when its successor accepts.

#[cfg(any(unix, windows))]
mod connection;
pub(crate) mod drain;
#[cfg(unix)]
mod inherited;
pub(crate) mod listener;
#[cfg(any(unix, windows))]
pub(crate) mod runner;
mod stream;

use std::{
    io,
    net::{SocketAddr, TcpListener},
};

use socket2::{Domain, Protocol, SockRef, Socket, Type};
use tokio::net::{ToSocketAddrs, lookup_host};

pub use self::{listener::SharedListener, stream::SharedStream};

/// Length of the queue in which connections wait while an app starts. The system lowers it to its own limit
/// (`net.core.somaxconn`, 4096 on Linux).
pub(crate) const BACKLOG: i32 = 4096;

/// Listens on an address, with the socket of the process that this one replaces, if there is one.
///
/// Under `cargo hmr`, a rebuilt app takes over the socket of the running one, so that a restart refuses or interrupts no
/// request; see `docs/cargo-hmr.md`. A socket passed by systemd or systemfd (`LISTEN_FDS`) is taken over as well.
/// Otherwise this binds the address. `TCP_NODELAY` is set on every connection.
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
/// The system's error, with the address in its text if it is in use or can't be had: the address is invalid or in use, or
/// its host can't be resolved.
///
/// # Panics
/// Like [`tokio::net::TcpListener::from_std`], outside of a Tokio runtime with I/O enabled.
pub async fn listen(address: impl ToSocketAddrs) -> io::Result<SharedListener> {
    let mut error =
        io::Error::new(io::ErrorKind::InvalidInput, "the address to listen on names no host and port");
    let unresolved = |error: io::Error| {
        let text = format!("the address to listen on: {error}; give one like \"127.0.0.1:3000\"");
        io::Error::new(error.kind(), text)
    };
    for address in lookup_host(address).await.map_err(unresolved)? {
        match open(address) {
            Ok(listener) => return SharedListener::new(listener),
            Err(failed) => error = explain(address, &failed),
        }
    }
    Err(error)
}

/// Returns the inherited socket for an address, or a new one.
fn open(address: SocketAddr) -> io::Result<TcpListener> {
    #[cfg(unix)]
    if let Some(listener) = inherited::take(address, runner::is_present()) {
        let listener = prepare(listener)?;
        runner::listening(&listener, false);
        return Ok(listener);
    }
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(Protocol::TCP))?;
    // As in the standard library: on Windows, the option would let two apps bind the same port.
    #[cfg(unix)]
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    let listener = prepare(socket.into())?;
    #[cfg(any(unix, windows))]
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
        assert_eq!(format!("{first:?}"), format!("SharedListener {{ address: {address}, .. }}"));
        let error = listen(address).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AddrInUse);
        let text = error.to_string();
        assert!(text.contains(&address.to_string()) && text.contains("choose another port"), "{text}");
    }

    #[tokio::test]
    async fn an_address_that_is_none_is_an_error() {
        for address in ["127.0.0.1", "127.0.0.1:port", ""] {
            let error = listen(address).await.unwrap_err().to_string();
            assert!(error.contains("give one like \"127.0.0.1:3000\""), "{address:?}: {error}");
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
