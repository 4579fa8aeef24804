//! webpack and Rspack as a source: the project's own bundler in watch mode, as a child process.
//!
//! ```text
//! runner ──starts──▶ Process: node bridge.mjs ─▶ webpack or Rspack
//!   ▲  ▲                        │        └──what it prints──▶ terminal or tracing
//!   │  └──lines: events◀──a socket of its own
//!   └─────a watch over the configuration
//! ```
//!
//! `bridge.mjs` speaks with the bundler, `events` reads what it tells, `runner` publishes that and starts the bundler
//! again when it has died.

mod client;
mod error;
mod events;
mod handle;
mod options;
mod runner;

pub use error::WebpackError;
pub use handle::WebpackHandle;
pub use options::Webpack;
