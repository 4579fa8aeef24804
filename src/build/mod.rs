//! One build of one bundle, as a source reports it. Plain data: its bytes are written in `wire`.

mod outcome;
pub(crate) mod stats;
#[cfg(feature = "watch")]
mod update;

use std::{collections::HashMap, time::Duration};

#[cfg(any(test, feature = "websocket"))]
pub(crate) use outcome::ChangedFile;
pub(crate) use outcome::{BuildOutcome, Effect, Previous};
use serde::Serialize;
use serde_json::Number;
#[cfg(feature = "watch")]
pub(crate) use update::Update;

/// One build of one bundle, as a source reports it to [`HotMiddleware::built`].
///
/// Only the hash is required: clients compare it with the one that they have. Unset fields are left out of
/// the event, except `name` (`""`), `warnings`, `errors` (`[]`) and `modules` (`{}`), which
/// webpack-hot-middleware always writes.
///
/// ```
/// use std::time::Duration;
/// use tower_hot_middleware::{Build, Change, HotMiddleware, Options};
///
/// let hot = HotMiddleware::new(Options::default());
/// hot.built(
///     Build::new("5f3a9c")
///         .name("site")
///         .time(Duration::from_millis(12))
///         .module("/style.css", "./static/style.css")
///         .change(Change::new("/style.css").text("body { color: teal }")),
/// );
/// ```
///
/// [`HotMiddleware::built`]: crate::HotMiddleware::built
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(PartialEq))]
pub struct Build {
    pub(crate) name: String,
    /// Number of earlier bundles with this name in its compiler's [`Stats`](crate::Stats).
    pub(crate) nth: usize,
    pub(crate) time: Option<Number>,
    pub(crate) hash: Option<String>,
    pub(crate) warnings: Vec<String>,
    pub(crate) errors: Vec<String>,
    pub(crate) modules: Modules,
    /// Set to true by a bundler that built it again although none of its files was modified, and left unset where that
    /// is unknown.
    pub(crate) unmodified: Option<bool>,
    pub(crate) changes: Option<Vec<Change>>,
    pub(crate) files: Option<Vec<(String, String)>>,
    /// What the changes reach in the import graph of served modules.
    #[cfg(feature = "watch")]
    pub(crate) update: Option<Update>,
}

impl Build {
    /// Creates a build with this hash.
    ///
    /// The hash identifies the output: equal output must have an equal hash, also after a restart, or pages
    /// reload without a reason.
    #[must_use]
    pub fn new(hash: impl Into<String>) -> Self {
        Self { hash: Some(hash.into()), ..Self::default() }
    }

    /// Creates a build without output of its own, and so without a hash: clients compare nothing and only
    /// show or hide errors.
    #[cfg(any(feature = "command", all(any(unix, windows), feature = "listen")))]
    pub(crate) fn unhashed() -> Self {
        Self::default()
    }

    /// Sets the bundle's name. The default is `""`. Each name is a separate bundle with its own state.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the duration of the build; written in whole milliseconds.
    #[must_use]
    pub fn time(mut self, time: Duration) -> Self {
        self.time = Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX).into());
        self
    }

    /// Adds an error. Pages show a build with errors and don't apply it: they stay as they are until one
    /// without errors.
    #[must_use]
    pub fn error(mut self, message: impl Into<String>) -> Self {
        self.errors.push(message.into());
        self
    }

    /// Adds a warning. Pages show warnings and apply the build.
    #[must_use]
    pub fn warning(mut self, message: impl Into<String>) -> Self {
        self.warnings.push(message.into());
        self
    }

    /// Adds a module by its id and its display name. If an id is added again, the last name counts.
    #[must_use]
    pub fn module(mut self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.modules.insert(id.into(), name.into());
        self
    }

    /// Adds something that this build changed, so that pages can swap only that.
    ///
    /// A build without any call of this has unknown changes, for which pages reload; see also
    /// [`changes`](Self::changes).
    #[must_use]
    pub fn change(mut self, change: Change) -> Self {
        self.changes.get_or_insert_default().push(change);
        self
    }

    /// Adds all that this build changed. An empty list means that the changes are not part of any page.
    #[must_use]
    pub fn changes(mut self, changes: impl IntoIterator<Item = Change>) -> Self {
        self.changes.get_or_insert_default().extend(changes);
        self
    }

    /// Sets all files of the bundle as pairs of id and version, in place of the earlier ones.
    ///
    /// With them, a page can compute what changed over a restart of the server. A source sets them for its first
    /// build, and uses [`changes`](Self::changes) from then on.
    #[must_use]
    pub fn files<I, V>(mut self, files: impl IntoIterator<Item = (I, V)>) -> Self
    where
        I: Into<String>,
        V: Into<String>,
    {
        self.files = Some(files.into_iter().map(|(id, version)| (id.into(), version.into())).collect());
        self
    }

    /// Returns the key that identifies its bundle.
    pub(crate) fn key(&self) -> (&str, usize) {
        (&self.name, self.nth)
    }

    /// Returns the approximate number of bytes that it takes up, with its encoded event.
    pub(crate) fn weight(&self) -> usize {
        let problems = self.warnings.iter().chain(&self.errors).map(|text| ALLOCATED + weight(text));
        weight(&self.name)
            + self.hash.as_deref().map_or(0, weight)
            + problems.sum::<usize>()
            + self.modules.weight()
    }

    /// Returns the part that is kept of a build that is too large: everything but its modules, and up to
    /// `max_bytes` of errors and of warnings.
    pub(crate) fn cut(&self, max_bytes: usize) -> Self {
        Self {
            name: self.name.clone(),
            nth: self.nth,
            time: self.time.clone(),
            hash: self.hash.clone().filter(|hash| hash.len() <= max_bytes),
            warnings: first(&self.warnings, max_bytes, "warnings"),
            errors: first(&self.errors, max_bytes, "errors"),
            ..Self::default()
        }
    }
}

/// Returns the first of a list of problems, and a line with the number of the others.
fn first(problems: &[String], max_bytes: usize, kind: &str) -> Vec<String> {
    let mut left = max_bytes;
    let fits = |text: &&String| {
        let cost = ALLOCATED + weight(text);
        let fits = cost <= left;
        left = left.saturating_sub(cost);
        fits
    };
    let mut kept: Vec<String> = problems.iter().take_while(fits).cloned().collect();
    if kept.len() < problems.len() {
        kept.push(format!("{} more {kind} are too long to be kept", problems.len() - kept.len()));
    }
    kept
}

/// Something that a build changed.
///
/// ```
/// use tower_hot_middleware::Change;
///
/// let swapped = Change::new("/style.css").version("9f31").text("body { margin: 0 }");
/// let rendered = Change::new("./templates/index.html"); // not a URL: every page reloads
/// let deleted = Change::removed("/old.png");
/// # let _ = (swapped, rendered, deleted);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    /// Written separately, without `serde_json`.
    #[serde(skip)]
    pub(crate) text: Option<String>,
    #[serde(skip)]
    pub(crate) removed: bool,
}

impl Change {
    /// Creates a change of something that is new or different. An id that starts with `/` is the
    /// percent-encoded path of its URL; any other id is something that pages are rendered from.
    ///
    /// Without a [`version`](Self::version), the build's hash is used.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), version: None, text: None, removed: false }
    }

    /// Creates a change of something that was removed.
    #[must_use]
    pub fn removed(id: impl Into<String>) -> Self {
        Self { removed: true, ..Self::new(id) }
    }

    /// Sets the version of the content: equal versions mean equal bytes.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Sets the whole text of a stylesheet, which pages then apply without a request.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }
}

/// A module map in the order in which JavaScript lists an object's keys: array indices first and ascending,
/// then all others in insertion order (ECMA-262, `OrdinaryOwnPropertyKeys`).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Modules {
    /// In insertion order, with duplicates. They are resolved when this is written, because an index would
    /// take up as much again for as long as the build is kept.
    entries: Vec<(Box<str>, Box<str>)>,
}

impl Modules {
    pub(crate) fn insert(&mut self, id: String, name: String) {
        self.entries.push((id.into(), name.into()));
    }

    pub(crate) fn count(&self) -> usize {
        self.entries.len()
    }

    /// Returns the name of the module with this id.
    pub(crate) fn name_of(&self, id: &str) -> Option<&str> {
        self.entries.iter().rev().find(|(other, _)| &**other == id).map(|(_, name)| &**name)
    }

    /// Number of bytes that it takes up, together with its JSON.
    fn weight(&self) -> usize {
        self.entries.iter().map(|(id, name)| ALLOCATED + weight(id) + ALLOCATED + weight(name)).sum()
    }

    /// Returns the entries as JavaScript has them: each id once, in its first position, with its last name.
    fn distinct(&self) -> Vec<(&str, &str)> {
        let mut distinct: Vec<(&str, &str)> = Vec::with_capacity(self.entries.len());
        let mut places = HashMap::with_capacity(self.entries.len());
        for (id, name) in &self.entries {
            let place = *places.entry(&**id).or_insert(distinct.len());
            match distinct.get_mut(place) {
                Some(entry) => entry.1 = name,
                None => distinct.push((id, name)),
            }
        }
        distinct
    }

    /// Iterates over ids and names in the order in which JavaScript lists an object's keys.
    pub(crate) fn in_javascript_order(&self) -> impl Iterator<Item = (&str, &str)> {
        let (mut indices, mut others) = (Vec::new(), Vec::with_capacity(self.entries.len()));
        for (id, name) in self.distinct() {
            match array_index(id) {
                Some(index) => indices.push((index, (id, name))),
                None => others.push((id, name)),
            }
        }
        indices.sort_unstable_by_key(|&(index, _)| index);
        indices.into_iter().map(|(_, module)| module).chain(others)
    }
}

/// Approximate number of bytes of an allocated text besides its own.
const ALLOCATED: usize = 40;

/// Returns the number of bytes of a text and of its JSON.
fn weight(text: &str) -> usize {
    let escapes = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | b'\x08' | b'\x0c' => 1,
        0..b' ' => 5,
        _ => 0,
    };
    2 * text.len() + text.bytes().map(escapes).sum::<usize>()
}

impl Extend<(String, String)> for Modules {
    fn extend<I: IntoIterator<Item = (String, String)>>(&mut self, modules: I) {
        modules.into_iter().for_each(|(id, name)| self.insert(id, name));
    }
}

/// Returns the value of an array index (ECMA-262, section 6.1.7): canonical decimal digits below 2³² - 1.
fn array_index(id: &str) -> Option<u32> {
    let canonical = id == "0" || (id.starts_with(|c: char| ('1'..='9').contains(&c)) && id.len() <= 10);
    if !canonical || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    id.parse().ok().filter(|&index| index != u32::MAX)
}
