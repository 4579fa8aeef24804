//! Which bundler to run, and how.

use std::{
    path::{Path, PathBuf, absolute},
    process,
};

use serde::Serialize;
use serde_json::{Map, Value};

use super::{WebpackError, client};
use crate::source::process::Output;

const BRIDGE: &str = include_str!("bridge.mjs");

/// A webpack or Rspack configuration to build in watch mode, and how.
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

/// A [`Webpack`] that has been found to be all right.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) config: PathBuf,
    dir: PathBuf,
    node: PathBuf,
    setup: String,
    pub(super) output: Output,
}

/// What the bridge is told: `Setup` in `bridge.mjs`.
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
    /// The configuration in this file, whatever it exports: an object, several, a function, a promise; written as
    /// `CommonJS` or ESM.
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

    /// Names the bundler's npm package, such as `@rspack/core`; any with webpack's API will do.
    ///
    /// The default is the one that is installed of `webpack` and `@rspack/core`, and where both are, Rspack for a
    /// configuration with `rspack` in its file's name.
    pub fn bundler(mut self, package: impl Into<String>) -> Self {
        self.bundler = Some(package.into());
        self
    }

    /// Runs the bundler in this directory, where a bundler's own command line would be called; the default is the
    /// configuration's folder. The bundler and its `context` are looked for from here.
    pub fn dir(mut self, path: impl Into<PathBuf>) -> Self {
        self.dir = Some(path.into());
        self
    }

    /// Names the Node.js to run; the default is `node`, as the `PATH` has it.
    pub fn node(mut self, program: impl Into<PathBuf>) -> Self {
        self.node = program.into();
        self
    }

    /// Sets the mode whatever the configuration says, as `--mode` does. Where neither says any, it is `development`.
    pub fn mode(mut self, mode: impl Into<String>) -> Self {
        self.mode = Some(mode.into());
        self
    }

    /// Sets a value of the first argument of a configuration that is a function, as `--env key=value` does; `true`
    /// for `--env key`.
    pub fn env(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.env.insert(key.into(), value.into());
        self
    }

    /// Sets a value of the second argument of a configuration that is a function, as any option of the bundler's
    /// command line does.
    pub fn arg(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.arguments.insert(key.into(), value.into());
        self
    }

    /// Names the module that pages load to hear of updates.
    ///
    /// The default is `tower-hot-middleware/client`, of the npm package. Where that is not installed, the crate writes
    /// the copy that it carries into the project's `node_modules/.cache`.
    pub fn client(mut self, module: impl Into<String>) -> Self {
        self.client = Some(module.into());
        self
    }

    /// Adds options of the client, as a query: `reload=true&overlay=false`. `path` and, for a configuration with a
    /// name, `name` are there already.
    pub fn client_options(mut self, query: impl Into<String>) -> Self {
        self.client_options = query.into();
        self
    }

    /// Whether the client is added to the entries of bundles for browsers that don't have one; the default is true.
    pub fn add_client(mut self, add: bool) -> Self {
        self.add_client = add;
        self
    }

    /// Whether `HotModuleReplacementPlugin` is added to configurations for browsers that don't have it; the default
    /// is true.
    pub fn add_hmr_plugin(mut self, add: bool) -> Self {
        self.add_hmr_plugin = add;
        self
    }

    /// Says where the bundler's output goes; the default is [`Output::Terminal`].
    pub fn output(mut self, output: Output) -> Self {
        self.output = output;
        self
    }

    /// Checks what can be checked before anything runs. `path` is the stream's, as a browser asks for it.
    pub(super) fn plan(self, path: &str) -> Result<Plan, WebpackError> {
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
            // The one thing that JSON can't hold is a path that is not Unicode.
            .map_err(|_| WebpackError::Config { path: config.clone() })?;
        Ok(Plan { config, dir, node: self.node, setup, output: self.output })
    }
}

/// Whether Node would find a package from this folder. One that keeps packages elsewhere, as Yarn's Plug'n'Play does,
/// is left to say so itself.
fn is_installed(package: &str, dir: &Path) -> bool {
    dir.ancestors().any(|folder| {
        folder.join("node_modules").join(package).join("package.json").is_file()
            || folder.join(".pnp.cjs").is_file()
    })
}

impl Plan {
    /// The process to start; its standard input is to be the bridge's socket.
    pub(super) fn process(&self) -> process::Command {
        let mut command = process::Command::new(&self.node);
        command.args(["--input-type=module", "--eval", BRIDGE, &self.setup]).current_dir(&self.dir);
        command
    }

    pub(super) fn node(&self) -> &Path {
        &self.node
    }
}
