//! The watcher as a source of the hub.

use super::{Changed, EventHandler, Rebuilt, Scanned, Watch, WatchError, WatchGuard, thread};
use crate::{
    build::{Build, Change},
    handle::HotMiddleware,
};

impl HotMiddleware {
    /// Watches folders and publishes a build for each change in them, until the guard is dropped.
    ///
    /// The first scan sets the hash without publishing a build: connected clients receive a `sync`. The call waits for
    /// the scan for 250 ms at most; a larger tree is read meanwhile. A layer that is not
    /// [`enabled`](crate::OptionsBuilder::enabled) watches nothing, and does not check `watch`.
    ///
    /// # Errors
    /// [`WatchError`], which names the problem and the remedy: a folder that is missing, an invalid pattern, the system's
    /// limit of watches.
    ///
    /// ```no_run
    /// use tower_hot_middleware::{HotMiddleware, Options, Watch};
    ///
    /// let hot = HotMiddleware::new(Options::default());
    /// let _watch = hot.watch(Watch::new().serve("/static", "static").reload("templates"))?;
    /// # Ok::<(), tower_hot_middleware::WatchError>(())
    /// ```
    pub fn watch(&self, watch: Watch) -> Result<WatchGuard, WatchError> {
        if self.shared().options().enabled {
            thread::start(watch, self.clone())
        } else {
            Ok(WatchGuard::of_nothing())
        }
    }
}

impl EventHandler for HotMiddleware {
    fn building(&self, name: &str, file: &str) {
        if name.is_empty() {
            self.shared().hub().building_unnamed(Some(file));
        } else {
            self.building_bundle(name, file);
        }
    }

    fn scanned(&self, state: Scanned) {
        let Scanned { name, hash, time, files, modules } = state;
        let mut build = Build::new(hash).name(name).time(time).files(files);
        build.modules.extend(modules);
        tracing::debug!(name = build.name, hash = build.hash, "watching");
        self.shared().hub().set_initial(build);
    }

    fn built(&self, build: Rebuilt) {
        let Rebuilt { name, hash, time, changes, modules } = build;
        let changes = changes.into_iter().map(|Changed { id, version, text }| Change {
            removed: version.is_none(),
            id,
            version,
            text,
        });
        let mut build = Build::new(hash).name(name).time(time).changes(changes);
        build.modules.extend(modules);
        HotMiddleware::built(self, build);
    }

    fn unchanged(&self, name: &str) {
        self.shared().hub().unchanged(name);
    }
}
