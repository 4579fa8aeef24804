//! What an event is on Vite's wire (vite 8.3.8, `hmrPayload.d.ts`). Pure.
//!
//! Vite's server knows the graph of modules and names who accepts an update; this one does not. So a script is named as
//! its own acceptor, a stylesheet is swapped, and whatever else was changed has pages loaded again.

mod error;

use std::{
    sync::OnceLock,
    time::{SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::{
    build::{Build, Change, to_json},
    bundle::Latest,
};
use error::Failure;

/// The messages that an app may publish as they are: those that Vite's client takes from its server.
const TYPES: [&str; 5] = ["custom", "update", "full-reload", "prune", "error"];

/// An event on Vite's wire. Its text is written when the first socket asks for it, and once.
#[derive(Debug, Default)]
pub(crate) struct Payload {
    /// `None` where it is what the event's own JSON says.
    meaning: Option<Meaning>,
    texts: OnceLock<Vec<Utf8Bytes>>,
}

/// About what a text takes up beside its bytes: an allocation, and its keys in a message.
const TEXT_OVERHEAD: usize = 200;

/// What pages are to do.
#[derive(Debug, PartialEq, Eq)]
enum Meaning {
    Nothing,
    Errors(Vec<String>),
    /// Loads pages again: the one of this path, or all of them.
    Reload {
        path: Option<String>,
        file: Option<String>,
    },
    /// Takes in what changed; with nothing changed, it takes an earlier error off the page.
    Update {
        changed: Vec<String>,
        pruned: Vec<String>,
        /// Browsers take a module whose address has another one for another module.
        timestamp: u64,
    },
}

/// What the next socket is told where there is none: as little of a build as that takes.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    Reload,
    /// The errors that the bundle has then, if it still has any.
    Errors {
        bundle: (String, usize),
    },
}

impl Waiting {
    /// What a build leaves for the next socket, if it is more important than what waits already.
    pub(crate) fn of(build: &Build, previous: Option<&Latest>, begins: bool) -> Option<Self> {
        match Verdict::of(build, previous, begins) {
            Verdict::Failed => {
                let (name, nth) = build.key();
                Some(Self::Errors { bundle: (name.to_owned(), nth) })
            }
            Verdict::Unknown => Some(Self::Reload),
            Verdict::Changed(changes) => {
                let reloads = |change: &Change| matches!(Kind::of(&change.id), Kind::Page | Kind::Other);
                changes.iter().any(reloads).then_some(Self::Reload)
            }
            Verdict::Same | Verdict::Mended => None,
        }
    }
}

impl Payload {
    fn new(meaning: Meaning) -> Self {
        Self { meaning: Some(meaning), texts: OnceLock::new() }
    }

    /// What a build is after this one of its bundle.
    pub(crate) fn of(build: &Build, previous: Option<&Latest>, begins: bool) -> Self {
        Self::new(Meaning::of(build, previous, begins))
    }

    pub(crate) fn reload(file: Option<&str>) -> Self {
        Self::new(Meaning::Reload { path: None, file: file.map(str::to_owned) })
    }

    pub(crate) fn errors(errors: &[String]) -> Option<Self> {
        (!errors.is_empty()).then(|| Self::new(Meaning::Errors(errors.to_vec())))
    }

    /// About how many bytes it takes up, its texts included, beside those of the event.
    pub(crate) fn weight(&self) -> usize {
        let of = |texts: &[String]| texts.iter().map(|text| 2 * text.len() + TEXT_OVERHEAD).sum();
        match &self.meaning {
            Some(Meaning::Errors(errors)) => of(errors),
            Some(Meaning::Update { changed, pruned, .. }) => of(changed) + of(pruned),
            Some(Meaning::Nothing | Meaning::Reload { .. }) | None => 0,
        }
    }

    /// The texts of the messages; `json` is the event's own, and `base` what Vite's client puts before each path.
    pub(crate) fn messages(&self, json: impl FnOnce() -> Bytes, base: &str) -> &[Utf8Bytes] {
        self.texts.get_or_init(|| match &self.meaning {
            Some(meaning) => meaning.texts(base),
            None => own_words(json()).into_iter().collect(),
        })
    }
}

/// What the app has published, where it speaks to Vite's client: the very bytes of the event stream.
fn own_words(json: Bytes) -> Option<Utf8Bytes> {
    #[derive(Deserialize)]
    struct Typed<'a> {
        #[serde(borrow)]
        r#type: std::borrow::Cow<'a, str>,
    }
    let typed: Typed<'_> = serde_json::from_slice(&json).ok()?;
    let known = TYPES.contains(&&*typed.r#type);
    known.then(|| Utf8Bytes::try_from(json).ok()).flatten()
}

/// What a build is to pages that have the one before it.
enum Verdict<'a> {
    Failed,
    Same,
    /// The same, without the errors.
    Mended,
    Changed(&'a [Change]),
    /// Changed, and nobody knows what.
    Unknown,
}

impl<'a> Verdict<'a> {
    fn of(build: &'a Build, previous: Option<&Latest>, begins: bool) -> Self {
        if !build.errors.is_empty() {
            return Self::Failed;
        }
        let same = match previous {
            Some(previous) => build.hash.is_none() || previous.hash() == build.hash.as_deref(),
            // No page can have been made from an earlier build.
            None => build.changes.is_none(),
        };
        match &build.changes {
            _ if begins || same => Self::same(previous),
            // What a failed build had changed was told to no page.
            _ if previous.is_some_and(Latest::has_withheld) => Self::Unknown,
            Some(changes) if changes.is_empty() => Self::same(previous),
            Some(changes) => Self::Changed(changes),
            None => Self::Unknown,
        }
    }

    fn same(previous: Option<&Latest>) -> Self {
        let had_errors = previous.is_some_and(|previous| !previous.errors().is_empty());
        if had_errors { Self::Mended } else { Self::Same }
    }
}

impl Meaning {
    fn of(build: &Build, previous: Option<&Latest>, begins: bool) -> Self {
        match Verdict::of(build, previous, begins) {
            Verdict::Failed => Self::Errors(build.errors.clone()),
            Verdict::Same => Self::Nothing,
            Verdict::Mended => Self::update(Vec::new(), Vec::new()),
            Verdict::Changed(changes) => Self::changes(changes),
            Verdict::Unknown => Self::reload(None),
        }
    }

    fn changes(changes: &[Change]) -> Self {
        let (mut changed, mut pruned) = (Vec::new(), Vec::new());
        for change in changes {
            match Kind::of(&change.id) {
                Kind::Script if change.removed => pruned.push(change.id.clone()),
                // The link of a stylesheet that is gone is loaded again too, and styles nothing from then on.
                Kind::Script | Kind::Style => changed.push(change.id.clone()),
                Kind::Page if changes.len() == 1 => return Self::reload(Some(&change.id)),
                Kind::Page | Kind::Other => return Self::reload(None),
            }
        }
        Self::update(changed, pruned)
    }

    fn reload(path: Option<&str>) -> Self {
        Self::Reload { path: path.map(str::to_owned), file: None }
    }

    fn update(changed: Vec<String>, pruned: Vec<String>) -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let timestamp = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        Self::Update { changed, pruned, timestamp }
    }

    fn texts(&self, base: &str) -> Vec<Utf8Bytes> {
        match self {
            Self::Nothing => Vec::new(),
            Self::Errors(errors) => vec![text(&Message::Error { err: Failure::of(errors) })],
            Self::Reload { path, file } => {
                vec![reload(path.as_deref().and_then(|path| below(path, base)), file.as_deref())]
            }
            Self::Update { changed, pruned, timestamp } => {
                let (Some(changed), Some(pruned)) = (all_below(changed, base), all_below(pruned, base))
                else {
                    // Vite's client can't name what is not below its base.
                    return vec![reload(None, None)];
                };
                let prune = (!pruned.is_empty()).then(|| text(&Message::Prune { paths: pruned }));
                let updates: Vec<_> = changed.into_iter().map(|path| Update::new(path, *timestamp)).collect();
                let update =
                    (!updates.is_empty() || prune.is_none()).then(|| text(&Message::Update { updates }));
                prune.into_iter().chain(update).collect()
            }
        }
    }
}

fn reload(path: Option<&str>, file: Option<&str>) -> Utf8Bytes {
    text(&Message::FullReload { path: path.unwrap_or("*"), triggered_by: file })
}

/// A path as Vite's client is told it: without the base, and with its slash.
fn below<'a>(path: &'a str, base: &str) -> Option<&'a str> {
    path.strip_prefix(base.strip_suffix('/').unwrap_or(base)).filter(|rest| rest.starts_with('/'))
}

fn all_below<'a>(paths: &'a [String], base: &str) -> Option<Vec<&'a str>> {
    paths.iter().map(|path| below(path, base)).collect()
}

/// What a file is to a page, by the end of its name.
enum Kind {
    Script,
    Style,
    Page,
    Other,
}

impl Kind {
    fn of(id: &str) -> Self {
        // What is no URL, pages are rendered from.
        let extension = id.starts_with('/').then(|| id.rsplit_once('.')).flatten().map(|(_, end)| end);
        match extension {
            Some("js" | "mjs") => Self::Script,
            Some("css") => Self::Style,
            Some("html") => Self::Page,
            _ => Self::Other,
        }
    }
}

fn text(message: &Message<'_>) -> Utf8Bytes {
    Utf8Bytes::try_from(to_json(message)).unwrap_or_default()
}

/// A message as Vite's client reads it.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Message<'a> {
    Update {
        updates: Vec<Update<'a>>,
    },
    Prune {
        paths: Vec<&'a str>,
    },
    #[serde(rename_all = "camelCase")]
    FullReload {
        path: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        triggered_by: Option<&'a str>,
    },
    Error {
        err: Failure,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Update<'a> {
    r#type: &'static str,
    timestamp: u64,
    path: &'a str,
    accepted_path: &'a str,
    explicit_import_required: bool,
    is_within_circular_import: bool,
}

impl<'a> Update<'a> {
    fn new(path: &'a str, timestamp: u64) -> Self {
        let r#type = if matches!(Kind::of(path), Kind::Style) { "css-update" } else { "js-update" };
        Self {
            r#type,
            timestamp,
            path,
            accepted_path: path,
            explicit_import_required: false,
            is_within_circular_import: false,
        }
    }
}

#[cfg(test)]
mod tests;
