//! `cargo hmr`: builds and runs an app, rebuilds it on every save, and switches to the new process without failing a request.
//!
//! ```text
//! files ──▶ watcher ──▶ runner ──▶ cargo ──▶ the new process ──accepting──▶ runner ──drain──▶ the old process
//!                         │  ▲
//!                         ▼  └ messages from processes, keys and signals
//!            pages of the running app, or the runner's own page while no process serves
//! ```
//!
//! `runner` holds all state. Everything else is a thread that sends it events, or a part that it owns.

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
mod supervisor;
#[cfg(unix)]
mod terminal;
#[cfg(unix)]
mod watcher;

use std::process::ExitCode;

/// Exit code if the runner can't start, the same as cargo's.
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
    eprintln!("cargo hmr needs Unix sockets, which this system does not have");
    ExitCode::from(FAILED)
}
