//! What connects a hub with a shared log.

use std::{
    collections::HashMap,
    fmt,
    panic::{RefUnwindSafe, UnwindSafe},
};

use super::{operation::Operation, place::Origin};
use crate::hub::applied::Applied;

/// Called with the outcome of an operation once it is applied.
pub(crate) type Done = Box<dyn FnOnce(Applied) + Send>;

/// Takes operations to the shared log. Safe over a panic, as the hub and its clients are without the feature.
pub(crate) trait Outlet: Send + Sync + UnwindSafe + RefUnwindSafe {
    /// Takes an operation. Never waits for the network.
    fn submit(&self, operation: Operation, done: Option<Done>);

    /// Applies everything that was submitted and has not come back, because the hub is about to close.
    fn flush(&self);

    /// Returns the number of clients of all other processes.
    fn other_clients(&self) -> usize;
}

impl fmt::Debug for dyn Outlet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlet").finish_non_exhaustive()
    }
}

/// The part of a shared log that a process reads when it joins.
#[derive(Debug, Default)]
pub(crate) struct Join {
    pub(crate) epoch: u64,
    /// Number of the event before the oldest one that is in the log.
    pub(crate) floor: u64,
    /// Number of events that connected clients have missed; 0 if they may read on.
    pub(crate) lost: u64,
    /// The builds of bundles and the builds under way from before the oldest event.
    pub(crate) earlier: Vec<Operation>,
}

/// The numbers of the latest events of each origin.
pub(crate) type Counts = HashMap<Origin, u64>;
