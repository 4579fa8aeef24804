//! The beginning of a server's end.

use std::{fmt, future::pending};

use futures_util::{
    FutureExt,
    future::{AbortHandle, BoxFuture, Shared, abortable},
};

/// A moment that any number of tasks wait for.
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
