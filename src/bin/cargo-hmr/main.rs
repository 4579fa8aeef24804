//! `cargo hmr`: builds and runs an app, and follows every save with a new build and a switch that no request notices.
//!
//! ```text
//! files ──▶ watcher ──▶ runner ──▶ cargo ──▶ the new process ──accepting──▶ runner ──drain──▶ the old process
//!                         │  ▲
//!                         ▼  └ what processes, keys and signals say
//!            the pages of the running app, or the runner's own page where no process serves
//! ```
//!
//! `runner` is the only state; everything else is a thread that sends it events, or a part that it owns.

#[cfg(unix)]
mod app;
#[cfg(unix)]
mod args;
#[cfg(unix)]
mod browser;
#[cfg(unix)]
mod build;
#[cfg(unix)]
mod channel;
#[cfg(unix)]
mod event;
#[cfg(unix)]
mod files;
#[cfg(unix)]
mod glob;
#[cfg(unix)]
mod keeper;
#[cfg(unix)]
mod process;
#[cfg(unix)]
mod project;
#[cfg(unix)]
mod report;
#[cfg(unix)]
mod runner;
#[cfg(unix)]
mod serve;
#[cfg(unix)]
mod socket;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod watcher;

use std::process::ExitCode;

/// The exit code for what makes a start impossible, as cargo's own.
const FAILED: u8 = 101;

#[cfg(unix)]
fn main() -> ExitCode {
    use crate::{args::Args, terminal::Terminal};

    let args = Args::read();
    if let Some(shell) = args.completions {
        Args::complete(shell);
        return ExitCode::SUCCESS;
    }
    let terminal = Terminal::new();
    match runner::run(args, &terminal) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            terminal.line(&format!("error: {error}"));
            ExitCode::from(FAILED)
        }
    }
}

#[cfg(not(unix))]
fn main() -> ExitCode {
    eprintln!("cargo hmr does not run on this system yet: it passes sockets between processes as Unix does");
    ExitCode::from(FAILED)
}
