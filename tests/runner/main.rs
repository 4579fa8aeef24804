//! `cargo hmr` on real apps: real builds by cargo, real processes, real sockets.
#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![cfg(target_os = "linux")]

mod app;
mod choice;
mod deaths;
mod ends;
mod environment;
mod errors;
mod http;
mod load;
mod project;
mod quick_start;
mod saves;
mod sockets;
mod terminal;
mod times;
mod turn;
mod turns;
mod workspaces;
