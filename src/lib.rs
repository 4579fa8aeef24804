//! Hot module replacement and live reload as a [tower](https://docs.rs/tower) layer.
//!
//! One `.layer(hot)` on an axum or hyper app answers `/__webpack_hmr` with an event stream, on the app's own port and
//! origin. The file watcher, or the app itself, publishes builds on the same [`HotMiddleware`]. A small client in the
//! app's HTML pages swaps stylesheets, images and modules that have changed, and reloads the page for other changes. The
//! stream is webpack-hot-middleware's, so `curl -N` and webpack's own clients read it too.
//!
//! ```no_run
//! use axum::{Router, response::Html, routing::get};
//! use tower_hot_middleware::{HotMiddleware, watch::Watch};
//! use tower_http::services::ServeDir;
//!
//! # #[cfg(feature = "watch")]
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let hot = HotMiddleware::dev();
//!     hot.watch(Watch::new().files("/static", "static").reload("templates"))?;
//!     let page = || async { Html(std::fs::read_to_string("templates/index.html").unwrap_or_default()) };
//!     let files = ServeDir::new("static");
//!     let app = Router::new().route("/", get(page)).nest_service("/static", files).layer(hot);
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!     axum::serve(listener, app).await?;
//!     Ok(())
//! }
//! # #[cfg(not(feature = "watch"))]
//! # fn main() {}
//! ```
//!
//! # How an event flows
//!
//! A source calls [`HotMiddleware::building`], [`built`](HotMiddleware::built),
//! [`publish`](HotMiddleware::publish) or [`reload`](HotMiddleware::reload). The event is encoded once and appended to
//! one bounded log. Every client has a cursor in that log. A client that is too slow receives the number of events that it
//! missed, and the latest state of each bundle.
//!
//! # How a request flows
//!
//! A request with another path than the stream's goes to the inner service. If it is a page navigation, the layer inserts
//! the client's script tag into the HTML response as it streams. Requests for the stream and for the client's files below
//! its path are answered here; others below that path go to the inner service.
//!
//! # Lifetime
//!
//! Watches, commands, bundlers and listeners live as long as their [`HotMiddleware`]. Dropping the value that starts or
//! registers them ends nothing; its `stop` does. See [`HotMiddleware`], "Lifetime".
//!
//! # Access
//!
//! The stream shows what you are working on, and any site that you visit can send requests to your machine. So only pages
//! of the app itself can read it, under `localhost` or an IP address. [`OptionsBuilder::allowed_host`] allows other names,
//! such as a tunnel's, and [`OptionsBuilder::allowed_origin`] allows other origins. Other requests get a 403 that names the
//! option. The app's own routes are not affected. [security.md] has each rule and the attack behind it.
//!
//! # The terminal
//!
//! Each watch and each save has a line on standard error, or as a `tracing` event where a subscriber takes it.
//! [`OptionsBuilder::terminal`] turns them off.
//!
//! # The inspector
//!
//! A browser that opens `/__webpack_hmr` in its address bar gets a page with the saves and their results, the open pages and the
//! refused requests. [`OptionsBuilder::inspector`] turns it off.
//!
//! # Order of layers
//!
//! Compression belongs outside: a page that is already encoded is passed on without the client. With axum, where the layer
//! that is added last is outermost, that is `.layer(hot).layer(CompressionLayer::new())`. Compression layers such as
//! tower-http's do not compress `text/event-stream`.
//!
//! Under axum's `nest`, give the nested router a fallback of its own, or use `nest_service`. Without one, axum passes
//! requests without a route to the outer router, past every layer of the nested one.
//!
//! # Graceful shutdown
//!
//! A graceful shutdown, axum's or hyper-util's, waits for every open response, and an event stream never ends by
//! itself. On Linux the layer ends its streams at a SIGINT or SIGTERM that the app handles
//! ([`OptionsBuilder::close_on_signal`]), and on every system when the last [`listen()`] listener is dropped, as axum does
//! then. For another signal, or a server of your own, give the signal to [`OptionsBuilder::shutdown`],
//! [`HotMiddleware::closed`] to the server, and the server to [`HotMiddleware::drain`], which bounds the wait for clients
//! that don't read.
//!
//! # Public dependencies
//!
//! Types of these crates are part of this crate's API, so a new major version of one is a breaking change here:
//! - `http`, `http-body`, `bytes`, `tower-layer` and `tower-service`: the layer and its service;
//! - `serde`: the values that an app sends and receives;
//! - `serde_json`: [`Message::data`](message::Message::data) and
//!   [`deserialize`](message::Message::deserialize), `From<Value>` of [`Stats`], and the values of a bundler's options;
//! - `tokio`: the listener of `HotMiddleware::serve_sockets`, with the feature `websocket`. Streams and waits need its
//!   clock.
//!
//! # Features
//!
//! | feature | default | adds |
//! |---|---|---|
//! | `watch` | yes | [`HotMiddleware::watch`]: builds from a file watcher |
//! | `command` | yes | [`HotMiddleware::command`]: a build command that runs when its sources change |
//! | `webpack` | yes | [`HotMiddleware::webpack`]: the project's own webpack or Rspack as a child process, on Unix; brings `command` |
//! | `listen` | yes | [`listen()`]: a listener whose socket outlives the app, and reports of builds, under `cargo hmr` |
//! | `websocket` | no | Vite's protocol over WebSocket beside the event stream, see [websocket.md] |
//! | `redis`, `redis-tls` | no | one stream of several processes, relayed by Redis or Valkey, see [relay.md] |
//! | `mcp` | no | a server of the Model Context Protocol for tools and agents, see [inspector.md] |
//! | `metrics` | no | counters, gauges and a histogram by the facade `metrics`, see [inspector.md] |
//! | `runner` | no | the command `cargo hmr`, see [cargo-hmr.md]; no app needs it |
//! | `axum` | no | [`listen()`] for `axum::serve`; the injected tag is right on a nested router's root page too, see [`OptionsBuilder::base_path`] |
//!
//! # Documents
//!
//! - For apps: [templates.md], [tools.md], [troubleshooting.md], [terminal.md], [inspector.md],
//!   [cargo-hmr.md], [platforms.md], [client.md],
//!   [modules.md], [page-updates.md], [relay.md], [security.md], [migrating.md]
//! - For bundlers and build tools: [webpack.md], [webpack-client.md], [websocket.md], [protocol.md]
//! - For work on the crate: [architecture.md], [performance.md], [load.md], [fuzzing.md], [releasing.md]
//!
//! [architecture.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/architecture.md
//! [cargo-hmr.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/cargo-hmr.md
//! [client.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/client.md
//! [fuzzing.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/fuzzing.md
//! [inspector.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/inspector.md
//! [load.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/load.md
//! [migrating.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/migrating.md
//! [modules.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/modules.md
//! [page-updates.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/page-updates.md
//! [performance.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/performance.md
//! [platforms.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/platforms.md
//! [protocol.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/protocol.md
//! [relay.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/relay.md
//! [releasing.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/releasing.md
//! [security.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/security.md
//! [templates.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/templates.md
//! [terminal.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/terminal.md
//! [tools.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/tools.md
//! [troubleshooting.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/troubleshooting.md
//! [webpack.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/webpack.md
//! [webpack-client.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/webpack-client.md
//! [websocket.md]: https://docs.rs/crate/tower-hot-middleware/latest/source/docs/websocket.md
#![cfg_attr(docsrs, feature(doc_cfg))]

mod access;
mod body;
#[cfg_attr(not(feature = "websocket"), allow(unused_imports))]
mod build;
mod bundle;
mod client_files;
mod console;
#[cfg(feature = "watch")]
mod editor;
mod errors;
mod escape;
mod handle;
mod header_values;
mod html;
// Transports read the log themselves. In a build with one transport, some of what they may ask for is unused.
#[cfg(feature = "listen")]
mod handover;
#[cfg_attr(not(feature = "websocket"), allow(dead_code, unused_imports))]
mod hub;
mod inspector;
mod journal;
mod json;
#[cfg(feature = "mcp")]
mod mcp;
mod messages;
mod metrics;
#[cfg(feature = "watch")]
mod modules;
mod notice;
mod options;
mod pages;
mod plain_text;
mod publisher;
#[cfg(feature = "redis")]
mod replicas;
mod route;
mod served;
mod service;
mod shared;
mod shutdown;
#[cfg(target_os = "linux")]
mod signals;
mod source;
mod stop;
mod sync;
mod terminal;
mod transport;
mod upload;
mod wait_for;
#[cfg_attr(not(feature = "websocket"), allow(dead_code))]
mod wire;

pub use body::ResponseBody;
pub use build::{Build, Change, stats::Stats};
pub use errors::{OptionsError, PublishError, StatsError};
pub use handle::HotMiddleware;
#[cfg(feature = "listen")]
pub use handover::{SharedListener, SharedStream, listen};
pub use options::{Console, ConsoleLevel, LogLevel, Options, OptionsBuilder};
pub use service::{HotMiddlewareService, ResponseFuture};
pub use stop::StopOnDrop;
pub use terminal::{Receipts, WaitForError};

/// The file watcher as a source of builds.
#[cfg(feature = "watch")]
#[cfg_attr(docsrs, doc(cfg(feature = "watch")))]
pub mod watch {
    pub use crate::source::watch::{Watch, WatchError, WatchHandle};
}

/// Build commands as sources of builds: each runs when its sources change.
#[cfg(feature = "command")]
#[cfg_attr(docsrs, doc(cfg(feature = "command")))]
pub mod command {
    pub use crate::source::{
        WaitError,
        command::{Command, CommandError, CommandHandle},
        process::Output,
    };
}

/// webpack and Rspack as sources of builds.
#[cfg(all(unix, feature = "webpack"))]
#[cfg_attr(docsrs, doc(cfg(all(unix, feature = "webpack"))))]
pub mod webpack {
    pub use crate::source::{
        WaitError,
        process::Output,
        webpack::{Webpack, WebpackError, WebpackHandle},
    };
}

/// Events of several processes in one order, relayed by Redis or Valkey.
#[cfg(feature = "redis")]
#[cfg_attr(docsrs, doc(cfg(feature = "redis")))]
pub mod relay {
    pub use crate::options::Redis;
}

/// Messages from pages, the clients that sent them, and the listeners that receive them.
pub mod message {
    pub use crate::messages::{Client, Listener, Message};
}

/// The examples in the README, compiled.
#[cfg(all(doctest, feature = "watch"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// The examples in the document on `cargo hmr`, compiled.
#[cfg(all(doctest, feature = "axum", feature = "listen"))]
#[doc = include_str!("../docs/cargo-hmr.md")]
struct CargoHmr;

/// The examples in the documents on templates and tools, compiled.
#[cfg(all(doctest, feature = "watch"))]
#[doc = include_str!("../docs/templates.md")]
#[doc = include_str!("../docs/tools.md")]
struct Tools;

/// The example in the document on relays, compiled.
#[cfg(all(doctest, feature = "redis"))]
#[doc = include_str!("../docs/relay.md")]
struct RelayDocument;

/// The examples in the migration guide, compiled.
#[cfg(all(doctest, unix, feature = "webpack"))]
#[doc = include_str!("../docs/migrating.md")]
struct Migrating;
