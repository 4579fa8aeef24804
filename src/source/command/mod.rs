//! A build command as a source: run when its sources change, its failure shown in the page.
//!
//! The sources are looked after by a watcher, whose builds are not published but run the command. What the command
//! makes is looked after by another, whose builds are: so a page takes in what has really changed, in however many
//! steps the command writes it.

mod error;
mod handle;
mod options;
mod runner;

pub use error::CommandError;
pub use handle::CommandHandle;
pub use options::Command;
