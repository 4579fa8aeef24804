//! Shutdown: the app's signal that ends every stream.

use std::{any::Any, future::Future, panic::AssertUnwindSafe};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared},
};

use crate::notice::failure;

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
    failure!(
        "the future given to `OptionsBuilder::shutdown` panicked ({text:?}), which closes the layer: \
         pass one that waits for the signal and returns"
    );
}
