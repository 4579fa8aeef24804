//! Events as messages of Vite's protocol (vite 8.3.8, `hmrPayload.d.ts`). Pure.
//!
//! Vite's server knows the module graph and names the module that accepts an update; this one does not. So a script is
//! named as its own acceptor, a stylesheet is swapped, and any other change reloads pages.

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

/// The messages that an app may publish as they are: those that Vite's client takes from its server.
const TYPES: [&str; 5] = ["custom", "update", "full-reload", "prune", "error"];

/// The messages of one event, in their order. Most events are one message.
#[derive(Debug, Default)]
pub(super) struct Messages {
    pub(super) texts: Vec<Utf8Bytes>,
    /// A page that loads meanwhile must not miss it: an error or a reload.
    pub(super) is_kept: bool,
}

/// The messages of an event, written when the first socket asks for them, and once.
pub(super) fn messages<'a>(frame: &'a Frame, base: &str) -> &'a [Utf8Bytes] {
    &translation(frame, base).texts
}

/// As [`messages`], with what becomes of them while no socket is open.
pub(super) fn translation<'a>(frame: &'a Frame, base: &str) -> &'a Messages {
    static NONE: Messages = Messages { texts: Vec::new(), is_kept: false };
    frame.translation(|frame| Messages::of(frame, base)).unwrap_or(&NONE)
}

/// The message that shows these errors; `None` where there are none.
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

    /// An event of the app that speaks to Vite's client: the very bytes of the event stream. Any other says nothing.
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
                // The link of a stylesheet that is gone is fetched again too, and styles nothing from then on.
                Kind::Script | Kind::Style => changed.push(&*file.id),
                Kind::Page if files.len() == 1 => return Self::reload(below(&file.id, base), None),
                Kind::Page | Kind::Other => return Self::reload(None, None),
            }
        }
        Self::update(&changed, &pruned, base)
    }

    fn update(changed: &[&str], pruned: &[&str], base: &str) -> Self {
        let (Some(changed), Some(pruned)) = (all_below(changed, base), all_below(pruned, base)) else {
            // Vite's client can't name what is not below its base.
            return Self::reload(None, None);
        };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // Browsers take a module whose address has another timestamp for another module.
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

/// A path as Vite's protocol has it: without the base, and with its slash.
fn below<'a>(path: &'a str, base: &str) -> Option<&'a str> {
    path.strip_prefix(base.strip_suffix('/').unwrap_or(base)).filter(|rest| rest.starts_with('/'))
}

fn all_below<'a>(paths: &[&'a str], base: &str) -> Option<Vec<&'a str>> {
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
