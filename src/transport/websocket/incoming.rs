//! What a page's Vite client sends, message by message.

use std::{borrow::Cow, sync::Arc};

use serde::Deserialize;
use serde_json::Value;

use crate::{
    escape::{Escaped, shorten},
    json::{to_json, well_formed},
    messages::{Client, Message},
    shared::Shared,
    wire::{Custom, Frame},
};

/// What Vite itself sends and hears under names of its own.
const RESERVED: &str = "vite:";

#[derive(Deserialize)]
struct Sent<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    event: Option<String>,
    #[serde(default)]
    data: Value,
}

/// Has a message heard. What makes no sense is ignored, as Vite does: the page can't be told of it.
pub(super) fn hear(hot: &Arc<Shared>, client: u64, text: &str) {
    let text = well_formed(text.as_bytes());
    let sent: Sent<'_> = match serde_json::from_slice(&text) {
        Ok(sent) => sent,
        Err(error) => return tracing::debug!("a socket sent what is no message: {}", Escaped(error)),
    };
    match (&*sent.r#type, sent.event) {
        ("custom", Some(event)) => match event.strip_prefix(RESERVED) {
            Some("invalidate") => invalidate(hot, client, &sent.data),
            Some("invoke") => refuse_invoke(hot, client, &sent.data),
            Some(_) => tracing::debug!("a socket sent {:?}, which is ignored", shorten(&event)),
            None => {
                tracing::debug!(event, "a page sent a message");
                let client = Client::new(hot.hub().clone(), client);
                if !hot.listeners().call(hot, &Message::new(event, sent.data).from(Some(client))) {
                    tracing::debug!("nobody listens for it");
                }
            }
        },
        // The client says every 30 s that it is there.
        ("ping", _) => {}
        (other, _) => tracing::debug!("a socket sent {:?}, which is ignored", shorten(other)),
    }
}

/// A module that has taken its update says that it can't. Who imports it is known to nobody here, so the page that it
/// is in is loaded again; others that ran the update say so themselves.
fn invalidate(hot: &Arc<Shared>, client: u64, data: &Value) {
    let Some(path) = data["path"].as_str() else {
        return tracing::debug!("a socket sent an invalidation without a path");
    };
    tracing::info!("{} can't take its update, its page is loaded again", Escaped(shorten(path)));
    hot.hub().send_to(client, Frame::reload(Some(&shorten(path))));
}

/// Vite's server has read any file for whoever asked in this way (CVE-2026-39363). The page is told at once, or it would
/// wait for a minute.
fn refuse_invoke(hot: &Arc<Shared>, client: u64, data: &Value) {
    const LONGEST: usize = 64;
    let Some(id) =
        data["id"].as_str().and_then(|id| id.strip_prefix("send:")).filter(|id| id.len() <= LONGEST)
    else {
        return tracing::debug!("a socket sent a call without an id");
    };
    let error = serde_json::json!({ "name": "Error", "message": "this server takes no calls", "stack": "" });
    let answer =
        serde_json::json!({ "name": "", "id": format!("response:{id}"), "data": { "error": error } });
    hot.hub().send_to(client, Frame::new(&to_json(&Custom::new("vite:invoke", &answer))));
}
