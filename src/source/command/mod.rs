//! A build command as a source: it runs when its sources change, and pages show its failures.
//!
//! One watcher watches the sources; its builds run the command and are not published. Another watches the output, and its
//! builds are published: so a page receives exactly the files that have changed, in however many steps they are written.

mod error;
mod handle;
mod options;
mod runner;

pub use error::CommandError;
pub use handle::CommandHandle;
pub use options::Command;
