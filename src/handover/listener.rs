//! A listener that reports to `cargo hmr` when it starts to accept, and stops once a newer process accepts.

use std::{
    fmt,
    future::{Future, poll_fn},
    io,
    net::SocketAddr,
    sync::{
        LazyLock, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
};

use tokio::net::TcpListener;

#[cfg(any(unix, windows))]
use super::runner;
use super::{SharedStream, drain};
#[cfg(feature = "axum")]
use crate::notice::failure;
use crate::stop::Moment;

/// The listeners that accept, and the moment at which the last of them is dropped: a server's graceful shutdown begins with
/// that.
static ACCEPTING: LazyLock<Mutex<(usize, Moment)>> = LazyLock::new(|| Mutex::new((0, Moment::new())));

/// Completes when the last listener that accepts is dropped.
pub(crate) fn ended() -> impl Future<Output = ()> + Send + Unpin + 'static {
    ACCEPTING.lock().unwrap_or_else(PoisonError::into_inner).1.reached()
}

/// A TCP listener whose socket a rebuilt app takes over; returned by [`listen`](crate::listen).
///
/// It is used as [`tokio::net::TcpListener`] is. With the feature `axum` it is an `axum::serve::Listener`. For axum's
/// `ConnectInfo<SocketAddr>` give `axum::serve` the listener as `listener.tap_io(|_| {})`.
///
/// The drop of the last one that accepts closes every middleware with an open stream, as
/// [`HotMiddleware::close`](crate::HotMiddleware::close) does: axum drops its listener when a graceful shutdown begins, which
/// then doesn't wait for the streams.
pub struct SharedListener {
    listener: TcpListener,
    /// Set by the first call of [`poll_accept`](Self::poll_accept).
    accepts: AtomicBool,
}

/// Apps print their listener at the start, so it has the address alone.
impl fmt::Debug for SharedListener {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("SharedListener");
        if let Ok(address) = self.local_addr() {
            shown.field("address", &address);
        }
        shown.finish_non_exhaustive()
    }
}

impl SharedListener {
    pub(super) fn new(listener: std::net::TcpListener) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::from_std(listener)?, accepts: AtomicBool::new(false) })
    }

    /// Accepts a connection.
    ///
    /// Under `cargo hmr`, this no longer completes once a newer build of the app accepts, so that connections reach that
    /// one. The process is ended when it has finished its requests.
    ///
    /// # Errors
    /// As [`tokio::net::TcpListener::accept`].
    ///
    /// # Cancel safety
    /// No connection is lost when the future is dropped.
    pub async fn accept(&self) -> io::Result<(SharedStream, SocketAddr)> {
        poll_fn(|cx| self.poll_accept(cx)).await
    }

    /// Polls for a connection, as [`accept`](Self::accept).
    ///
    /// # Errors
    /// As [`tokio::net::TcpListener::poll_accept`].
    pub fn poll_accept(&self, cx: &mut Context<'_>) -> Poll<io::Result<(SharedStream, SocketAddr)>> {
        // A connection wakes every waiting process, so this is checked before each accept.
        if drain::is_draining() {
            return Poll::Pending;
        }
        let accepted = self.listener.poll_accept(cx);
        if !self.accepts.swap(true, Ordering::Relaxed) {
            ACCEPTING.lock().unwrap_or_else(PoisonError::into_inner).0 += 1;
            #[cfg(any(unix, windows))]
            runner::accepting();
        }
        let (stream, address) = ready!(accepted)?;
        #[cfg(not(target_os = "linux"))]
        stream.set_nodelay(true)?;
        Poll::Ready(Ok((SharedStream::new(stream), address)))
    }

    /// Returns the address that the socket is bound to.
    ///
    /// # Errors
    /// As [`tokio::net::TcpListener::local_addr`].
    pub fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

impl Drop for SharedListener {
    fn drop(&mut self) {
        if !*self.accepts.get_mut() {
            return;
        }
        let mut accepting = ACCEPTING.lock().unwrap_or_else(PoisonError::into_inner);
        accepting.0 -= 1;
        if accepting.0 == 0 {
            let ended = std::mem::replace(&mut accepting.1, Moment::new());
            drop(accepting);
            ended.reach();
        }
    }
}

#[cfg(feature = "axum")]
impl axum::serve::Listener for SharedListener {
    type Io = SharedStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        use std::time::Duration;

        loop {
            match Self::accept(self).await {
                Ok(accepted) => return accepted,
                // The client has left already.
                Err(error) if is_of_connection(&error) => {}
                Err(error) => {
                    // For example too many open files, which may end during a pause.
                    failure!("no connection could be accepted: {error}");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        Self::local_addr(self)
    }
}

#[cfg(feature = "axum")]
fn is_of_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};

    matches!(error.kind(), ConnectionRefused | ConnectionAborted | ConnectionReset)
}
