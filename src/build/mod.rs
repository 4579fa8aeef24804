//! One build of one bundle, as a source reports it. Plain data: its bytes are written in `wire`.

mod outcome;
pub(crate) mod stats;

use std::{collections::HashMap, time::Duration};

#[cfg(any(test, feature = "websocket"))]
pub(crate) use outcome::ChangedFile;
pub(crate) use outcome::{BuildOutcome, Effect, Previous};
use serde::Serialize;
use serde_json::Number;

/// One build of one bundle, as a source reports it to [`HotMiddleware::built`].
///
/// Only the hash is needed: a client compares it with the one that it has. All else is left out of the event
/// where it is not set, except `name` (`""`), `warnings`, `errors` (`[]`) and `modules` (`{}`), which
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
    /// How many bundles of this name come before it in its compiler's [`Stats`](crate::Stats).
    pub(crate) nth: usize,
    pub(crate) time: Option<Number>,
    pub(crate) hash: Option<String>,
    pub(crate) warnings: Vec<String>,
    pub(crate) errors: Vec<String>,
    pub(crate) modules: Modules,
    pub(crate) changes: Option<Vec<Change>>,
    pub(crate) files: Option<Vec<(String, String)>>,
}

impl Build {
    /// A build with this hash and nothing else known of it.
    ///
    /// The hash names what was built: the same content has to have the same hash, also after a restart, or
    /// pages reload without a cause.
    #[must_use]
    pub fn new(hash: impl Into<String>) -> Self {
        Self { hash: Some(hash.into()), ..Self::default() }
    }

    /// A build that has no output of its own, and so no hash: clients compare nothing and only look for errors.
    #[cfg(feature = "command")]
    pub(crate) fn unhashed() -> Self {
        Self::default()
    }

    /// Sets the bundle's name. The default is `""`. Every name is a bundle of its own, with a state of its own.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets how long the build took; written in whole milliseconds.
    #[must_use]
    pub fn time(mut self, time: Duration) -> Self {
        self.time = Some(u64::try_from(time.as_millis()).unwrap_or(u64::MAX).into());
        self
    }

    /// Adds an error. A build with errors is shown and not applied: pages stay as they are until a clean one.
    #[must_use]
    pub fn error(mut self, message: impl Into<String>) -> Self {
        self.errors.push(message.into());
        self
    }

    /// Adds a warning. Warnings are shown, and the build is applied.
    #[must_use]
    pub fn warning(mut self, message: impl Into<String>) -> Self {
        self.warnings.push(message.into());
        self
    }

    /// Adds a module by its id and the name that a person knows it by. The last name given to an id holds.
    #[must_use]
    pub fn module(mut self, id: impl Into<String>, name: impl Into<String>) -> Self {
        self.modules.insert(id.into(), name.into());
        self
    }

    /// Adds something that this build changed, so that a page can swap just that.
    ///
    /// A build for which this is never called has changed something unknown, and pages load again; see also
    /// [`changes`](Self::changes).
    #[must_use]
    pub fn change(mut self, change: Change) -> Self {
        self.changes.get_or_insert_default().push(change);
        self
    }

    /// Adds all that this build changed; an empty list says that what it changed is no part of any page.
    #[must_use]
    pub fn changes(mut self, changes: impl IntoIterator<Item = Change>) -> Self {
        self.changes.get_or_insert_default().extend(changes);
        self
    }

    /// Sets all that the bundle is made of, as pairs of id and version, in place of what was known before.
    ///
    /// With it a page can tell what changed over a restart of the server. A source gives it with its first
    /// build, and [`changes`](Self::changes) from then on.
    #[must_use]
    pub fn files<I, V>(mut self, files: impl IntoIterator<Item = (I, V)>) -> Self
    where
        I: Into<String>,
        V: Into<String>,
    {
        self.files = Some(files.into_iter().map(|(id, version)| (id.into(), version.into())).collect());
        self
    }

    /// What tells its bundle from others.
    pub(crate) fn key(&self) -> (&str, usize) {
        (&self.name, self.nth)
    }

    /// About how many bytes it takes up once its event is written as well.
    pub(crate) fn weight(&self) -> usize {
        let problems = self.warnings.iter().chain(&self.errors).map(|text| ALLOCATED + weight(text));
        weight(&self.name)
            + self.hash.as_deref().map_or(0, weight)
            + problems.sum::<usize>()
            + self.modules.weight()
    }

    /// As much of it as is kept where it is too large: all but its modules, and of its problems as many bytes of each
    /// kind.
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

/// The first of a list of problems, and a line that says how many more there were.
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
/// let rendered = Change::new("./templates/index.html"); // no URL: every page is loaded again
/// let deleted = Change::removed("/old.png");
/// # let _ = (swapped, rendered, deleted);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    pub(crate) id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) version: Option<String>,
    /// Written apart from the rest, without `serde_json`.
    #[serde(skip)]
    pub(crate) text: Option<String>,
    #[serde(skip)]
    pub(crate) removed: bool,
}

impl Change {
    /// Something new or changed. An id that starts with `/` is the path of the URL that it is served at,
    /// percent-encoded; any other id is something that pages are rendered from.
    ///
    /// Without a [`version`](Self::version) the build's hash stands for it.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), version: None, text: None, removed: false }
    }

    /// Something that is gone.
    #[must_use]
    pub fn removed(id: impl Into<String>) -> Self {
        Self { removed: true, ..Self::new(id) }
    }

    /// Names the content: equal versions mean equal bytes.
    #[must_use]
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }

    /// Carries a stylesheet's whole text to the page, which then needs no request to show it.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }
}

/// A module map in the order in which JavaScript lists an object's keys: array indices first and
/// ascending, then all others as they came (ECMA-262, `OrdinaryOwnPropertyKeys`).
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Modules {
    /// As they were added. Written from here, where the last name of an id counts: an index would take up as much
    /// again for as long as the build is kept.
    entries: Vec<(Box<str>, Box<str>)>,
}

impl Modules {
    pub(crate) fn insert(&mut self, id: String, name: String) {
        self.entries.push((id.into(), name.into()));
    }

    #[cfg(test)]
    pub(crate) fn count(&self) -> usize {
        self.entries.len()
    }

    /// Bytes that it takes up, and that its JSON does.
    fn weight(&self) -> usize {
        self.entries.iter().map(|(id, name)| ALLOCATED + weight(id) + ALLOCATED + weight(name)).sum()
    }

    /// The entries as JavaScript has them: each id once, in its first place, with its last name.
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

    /// The ids and names in the order in which JavaScript lists an object's keys.
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

/// About what an allocated text takes up beside its bytes.
const ALLOCATED: usize = 40;

/// Bytes of a text and of its JSON.
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

/// The value of an array index (ECMA-262, section 6.1.7): canonical decimal digits below 2³² - 1.
fn array_index(id: &str) -> Option<u32> {
    let canonical = id == "0" || (id.starts_with(|c: char| ('1'..='9').contains(&c)) && id.len() <= 10);
    if !canonical || !id.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    id.parse().ok().filter(|&index| index != u32::MAX)
}
