//! webpack and Rspack as a source: the project's own bundler in watch mode, as a child process.
//!
//! ```text
//! runner ──starts──▶ Process: node bridge.mjs ─▶ webpack or Rspack
//!   ▲  ▲                        │        └──────output──────▶ terminal or tracing
//!   │  └──lines: events◀──a socket of its own
//!   └─────a watch over the configuration
//! ```
//!
//! `bridge.mjs` runs the bundler, `events` reads its events, `runner` publishes them and restarts the bundler after a
//! failure.

mod client;
mod error;
mod events;
mod handle;
mod options;
mod runner;

pub use error::WebpackError;
pub use handle::WebpackHandle;
pub use options::Webpack;
