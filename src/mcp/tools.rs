//! The tools, all of which only read.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};

use super::rpc::RpcError;
use crate::{console::ConsoleLog, escape::shorten, inspector::State, shared::Shared, terminal::WaitForError};

/// The default and the longest time of `wait_for_update`, in milliseconds.
const WAIT: u64 = 10_000;
const LONGEST_WAIT: u64 = 60_000;

/// The longest name of a file.
const LONGEST_FILE: usize = 1_024;

/// Returns the descriptions of all tools.
pub(super) fn list() -> Value {
    let nothing = || json!({ "type": "object", "properties": {}, "additionalProperties": false });
    let tool = |name: &str, description: &str, schema: Value| {
        json!({
            "name": name,
            "description": description,
            "inputSchema": schema,
            "annotations": { "readOnlyHint": true, "openWorldHint": false },
        })
    };
    json!([
        tool(
            "status",
            "The development server's state: its bundles, the latest saves with what became of them in the open pages, the number of \
             clients, refused requests and the output of commands.",
            nothing(),
        ),
        tool(
            "last_errors",
            "Errors of the latest build of each bundle, failed builds, and saves that an open page could not apply.",
            nothing(),
        ),
        tool("console", "The latest lines of the browsers' consoles.", nothing()),
        tool(
            "pages",
            "The open pages: path, browser, and whether they have answered the latest save.",
            nothing()
        ),
        tool(
            "wait_for_update",
            "Waits until the open pages have answered the next change of a file, and returns the number of pages that were updated, \
             reloaded or failed. Call it, and save the file while it waits.",
            json!({
                "type": "object",
                "properties": {
                    "file": {
                        "type": "string",
                        "description": "The file's URL path, its path as the terminal prints it, or a bundle's name",
                    },
                    "timeout_ms": {
                        "type": "integer",
                        "minimum": 1,
                        "maximum": LONGEST_WAIT,
                        "default": WAIT,
                        "description": "The longest time to wait for the change, in milliseconds",
                    },
                },
                "required": ["file"],
                "additionalProperties": false,
            }),
        ),
    ])
}

/// Calls a tool.
pub(super) async fn call(shared: &Arc<Shared>, params: &Value) -> Result<Value, RpcError> {
    let arguments = &params["arguments"];
    let state = || serde_json::to_value(State::of(shared, 0)).unwrap_or_default();
    match params["name"].as_str() {
        Some("status") => Ok(found(&status(state()))),
        Some("last_errors") => Ok(found(&last_errors(&state()))),
        Some("console") => {
            let omitted = shared.console().map_or(0, ConsoleLog::omitted);
            Ok(found(&json!({ "lines": state()["console"], "omitted": omitted })))
        }
        Some("pages") => Ok(found(&json!({ "pages": state()["pages"] }))),
        Some("wait_for_update") => wait_for_update(shared, arguments).await,
        Some(name) => {
            Err(RpcError::params(format!("there is no tool {:?}: `tools/list` names them", shorten(name))))
        }
        None => Err(RpcError::params("`name` is missing")),
    }
}

/// A result, as text for all clients, and structured for those that read it.
fn found(value: &Value) -> Value {
    json!({ "content": [{ "type": "text", "text": value.to_string() }], "structuredContent": value })
}

/// A failure that the caller can do something about.
fn failed(reason: &str) -> Value {
    json!({ "content": [{ "type": "text", "text": reason }], "isError": true })
}

/// The state without what the other tools have.
fn status(mut state: Value) -> Value {
    if let Some(fields) = state.as_object_mut() {
        for key in ["boot", "console", "events"] {
            fields.remove(key);
        }
        let pages = fields.get("pages").and_then(Value::as_array).map_or(0, Vec::len);
        fields.insert("pages".to_owned(), pages.into());
    }
    state
}

fn last_errors(state: &Value) -> Value {
    let list = |key: &str| state[key].as_array().into_iter().flatten();
    let bundles: Vec<_> = list("bundles")
        .filter(|bundle| bundle["error_count"].as_u64() > Some(0))
        .map(|bundle| {
            let (name, count, errors) = (&bundle["name"], &bundle["error_count"], &bundle["errors"]);
            json!({ "name": name, "error_count": count, "errors": errors })
        })
        .collect();
    let saves: Vec<_> = list("saves")
        .filter(|save| save["failed"].as_u64() > Some(0) || !save["error"].is_null())
        .map(|save| {
            let reason = if save["error"].is_null() { &save["failure"] } else { &save["error"] };
            json!({ "at": save["at"], "label": save["label"], "failed_pages": save["failed"], "reason": reason })
        })
        .collect();
    json!({ "bundles": bundles, "saves": saves })
}

async fn wait_for_update(shared: &Arc<Shared>, arguments: &Value) -> Result<Value, RpcError> {
    let given = &arguments["file"];
    let file = given.as_str().filter(|file| (1..=LONGEST_FILE).contains(&file.len())).ok_or_else(|| {
        RpcError::params(format!(
            "`file` is not a path of up to 1,024 bytes, but {}",
            shorten(&given.to_string())
        ))
    })?;
    let timeout = match &arguments["timeout_ms"] {
        Value::Null => WAIT,
        timeout => {
            timeout.as_u64().filter(|timeout| (1..=LONGEST_WAIT).contains(timeout)).ok_or_else(|| {
                let given = shorten(&timeout.to_string());
                RpcError::params(format!("`timeout_ms` is not a number from 1 to 60,000, but {given}"))
            })?
        }
    };
    match shared.wait_for(file, Duration::from_millis(timeout)).await {
        Ok(receipts) => Ok(found(&json!({
            "updated": receipts.updated,
            "unchanged": receipts.unchanged,
            "reloaded": receipts.reloaded,
            "unused": receipts.unused,
            "failed": receipts.failed,
            "failure": receipts.failure,
        }))),
        Err(WaitForError::Unchanged(file)) => Ok(failed(&format!(
            "no build with {file} came within {timeout} ms; give its URL, or its path as the terminal's lines have it, before it is \
             saved"
        ))),
        Err(error) => Ok(failed(&error.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_those_of_bundles_and_of_saves() {
        let state = json!({
            "bundles": [
                { "name": "a", "error_count": 0, "errors": [] },
                { "name": "b", "error_count": 1, "errors": ["e"], "hash": "h" },
            ],
            "saves": [
                { "at": 1, "label": "ok.css", "failed": 0, "error": null, "failure": null },
                { "at": 2, "label": "main", "failed": 0, "error": "no module", "failure": null },
                { "at": 3, "label": "a.js", "failed": 2, "error": null, "failure": "threw" },
            ],
        });
        let expected = json!({
            "bundles": [{ "name": "b", "error_count": 1, "errors": ["e"] }],
            "saves": [
                { "at": 2, "label": "main", "failed_pages": 0, "reason": "no module" },
                { "at": 3, "label": "a.js", "failed_pages": 2, "reason": "threw" },
            ],
        });
        assert_eq!(last_errors(&state), expected);
    }

    #[test]
    fn every_tool_is_described_and_reads_only() {
        let tools = list();
        let names: Vec<_> =
            tools.as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["status", "last_errors", "console", "pages", "wait_for_update"]);
        for tool in tools.as_array().unwrap() {
            assert_eq!(tool["annotations"]["readOnlyHint"], true);
            assert_eq!(tool["inputSchema"]["type"], "object");
        }
    }
}
