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

mod app;
mod args;
mod build;
mod channel;
mod event;
mod files;
mod glob;
mod keeper;
mod process;
mod project;
mod report;
mod runner;
mod serve;
mod socket;
mod terminal;
mod watcher;

use std::process::ExitCode;

use crate::{args::Args, terminal::Terminal};

/// The exit code for what makes a start impossible, as cargo's own.
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
