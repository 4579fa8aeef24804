use serde_json::{Value, json};

use super::{messages as messages_of, *};
use crate::{
    build::{Build, Change},
    bundle::{self, Bundle},
};

/// The messages of the last of these builds, without their time.
fn messages(builds: impl IntoIterator<Item = Build>, base: &str) -> Vec<Value> {
    let mut builds: Vec<_> = builds.into_iter().collect();
    let last = builds.pop().unwrap();
    let mut bundle: Option<Bundle> = None;
    for build in builds {
        bundle = Some(Bundle::of(build, bundle.as_ref()));
    }
    let frame = bundle::frame(&last, bundle.as_ref().map(|bundle| &**bundle.latest()), false);
    let texts = messages_of(&frame, base);
    let timeless = |text: &Utf8Bytes| {
        let mut value: Value = serde_json::from_str(text).unwrap();
        for update in value.get_mut("updates").and_then(Value::as_array_mut).into_iter().flatten() {
            assert!(update["timestamp"].as_u64().is_some_and(|time| time > 1_600_000_000_000));
            update.as_object_mut().unwrap().remove("timestamp");
        }
        value
    };
    texts.iter().map(timeless).collect()
}

fn update(r#type: &str, path: &str) -> Value {
    json!({
        "type": r#type, "path": path, "acceptedPath": path,
        "explicitImportRequired": false, "isWithinCircularImport": false,
    })
}

fn first() -> Build {
    Build::new("h1")
}

fn second() -> Build {
    Build::new("h2")
}

#[test]
fn changes_are_swapped_pruned_or_reload_pages() {
    let all = json!({ "type": "full-reload", "path": "*" });
    let cases = [
        (
            vec![Change::new("/a.js")],
            vec![json!({ "type": "update", "updates": [update("js-update", "/a.js")] })],
        ),
        (
            vec![Change::new("/a.css"), Change::new("/b.mjs")],
            vec![
                json!({ "type": "update", "updates": [update("css-update", "/a.css"), update("js-update", "/b.mjs")] }),
            ],
        ),
        (vec![Change::removed("/a.js")], vec![json!({ "type": "prune", "paths": ["/a.js"] })]),
        (
            vec![Change::removed("/a.css")],
            vec![json!({ "type": "update", "updates": [update("css-update", "/a.css")] })],
        ),
        (vec![Change::new("/about.html")], vec![json!({ "type": "full-reload", "path": "/about.html" })]),
        (vec![Change::new("/a.css"), Change::new("/about.html")], vec![all.clone()]),
        (vec![Change::new("./templates/a.js")], vec![all.clone()]),
        (vec![Change::new("/logo.svg")], vec![all]),
        (vec![], vec![]),
    ];
    for (changes, expected) in cases {
        assert_eq!(messages([first(), second().changes(changes.clone())], "/"), expected, "{changes:?}");
    }
    assert_eq!(messages([first(), second()], "/")[0]["type"], "full-reload", "the changes are unknown");
    assert!(messages([first()], "/").is_empty(), "no page is older than the first build");
    assert!(messages([first(), first()], "/").is_empty(), "nothing was built");
}

#[test]
fn paths_are_sent_without_the_base() {
    let build = second().change(Change::new("/app/a.js"));
    let expected = json!([{ "type": "update", "updates": [update("js-update", "/a.js")] }]);
    assert_eq!(json!(messages([first(), build], "/app/")), expected);
    for outside in ["/a.js", "/application.js"] {
        let build = second().change(Change::new(outside));
        assert_eq!(messages([first(), build], "/app/")[0]["type"], "full-reload", "{outside}");
    }
}

#[test]
fn an_error_is_shown_and_removed_again() {
    let failed = second().error("no").change(Change::new("/a.js"));
    let shown = messages([first(), failed.clone()], "/");
    assert_eq!(shown, [json!({ "type": "error", "err": { "message": "no", "stack": "" } })]);
    let cleared = [json!({ "type": "update", "updates": [] })];
    assert_eq!(messages([first().error("no"), first()], "/"), cleared, "the same hash, without the error");
    assert_eq!(messages([Build::default().error("no"), Build::default()], "/"), cleared, "without any");
    assert_eq!(messages([first().error("no"), second().changes([])], "/"), cleared);
    let third = Build::new("h3").change(Change::new("/b.css"));
    let after = messages([first(), failed, third], "/");
    assert_eq!(after[0]["type"], "full-reload", "no page has received /a.js");
}

#[test]
fn events_of_the_app_are_passed_on_if_they_are_messages_for_the_client() {
    let payload = |json: &str| messages_of(&Frame::new(json.as_bytes()), "/").to_vec();
    for words in [r#"{"type":"custom","event":"e","data":[1]}"#, r#"{"paths":["/a"],"type":"prune"}"#] {
        assert_eq!(payload(words), [words]);
    }
    for other in
        [r#"{"type":"connected"}"#, r#"{"type":7}"#, r#"{"action":"building"}"#, "null", "[]", "\"custom\""]
    {
        assert!(payload(other).is_empty(), "{other}");
    }
}

#[test]
fn a_message_is_written_once() {
    let frame = Frame::reload(Some("./a.md"));
    let first = messages_of(&frame, "/")[0].clone();
    assert_eq!(first, r#"{"type":"full-reload","path":"*","triggeredBy":"./a.md"}"#);
    assert_eq!(first.as_ptr(), messages_of(&frame, "/")[0].as_ptr());
}
