//! From the app to the runner, and the guard that ends it.

use std::{
    io,
    sync::{
        Mutex, PoisonError,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    time::Duration,
};

use super::{
    Webpack, WebpackError,
    runner::{Config, Message, Runner},
};
use crate::{
    handle::HotMiddleware,
    options::Options,
    source::{
        process,
        thread::WorkerThread,
        watch,
        watch::{Watch, WatchGuard},
    },
};

impl HotMiddleware {
    /// Runs the project's own webpack or Rspack in watch mode and publishes its builds, until the guard is dropped.
    ///
    /// The configuration stays as it is: what hot updates need is added on the way, see [`Webpack::adds_client`] and
    /// [`Webpack::adds_plugin`]. The app serves the output folder; an update's files are there before its event, and
    /// those of all but the latest twenty builds are removed.
    ///
    /// When the bundler dies or the configuration does not load, pages and the log show why, and it is started
    /// again: after a second, then less and less often, and when the configuration changes. It ends with the guard,
    /// with [`close`](Self::close), and with the app however that ends. A layer that is not
    /// [`enabled`](crate::OptionsBuilder::enabled) runs nothing.
    ///
    /// # Errors
    /// [`WebpackError`], which says what is missing and what to install where.
    ///
    /// ```no_run
    /// use axum::Router;
    /// use tower_hot_middleware::{HotMiddleware, Options, Webpack};
    /// use tower_http::services::ServeDir;
    ///
    /// let hot = HotMiddleware::new(Options::builder().inject(false).build()?);
    /// let _webpack = hot.webpack(Webpack::new("frontend/webpack.config.js"))?;
    /// let app: Router = Router::new().fallback_service(ServeDir::new("frontend/dist")).layer(hot);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn webpack(&self, webpack: Webpack) -> Result<WebpackGuard, WebpackError> {
        if !self.shared().options().enabled {
            return Ok(WebpackGuard { _config: None, _runner: None, built: Mutex::new(mpsc::channel().1) });
        }
        let Options { base_path, path, .. } = self.shared().options();
        let plan = webpack.plan(&format!("{}{path}", base_path.as_deref().unwrap_or_default()))?;
        let (outbox, inbox) = mpsc::channel();
        let (first, built) = mpsc::channel();
        let config = watch::start(Watch::new().reload(&plan.config), Config(outbox.clone()))?;
        let node = plan.node().to_owned();
        let mut runner = Runner::new(self.clone(), plan, outbox.clone(), first);
        runner.start().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => WebpackError::Node { program: node },
            _ => WebpackError::System(error),
        })?;
        let stop = outbox.clone();
        self.shared().hub().at_close(move || drop(stop.send(Message::Stop)));
        let stop = move || drop(outbox.send(Message::Stop));
        let runner = WorkerThread::start("hot-webpack", process::END, stop, move || runner.work(&inbox));
        let runner = runner.map_err(WebpackError::System)?;
        Ok(WebpackGuard { _config: Some(config), _runner: Some(runner), built: Mutex::new(built) })
    }
}

/// Keeps a bundler running; dropping it ends the bundler.
///
/// Given by [`HotMiddleware::webpack`]. The drop waits for the bundler's end, commonly a few milliseconds; one that
/// ignores SIGTERM is killed after two seconds.
#[derive(Debug)]
#[must_use = "dropping it ends the bundler"]
pub struct WebpackGuard {
    _config: Option<WatchGuard>,
    _runner: Option<WorkerThread>,
    /// Never sent to: it disconnects after the first build. The mutex makes the guard `Sync`.
    built: Mutex<Receiver<()>>,
}

impl WebpackGuard {
    /// Waits for the first build, good or bad, and says whether there was one in this time.
    ///
    /// Before it, a page that is asked for finds no bundle. It blocks, so it belongs before the app listens.
    pub fn wait_for_build(&self, at_most: Duration) -> bool {
        let built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        !matches!(built.recv_timeout(at_most), Err(RecvTimeoutError::Timeout))
    }
}
