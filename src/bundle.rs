//! The state of one bundle: its latest build, the versions of its files, and how it came to be. Pure.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use serde::Serialize;

use crate::{
    build::{Build, Change, Effect, Outcome, Previous},
    wire::{END, Frame, build_json, extension_changes, extension_field},
};

/// The most files whose versions a `sync` lists: above it the list would weigh more than loading a page again.
const MAX_FILES_LISTED: usize = 4096;
/// How far back the history goes, in builds and in changes.
const MAX_STEPS: usize = 1024;
const MAX_STEP_CHANGES: usize = 16_384;

type Versions = BTreeMap<String, String>;

/// A bundle by its name.
#[derive(Debug)]
pub(crate) struct Bundle {
    latest: Arc<Latest>,
    /// Whether `versions` is of all files, or just of those that some build changed.
    complete: bool,
    versions: Arc<Versions>,
    history: VecDeque<Step>,
    history_changes: usize,
}

/// One build, as far as it can be undone: the hash before it, and each changed file's version before it.
#[derive(Debug)]
struct Step {
    hash: String,
    before: Vec<(String, Option<String>)>,
}

/// A bundle's latest build, with its `sync` encoded when it is first asked for.
#[derive(Debug)]
pub(crate) struct Latest {
    build: Build,
    /// It failed and changed files, so that no page has taken them.
    withheld: bool,
    sync: OnceLock<Frame>,
    files_listed: OnceLock<Bytes>,
}

impl Latest {
    fn new(build: Build, withheld: bool) -> Arc<Self> {
        Arc::new(Self { build, withheld, sync: OnceLock::new(), files_listed: OnceLock::new() })
    }

    /// The `sync` event, without extension fields.
    pub(crate) fn sync(&self) -> &Frame {
        self.sync.get_or_init(|| Frame::with_effect(&build_json(&self.build, "sync"), None, Effect::Nothing))
    }

    /// The key `files`, as an extension field of this build's files.
    fn list(&self, files: &Versions) -> &Bytes {
        self.files_listed.get_or_init(|| {
            let mut keys = Vec::new();
            extension_field("files", files, &mut keys);
            keys.into()
        })
    }

    pub(crate) fn hash(&self) -> Option<&str> {
        self.build.hash.as_deref()
    }

    pub(crate) fn name(&self) -> &str {
        &self.build.name
    }

    pub(crate) fn key(&self) -> (&str, usize) {
        self.build.key()
    }

    pub(crate) fn errors(&self) -> &[String] {
        &self.build.errors
    }

    /// What the outcome of the next build depends on.
    pub(crate) fn as_previous(&self) -> Previous<'_> {
        Previous { hash: self.hash(), failed: !self.errors().is_empty(), withheld: self.withheld }
    }
}

/// What a newcomer is told of one bundle.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub(crate) latest: Arc<Latest>,
    /// The hash that the newcomer has and what changed since, where the bundle knows it.
    pub(crate) since: Option<(String, Vec<Change>)>,
    /// All files, where they are known and few enough to be listed.
    ///
    /// Held here and not by `Latest`: while nobody holds it, a build changes the one map in place,
    /// and so costs what it changes, however many files there are.
    files: Option<Arc<Versions>>,
}

impl Snapshot {
    /// Appends the `sync` event.
    pub(crate) fn write(&self, with_changes: bool, out: &mut impl Extend<Bytes>) {
        if !with_changes {
            return self.latest.sync().write(false, out);
        }
        let sync = self.latest.sync().data();
        out.extend([sync.slice(..sync.len() - END.len())]);
        if let Some((hash, changes)) = &self.since {
            let mut keys = Vec::new();
            extension_field("since", hash, &mut keys);
            extension_changes(changes, &mut keys);
            out.extend([Bytes::from(keys)]);
        }
        out.extend(self.files.as_deref().map(|files| self.latest.list(files).clone()));
        out.extend([Bytes::from_static(END)]);
    }
}

/// What is to be published of a build: a `sync` where the bundle begins with it, or the hash is the old one.
pub(crate) fn frame(build: &Build, previous: Option<&Latest>, begins: bool) -> Frame {
    #[derive(Serialize)]
    struct Listed<'a>(#[serde(serialize_with = "pairs")] &'a [(String, String)]);
    fn pairs<S: serde::Serializer>(files: &[(String, String)], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(files.iter().map(|(id, version)| (id, version)))
    }

    let effect = Outcome::of(build, previous.map(Latest::as_previous), begins).into();
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
    }
    if let Some(files) = build.files.as_ref().filter(|files| files.len() <= MAX_FILES_LISTED) {
        extension_field("files", &Listed(files), &mut keys);
    }
    let json = build_json(build, if begins { "sync" } else { "built" });
    Frame::with_effect(&json, (!keys.is_empty()).then(|| keys.into()), effect)
}

impl Bundle {
    /// A bundle that begins with this build.
    pub(crate) fn new(build: Build) -> Self {
        let mut bundle = Self {
            latest: Latest::new(Build::default(), false),
            complete: false,
            versions: Arc::default(),
            history: VecDeque::new(),
            history_changes: 0,
        };
        bundle.take_in(build);
        bundle.history.clear();
        bundle.history_changes = 0;
        bundle
    }

    pub(crate) fn latest(&self) -> &Arc<Latest> {
        &self.latest
    }

    /// Makes this build the latest.
    pub(crate) fn take_in(&mut self, mut build: Build) {
        let withheld = !build.errors.is_empty()
            && (self.latest.withheld || build.changes.as_ref().is_some_and(|changes| !changes.is_empty()));
        let (files, changes) = (build.files.take(), build.changes.take());
        let same_hash = build.hash.is_some() && build.hash == self.latest.build.hash;
        if let Some(files) = files {
            let files: Versions = files.into_iter().collect();
            let before = self.differences_from(&files);
            self.versions = Arc::new(files);
            match before.filter(|_| self.complete) {
                Some(before) => self.remember(before),
                None if same_hash => {}
                None => self.forget(),
            }
            self.complete = true;
        } else if let Some(changes) = changes {
            let hash = build.hash.clone().unwrap_or_default();
            let versions = Arc::make_mut(&mut self.versions);
            let before = changes
                .into_iter()
                .map(|change| {
                    let old = if change.removed {
                        versions.remove(&change.id)
                    } else {
                        let version = change.version.unwrap_or_else(|| hash.clone());
                        versions.insert(change.id.clone(), version)
                    };
                    (change.id, old)
                })
                .collect();
            self.remember(before);
        } else if !same_hash {
            self.complete = false;
            self.versions = Arc::default();
            self.forget();
        }
        self.latest = Latest::new(build, withheld);
    }

    /// What a client that has one of these hashes is told.
    pub(crate) fn snapshot(&self, since: &[String]) -> Snapshot {
        let known = |hash: &&String| Some(hash.as_str()) != self.latest.hash();
        let since = if since.iter().all(|hash| known(&hash)) {
            since.iter().find_map(|hash| Some((hash.clone(), self.changes_since(hash)?)))
        } else {
            None
        };
        let listed = self.complete && self.versions.len() <= MAX_FILES_LISTED;
        Snapshot { latest: self.latest.clone(), since, files: listed.then(|| self.versions.clone()) }
    }

    /// What differs between the content under an earlier hash and now; `None` when the hash is not known.
    fn changes_since(&self, hash: &str) -> Option<Vec<Change>> {
        let mut then: HashMap<&str, Option<&str>> = HashMap::new();
        for step in self.history.iter().rev() {
            then.extend(step.before.iter().map(|(id, version)| (id.as_str(), version.as_deref())));
            if step.hash == hash {
                let mut changes: Vec<_> = then
                    .into_iter()
                    // Of an incomplete set, a file that was never heard of may have been there all the same.
                    .filter(|&(id, then)| self.version(id) != then || (then.is_none() && !self.complete))
                    .map(|(id, _)| match self.version(id) {
                        Some(version) => Change::new(id).version(version),
                        None => Change::removed(id),
                    })
                    .collect();
                changes.sort_unstable_by(|a, b| a.id.cmp(&b.id));
                return Some(changes);
            }
        }
        None
    }

    fn version(&self, id: &str) -> Option<&str> {
        self.versions.get(id).map(String::as_str)
    }

    /// The old versions of all that is another in `files`; `None` while the old set is not known whole.
    fn differences_from(&self, files: &Versions) -> Option<Vec<(String, Option<String>)>> {
        let gone = self.versions.keys().filter(|id| !files.contains_key(*id));
        let other =
            files.iter().filter(|(id, version)| self.versions.get(*id) != Some(version)).map(|(id, _)| id);
        self.complete
            .then(|| gone.chain(other).map(|id| (id.clone(), self.versions.get(id).cloned())).collect())
    }

    fn remember(&mut self, before: Vec<(String, Option<String>)>) {
        let Some(hash) = self.latest.build.hash.clone() else { return self.forget() };
        self.history_changes += before.len();
        self.history.push_back(Step { hash, before });
        while self.history.len() > MAX_STEPS || self.history_changes > MAX_STEP_CHANGES {
            match self.history.pop_front() {
                Some(step) => self.history_changes -= step.before.len(),
                None => break,
            }
        }
    }

    fn forget(&mut self) {
        self.history.clear();
        self.history_changes = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(hash: &str, changes: &[(&str, &str)]) -> Build {
        Build::new(hash).changes(changes.iter().map(|&(id, version)| match version {
            "" => Change::removed(id),
            _ => Change::new(id).version(version),
        }))
    }

    fn since(bundle: &Bundle, hash: &str) -> Option<Vec<String>> {
        let (_, changes) = bundle.snapshot(&[hash.to_owned()]).since?;
        Some(changes.into_iter().map(|c| format!("{}={}", c.id, c.version.unwrap_or_default())).collect())
    }

    fn three_files() -> Bundle {
        Bundle::new(Build::new("h0").files([("/a", "1"), ("/b", "1"), ("/c", "1")]))
    }

    #[test]
    fn what_changed_over_many_builds_is_exact() {
        let mut bundle = three_files();
        bundle.take_in(build("h1", &[("/a", "2")]));
        bundle.take_in(build("h2", &[("/b", "2"), ("/d", "1")]));
        bundle.take_in(build("h3", &[("/a", "1"), ("/c", "")]));
        assert_eq!(since(&bundle, "h0").unwrap(), ["/b=2", "/c=", "/d=1"], "/a was changed back");
        assert_eq!(since(&bundle, "h1").unwrap(), ["/a=1", "/b=2", "/c=", "/d=1"]);
        assert_eq!(since(&bundle, "h2").unwrap(), ["/a=1", "/c="]);
        assert_eq!(since(&bundle, "h3"), None, "the current hash has nothing to catch up with");
        assert_eq!(since(&bundle, "other"), None);
    }

    #[test]
    fn a_hash_that_came_back_counts_from_its_last_time() {
        let mut bundle = three_files();
        bundle.take_in(build("h1", &[("/a", "2")]));
        bundle.take_in(build("h0", &[("/a", "1")]));
        bundle.take_in(build("h2", &[("/b", "2")]));
        assert_eq!(since(&bundle, "h0").unwrap(), ["/b=2"]);
    }

    #[test]
    fn a_build_of_unknown_changes_ends_the_history() {
        let mut bundle = three_files();
        bundle.take_in(Build::new("h1"));
        bundle.take_in(build("h2", &[("/a", "3")]));
        assert_eq!(since(&bundle, "h0"), None);
        assert_eq!(since(&bundle, "h1").unwrap(), ["/a=3"]);
        assert!(bundle.snapshot(&[]).files.is_none(), "the set of files is no longer known whole");
    }

    #[test]
    fn a_new_set_of_files_is_compared_with_the_old() {
        let mut bundle = three_files();
        bundle.take_in(Build::new("h1").files([("/a", "1"), ("/b", "9"), ("/e", "1")]));
        assert_eq!(since(&bundle, "h0").unwrap(), ["/b=9", "/c=", "/e=1"]);
    }

    #[test]
    fn the_history_is_bounded() {
        let mut bundle = three_files();
        for n in 1..=MAX_STEPS + 1 {
            bundle.take_in(build(&format!("h{n}"), &[("/a", &n.to_string())]));
        }
        assert_eq!(since(&bundle, "h0"), None);
        assert_eq!(since(&bundle, "h1").unwrap(), [format!("/a={}", MAX_STEPS + 1)]);
        let many: Vec<_> = (0..=MAX_STEP_CHANGES).map(|n| format!("/{n}")).collect();
        bundle.take_in(Build::new("big").changes(many.iter().map(Change::new)));
        assert_eq!((bundle.history.len(), bundle.history_changes), (0, 0));
    }

    #[test]
    fn the_sync_of_a_newcomer_says_what_changed_and_what_there_is() {
        let mut bundle = three_files();
        bundle.take_in(build("h1", &[("/a", "2"), ("/b", ""), ("/c", "")]));
        let text = |since: &[&str], with_changes| {
            let since: Vec<_> = since.iter().map(ToString::to_string).collect();
            let mut out = Vec::<Bytes>::new();
            bundle.snapshot(&since).write(with_changes, &mut out);
            String::from_utf8(out.concat()).unwrap()
        };
        let plain = r#"data: {"name":"","action":"sync","hash":"h1","warnings":[],"errors":[],"modules":{}"#;
        assert_eq!(text(&["h0"], false), format!("{plain}}}\n\n"));
        assert_eq!(text(&["h1", "h0"], true), format!("{plain},\"files\":{{\"/a\":\"2\"}}}}\n\n"));
        assert_eq!(
            text(&["h0"], true),
            format!(
                "{plain},\"since\":\"h0\",\"changes\":[{{\"id\":\"/a\",\"version\":\"2\"}},{{\"id\":\"/b\"}},{{\"id\":\"/c\"}}],\"files\":{{\"/a\":\"2\"}}}}\n\n"
            )
        );
    }

    #[test]
    fn an_unchanged_hash_is_a_sync_and_a_changed_one_says_what_it_replaces() {
        let text = |frame: Frame| {
            let mut out = Vec::<Bytes>::new();
            frame.write(true, &mut out);
            String::from_utf8(out.concat()).unwrap()
        };
        let bundle = three_files();
        let before = Some(&**bundle.latest());
        assert!(text(frame(&Build::new("h0"), before, false)).contains(r#""action":"sync""#));
        assert!(text(frame(&build("h1", &[("/a", "2")]), before, false)).ends_with(
            "\"modules\":{},\"previous\":\"h0\",\"changes\":[{\"id\":\"/a\",\"version\":\"2\"}]}\n\n"
        ));
        let first = Build::new("h0").files([("/a", "1")]);
        assert!(text(frame(&first, None, false)).ends_with("\"modules\":{},\"files\":{\"/a\":\"1\"}}\n\n"));
        let unknown = Bundle::new(Build { hash: None, ..Build::default() });
        let again = frame(&unknown.latest().build, Some(unknown.latest()), false);
        assert!(text(again).contains(r#""action":"built""#), "builds without a hash can't be told apart");
        assert!(text(frame(&first, None, true)).contains(r#""action":"sync""#), "nothing was built yet");
    }
}
