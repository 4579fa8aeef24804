//! The outcome of a build for its bundle.

/// The effect of a build on its bundle.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Applied {
    /// It differs from the build before. Has the number of the latest event, which is its own if a client may read it.
    Changed(u64),
    Unchanged,
}
