//! Options of a [`HotMiddleware`](crate::HotMiddleware).

mod builder;
mod console;
mod inspector;
mod path;
mod problems;
#[cfg(feature = "redis")]
mod redis;
#[cfg(test)]
mod tests;
#[cfg(feature = "websocket")]
mod vite_client;
mod workspace;

#[cfg(feature = "websocket")]
use std::sync::Arc;
use std::{fmt, num::NonZeroUsize, path::PathBuf, time::Duration};

#[cfg(feature = "redis")]
pub use self::redis::Redis;
#[cfg(feature = "websocket")]
pub(crate) use self::vite_client::{Placeholders, ViteClient};
pub use self::{
    builder::OptionsBuilder,
    console::{Console, ConsoleLevel},
};
#[cfg(feature = "watch")]
use crate::editor::EditorCommand;
use crate::{
    access::{AllowedHost, AllowedOrigin, Token},
    shutdown::Shutdown,
};

/// Valid options of a [`HotMiddleware`](crate::HotMiddleware).
///
/// [`Options::default`] suits most apps; [`Options::builder`] changes it.
///
/// ```
/// use std::time::Duration;
/// use tower_hot_middleware::Options;
///
/// let options = Options::builder().path("/__hot").heartbeat(Duration::from_secs(5)).build()?;
/// # let _ = options;
/// # Ok::<(), tower_hot_middleware::OptionsError>(())
/// ```
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
#[derive(Clone)]
pub struct Options {
    pub(crate) enabled: bool,
    pub(crate) path: String,
    pub(crate) heartbeat: Duration,
    pub(crate) replay_buffer_events: NonZeroUsize,
    pub(crate) replay_buffer_bytes: usize,
    pub(crate) inject: bool,
    pub(crate) base_path: Option<String>,
    pub(crate) revalidate_files: bool,
    pub(crate) reload_on_new_binary: bool,
    pub(crate) update_pages: bool,
    pub(crate) kept_pages_bytes: usize,
    pub(crate) console_level: LogLevel,
    pub(crate) console: Console,
    pub(crate) client_overlay: bool,
    pub(crate) overlay_runtime_errors: bool,
    #[cfg(feature = "watch")]
    pub(crate) opens_editor: bool,
    #[cfg(feature = "watch")]
    pub(crate) editor: Option<EditorCommand>,
    pub(crate) keep_state: bool,
    pub(crate) terminal: bool,
    pub(crate) inspector: bool,
    pub(crate) devtools: Option<PathBuf>,
    pub(crate) allowed_hosts: Vec<AllowedHost>,
    pub(crate) allowed_origins: Vec<AllowedOrigin>,
    pub(crate) build_token: Option<Token>,
    #[cfg(feature = "websocket")]
    pub(crate) vite_base: String,
    #[cfg(feature = "websocket")]
    pub(crate) vite_client: Option<Arc<ViteClient>>,
    pub(crate) shutdown: Option<Shutdown>,
    pub(crate) close_on_signal: bool,
    #[cfg(feature = "redis")]
    pub(crate) relay: Option<std::sync::Arc<Redis>>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            enabled: true,
            path: "/__webpack_hmr".to_owned(),
            heartbeat: Duration::from_secs(10),
            replay_buffer_events: const { NonZeroUsize::new(1024).unwrap() },
            replay_buffer_bytes: 16 << 20,
            inject: true,
            base_path: None,
            revalidate_files: true,
            reload_on_new_binary: true,
            update_pages: true,
            kept_pages_bytes: 8 << 20,
            console_level: LogLevel::Info,
            console: Console::problems(),
            client_overlay: true,
            overlay_runtime_errors: false,
            #[cfg(feature = "watch")]
            opens_editor: true,
            #[cfg(feature = "watch")]
            editor: None,
            keep_state: true,
            terminal: true,
            inspector: true,
            devtools: None,
            allowed_hosts: Vec::new(),
            allowed_origins: Vec::new(),
            build_token: None,
            #[cfg(feature = "websocket")]
            vite_base: "/".to_owned(),
            #[cfg(feature = "websocket")]
            vite_client: None,
            shutdown: None,
            close_on_signal: true,
            #[cfg(feature = "redis")]
            relay: None,
        }
    }
}

impl Options {
    /// Returns true if the client's tag is inserted into pages.
    pub(crate) fn injects(&self) -> bool {
        self.inject && self.enabled
    }

    /// Number of bytes of pages that are kept.
    pub(crate) fn kept_bytes(&self) -> usize {
        if self.injects() && self.update_pages { self.kept_pages_bytes } else { 0 }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Options");
        #[cfg(feature = "watch")]
        debug.field("opens_editor", &self.opens_editor).field("editor", &self.editor);
        #[cfg(feature = "redis")]
        debug.field("relay", &self.relay);
        #[cfg(feature = "websocket")]
        debug.field("vite_base", &self.vite_base).field("vite_client", &self.vite_client.is_some());
        debug
            .field("enabled", &self.enabled)
            .field("path", &self.path)
            .field("heartbeat", &self.heartbeat)
            .field("replay_buffer_events", &self.replay_buffer_events)
            .field("replay_buffer_bytes", &self.replay_buffer_bytes)
            .field("inject", &self.inject)
            .field("base_path", &self.base_path)
            .field("revalidate_files", &self.revalidate_files)
            .field("reload_on_new_binary", &self.reload_on_new_binary)
            .field("update_pages", &self.update_pages)
            .field("kept_pages_bytes", &self.kept_pages_bytes)
            .field("console_level", &self.console_level)
            .field("console", &self.console)
            .field("client_overlay", &self.client_overlay)
            .field("overlay_runtime_errors", &self.overlay_runtime_errors)
            .field("keep_state", &self.keep_state)
            .field("terminal", &self.terminal)
            .field("inspector", &self.inspector)
            .field("devtools", &self.devtools)
            .field("allowed_hosts", &self.allowed_hosts)
            .field("allowed_origins", &self.allowed_origins)
            .field("build_token", &self.build_token)
            .field("shutdown", &self.shutdown.is_some())
            .field("close_on_signal", &self.close_on_signal)
            .finish()
    }
}

/// Level of the client's lines in the browser's console.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum LogLevel {
    /// Everything: the start and the end of each build too.
    Debug,
    /// Connections, and a line for each file that was swapped, reloads the page or is not used by it. The default.
    #[default]
    Info,
    /// Warnings and errors.
    Warn,
    /// Errors.
    Error,
    /// Nothing.
    None,
}

impl LogLevel {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::None => "none",
        }
    }
}
