//! One build of one bundle: what a source says of it, and its JSON on the wire.

use std::{collections::HashMap, time::Duration};

use serde::Serialize;
use serde_json::Number;

use crate::event::write_string;

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
#[derive(Clone, Debug, Default, PartialEq)]
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
    #[cfg(any(feature = "command", all(unix, feature = "listen")))]
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

    /// The event's JSON object under this action, with webpack-hot-middleware's keys in its order.
    pub(crate) fn json(&self, action: &str) -> Vec<u8> {
        #[derive(Serialize)]
        struct Wire<'a> {
            name: &'a str,
            action: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            time: Option<&'a Number>,
            #[serde(skip_serializing_if = "Option::is_none")]
            hash: Option<&'a str>,
            warnings: &'a [String],
            errors: &'a [String],
        }
        let mut json = to_json(&Wire {
            name: &self.name,
            action,
            time: self.time.as_ref(),
            hash: self.hash.as_deref(),
            warnings: &self.warnings,
            errors: &self.errors,
        });
        json.truncate(json.len() - 1);
        json.extend_from_slice(b",\"modules\":");
        self.modules.write(&mut json);
        json.push(b'}');
        json
    }
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
    /// Written by [`further_changes`](crate::event::further_changes).
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
    entries: Vec<(String, String)>,
    places: HashMap<String, usize>,
}

impl Modules {
    pub(crate) fn insert(&mut self, id: String, name: String) {
        match self.places.get(&id) {
            Some(&place) => self.entries[place].1 = name,
            None => {
                self.places.insert(id.clone(), self.entries.len());
                self.entries.push((id, name));
            }
        }
    }

    /// Appends the map as JSON. There may be thousands of modules, so this goes without `serde_json`, see
    /// [`write_string`].
    fn write(&self, out: &mut Vec<u8>) {
        let (mut indices, mut others) = (Vec::new(), Vec::with_capacity(self.entries.len()));
        for (id, name) in &self.entries {
            match array_index(id) {
                Some(index) => indices.push((index, id, name)),
                None => others.push((id, name)),
            }
        }
        indices.sort_unstable_by_key(|&(index, ..)| index);
        out.push(b'{');
        for (n, (id, name)) in indices.into_iter().map(|(_, id, name)| (id, name)).chain(others).enumerate() {
            if n > 0 {
                out.push(b',');
            }
            write_string(id, out);
            out.push(b':');
            write_string(name, out);
        }
        out.push(b'}');
    }
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

/// JSON of one of this crate's own types, none of which can fail: keys are strings, and nothing is fallible.
pub(crate) fn to_json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).unwrap_or_else(|error| {
        tracing::error!(%error, "an event could not be written as JSON");
        b"null".to_vec()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(build: &Build) -> String {
        String::from_utf8(build.json("built")).unwrap()
    }

    #[test]
    fn keys_keep_the_original_order_and_unknown_values_are_left_out() {
        assert_eq!(
            json(&Build::default()),
            r#"{"name":"","action":"built","warnings":[],"errors":[],"modules":{}}"#
        );
        let full = Build::new("h1")
            .name("n")
            .time(Duration::from_micros(12_900))
            .warning("w")
            .error("e")
            .module("a", "./a");
        assert_eq!(
            json(&full),
            r#"{"name":"n","action":"built","time":12,"hash":"h1","warnings":["w"],"errors":["e"],"modules":{"a":"./a"}}"#
        );
    }

    #[test]
    fn modules_are_ordered_as_javascript_orders_them() {
        // What `JSON.stringify` prints for an object that was given these keys in this order.
        let build = ["b", "10", "2", "01", "__proto__", "-1", "4294967294", "4294967295", "0", "b"]
            .into_iter()
            .enumerate()
            .fold(Build::new("h"), |build, (n, id)| build.module(id, n.to_string()));
        let text = json(&build);
        let modules = &text[text.find("\"modules\":").unwrap() + 10..text.len() - 1];
        assert_eq!(
            modules,
            r#"{"0":"8","2":"2","10":"1","4294967294":"6","b":"9","01":"3","__proto__":"4","-1":"5","4294967295":"7"}"#
        );
    }

    #[test]
    fn a_change_has_neither_version_nor_text_once_it_is_gone() {
        let change = String::from_utf8(to_json(&Change::removed("/a.css"))).unwrap();
        assert_eq!(change, r#"{"id":"/a.css"}"#);
    }
}
