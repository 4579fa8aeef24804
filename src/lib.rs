//! placeholder
mod body;
mod build;
mod bundle;
mod error;
mod event;
mod hub;
mod middleware;
mod options;
mod page;
mod service;
mod stats;
mod transport;

pub use body::ResponseBody;
pub use build::{Build, Change};
pub use error::{OptionsError, PublishError, StatsError};
pub use middleware::HotMiddleware;
pub use options::{LogLevel, Options, OptionsBuilder};
pub use service::{HotMiddlewareService, ResponseFuture};
pub use stats::Stats;
