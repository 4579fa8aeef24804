//! Hot module replacement and live reload as a [tower](https://docs.rs/tower) layer.
//!
//! One `.layer(HotMiddleware::new(options))` on an axum or hyper app answers `/__webpack_hmr` with an event
//! stream, on the app's own port and origin. Whoever holds the same [`HotMiddleware`] publishes builds on it:
//! the file watcher, or the app itself. A small client, put into the app's HTML pages, swaps the stylesheets,
//! images and modules that changed, and loads the page again where that can't be. On the wire it is
//! webpack-hot-middleware, so `curl -N` and webpack's stock clients read it as well.
//!
//! ```no_run
//! use axum::{Router, response::Html, routing::get};
//! use tower_hot_middleware::{HotMiddleware, Options, Watch};
//!
//! # #[cfg(feature = "watch")]
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let hot = HotMiddleware::new(Options::builder().enabled(cfg!(debug_assertions)).build()?);
//!     let _watch = hot.watch(Watch::new().serve("/static", "static").reload("templates"))?;
//!     let page = || async { Html(std::fs::read_to_string("templates/index.html").unwrap_or_default()) };
//!     let app = Router::new().route("/", get(page)).layer(hot);
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!     axum::serve(listener, app).await?;
//!     Ok(())
//! }
//! # #[cfg(not(feature = "watch"))]
//! # fn main() {}
//! ```
//!
//! # The way of an event
//!
//! A source calls [`HotMiddleware::building`], [`built`](HotMiddleware::built),
//! [`publish`](HotMiddleware::publish) or [`reload`](HotMiddleware::reload). The event is encoded once and put
//! into one bounded log. Every client has a cursor in that log; a client that is too slow is told how many
//! events it missed and gets the latest state of each bundle.
//!
//! # The way of a request
//!
//! A request whose path is not ours goes to the inner service as it is; if it loads a page, the HTML that comes
//! back gets the client's script tag as it streams. A request for the stream gets one, the client's files are
//! served under the stream's path, and everything else there is the inner service's.
//!
//! # Who may connect
//!
//! The stream tells what you are working on, and any site that you visit can send requests to your machine. So it is
//! given to pages of the app itself alone, asked for as `localhost` or by an IP address. Other names, such as a
//! tunnel's, are allowed by [`OptionsBuilder::allowed_host`], and other origins by
//! [`OptionsBuilder::allowed_origin`]; anybody else gets a 403 that says so. The app's own routes are not touched.
//! `docs/security.md` in the repository has each rule and the attack behind it.
//!
//! # Where to put the layer
//!
//! Inside of compression: a page that is encoded already is passed on as it is, without the client. With axum,
//! where the layer added last is outermost, that is `.layer(hot).layer(CompressionLayer::new())`. Compression
//! layers leave `text/event-stream` alone; tower-http's does.
//!
//! Under axum's `nest`, give the nested router a fallback of its own, or use `nest_service`: without one, axum hands
//! what the nested router has no route for to the outer router, past every layer of the nested one.
//!
//! # Graceful shutdown
//!
//! A graceful shutdown, axum's or hyper-util's, waits for every open response, and an event stream never ends by
//! itself. Call [`HotMiddleware::close`] when it begins, or give the signal to [`OptionsBuilder::shutdown`].
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `watch` | yes | [`HotMiddleware::watch`]: builds from a file watcher |
//! | `command` | yes | [`HotMiddleware::command`]: a build command that is run when its sources change |
//! | `webpack` | yes | [`HotMiddleware::webpack`]: the project's own webpack or Rspack as a child process, on Unix; brings `command` |
//! | `listen` | yes | [`listen()`]: a listener whose socket outlives the app, and reports of builds, under `cargo hmr` |
//! | `websocket` | no | Vite's protocol over WebSocket beside the event stream, see `docs/websocket.md` |
//! | `runner` | no | the command `cargo hmr`, see `docs/cargo-hmr.md`; no app needs it |
//! | `axum` | no | [`listen()`] for `axum::serve`; the injected tag is right on a nested router's root page too, see [`OptionsBuilder::base_path`] |
//!
//! The protocol, the architecture and the client's options are in the repository's `docs/`.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod body;
mod build;
mod bundle;
mod error;
mod event;
mod guard;
mod hub;
#[cfg(feature = "listen")]
mod listen;
mod middleware;
mod options;
mod page;
#[cfg(feature = "websocket")]
mod payload;
#[cfg(all(unix, feature = "listen"))]
mod reports;
mod service;
mod source;
mod stats;
mod sync;
mod transport;
mod uplink;

pub use body::ResponseBody;
pub use build::{Build, Change};
pub use error::{OptionsError, PublishError, StatsError};
#[cfg(feature = "listen")]
pub use listen::{SharedListener, SharedStream, listen};
pub use middleware::HotMiddleware;
pub use options::{LogLevel, Options, OptionsBuilder};
pub use service::{HotMiddlewareService, ResponseFuture};
#[cfg(feature = "command")]
pub use source::command::{Command, CommandError, CommandGuard};
#[cfg(feature = "command")]
pub use source::process::Output;
#[cfg(feature = "watch")]
pub use source::watch::{Watch, WatchError, WatchGuard};
#[cfg(all(unix, feature = "webpack"))]
pub use source::webpack::{Webpack, WebpackError, WebpackGuard};
pub use stats::Stats;
pub use uplink::{Client, Listener, Message};

/// The examples in the README, compiled.
#[cfg(all(doctest, feature = "watch"))]
#[doc = include_str!("../README.md")]
struct Readme;

/// The same of the document on `cargo hmr`.
#[cfg(all(doctest, feature = "axum", feature = "listen"))]
#[doc = include_str!("../docs/cargo-hmr.md")]
struct CargoHmr;

/// The same of the document for those who come from elsewhere.
#[cfg(all(doctest, unix, feature = "webpack"))]
#[doc = include_str!("../docs/migrating.md")]
struct Migrating;
