//! The start of a bundler, and its handle.

use std::{future::Future, io, sync::mpsc, time::Duration};

use super::{
    Webpack, WebpackError,
    runner::{Config, Message, Runner},
};
use crate::{
    handle::HotMiddleware,
    options::Options,
    source::{
        first_build::{self, WaitError},
        handle::{Source, source_handle},
        process,
        thread::WorkerThread,
        watch::{self, Watch},
    },
    stop::Moment,
};

source_handle! {
    /// Control of a bundler, returned by [`HotMiddleware::webpack`](crate::HotMiddleware::webpack).
    WebpackHandle { first: Moment }, "the bundler"
}

impl HotMiddleware {
    /// Runs the project's own webpack or Rspack in watch mode and publishes its builds, as long as this middleware
    /// lives.
    ///
    /// The configuration file is not changed. What hot updates need is added in memory, see [`Webpack::add_client`] and
    /// [`Webpack::add_hmr_plugin`]. The app serves the output folder. The files of an update are written before its
    /// event is sent, and those of all but the latest twenty builds are removed.
    ///
    /// If the bundler ends or the configuration does not load, pages and the log show the reason, and the bundler is
    /// started again: after a second at first, after 5 seconds at most, and when the configuration changes. It ends
    /// with the middleware, and with the app however that ends. A layer that is not
    /// [`enabled`](crate::OptionsBuilder::enabled) runs nothing. Called within a Tokio runtime, the bundler ends with the
    /// signal of [`OptionsBuilder::shutdown`](crate::OptionsBuilder::shutdown) even if no client is connected.
    ///
    /// # Errors
    /// [`WebpackError`], which names what is missing and what to install where.
    ///
    /// ```no_run
    /// use axum::Router;
    /// use tower_hot_middleware::{HotMiddleware, Options, webpack::Webpack};
    /// use tower_http::services::ServeDir;
    ///
    /// let hot = HotMiddleware::new(Options::builder().inject(false).build()?);
    /// hot.webpack(Webpack::new("frontend/webpack.config.js"))?;
    /// let app: Router = Router::new().fallback_service(ServeDir::new("frontend/dist")).layer(hot);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn webpack(&self, webpack: Webpack) -> Result<WebpackHandle, WebpackError> {
        let (shared, first) = (self.shared(), Moment::new());
        if !shared.options().enabled {
            return Ok(WebpackHandle { source: Source::NONE, first });
        }
        let Options { base_path, path, .. } = shared.options();
        let resolved = webpack.resolve(&format!("{}{path}", base_path.as_deref().unwrap_or_default()))?;
        let (outbox, inbox) = mpsc::channel();
        let config =
            watch::start(Watch::new().reload(&resolved.config), Config(outbox.clone()))?.stop_on_drop();
        let node = resolved.node().to_owned();
        let mut runner = Runner::new(shared.publisher().clone(), resolved, outbox.clone(), first.clone());
        runner.start().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => WebpackError::Node { program: node },
            _ => WebpackError::System(error),
        })?;
        // It fails when the runner has ended.
        let stop = move || drop(outbox.send(Message::Stop));
        let thread = WorkerThread::start("hot-webpack", process::END_TIMEOUT, stop, move || {
            let _config = config;
            runner.run(&inbox);
        });
        let source = Source::of(shared, thread.map_err(WebpackError::System)?);
        Ok(WebpackHandle { source, first })
    }
}

impl WebpackHandle {
    /// Waits for the first build, good or bad, for `at_most`. A page that is requested before finds no bundle.
    ///
    /// If the layer is not [`enabled`](crate::OptionsBuilder::enabled), it returns at once.
    ///
    /// # Errors
    /// [`WaitError`], if the build takes longer or the bundler is stopped.
    ///
    /// # Panics
    /// Like [`tokio::time::sleep`], outside of a Tokio runtime with a clock.
    ///
    /// ```no_run
    /// # use std::time::Duration;
    /// # use tower_hot_middleware::{HotMiddleware, webpack::Webpack};
    /// # async fn run(hot: HotMiddleware) -> Result<(), Box<dyn std::error::Error>> {
    /// let webpack = hot.webpack(Webpack::new("frontend/webpack.config.js"))?;
    /// webpack.wait_for_build(Duration::from_secs(60)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn wait_for_build(&self, at_most: Duration) -> Result<(), WaitError> {
        first_build::wait(&self.source, &self.first, at_most).await
    }
}
