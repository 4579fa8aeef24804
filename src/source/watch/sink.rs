//! What the watcher tells, and whom: the one trait between it and the hub.

use std::time::Duration;

/// The receiver of what the watcher has found out.
///
/// Called from the watcher's own thread, in order; a call that blocks delays the next build.
pub(crate) trait Sink: Send + 'static {
    /// A build of the bundle `name` has begun because of `file`, such as `./static/style.css`.
    ///
    /// Exactly one [`built`](Sink::built) or [`unchanged`](Sink::unchanged) follows.
    fn building(&self, name: &str, file: &str);

    /// The first scan is done: the whole state. Told once, before anything else.
    fn scanned(&self, state: Scanned);

    /// Files have changed.
    fn built(&self, build: Rebuilt);

    /// [`building`](Sink::building) was told, but every file has turned out as it was.
    fn unchanged(&self, name: &str);
}

/// All that a watched tree is made of, as the first scan found it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scanned {
    /// The bundle's name.
    pub(crate) name: String,
    /// 20 hex digits over all ids and versions.
    pub(crate) hash: String,
    /// How long the scan took.
    pub(crate) time: Duration,
    /// Id and version of every file, by id.
    pub(crate) files: Vec<(String, String)>,
    /// Id and name of the served files; empty in a tree with more than
    /// [`MANY_MODULES`](super::tree::MANY_MODULES) of them.
    pub(crate) modules: Vec<(String, String)>,
}

/// One build: what has changed since the one before, or since the scan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rebuilt {
    /// The bundle's name.
    pub(crate) name: String,
    /// 20 hex digits over all ids and versions, after the changes.
    pub(crate) hash: String,
    /// From the first sign of the first change to this build.
    pub(crate) time: Duration,
    /// The changes, by id; never empty.
    pub(crate) changes: Vec<Changed>,
    /// Id and name of the served files; in a tree with more than
    /// [`MANY_MODULES`](super::tree::MANY_MODULES) of them, only of those that have changed.
    pub(crate) modules: Vec<(String, String)>,
}

/// One file that has changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Changed {
    /// The URL path of a served file, or `./` and the path of one that pages are made of.
    pub(crate) id: String,
    /// 16 hex digits of the content; `None` when the file is gone.
    pub(crate) version: Option<String>,
    /// The whole text of a small stylesheet.
    pub(crate) text: Option<String>,
}
