//! The start of a watch, and its handle.

use std::future::Future;

use super::{EventHandler, Rebuilt, Scanned, Watch, WatchError, changed, thread};
use crate::{
    build::Build,
    handle::HotMiddleware,
    publisher::Publisher,
    source::handle::{Source, source_handle},
};

source_handle! {
    /// Control of a watch, returned by [`HotMiddleware::watch`](crate::HotMiddleware::watch).
    WatchHandle {}, "the watch"
}

impl HotMiddleware {
    /// Watches folders and publishes a build for each change in them, as long as this middleware lives.
    ///
    /// A missing folder is awaited: a warning names it, and it is watched as soon as it is made. A layer that is not
    /// [`enabled`](crate::OptionsBuilder::enabled) watches nothing, and does not check `watch`. Called within a Tokio
    /// runtime, it ends with the signal of [`OptionsBuilder::shutdown`](crate::OptionsBuilder::shutdown) even if no
    /// client is connected.
    ///
    /// # Blocking
    /// The call itself checks the options and watches the given folders. Everything below them is scanned, read and
    /// watched on a thread of its own, which also reports what it can't watch: as a warning in the log, not as an error.
    /// The first scan sets the hash without publishing a build: connected clients receive a `sync`. The call waits for
    /// it, so that the first pages have the hash, but for 100 ms at most, and for no more than 1,000 files.
    ///
    /// # Errors
    /// [`WatchError`], which names the problem and the remedy: an invalid option or pattern, a folder that can't be
    /// read, the system's limit of watches.
    ///
    /// ```no_run
    /// use tower_hot_middleware::{HotMiddleware, watch::Watch};
    ///
    /// let hot = HotMiddleware::dev();
    /// hot.watch(Watch::new().files("/static", "static").reload("templates"))?;
    /// # Ok::<(), tower_hot_middleware::watch::WatchError>(())
    /// ```
    pub fn watch(&self, watch: Watch) -> Result<WatchHandle, WatchError> {
        let shared = self.shared();
        let source = if shared.options().enabled {
            let (prefixes, openable) = (watch.prefixes(), watch.openable());
            let thread = thread::start(watch, HubHandler(shared.publisher().clone()))?;
            shared.publisher().files().watching(thread.as_stop(), openable);
            let source = Source::of(shared, thread);
            for prefix in &prefixes {
                shared.serves(prefix);
            }
            source
        } else {
            Source::NONE
        };
        Ok(WatchHandle { source })
    }
}

/// Publishes the builds of a watch to a hub, and to the terminal.
struct HubHandler(Publisher);

impl EventHandler for HubHandler {
    fn building(&self, name: &str, file: &str) {
        if name.is_empty() {
            self.0.hub().building_unnamed(Some(file));
        } else {
            self.0.building(name, Some(file));
        }
    }

    fn scanned(&self, state: Scanned) {
        let Scanned { name, hash, time, files, modules, imports, roots } = state;
        let mut build = Build::new(hash).name(name).time(time).files(files);
        build.modules.extend(modules);
        tracing::debug!(name = build.name, hash = build.hash, "watching");
        self.0.modules().add(imports);
        self.0.hub().set_initial(build);
        self.0.terminal().watching(&roots);
    }

    fn built(&self, build: Rebuilt) {
        let Rebuilt { name, hash, time, changes, modules } = build;
        let mut build = changed(Build::new(hash).name(name).time(time), changes, self.0.modules());
        build.modules.extend(modules);
        self.0.built(build.into());
    }

    fn unchanged(&self, name: &str) {
        self.0.hub().unchanged(name);
    }
}
