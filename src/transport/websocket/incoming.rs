//! The messages from a page's Vite client.

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

/// The prefix of Vite's own events.
const RESERVED: &str = "vite:";

#[derive(Deserialize)]
struct Sent<'a> {
    #[serde(borrow)]
    r#type: Cow<'a, str>,
    event: Option<String>,
    #[serde(default)]
    data: Value,
}

/// Handles a message. Invalid ones are ignored, as in Vite: there is no way to report them to the page.
pub(super) fn handle(shared: &Arc<Shared>, client: u64, text: &str) {
    let text = well_formed(text.as_bytes());
    let sent: Sent<'_> = match serde_json::from_slice(&text) {
        Ok(sent) => sent,
        Err(error) => return tracing::debug!("a socket sent an invalid message: {}", Escaped(error)),
    };
    match (&*sent.r#type, sent.event) {
        ("custom", Some(event)) => match event.strip_prefix(RESERVED) {
            Some("invalidate") => invalidate(shared, client, &sent.data),
            Some("invoke") => refuse_invoke(shared, client, &sent.data),
            Some(_) => tracing::debug!("a socket sent {:?}, which is ignored", shorten(&event)),
            None => {
                tracing::debug!(event, "a page sent a message");
                let client = Client::new(shared.hub().clone(), client);
                if !shared.listeners().call(shared, &Message::new(event, sent.data).from(Some(client))) {
                    tracing::debug!("there is no listener for it");
                }
            }
        },
        // The client's keep-alive, every 30 s.
        ("ping", _) => {}
        (other, _) => tracing::debug!("a socket sent {:?}, which is ignored", shorten(other)),
    }
}

/// Reloads the page of a module that has run its update and says that it can't accept it. Its importers are
/// unknown here; other pages that ran the update report it themselves.
fn invalidate(shared: &Arc<Shared>, client: u64, data: &Value) {
    let Some(path) = data["path"].as_str() else {
        return tracing::debug!("a socket sent an invalidation without a path");
    };
    tracing::info!("{} can't accept its update, its page is reloaded", Escaped(shorten(path)));
    shared.hub().send_to(client, Frame::reload(Some(&shorten(path))));
}

/// Refuses a call of a server function. Vite's server has read any file for any page that asked this way
/// (CVE-2026-39363). Without an answer, the page would wait for a minute.
fn refuse_invoke(shared: &Arc<Shared>, client: u64, data: &Value) {
    const LONGEST: usize = 64;
    let Some(id) =
        data["id"].as_str().and_then(|id| id.strip_prefix("send:")).filter(|id| id.len() <= LONGEST)
    else {
        return tracing::debug!("a socket sent a call without an id");
    };
    let error =
        serde_json::json!({ "name": "Error", "message": "this server accepts no calls", "stack": "" });
    let answer =
        serde_json::json!({ "name": "", "id": format!("response:{id}"), "data": { "error": error } });
    shared.hub().send_to(client, Frame::new(&to_json(&Custom::new("vite:invoke", &answer))));
}
