//! A build command as a source: it runs when its sources change, and pages show its failures.
//!
//! One watcher watches the sources; its builds run the command and are not published. Another watches the output: a page
//! receives exactly the files that have changed, in however many steps they are written.
//!
//! - `runner` owns the state: it starts the command, and receives the `events` of both watchers and of the process.
//! - `bundle` publishes: the results of the runs and the changes of the output are builds of one bundle.
//! - `loops` finds commands that rewrite their own sources, `rounds` finds builds in the output of a tool that keeps
//!   running, and `name` the program in a command line. They are pure: files, lines and times are passed in.

mod bundle;
mod error;
mod events;
mod handle;
mod loops;
mod name;
mod options;
mod rounds;
mod runner;

pub use error::CommandError;
pub use handle::CommandHandle;
pub use options::Command;
