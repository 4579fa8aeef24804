//! Events as messages of Vite's protocol (vite 8.3.8, `hmrPayload.d.ts`). Pure.
//!
//! Vite's server knows the module graph and names the module that accepts an update; this server doesn't. So
//! a script is named as its own acceptor, a stylesheet is swapped, and any other change reloads pages.

mod failure;
#[cfg(test)]
mod tests;

use std::time::{SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use failure::Failure;
use serde::{Deserialize, Serialize};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::{
    build::{ChangedFile, Effect},
    json::to_json,
    wire::Frame,
};

/// The message types that an app may publish directly: those that Vite's client accepts from its server.
const TYPES: [&str; 5] = ["custom", "update", "full-reload", "prune", "error"];

/// The messages of one event, in their order. Most events have one.
#[derive(Debug, Default)]
pub(super) struct Messages {
    pub(super) texts: Vec<Utf8Bytes>,
    /// Set for an error or a reload, which a page that is loading must not miss.
    pub(super) is_kept: bool,
}

/// Returns the messages of an event, written once, for the first socket.
pub(super) fn messages<'a>(frame: &'a Frame, base: &str) -> &'a [Utf8Bytes] {
    &translation(frame, base).texts
}

/// Like [`messages`], but says whether they are kept while no socket is open.
pub(super) fn translation<'a>(frame: &'a Frame, base: &str) -> &'a Messages {
    static NONE: Messages = Messages { texts: Vec::new(), is_kept: false };
    frame.translation(|frame| Messages::of(frame, base)).unwrap_or(&NONE)
}

/// Returns the message that shows these errors; `None` for an empty list.
pub(super) fn errors(errors: &[String]) -> Option<Utf8Bytes> {
    (!errors.is_empty()).then(|| text(&Message::Error { err: Failure::of(errors) }))
}

impl Messages {
    fn of(frame: &Frame, base: &str) -> Self {
        match frame.effect() {
            Effect::AsPublished => Self::published(frame.json()),
            Effect::Nothing => Self::default(),
            Effect::ShowErrors(all) => Self { texts: errors(all).into_iter().collect(), is_kept: true },
            Effect::HideErrors => Self::update(&[], &[], base),
            Effect::Reload { file } => Self::reload(None, file.as_deref()),
            Effect::Apply(files) => Self::apply(files, base),
        }
    }

    /// Passes on an event of the app that is a message for Vite's client, with the same bytes as in the event
    /// stream. Any other event has no messages.
    fn published(json: Bytes) -> Self {
        #[derive(Deserialize)]
        struct Typed<'a> {
            #[serde(borrow)]
            r#type: std::borrow::Cow<'a, str>,
        }
        let Ok(Typed { r#type }) = serde_json::from_slice(&json) else { return Self::default() };
        let is_kept = matches!(&*r#type, "error" | "full-reload");
        if !TYPES.contains(&&*r#type) {
            return Self::default();
        }
        drop(r#type);
        Self { texts: Utf8Bytes::try_from(json).ok().into_iter().collect(), is_kept }
    }

    fn apply(files: &[ChangedFile], base: &str) -> Self {
        let (mut changed, mut pruned) = (Vec::new(), Vec::new());
        for file in files {
            match Kind::of(&file.id) {
                Kind::Script if file.removed => pruned.push(&*file.id),
                // The link of a removed stylesheet is fetched again too, and has no effect from then on.
                Kind::Script | Kind::Style => changed.push(&*file.id),
                Kind::Page if files.len() == 1 => return Self::reload(below(&file.id, base), None),
                Kind::Page | Kind::Other => return Self::reload(None, None),
            }
        }
        Self::update(&changed, &pruned, base)
    }

    fn update(changed: &[&str], pruned: &[&str], base: &str) -> Self {
        let (Some(changed), Some(pruned)) = (all_below(changed, base), all_below(pruned, base)) else {
            // Vite's client can't name URLs outside its base.
            return Self::reload(None, None);
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // Browsers treat a module URL with another timestamp as another module.
        let timestamp = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        let prune = (!pruned.is_empty()).then(|| text(&Message::Prune { paths: pruned }));
        let updates: Vec<_> = changed.into_iter().map(|path| Update::new(path, timestamp)).collect();
        let update = (!updates.is_empty() || prune.is_none()).then(|| text(&Message::Update { updates }));
        Self { texts: prune.into_iter().chain(update).collect(), is_kept: false }
    }

    fn reload(path: Option<&str>, file: Option<&str>) -> Self {
        let message = Message::FullReload { path: path.unwrap_or("*"), triggered_by: file };
        Self { texts: vec![text(&message)], is_kept: true }
    }
}

/// Returns a path as Vite's protocol has it: without the base, with a leading slash.
fn below<'a>(path: &'a str, base: &str) -> Option<&'a str> {
    path.strip_prefix(base.strip_suffix('/').unwrap_or(base)).filter(|rest| rest.starts_with('/'))
}

fn all_below<'a>(paths: &[&'a str], base: &str) -> Option<Vec<&'a str>> {
    paths.iter().map(|path| below(path, base)).collect()
}

/// The kind of a file in a page, by its extension.
enum Kind {
    Script,
    Style,
    Page,
    Other,
}

impl Kind {
    fn of(id: &str) -> Self {
        // Ids that aren't URLs are what pages are rendered from.
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

/// A message of Vite's protocol.
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
