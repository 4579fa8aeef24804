//! The handle of a source that was started: a watch, a command or a bundler.

use std::{
    future::Future,
    sync::Arc,
    time::{Duration, Instant},
};

use super::thread::WorkerThread;
use crate::{
    notice::warning,
    shared::Shared,
    stop::{Moment, StopOnDrop},
};

/// Time within which the drop of a guard is taken for a mistake, such as `let _ = …`.
const BY_MISTAKE: Duration = Duration::from_millis(100);

/// A source that was started, or none where the layer is not enabled. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Source(Option<WorkerThread>);

impl Source {
    /// The source of a layer that is not enabled.
    pub(super) const NONE: Self = Self(None);

    /// A source that ends with its middleware: when that is closed, on its shutdown signal, and with its last handle.
    pub(super) fn of(shared: &Arc<Shared>, thread: WorkerThread) -> Self {
        shared.sources().add(thread.as_stop());
        // Without a connected client, nothing else does.
        shared.follow_shutdown();
        Self(Some(thread))
    }

    pub(super) fn stop(&self) {
        if let Some(thread) = &self.0 {
            thread.stop();
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.0.as_ref().is_some_and(WorkerThread::is_running)
    }

    pub(super) fn ended(&self) -> Option<&Moment> {
        self.0.as_ref().map(WorkerThread::ended)
    }

    pub(super) fn stopped(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
        let ended = self.ended().map(Moment::reached);
        async move {
            if let Some(ended) = ended {
                ended.await;
            }
        }
    }

    pub(super) fn stop_on_drop(&self, what: &'static str) -> StopOnDrop {
        match &self.0 {
            Some(thread) => {
                let (guard, thread, taken) = (thread.stop_on_drop(), thread.clone(), Instant::now());
                StopOnDrop::new(move || {
                    // It stops the source as soon as it is dropped with this closure.
                    let _ = &guard;
                    if thread.is_running() && taken.elapsed() < BY_MISTAKE {
                        warning!(
                            "{what} is stopped right after its start, as its guard was dropped; keep the guard in a \
                             variable, such as `let _guard = …`, or take none: it runs as long as its middleware"
                        );
                    } else if thread.is_running() {
                        tracing::info!("{what} is stopped, as its guard was dropped");
                    }
                })
            }
            None => StopOnDrop::new(|| {}),
        }
    }
}

/// Defines the public handle of a kind of source.
macro_rules! source_handle {
    ($(#[$attribute:meta])* $name:ident { $($field:ident: $type:ty),* }, $what:literal) => {
        $(#[$attribute])*
        ///
        /// It runs as long as its [`HotMiddleware`](crate::HotMiddleware): until [`stop`](Self::stop),
        /// [`close`](crate::HotMiddleware::close), the signal of
        /// [`OptionsBuilder::shutdown`](crate::OptionsBuilder::shutdown), or until the last clone of the middleware and
        /// the last service and request under it are dropped. Dropping the handle ends nothing. Clones control the same.
        #[derive(Clone)]
        pub struct $name {
            source: crate::source::handle::Source,
            $($field: $type,)*
        }

        impl $name {
            #[doc = concat!("Ends ", $what, ". Returns at once; [`stopped`](Self::stopped) waits for the end.")]
            pub fn stop(&self) {
                self.source.stop();
            }

            #[doc = concat!("Completes when ", $what, " has ended.")]
            pub fn stopped(&self) -> impl Future<Output = ()> + Send + 'static + use<> {
                self.source.stopped()
            }

            /// Returns true until the end. If the layer is not [`enabled`](crate::OptionsBuilder::enabled), nothing
            /// runs.
            #[must_use]
            pub fn is_running(&self) -> bool {
                self.source.is_running()
            }

            #[doc = concat!("A guard whose drop ends ", $what, " and waits for the end.")]
            pub fn stop_on_drop(&self) -> crate::stop::StopOnDrop {
                self.source.stop_on_drop($what)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).field("is_running", &self.is_running()).finish_non_exhaustive()
            }
        }
    };
}
pub(super) use source_handle;
