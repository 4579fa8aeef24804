//! The ways in which pages can't get the client, each reported once.

use std::{
    fmt,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use crate::{escape::shorten, notice::warning};

/// Time after a page in which its browser requests the client.
const PATIENCE: Duration = Duration::from_secs(5);

/// A reason why a page gets no client, or can't use it, as its response shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The body is encoded already.
    Encoded { coding: String },
    /// A directive of the page's policy forbids the script, the stream or an origin.
    Policy { directive: String, remedy: &'static str },
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Encoded { coding } => write!(
                f,
                "it is encoded ({}) before this layer sees it. Compression belongs outside: \
                 `.layer(hot).layer(CompressionLayer::new())` in axum, where the last layer is the outermost",
                shorten(coding)
            ),
            Self::Policy { directive, remedy } => {
                write!(
                    f,
                    "its Content-Security-Policy has `{}`. Add {remedy} in debug builds",
                    shorten(directive)
                )
            }
        }
    }
}

/// Remembers what was reported.
#[derive(Debug, Default)]
pub(super) struct Placement {
    encoded: AtomicBool,
    policy: AtomicBool,
    #[cfg(feature = "watch")]
    module: AtomicBool,
    /// Set by the first page with the tag.
    has_page: AtomicBool,
    has_client: AtomicBool,
}

impl Placement {
    pub(super) fn report(&self, path: &str, fault: &Fault) {
        let reported = match fault {
            Fault::Encoded { .. } => &self.encoded,
            Fault::Policy { .. } => &self.policy,
        };
        if !reported.swap(true, Ordering::Relaxed) {
            warning!("the page {:?} is not updated: {fault}", shorten(path));
        }
    }

    #[cfg(feature = "watch")]
    pub(super) fn report_module(&self, path: &str, fault: &Fault) {
        if !self.module.swap(true, Ordering::Relaxed) {
            warning!("the module {:?} has no import.meta.hot: {fault}", shorten(path));
        }
    }

    /// Notes a page with the tag. Returns the time by which its browser should have requested the client, for the first.
    pub(super) fn page_sent(&self) -> Option<Instant> {
        let is_first = !self.has_page.load(Ordering::Relaxed) && !self.has_page.swap(true, Ordering::Relaxed);
        (is_first && !self.has_client.load(Ordering::Relaxed)).then(|| Instant::now() + PATIENCE)
    }

    pub(super) fn client_requested(&self) {
        self.has_client.store(true, Ordering::Relaxed);
    }

    /// Reports that no browser has requested the client in time, if that is so.
    pub(super) fn client_missed(&self) {
        if !self.has_client.load(Ordering::Relaxed) {
            warning!("{NOT_REQUESTED}");
        }
    }
}

/// There is no telling from the layer which of these it is.
const NOT_REQUESTED: &str = "a page was sent with the client's tag, but no request for the client has reached this \
     layer within 5 s. Under axum's `nest`, give the nested router a `.fallback(…)` or use `nest_service`: without one, \
     axum answers such requests outside of the nested router's layers. Behind a proxy, pass them on. A policy \
     in a `<meta>` or from a layer outside of this one must allow the script";
