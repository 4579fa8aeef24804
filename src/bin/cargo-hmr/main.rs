//! `cargo hmr`: builds and runs an app, rebuilds it on every save, and switches to the new process without failing a request.
//!
//! ```text
//! files ──▶ watcher ──▶ runner ──▶ cargo ──▶ the new process ──accepting──▶ runner ──drain──▶ the old process
//!                         │  ▲
//!                         ▼  └ messages from processes, keys and signals
//!            pages of the running app, or the runner's own page while no process serves
//! ```
//!
//! `runner` holds all state, and `system` has all that differs between systems. Everything else is a thread that sends it events, or a part that it owns.

mod app;
mod args;
mod browser;
mod build;
mod channel;
mod event;
mod files;
mod glob;
mod process;
mod project;
mod report;
mod runner;
mod serve;
mod socket;
mod system;
mod terminal;
mod watcher;

use std::process::ExitCode;

use crate::{args::Args, terminal::Terminal};

/// Exit code if the runner can't start, the same as cargo's.
const FAILED: u8 = 101;

fn main() -> ExitCode {
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
