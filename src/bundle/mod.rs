//! The state of one bundle: its latest build, the versions of its files, and its history. Pure.

mod past;

use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use serde::Serialize;

use self::past::{MAX_FILES_LISTED, MAX_LISTED_BYTES, Past, version_weight};
use crate::{
    build::{Build, BuildOutcome, Change, Effect, Previous},
    wire::{END, Frame, build_json, extension_changes, extension_field},
};

/// The most bytes of a build that are kept for newcomers, its `sync` included. Of a larger one the hash is
/// kept, and as many errors and warnings as fit into [`MAX_PROBLEM_BYTES`] each.
const MAX_BUILD_BYTES: usize = 24 << 20;
const MAX_PROBLEM_BYTES: usize = 1 << 20;

/// The longest name and hash in a page's tag.
const MAX_NAME_IN_TAG: usize = 256;
const MAX_HASH_IN_TAG: usize = 128;

/// The most bytes of history that are compared for one new client, over all bundles.
pub(crate) const MAX_COMPARED_BYTES: usize = 4 << 20;

/// The state of a bundle. A clone costs a few reference counts.
#[derive(Clone, Debug)]
pub(crate) struct Bundle {
    latest: Arc<Latest>,
    past: Past,
    weight: usize,
}

/// A bundle's latest build. Its `sync` is encoded when it is first needed.
#[derive(Debug)]
pub(crate) struct Latest {
    build: Build,
    /// Set if a failed build changed files, so that no page has applied them.
    withheld: bool,
    is_shown: bool,
    sync: OnceLock<Frame>,
    files_listed: OnceLock<Option<Bytes>>,
}

impl Latest {
    fn new(build: Build, withheld: bool, is_shown: bool) -> Arc<Self> {
        Arc::new(Self { build, withheld, is_shown, sync: OnceLock::new(), files_listed: OnceLock::new() })
    }

    /// Returns the `sync` event, without extension fields.
    pub(crate) fn sync(&self) -> &Frame {
        self.sync.get_or_init(|| Frame::with_effect(&build_json(&self.build, "sync"), None, Effect::Nothing))
    }

    /// Returns the extension field `files`, if this build's files can be listed.
    fn list(&self, past: &Past) -> Option<Bytes> {
        let files = || {
            let mut keys = Vec::new();
            extension_field("files", &past.files()?, &mut keys);
            Some(keys.into())
        };
        self.files_listed.get_or_init(files).clone()
    }

    pub(crate) fn hash(&self) -> Option<&str> {
        self.build.hash.as_deref()
    }

    pub(crate) fn name(&self) -> &str {
        &self.build.name
    }

    /// Returns its name and hash if they are short enough for the tag of every page. The stream's query
    /// accepts no longer hash.
    pub(crate) fn in_tag(&self) -> Option<(&str, &str)> {
        let (name, hash) = (self.name(), self.hash()?);
        (name.len() <= MAX_NAME_IN_TAG && hash.len() <= MAX_HASH_IN_TAG).then_some((name, hash))
    }

    pub(crate) fn key(&self) -> (&str, usize) {
        self.build.key()
    }

    pub(crate) fn errors(&self) -> &[String] {
        &self.build.errors
    }

    /// Returns the build itself.
    pub(crate) fn build(&self) -> &Build {
        &self.build
    }

    /// Returns the part of it that the outcome of the next build depends on.
    pub(crate) fn as_previous(&self) -> Previous<'_> {
        let (failed, is_shown, withheld) = (!self.errors().is_empty(), self.is_shown, self.withheld);
        Previous { hash: self.hash(), is_shown, failed, withheld }
    }
}

/// The state of one bundle for a newcomer.
#[derive(Debug)]
pub(crate) struct Snapshot<'a> {
    bundle: &'a Bundle,
    /// The hash that the newcomer has and the changes since then, if the bundle knows that hash.
    since: Option<(&'a str, Vec<Change>)>,
}

impl Snapshot<'_> {
    /// Appends the `sync` event.
    pub(crate) fn write(&self, with_changes: bool, out: &mut impl Extend<Bytes>) {
        let latest = &self.bundle.latest;
        if !with_changes {
            return latest.sync().write(false, out);
        }
        let sync = latest.sync().data();
        out.extend([sync.slice(..sync.len() - END.len())]);
        if let Some((hash, changes)) = &self.since {
            let mut keys = Vec::new();
            extension_field("since", hash, &mut keys);
            extension_changes(changes, &mut keys);
            out.extend([Bytes::from(keys)]);
        }
        out.extend(latest.list(&self.bundle.past));
        out.extend([Bytes::from_static(END)]);
    }
}

/// Encodes the event of a build: a `sync` if it is initial or the hash has not changed.
pub(crate) fn frame(build: &Build, previous: Option<&Latest>, initial: bool) -> Frame {
    #[derive(Serialize)]
    struct Listed<'a>(#[serde(serialize_with = "pairs")] &'a [(String, String)]);
    fn pairs<S: serde::Serializer>(files: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(files.iter().map(|(id, version)| (id, version)))
    }

    let effect = BuildOutcome::of(build, previous.map(Latest::as_previous), initial).into();
    let before = previous.and_then(Latest::hash);
    if previous.is_some() && build.hash.is_some() && before == build.hash.as_deref() {
        return Frame::with_effect(&build_json(build, "sync"), None, effect);
    }
    let mut keys = Vec::new();
    if let Some(before) = before {
        extension_field("previous", &before, &mut keys);
    }
    if let Some(changes) = build.changes.as_ref().filter(|_| before.is_some()) {
        extension_changes(changes, &mut keys);
        #[cfg(feature = "watch")]
        if let Some(update) = &build.update {
            extension_field("update", update, &mut keys);
        }
    }
    if let Some(files) = build.files.as_ref().filter(|files| is_listed(files)) {
        extension_field("files", &Listed(files), &mut keys);
    }
    let json = build_json(build, if initial { "sync" } else { "built" });
    Frame::with_effect(&json, (!keys.is_empty()).then(|| keys.into()), effect)
}

fn is_listed(files: &[(String, String)]) -> bool {
    files.len() <= MAX_FILES_LISTED
        && files.iter().map(|(id, version)| version_weight(id, version)).sum::<usize>() <= MAX_LISTED_BYTES
}

/// The next state of a bundle, computed without the hub's lock; see [`Bundle::new`].
#[derive(Debug)]
pub(crate) struct Next {
    past: Past,
    /// The part that is kept of a build too large to be kept whole.
    cut: Option<Build>,
    weight: usize,
    withheld: bool,
    is_shown: bool,
}

impl Next {
    /// Computes the state after this build.
    pub(crate) fn of(build: &Build, previous: Option<&Bundle>) -> Self {
        let past = match previous {
            Some(previous) => previous.past.after(build, previous.latest.hash()),
            None => Past::default().after(build, None).without_history(),
        };
        let weight = build.weight();
        let cut = (weight > MAX_BUILD_BYTES).then(|| build.cut(MAX_PROBLEM_BYTES));
        let listed = if past.is_listed() { past.bytes() } else { 0 };
        let weight = cut.as_ref().map_or(weight, Build::weight) + past.bytes() + listed + OVERHEAD;
        let latest = previous.map(|previous| &*previous.latest);
        let (withheld, is_shown) = (withholds(build, latest), is_shown(build, latest));
        Self { past, cut, weight, withheld, is_shown }
    }
}

/// Returns true if pages lack changes after this build: it failed, or has no hash, with which pages hide errors alone.
fn withholds(build: &Build, previous: Option<&Latest>) -> bool {
    let is_applied = build.errors.is_empty() && build.hash.is_some();
    let changes = build.changes.as_ref().is_some_and(|changes| !changes.is_empty());
    !is_applied && (changes || previous.is_some_and(|previous| previous.withheld))
}

/// Returns true if pages show the state with this build's hash.
fn is_shown(build: &Build, previous: Option<&Latest>) -> bool {
    build.errors.is_empty()
        || previous.is_none_or(|previous| previous.is_shown && previous.hash() == build.hash.as_deref())
}

/// Approximate number of bytes that a bundle takes up besides its contents.
const OVERHEAD: usize = 1024;

impl Bundle {
    /// Creates a bundle with this latest build, from which files and changes were taken. Only moves, because
    /// it runs under the hub's lock.
    pub(crate) fn new(build: Build, next: Next) -> Self {
        let latest = Latest::new(next.cut.unwrap_or(build), next.withheld, next.is_shown);
        Self { latest, past: next.past, weight: next.weight }
    }

    #[cfg(test)]
    pub(crate) fn of(build: Build, previous: Option<&Self>) -> Self {
        let next = Next::of(&build, previous);
        Self::new(build, next)
    }

    pub(crate) fn latest(&self) -> &Arc<Latest> {
        &self.latest
    }

    /// Returns the approximate number of bytes that it takes up, encoded events included.
    pub(crate) fn weight(&self) -> usize {
        self.weight
    }

    /// Returns the state for a client that has one of these hashes, compared within this budget of bytes.
    pub(crate) fn snapshot<'a>(&'a self, since: &'a [String], budget: &mut usize) -> Snapshot<'a> {
        let is_current = |hash: &String| Some(hash.as_str()) == self.latest.hash();
        let mut known = since.iter().filter(|_| !since.iter().any(is_current));
        let since = known
            .find_map(|hash| Some((hash.as_str(), self.past.changes_since(self.past.find(hash, budget)?))));
        Snapshot { bundle: self, since }
    }
}

#[cfg(test)]
mod tests;
