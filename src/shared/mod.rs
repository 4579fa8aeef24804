//! The state that one middleware's handles, services and sources share.

mod shutdown;

use std::{
    future::Future,
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, UNIX_EPOCH},
};

use futures_util::future::{Either, select};
use http::Method;
use tokio::time::timeout;

use crate::{
    access::{self, AccessPolicy, Token, Tokens},
    build::stats::Stats,
    console::ConsoleLog,
    hub::Hub,
    journal::Journal,
    messages::{Listeners, MAX_PER_SECOND, RateLimiter},
    metrics,
    options::Options,
    pages::Pages,
    publisher::Publisher,
    stop::Moment,
    terminal::{Answer, Receipt, Terminal, WaitForError},
};
#[cfg(feature = "watch")]
use crate::{
    editor::{Editor, OpenError},
    served::ServedPrefixes,
    stop::Running,
};

/// Time for the answers of pages to a change that has come in the last moment: more than the terminal waits for them.
const MORE_PATIENCE: Duration = Duration::from_secs(2);

/// The longest name of a page, in bytes.
const MAX_PAGE_NAME: usize = 64;

/// The inner state of a middleware: all that requests and build sources need.
#[derive(Debug)]
pub(crate) struct Shared {
    options: Options,
    publisher: Publisher,
    pages: Pages,
    console: Option<ConsoleLog>,
    /// Set once a client was asked for receipts.
    takes_receipts: AtomicBool,
    access: AccessPolicy,
    listeners: Listeners<Self>,
    rate_limiter: RateLimiter,
    closing: Moment,
    /// Set while a task waits for the app's shutdown.
    follows_shutdown: AtomicBool,
    #[cfg(feature = "watch")]
    editor: Editor,
    /// They end when the hub closes, and with this state.
    #[cfg(feature = "watch")]
    sources: Arc<Running>,
    #[cfg(feature = "watch")]
    served: ServedPrefixes,
    /// Its threads end with the hub.
    #[cfg(feature = "redis")]
    relay: Option<crate::replicas::Handle>,
    /// Identifies this executable; another build of it has another mark.
    server: Option<String>,
    /// Done when the first service is made, as a handle alone has no page to report to.
    #[cfg(all(any(unix, windows), feature = "listen"))]
    pub(crate) follows_runner: std::sync::Once,
}

impl Shared {
    pub(crate) fn new(options: Options) -> Self {
        let hub = Hub::new(options.replay_buffer_events, options.replay_buffer_bytes);
        if options.enabled {
            metrics::describe();
        } else {
            hub.close();
        }
        let environment =
            std::env::var_os(access::ENVIRONMENT).filter(|_| options.enabled).unwrap_or_default();
        #[cfg(feature = "redis")]
        let page = options.relay.as_ref().and_then(|relay| relay.token());
        #[cfg(not(feature = "redis"))]
        let page = None;
        let tokens = Tokens {
            page: options.enabled.then(|| page.or_else(Token::random)).flatten(),
            receipts: options.enabled.then(Token::random).flatten(),
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
        #[cfg(feature = "redis")]
        let relay = crate::replicas::Handle::new(&hub, &options);
        Self {
            publisher: Publisher::new(hub, Arc::new(Terminal::new(options.enabled && options.terminal))),
            pages: Pages::new(options.kept_bytes()),
            console: (options.enabled && !options.console.is_off())
                .then(|| ConsoleLog::new(options.console.methods())),
            takes_receipts: AtomicBool::new(false),
            #[cfg(feature = "watch")]
            editor: Editor::new(options.editor.clone()),
            options,
            access,
            listeners,
            rate_limiter,
            closing: Moment::new(),
            follows_shutdown: AtomicBool::new(false),
            #[cfg(feature = "watch")]
            sources,
            #[cfg(feature = "watch")]
            served: ServedPrefixes::default(),
            #[cfg(feature = "redis")]
            relay,
            server,
            #[cfg(all(any(unix, windows), feature = "listen"))]
            follows_runner: std::sync::Once::new(),
        }
    }

    pub(crate) fn options(&self) -> &Options {
        &self.options
    }

    pub(crate) fn hub(&self) -> &Arc<Hub> {
        self.publisher.hub()
    }

    pub(crate) fn publisher(&self) -> &Publisher {
        &self.publisher
    }

    pub(crate) fn terminal(&self) -> &Terminal {
        self.publisher.terminal()
    }

    pub(crate) fn pages(&self) -> &Pages {
        &self.pages
    }

    /// Returns true if pages may have modules that can be updated.
    #[cfg(feature = "watch")]
    fn serves_modules(&self) -> bool {
        !self.publisher.modules().is_empty()
    }

    #[cfg(not(feature = "watch"))]
    fn serves_modules(&self) -> bool {
        false
    }

    /// Returns true if a watched folder is served below a prefix.
    #[cfg(feature = "watch")]
    fn has_prefixes(&self) -> bool {
        !self.served.is_empty()
    }

    #[cfg(not(feature = "watch"))]
    fn has_prefixes(&self) -> bool {
        false
    }

    /// Returns true if pages may open files in an editor: those below the folders that are watched.
    #[cfg(feature = "watch")]
    pub(crate) fn opens_editor(&self) -> bool {
        self.options.opens_editor && self.publisher.files().is_watching()
    }

    #[cfg(not(feature = "watch"))]
    pub(crate) fn opens_editor(&self) -> bool {
        false
    }

    /// Opens the file that a page names in the editor. Blocks.
    #[cfg(feature = "watch")]
    pub(crate) fn open(&self, file: &str, line: u32, column: u32) -> Result<(), OpenError> {
        if self.options.opens_editor {
            self.editor.open(self.publisher.files(), file, line, column)
        } else {
            Err(OpenError::NoEditor(
                "This app opens no files in an editor: see OptionsBuilder::editor".to_owned(),
            ))
        }
    }

    /// Returns the key for receipts, if the terminal has a line for each save. From then on, receipts are accepted.
    pub(crate) fn ask_for_receipts(&self) -> Option<&str> {
        if self.terminal().is_on() { self.key() } else { None }
    }

    /// Returns the same key, if problems of pages are wanted. From then on, they are accepted.
    pub(crate) fn ask_for_console(&self) -> Option<&str> {
        if self.console.is_some() { self.key() } else { None }
    }

    /// Returns the same key for the instances of modules that a page has from an earlier process, if modules may be served. From
    /// then on, they are accepted.
    pub(crate) fn ask_for_instances(&self) -> Option<&str> {
        if self.has_prefixes() { self.key() } else { None }
    }

    fn key(&self) -> Option<&str> {
        let key = self.access.receipt_key()?;
        self.takes_receipts.store(true, Ordering::Relaxed);
        Some(key.expose_secret())
    }

    /// Receives what a page has sent. Receipts without the page's name or for another process's events are ignored.
    pub(crate) fn receive(
        &self,
        page: Option<&str>,
        receipts: Vec<Receipt>,
        path: Option<&str>,
        has_left: bool,
    ) {
        let Some(page) = page.filter(|page| (1..=MAX_PAGE_NAME).contains(&page.len())) else { return };
        if has_left {
            self.journal().pages.left(page);
        } else {
            self.journal().pages.answered(page, path);
        }
        self.terminal().received(page, receipts);
    }

    /// The record of pages and output, for the inspector.
    pub(crate) fn journal(&self) -> &Arc<Journal> {
        self.publisher.journal()
    }

    /// Waits until the open pages have answered the next change of a file, which has to come within this time. The wait begins with
    /// this call.
    pub(crate) fn wait_for(
        &self,
        file: &str,
        patience: Duration,
    ) -> impl Future<Output = Answer> + Send + 'static + use<> {
        let wait = self.terminal().wait_for(file);
        let closed = self.closing.reached();
        let file = file.to_owned();
        async move {
            let mut wait = wait.ok_or(WaitForError::Off)?;
            let answered = pin!(async {
                if let Ok(Ok(answer)) = timeout(patience, &mut wait.answer).await {
                    return answer;
                }
                if wait.has_come() {
                    if let Ok(Ok(answer)) = timeout(MORE_PATIENCE, &mut wait.answer).await {
                        return answer;
                    }
                }
                Err(WaitForError::Unchanged(file))
            });
            match select(answered, closed).await {
                Either::Left((answer, _)) => answer,
                // A server that shuts down waits for all requests.
                Either::Right(_) => Err(WaitForError::Closed),
            }
        }
    }

    /// What the pages have reported; `None` if that is not wanted.
    pub(crate) fn console(&self) -> Option<&ConsoleLog> {
        self.console.as_ref()
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

    /// Browsers have to revalidate the files under this URL prefix from here on.
    #[cfg(feature = "watch")]
    pub(crate) fn serves(&self, prefix: &str) {
        if self.options.revalidate_files {
            self.served.add(prefix);
        }
    }

    /// Returns true if the response to this request may be a file that browsers have to revalidate.
    #[inline]
    pub(crate) fn is_served(&self, method: &Method, path: &str) -> bool {
        #[cfg(feature = "watch")]
        let is_under_prefix = self.served.contains(path);
        #[cfg(not(feature = "watch"))]
        let (is_under_prefix, _) = (false, path);
        is_under_prefix && matches!(*method, Method::GET | Method::HEAD)
    }

    /// Begins to share the log with other processes, if the options have a relay. May be called again.
    #[cfg(feature = "redis")]
    pub(crate) fn start_relay(&self) {
        if let Some(relay) = &self.relay {
            relay.start();
        }
    }

    pub(crate) fn server(&self) -> Option<&str> {
        self.server.as_deref()
    }

    /// Returns true if there is anything that may be sent by `POST`: there is a listener for pages, a token for
    /// builds, a client that was asked for receipts, modules that are served, or files that may be opened in an editor.
    pub(crate) fn takes_messages(&self) -> bool {
        self.options.build_token.is_some()
            || !self.listeners.is_empty()
            || self.takes_receipts.load(Ordering::Relaxed)
            || self.serves_modules()
            || self.opens_editor()
    }

    /// Publishes the builds of a compiler, one event per bundle.
    pub(crate) fn built(&self, stats: Stats) {
        self.publisher.built(stats);
    }

    /// Reloads every page; `file` is the reason, if known.
    pub(crate) fn reload(&self, file: Option<&str>) {
        self.publisher.reload(file);
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

/// Identifies the running executable by its file's modification time and size.
fn executable() -> Option<String> {
    let file = std::env::current_exe().and_then(std::fs::metadata).ok()?;
    let modified = file.modified().ok()?.duration_since(UNIX_EPOCH).ok()?;
    Some(format!("{:x}-{:x}", modified.as_nanos(), file.len()))
}
