//! Shutdown: the app's signal that ends every stream, and the moment when a middleware closes.

use std::{
    any::Any,
    fmt,
    future::{Future, pending},
    panic::AssertUnwindSafe,
};

use futures_util::{
    FutureExt,
    future::{AbortHandle, BoxFuture, Shared, abortable},
};

/// The signal that ends every stream, shared by all of them.
pub(crate) type Shutdown = Shared<BoxFuture<'static, ()>>;

/// Makes the app's future shareable. One that panics counts as completed, as in axum's graceful shutdown: a
/// stream or request that polls it later must not panic too.
pub(crate) fn share(signal: impl Future<Output = ()> + Send + 'static) -> Shutdown {
    let caught = AssertUnwindSafe(signal).catch_unwind();
    let signal = caught.map(|end| end.unwrap_or_else(|panic| report(&*panic)));
    signal.boxed().shared()
}

fn report(panic: &(dyn Any + Send)) {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message");
    tracing::error!(
        "the future given to `OptionsBuilder::shutdown` panicked ({text:?}), which closes the layer: \
         pass one that waits for the signal and returns"
    );
}

/// An event that any number of tasks can wait for.
pub(crate) struct Closing {
    begin: AbortHandle,
    pub(crate) begun: Shared<BoxFuture<'static, ()>>,
}

impl Closing {
    pub(crate) fn new() -> Self {
        let (never, begin) = abortable(pending::<()>());
        Self { begin, begun: never.map(drop).boxed().shared() }
    }

    pub(crate) fn begin(&self) {
        self.begin.abort();
    }
}

impl fmt::Debug for Closing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closing").field("begun", &self.begin.is_aborted()).finish()
    }
}
