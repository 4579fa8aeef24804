//! The state that one middleware's handles, services and sources share.

use std::{
    fmt,
    future::pending,
    pin::pin,
    sync::{
        Arc, Weak,
        atomic::{AtomicBool, Ordering},
    },
    time::UNIX_EPOCH,
};

use futures_util::{
    FutureExt,
    future::{Either, select},
};
use tokio::runtime::Handle;

#[cfg(feature = "listen")]
use crate::handover::listener::ended as listener_ended;
#[cfg(target_os = "linux")]
use crate::signals::handled;
#[cfg(feature = "watch")]
use crate::stop::Running;
use crate::{
    access::{self, AccessPolicy, Token, Tokens},
    build::{Build, Change, stats::Stats},
    escape::Escaped,
    hub::Hub,
    messages::{Listeners, MAX_PER_SECOND, RateLimiter},
    options::Options,
    stop::Moment,
};

#[cfg(not(target_os = "linux"))]
use std::future::pending as handled;

/// Without this crate's listener, its end is not known.
#[cfg(not(feature = "listen"))]
fn listener_ended() -> std::future::Pending<()> {
    pending()
}

/// The inner state of a middleware: all that requests and build sources need.
#[derive(Debug)]
pub(crate) struct Shared {
    options: Options,
    hub: Arc<Hub>,
    access: AccessPolicy,
    listeners: Listeners<Self>,
    rate_limiter: RateLimiter,
    closing: Moment,
    /// Set while a task waits for the app's shutdown.
    follows_shutdown: AtomicBool,
    /// They end when the hub closes, and with this state.
    #[cfg(feature = "watch")]
    sources: Arc<Running>,
    /// Identifies this executable; another build of it has another mark.
    server: Option<String>,
    /// Done when the first service is made, as a handle alone has no page to report to.
    #[cfg(all(unix, feature = "listen"))]
    pub(crate) follows_runner: std::sync::Once,
}

impl Shared {
    pub(crate) fn new(options: Options) -> Self {
        let hub = Hub::new(options.replay_buffer_events, options.replay_buffer_bytes);
        if !options.enabled {
            hub.close();
        }
        let environment =
            std::env::var_os(access::ENVIRONMENT).filter(|_| options.enabled).unwrap_or_default();
        let tokens = Tokens {
            page: options.enabled.then(Token::random).flatten(),
            build: options.build_token.clone(),
        };
        let access = AccessPolicy::new(
            &options.allowed_hosts,
            &options.allowed_origins,
            &environment.to_string_lossy(),
            tokens,
        );
        // Read now: once a new build has replaced the file, this executable's own metadata is lost.
        let server = if options.enabled && options.reload_on_new_binary { executable() } else { None };
        let (listeners, rate_limiter) = (Listeners::default(), RateLimiter::new(MAX_PER_SECOND));
        #[cfg(feature = "watch")]
        let sources = Arc::new(Running::default());
        #[cfg(feature = "watch")]
        hub.at_close({
            let sources = sources.clone();
            move || sources.stop()
        });
        Self {
            options,
            hub,
            access,
            listeners,
            rate_limiter,
            closing: Moment::new(),
            follows_shutdown: AtomicBool::new(false),
            #[cfg(feature = "watch")]
            sources,
            server,
            #[cfg(all(unix, feature = "listen"))]
            follows_runner: std::sync::Once::new(),
        }
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    pub(crate) fn access(&self) -> &AccessPolicy {
        &self.access
    }

    pub(crate) fn listeners(&self) -> &Listeners<Self> {
        &self.listeners
    }

    pub(crate) fn rate_limiter(&self) -> &RateLimiter {
        &self.rate_limiter
    }

    pub(crate) fn closing(&self) -> &Moment {
        &self.closing
    }

    #[cfg(feature = "watch")]
    pub(crate) fn sources(&self) -> &Running {
        &self.sources
    }

    /// Ends every stream and reaches the moment that starts a server's graceful shutdown.
    pub(crate) fn close(&self) {
        self.hub.close();
        self.closing.reach();
    }

    /// Closes when the app shuts down, as far as its option, a signal or its listener says so. Called with each stream and
    /// source, as they are what a shutdown would wait for. One task waits, which ends with the middleware.
    pub(crate) fn follow_shutdown(self: &Arc<Self>) {
        if self.follows_shutdown.swap(true, Ordering::AcqRel) {
            return;
        }
        let following = Following(Arc::downgrade(self));
        let Ok(runtime) = Handle::try_current() else { return };
        let Options { shutdown, close_on_signal, .. } = &self.options;
        let (shutdown, close_on_signal) = (shutdown.clone(), *close_on_signal);
        let (listener, ended) = (listener_ended(), self.closing.reached());
        runtime.spawn(async move {
            let option = pin!(async {
                match shutdown {
                    Some(shutdown) => shutdown.await,
                    None => pending().await,
                }
            });
            let signal = pin!(async { if close_on_signal { handled().await } else { pending().await } });
            let begins = select(select(option, signal), listener);
            if let Either::Left(_) = select(begins, ended).await {
                if let Some(shared) = following.0.upgrade() {
                    shared.close();
                }
            }
        });
    }

    pub(crate) fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    /// Returns true if there is anything that may be sent by `POST`: there is a listener for pages, or a
    /// token for builds.
    pub(crate) fn takes_messages(&self) -> bool {
        self.options.build_token.is_some() || !self.listeners.is_empty()
    }

    /// Returns true if the hub is closed. Closes it if the shutdown signal has come while no stream was there
    /// to see it.
    pub(crate) fn is_closed(&self) -> bool {
        if let Some(shutdown) = &self.options.shutdown {
            if shutdown.clone().now_or_never().is_some() {
                self.hub.close();
            }
        }
        self.hub.is_closed()
    }

    /// Publishes the builds of a compiler, one event per bundle.
    pub(crate) fn built(&self, stats: Stats) {
        publish_builds(&self.hub, stats);
    }

    /// Reloads every page; `file` is the reason, if known.
    pub(crate) fn reload(&self, file: Option<&str>) {
        tracing::info!(file, "reload");
        self.hub.reload(file);
    }
}

/// Sources end with the last handle, service or request.
impl Drop for Shared {
    fn drop(&mut self) {
        self.closing.reach();
        #[cfg(feature = "watch")]
        self.sources.stop();
    }
}

/// The task that waits for the app's shutdown. If its runtime ends before the middleware, the next stream or source starts
/// another.
struct Following(Weak<Shared>);

impl Drop for Following {
    fn drop(&mut self) {
        if let Some(shared) = self.0.upgrade() {
            shared.follows_shutdown.store(false, Ordering::Release);
        }
    }
}

/// Publishes that a build of a bundle has begun, because of `file` where that is known.
pub(crate) fn publish_building(hub: &Hub, name: &str, file: Option<&str>) {
    tracing::debug!(name, file, "building");
    hub.building(Some(name), file);
}

/// Publishes the builds of a compiler, one event for each bundle.
pub(crate) fn publish_builds(hub: &Hub, stats: Stats) {
    for mut build in stats.builds {
        tracing::info!("built {}", Escaped(Summary(&build)));
        for change in build.changes.iter_mut().flatten() {
            match change {
                Change { removed: true, version, text, .. } => (*version, *text) = (None, None),
                Change { version: version @ None, .. } => version.clone_from(&build.hash),
                Change { .. } => {}
            }
        }
        hub.built(build);
    }
}

/// Identifies the running executable by its file's modification time and size.
fn executable() -> Option<String> {
    let file = std::env::current_exe().and_then(std::fs::metadata).ok()?;
    let modified = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{:x}-{:x}", modified.as_nanos(), file.len()))
}

/// Displays a build in one log line: its name, hash, duration and changes.
struct Summary<'a>(&'a Build);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let build = self.0;
        if !build.name.is_empty() {
            write!(f, "{} ", build.name)?;
        }
        write!(f, "{}", build.hash.as_deref().unwrap_or("(no hash)"))?;
        if let Some(time) = &build.time {
            write!(f, " in {time} ms")?;
        }
        match build.changes.as_deref() {
            Some([first]) => write!(f, ": {}", first.id)?,
            Some([first, others @ ..]) => write!(f, ": {} and {} more", first.id, others.len())?,
            Some([]) | None => {}
        }
        match build.errors.len() {
            0 => Ok(()),
            errors => write!(f, ", {errors} errors"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_build_is_summarized_in_a_line() {
        let cases = [
            (Build::default(), "(no hash)"),
            (
                Build::new("h").name("n").time(Duration::from_millis(3)).error("e").error("f"),
                "n h in 3 ms, 2 errors",
            ),
            (Build::new("h").change(Change::new("/a")), "h: /a"),
            (Build::new("h").changes(["/a", "/b", "/c"].map(Change::new)), "h: /a and 2 more"),
        ];
        for (build, line) in cases {
            assert_eq!(Summary(&build).to_string(), line);
        }
    }
}
