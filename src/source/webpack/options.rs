//! Options of a bundler.

use std::{
    path::{Path, PathBuf, absolute},
    process,
};

use serde::Serialize;
use serde_json::{Map, Value};

use super::{WebpackError, client};
use crate::source::process::Output;

const BRIDGE: &str = include_str!("bridge.mjs");

/// A webpack or Rspack configuration that is built in watch mode, with options for the bundler.
///
/// ```no_run
/// use tower_hot_middleware::{HotMiddleware, webpack::Webpack};
///
/// let hot = HotMiddleware::dev();
/// hot.webpack(Webpack::new("frontend/webpack.config.js").env("api", "/api"))?;
/// # Ok::<(), tower_hot_middleware::webpack::WebpackError>(())
/// ```
#[allow(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
#[derive(Clone, Debug)]
#[must_use = "it does nothing until it is given to `HotMiddleware::webpack`"]
pub struct Webpack {
    config: PathBuf,
    dir: Option<PathBuf>,
    bundler: Option<String>,
    node: PathBuf,
    mode: Option<String>,
    env: Map<String, Value>,
    arguments: Map<String, Value>,
    client: Option<String>,
    client_options: String,
    add_client: bool,
    add_hmr_plugin: bool,
    pub(super) output: Output,
}

/// A [`Webpack`] whose options are valid.
#[derive(Debug)]
pub(super) struct ResolvedConfig {
    pub(super) config: PathBuf,
    dir: PathBuf,
    node: PathBuf,
    setup: String,
    pub(super) output: Output,
}

/// The input of the bridge, `Setup` in `bridge.mjs`.
#[derive(Serialize)]
struct Setup<'a> {
    config: &'a Path,
    bundlers: &'a [&'a str],
    mode: Option<&'a str>,
    env: &'a Map<String, Value>,
    argv: &'a Map<String, Value>,
    client: Option<&'a str>,
    query: &'a str,
    path: &'a str,
    hmr: bool,
}

impl Webpack {
    /// The configuration in this file. It exports an object, an array, a function or a promise, as `CommonJS` or ESM.
    pub fn new(config: impl Into<PathBuf>) -> Self {
        Self {
            config: config.into(),
            dir: None,
            bundler: None,
            node: "node".into(),
            mode: None,
            env: Map::new(),
            arguments: Map::new(),
            client: None,
            client_options: String::new(),
            add_client: true,
            add_hmr_plugin: true,
            output: Output::default(),
        }
    }

    /// Sets the bundler's npm package, such as `@rspack/core`. Any package with webpack's API works.
    ///
    /// The default is `webpack` or `@rspack/core`, whichever is installed. If both are, it is Rspack for a configuration
    /// with `rspack` in its file name, and webpack for others.
    pub fn bundler(mut self, package: impl Into<String>) -> Self {
        self.bundler = Some(package.into());
        self
    }

    /// Runs the bundler in this directory, as if its command line were called there. The bundler's package and its `context`
    /// are resolved from here. The default is the configuration's folder.
    pub fn dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.dir = Some(path.into());
        self
    }

    /// Sets the Node.js program. The default is `node` in the `PATH`.
    pub fn node(mut self, program: impl Into<PathBuf>) -> Self {
        self.node = program.into();
        self
    }

    /// Sets the mode, like `--mode`; it overrides the configuration's. If neither has one, it is `development`.
    pub fn mode(mut self, mode: impl Into<String>) -> Self {
        self.mode = Some(mode.into());
        self
    }

    /// Sets a value in the first argument of a configuration function, like `--env key=value`; `true` is `--env key`.
    pub fn env(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.env.insert(key.into(), value.into());
        self
    }

    /// Sets a value in the second argument of a configuration function, like any option of the bundler's command line.
    pub fn arg(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.arguments.insert(key.into(), value.into());
        self
    }

    /// Sets the client's module that is added to bundles.
    ///
    /// The default is `tower-hot-middleware/client` of the npm package. If that is not installed, the crate writes its own
    /// copy into the project's `node_modules/.cache`.
    pub fn client(mut self, module: impl Into<String>) -> Self {
        self.client = Some(module.into());
        self
    }

    /// Adds options of the client, as a query: `reload=true&overlay=false`. `path` and, for a named configuration, `name`
    /// are set already.
    pub fn client_options(mut self, query: impl Into<String>) -> Self {
        self.client_options = query.into();
        self
    }

    /// Sets whether the client is added to entries for browsers that have none. The default is `true`.
    pub fn add_client(mut self, add: bool) -> Self {
        self.add_client = add;
        self
    }

    /// Sets whether `HotModuleReplacementPlugin` is added to configurations for browsers that lack it. The default is
    /// `true`.
    pub fn add_hmr_plugin(mut self, add: bool) -> Self {
        self.add_hmr_plugin = add;
        self
    }

    /// Sets the destination of the bundler's output. The default is [`Output::Terminal`].
    pub fn output(mut self, output: Output) -> Self {
        self.output = output;
        self
    }

    /// Checks the options. `path` is the stream's path in browsers.
    pub(super) fn resolve(self, path: &str) -> Result<ResolvedConfig, WebpackError> {
        let located = absolute(&self.config).ok().filter(|config| config.is_file());
        let config = located.ok_or_else(|| WebpackError::Config { path: self.config.clone() })?;
        let dir = self.dir.as_deref().or(config.parent()).unwrap_or(Path::new("."));
        let dir = absolute(dir)
            .ok()
            .filter(|dir| dir.is_dir())
            .ok_or_else(|| WebpackError::Dir { path: dir.to_owned() })?;
        let bundlers: &[&str] = match &self.bundler {
            Some(bundler) => &[bundler.as_str()],
            None if config.file_name().is_some_and(|name| name.to_string_lossy().contains("rspack")) => {
                &["@rspack/core", "webpack"]
            }
            None => &["webpack", "@rspack/core"],
        };
        if !bundlers.iter().any(|bundler| is_installed(bundler, &dir)) {
            let packages = bundlers.iter().map(ToString::to_string).collect();
            return Err(WebpackError::Bundler { packages, dir });
        }
        let client = match self.client {
            _ if !self.add_client => None,
            Some(client) => Some(client),
            None if is_installed("tower-hot-middleware", &dir) => {
                Some("tower-hot-middleware/client".to_owned())
            }
            None => {
                let written = client::write(&dir);
                let written = written.map_err(|source| WebpackError::Client { dir: dir.clone(), source })?;
                Some(written.to_string_lossy().into_owned())
            }
        };
        let setup = Setup {
            config: &config,
            bundlers,
            mode: self.mode.as_deref(),
            env: &self.env,
            argv: &self.arguments,
            client: client.as_deref(),
            query: &self.client_options,
            path,
            hmr: self.add_hmr_plugin,
        };
        let setup = serde_json::to_string(&setup)
            // Only a path that is not Unicode can't be written as JSON.
            .map_err(|_| WebpackError::Config { path: config.clone() })?;
        Ok(ResolvedConfig { config, dir, node: self.node, setup, output: self.output })
    }
}

/// Returns true if Node.js may find the package from this folder. With Yarn's Plug'n'Play, only Node.js itself knows.
fn is_installed(package: &str, dir: &Path) -> bool {
    dir.ancestors().any(|folder| {
        folder.join("node_modules").join(package).join("package.json").is_file()
            || folder.join(".pnp.cjs").is_file()
    })
}

impl ResolvedConfig {
    /// The process to start. Its standard input has to be the bridge's socket.
    pub(super) fn process(&self) -> process::Command {
        let mut command = process::Command::new(&self.node);
        command.args(["--input-type=module", "--eval", BRIDGE, &self.setup]).current_dir(&self.dir);
        command
    }

    pub(super) fn node(&self) -> &Path {
        &self.node
    }
}
