//! The mark of a runner's processes.

/// Environment variable that marks all processes of a runner.
pub(crate) const MARK: &str = "CARGO_HMR";
