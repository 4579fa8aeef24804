//! The position of a process in the shared log.

use crate::hub::relayed::{Counts, Origin};

/// The part of the shared log that is applied.
#[derive(Default)]
pub(super) struct Applied {
    pub(super) position: (u64, u64),
    /// The latest entry's origin and number.
    pub(super) latest: Option<(Origin, u64)>,
    /// Number of the latest operation of each origin.
    pub(super) counts: Counts,
}

impl Applied {
    /// Returns the position, and the latest entry's origin and number.
    pub(super) fn latest(&self) -> ((u64, u64), Option<(Origin, u64)>) {
        (self.position, self.latest)
    }
}
