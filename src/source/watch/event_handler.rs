//! The interface between the watcher and the receiver of its builds.

use std::time::Duration;

use crate::{
    build::{Build, Change},
    modules::{Module, Modules},
    publisher::now,
    terminal::WatchedRoot,
};

/// Receives the builds of a watch.
///
/// The watcher's thread calls it, in order. A call that blocks delays the next build.
pub(crate) trait EventHandler: Send + 'static {
    /// A build of the bundle `name` has begun because of `file`, such as `./static/style.css`.
    ///
    /// Exactly one [`built`](Self::built) or [`unchanged`](Self::unchanged) follows.
    fn building(&self, name: &str, file: &str);

    /// The first scan is complete. Called once, before all others.
    fn scanned(&self, state: Scanned);

    /// Files have changed.
    fn built(&self, build: Rebuilt);

    /// The build that has begun changes nothing.
    fn unchanged(&self, name: &str);
}

/// The watched files as the first scan found them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scanned {
    /// The bundle's name.
    pub(crate) name: String,
    /// 20 hex digits over all ids and versions.
    pub(crate) hash: String,
    /// Duration of the scan.
    pub(crate) time: Duration,
    /// Id and version of every file, sorted by id.
    pub(crate) files: Vec<(String, String)>,
    /// Id and name of the served files; empty in a tree with more than
    /// [`MANY_MODULES`](super::tree::MANY_MODULES) of them.
    pub(crate) modules: Vec<(String, String)>,
    /// Id and imports of the served modules.
    pub(crate) imports: Vec<(String, Module)>,
    /// The roots, with the number of files below each.
    pub(crate) roots: Vec<WatchedRoot>,
}

/// A build: the changes since the last one, or since the scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rebuilt {
    /// The bundle's name.
    pub(crate) name: String,
    /// 20 hex digits over all ids and versions, after the changes.
    pub(crate) hash: String,
    /// Time from the first event of the first change to this build.
    pub(crate) time: Duration,
    /// The changes, sorted by id; never empty.
    pub(crate) changes: Vec<Changed>,
    /// Id and name of the served files; in a tree with more than
    /// [`MANY_MODULES`](super::tree::MANY_MODULES) of them, only of those that have changed.
    pub(crate) modules: Vec<(String, String)>,
}

/// A file that has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed {
    /// The URL path of a served file, or `./` and the path of a template.
    pub(crate) id: String,
    /// 16 hex digits of the content; `None` if the file was removed.
    pub(crate) version: Option<String>,
    /// The whole text of a small stylesheet.
    pub(crate) text: Option<String>,
    /// The imports of a module.
    pub(crate) module: Option<Module>,
}

/// Adds changed files to a build, with what they reach in the import graph.
pub(crate) fn changed(build: Build, files: impl IntoIterator<Item = Changed>, modules: &Modules) -> Build {
    let files: Vec<_> = files.into_iter().collect();
    let imports: Vec<_> = files
        .iter()
        .filter(|file| file.id.starts_with('/'))
        .map(|file| (&*file.id, file.module.as_ref()))
        .collect();
    let unreadable: Vec<_> = files
        .iter()
        .filter(|file| file.version.is_some() && file.module.is_none())
        .map(|file| &*file.id)
        .collect();
    let update = modules.change(&imports, &unreadable, now());
    let changes = files.into_iter().map(|Changed { id, version, text, module: _ }| Change {
        removed: version.is_none(),
        id,
        version,
        text,
    });
    let mut build = build.changes(changes);
    build.update = update;
    build
}
