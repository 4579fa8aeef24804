//! The ends of what runs beside the requests: a moment to wait for, the list of what is running, and a guard.

use std::{
    fmt,
    future::{Future, pending},
};
#[cfg(feature = "watch")]
use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
};

use futures_util::{
    FutureExt,
    future::{AbortHandle, BoxFuture, Shared, abortable},
};

/// A moment that any number of tasks wait for.
#[derive(Clone)]
pub(crate) struct Moment {
    reach: AbortHandle,
    reached: Shared<BoxFuture<'static, ()>>,
}

impl Moment {
    pub(crate) fn new() -> Self {
        let (never, reach) = abortable(pending::<()>());
        Self { reach, reached: never.map(drop).boxed().shared() }
    }

    pub(crate) fn reach(&self) {
        self.reach.abort();
    }

    #[cfg(feature = "watch")]
    pub(crate) fn is_reached(&self) -> bool {
        self.reach.is_aborted()
    }

    /// Completes when the moment is reached.
    pub(crate) fn reached(&self) -> impl Future<Output = ()> + Send + Unpin + 'static + use<> {
        self.reached.clone()
    }
}

impl fmt::Debug for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Moment").field("reached", &self.reach.is_aborted()).finish()
    }
}

/// Something that runs until it is stopped.
#[cfg(feature = "watch")]
pub(crate) trait Stop: Send + Sync {
    /// Requests the end, without waiting for it.
    fn stop(&self);

    fn is_running(&self) -> bool;
}

/// The sources of a middleware that are running.
#[cfg(feature = "watch")]
#[derive(Default)]
pub(crate) struct Running(Mutex<Sources>);

#[cfg(feature = "watch")]
#[derive(Default)]
struct Sources {
    running: Vec<Arc<dyn Stop>>,
    /// Names that are in use as long as their sources.
    #[cfg(feature = "command")]
    names: Vec<std::sync::Weak<str>>,
    are_stopped: bool,
}

#[cfg(feature = "watch")]
impl Running {
    /// Adds a source. One that comes after [`stop`](Self::stop) is stopped at once.
    pub(crate) fn add(&self, source: Arc<dyn Stop>) {
        let mut sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sources.are_stopped {
            drop(sources);
            return source.stop();
        }
        sources.running.retain(|source| source.is_running());
        sources.running.push(source);
    }

    /// Reserves the name of a bundle: the given one, or the first of `default`, `default 2` and so on that is not in use.
    #[cfg(feature = "command")]
    pub(crate) fn reserve(&self, given: Option<&str>, default: &str) -> Arc<str> {
        let mut sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sources.names.retain(|name| name.strong_count() > 0);
        let used: Vec<_> = sources.names.iter().filter_map(std::sync::Weak::upgrade).collect();
        let numbered = (2..).map(|number| format!("{default} {number}"));
        let is_free = |name: &String| !used.iter().any(|used| **used == **name);
        let free = || std::iter::once(default.to_owned()).chain(numbered).find(is_free).unwrap_or_default();
        let name: Arc<str> = given.map_or_else(free, str::to_owned).into();
        sources.names.push(Arc::downgrade(&name));
        name
    }

    /// Stops all sources, without waiting for their ends.
    pub(crate) fn stop(&self) {
        let mut sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sources.are_stopped = true;
        let running = mem::take(&mut sources.running);
        drop(sources);
        for source in running {
            source.stop();
        }
    }
}

#[cfg(feature = "watch")]
impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sources = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Running").field("sources", &sources.running.len()).finish_non_exhaustive()
    }
}

/// A guard that stops a watch, a command, a bundler or a listener when it is dropped, for tests and other short uses.
///
/// Returned by the `stop_on_drop` of their handles. The drop waits for the end: usually for a few milliseconds, and for
/// 2 s where a child process ignores SIGTERM. It blocks its thread meanwhile.
///
/// ```
/// use tower_hot_middleware::HotMiddleware;
///
/// let hot = HotMiddleware::dev();
/// let listening = hot.on("seen", |_, message| println!("{}", message.data())).stop_on_drop();
/// drop(listening); // no further message is received
/// ```
#[must_use = "it stops what it guards as soon as it is dropped"]
pub struct StopOnDrop(Box<dyn Fn() + Send + Sync>);

impl StopOnDrop {
    pub(crate) fn new(stop: impl Fn() + Send + Sync + 'static) -> Self {
        Self(Box::new(stop))
    }
}

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        (self.0)();
    }
}

impl fmt::Debug for StopOnDrop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StopOnDrop").finish_non_exhaustive()
    }
}
