//! The end of a middleware, which comes with the app's shutdown if it can be seen.

#[cfg(not(target_os = "linux"))]
use std::future::pending as handled;
use std::{
    future::pending,
    pin::pin,
    sync::{Arc, Weak, atomic::Ordering},
};

use futures_util::{
    FutureExt,
    future::{Either, select},
};
use tokio::runtime::Handle;

use super::Shared;
#[cfg(feature = "listen")]
use crate::handover::listener::ended as listener_ended;
use crate::options::Options;
#[cfg(target_os = "linux")]
use crate::signals::handled;

/// Without this crate's listener, its end is not known.
#[cfg(not(feature = "listen"))]
fn listener_ended() -> std::future::Pending<()> {
    pending()
}

impl Shared {
    /// Ends every stream and reaches the moment that starts a server's graceful shutdown.
    pub(crate) fn close(&self) {
        self.hub().close();
        self.closing.reach();
    }

    /// Closes when the app shuts down, as far as its option, a signal or its listener says so. Called with each stream and
    /// source, as they are what a shutdown would wait for. One task waits, which ends with the middleware.
    pub(crate) fn follow_shutdown(self: &Arc<Self>) {
        if self.follows_shutdown.swap(true, Ordering::AcqRel) {
            return;
        }
        let following = Following(Arc::downgrade(self));
        let Ok(runtime) = Handle::try_current() else { return };
        let Options { shutdown, close_on_signal, .. } = &self.options;
        let (shutdown, close_on_signal) = (shutdown.clone(), *close_on_signal);
        let (listener, ended) = (listener_ended(), self.closing.reached());
        runtime.spawn(async move {
            let option = pin!(async {
                match shutdown {
                    Some(shutdown) => shutdown.await,
                    None => pending().await,
                }
            });
            let signal =
                pin!(async { if close_on_signal { handled().await } else { pending::<()>().await } });
            let begins = select(select(option, signal), listener);
            if let Either::Left(_) = select(begins, ended).await {
                if let Some(shared) = following.0.upgrade() {
                    shared.close();
                }
            }
        });
    }

    /// Returns true if the hub is closed. Closes it if the shutdown signal has come while no stream was there
    /// to see it.
    pub(crate) fn is_closed(&self) -> bool {
        if let Some(shutdown) = &self.options.shutdown {
            if shutdown.clone().now_or_never().is_some() {
                self.hub().close();
            }
        }
        self.hub().is_closed()
    }
}

/// The task that waits for the app's shutdown. If its runtime ends before the middleware, the next stream or source starts
/// another.
struct Following(Weak<Shared>);

impl Drop for Following {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            shared.follows_shutdown.store(false, Ordering::Release);
        }
    }
}
