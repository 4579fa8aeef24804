//! Parsing of messages and reports from their JSON. Pure.

#[cfg(feature = "watch")]
use std::collections::BTreeMap;
use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, SeqAccess, Visitor},
};
use serde_json::Value;

use super::rejection::Rejection;
use crate::{
    build::{Change, stats::Stats},
    json::{Any, Field, well_formed},
    messages::Message,
    wire::Frame,
};

/// The largest number of changes that a report may name. A build with more counts as one with unknown
/// changes.
const MAX_CHANGES: usize = 16_384;

/// A message from a page.
#[derive(Debug)]
pub(super) enum Sent {
    /// For the app's listeners.
    Message(Message),
    /// A module's update can't be applied by the module.
    #[cfg(feature = "watch")]
    Invalidate(Invalidate),
    /// A file is to be opened in the developer's editor.
    #[cfg(feature = "watch")]
    Open(Open),
}

/// A file that the developer has chosen on the overlay.
#[cfg(feature = "watch")]
#[derive(Debug, Deserialize)]
pub(super) struct Open {
    /// Its name there: a URL path, or a path of the project.
    pub(super) file: String,
    #[serde(default)]
    pub(super) line: u32,
    #[serde(default)]
    pub(super) column: u32,
}

/// A module that passes its update on to those that import it.
#[cfg(feature = "watch")]
#[derive(Debug, Deserialize)]
pub(super) struct Invalidate {
    /// The path of its URL, below the prefix of this layer.
    pub(super) path: String,
    /// The change in the URL of the instance; 0 for none.
    pub(super) change: u64,
    /// The reason that the module gives.
    #[serde(default)]
    pub(super) message: Option<String>,
}

/// Parses a page's message: `{"type":"custom","event":NAME,"data":ANY}`, as Vite's client sends it, or
/// `{"type":"invalidate","path":PATH,"change":NUMBER,"message":TEXT}`, or
/// `{"type":"open","file":NAME,"line":NUMBER,"column":NUMBER}`.
pub(super) fn from_page(body: &[u8]) -> Result<Sent, Rejection> {
    #[derive(Deserialize)]
    struct Custom {
        r#type: String,
        event: String,
        #[serde(default)]
        data: Value,
    }
    let body = well_formed(text(body)?.as_bytes());
    #[cfg(feature = "watch")]
    if kind(&body).is_some_and(|kind| kind == "invalidate") {
        return serde_json::from_slice(&body).map(Sent::Invalidate).map_err(|error| {
            Rejection::malformed(&error, r#"{"type":"invalidate","path":"/app.js","change":0}"#)
        });
    }
    #[cfg(feature = "watch")]
    if kind(&body).is_some_and(|kind| kind == "open") {
        return serde_json::from_slice(&body).map(Sent::Open).map_err(|error| {
            Rejection::malformed(&error, r#"{"type":"open","file":"./src/app.js","line":3,"column":7}"#)
        });
    }
    let Custom { r#type, event, data } = serde_json::from_slice(&body).map_err(|error| {
        Rejection::malformed(&error, r#"{"type":"custom","event":"a name","data":"anything"}"#)
    })?;
    if r#type == "custom" {
        Ok(Sent::Message(Message::new(event, data)))
    } else {
        Err(Rejection::unknown_type(&r#type, "\"custom\""))
    }
}

/// The `type` of a message; `None` if it has none, or is not JSON.
pub(super) fn kind(body: &[u8]) -> Option<String> {
    Any(Field("type")).deserialize(&mut serde_json::Deserializer::from_slice(body)).ok().flatten()
}

/// Parses the instances that a page has from an earlier process, `{"type":"instances","modules":{PATH:CHANGE}}`.
#[cfg(feature = "watch")]
pub(super) fn instances(body: &[u8]) -> Result<BTreeMap<String, u64>, Rejection> {
    #[derive(Deserialize)]
    struct Instances {
        modules: BTreeMap<String, u64>,
    }
    let read = serde_json::from_slice::<Instances>(&well_formed(text(body)?.as_bytes()));
    read.map(|read| read.modules).map_err(|error| {
        Rejection::malformed(&error, r#"{"type":"instances","modules":{"/app.js":1764300000000}}"#)
    })
}

/// A report from a build tool.
#[derive(Debug)]
pub(super) enum Report {
    Building {
        name: Option<String>,
        file: Option<String>,
    },
    Built(Stats),
    /// Builds from before the server started.
    Sync(Stats),
    Reload {
        file: Option<String>,
    },
    /// Any other event, published unchanged.
    Event(Frame),
}

/// Parses a build report.
pub(super) fn from_build(body: &[u8]) -> Result<Report, Rejection> {
    #[derive(Deserialize)]
    struct Begun {
        name: Option<String>,
        file: Option<String>,
    }
    let malformed =
        |error: serde_json::Error| Rejection::malformed(&error, r#"{"action":"built","hash":"1f0c"}"#);
    text(body)?;
    let fit = well_formed(body);
    // Values that aren't objects are published too, so a missing action is not an error.
    let action = Any(Field("action")).deserialize(&mut serde_json::Deserializer::from_slice(&fit));
    let action = action.ok().flatten().unwrap_or_default();
    let begun = || serde_json::from_slice::<Begun>(&fit).map_err(malformed);
    Ok(match action.as_str() {
        "building" => {
            let Begun { name, file } = begun()?;
            Report::Building { name, file }
        }
        "reload" => Report::Reload { file: begun()?.file },
        "built" => Report::Built(stats(&fit)?),
        "sync" => Report::Sync(stats(&fit)?),
        _ => {
            serde_json::from_slice::<IgnoredAny>(body).map_err(malformed)?;
            Report::Event(Frame::new(body))
        }
    })
}

/// Returns the body as UTF-8, which all JSON is (RFC 8259, section 8.1).
///
/// Checked here, because `serde_json` does not validate strings that it skips, and events are published
/// unchanged.
fn text(body: &[u8]) -> Result<&str, Rejection> {
    std::str::from_utf8(body).map_err(Rejection::not_utf8)
}

/// Parses the stats, and `changes`, which no bundler sends: the URLs and files that the build has changed.
fn stats(body: &[u8]) -> Result<Stats, Rejection> {
    #[derive(Deserialize)]
    struct Changed {
        changes: Option<Changes>,
    }
    let mut stats = Stats::from_json(body).map_err(|error| Rejection::stats(&error))?;
    let Changed { changes } = serde_json::from_slice(body).map_err(|error| {
        Rejection::malformed(&error, r#"{"action":"built","hash":"1f0c","changes":["/app.css"]}"#)
    })?;
    if let (Some(Changes(Some(changes))), [build]) = (changes, &mut *stats.builds) {
        *build = std::mem::take(build).changes(changes.into_iter().map(Change::new));
    }
    Ok(stats)
}

/// A list of texts; `None` if it exceeds [`MAX_CHANGES`].
struct Changes(Option<Vec<String>>);

impl<'de> Deserialize<'de> for Changes {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        struct List;
        impl<'de> Visitor<'de> for List {
            type Value = Changes;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an array of strings")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Changes, A::Error> {
                let mut changes = Vec::new();
                while let Some(change) = elements.next_element()? {
                    if changes.len() == MAX_CHANGES {
                        while elements.next_element::<IgnoredAny>()?.is_some() {}
                        return Ok(Changes(None));
                    }
                    changes.push(change);
                }
                Ok(Changes(Some(changes)))
            }
        }
        value.deserialize_seq(List)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Build;

    fn message(body: &[u8]) -> Message {
        let Sent::Message(message) = from_page(body).unwrap() else { panic!() };
        message
    }

    #[cfg(feature = "watch")]
    #[test]
    fn a_page_passes_an_update_on() {
        let sent = from_page(br#"{"type":"invalidate","path":"/a.js","change":7,"message":"m"}"#).unwrap();
        let Sent::Invalidate(Invalidate { path, change, message }) = sent else { panic!() };
        assert_eq!((path.as_str(), change, message.as_deref()), ("/a.js", 7, Some("m")));
        for body in [r#"{"type":"invalidate"}"#, r#"{"type":"invalidate","path":"/a.js","change":-1}"#] {
            let text = from_page(body.as_bytes()).unwrap_err().to_string();
            assert!(text.contains("column"), "{text}");
        }
    }

    #[test]
    fn a_page_sends_custom_events() {
        let message = message(br#"{"type":"custom","event":"e","data":{"a":[1]}}"#);
        assert_eq!((message.event(), message.data()), ("e", &json!({ "a": [1] })));
        assert_eq!(self::message(br#"{"event":"e","type":"custom","more":1}"#).data(), &Value::Null);
    }

    #[test]
    fn an_invalid_message_is_rejected_with_a_reason() {
        let deep = format!(r#"{{"type":"custom","event":"e","data":{}"#, "[".repeat(100_000));
        let cases: [(&[u8], &str); 7] = [
            (b"", "EOF"),
            (b"\xff", "invalid utf-8"),
            (br#"{"type":"custom"}"#, "missing field `event`"),
            (br#"{"type":"custom","event":7}"#, "expected a string at line 1 column 26"),
            (br#"{"type":"vite:invoke","event":"e"}"#, "\"vite:invoke\""),
            (br#"{"type":"custom","event":"e"} {}"#, "trailing characters"),
            (deep.as_bytes(), "recursion limit"),
        ];
        for (body, named) in cases {
            let text = from_page(body).unwrap_err().to_string();
            assert!(text.contains(named) && text.len() < 500, "{text:?} does not name {named:?}");
        }
    }

    #[test]
    fn a_build_report_becomes_stream_events() {
        let report = |text: &str| from_build(text.as_bytes()).unwrap();
        let Report::Building { name, file } = report(r#"{"action":"building","file":"a.js"}"#) else {
            panic!()
        };
        assert_eq!((name, file.as_deref()), (None, Some("a.js")));
        let Report::Reload { file: None } = report(r#"{"action":"reload"}"#) else { panic!() };
        let Report::Built(stats) = report(r#"{"action":"built","hash":"h","modules":[{"id":1,"name":"m"}]}"#)
        else {
            panic!()
        };
        assert_eq!(stats.builds[0].hash.as_deref(), Some("h"));
        let Report::Sync(_) = report(r#"{"action":"sync","hash":"h"}"#) else { panic!() };
        let Report::Built(stats) = report(r#"{"action":"built","hash":"h","changes":["/a.css"]}"#) else {
            panic!()
        };
        assert_eq!(stats, Build::new("h").change(Change::new("/a.css")).into());
    }

    #[test]
    fn a_lone_surrogate_is_replaced_in_parsed_text_and_kept_in_published_events() {
        let message = message(br#"{"type":"custom","event":"e\ud800","data":["\udfff\n"]}"#);
        assert_eq!((message.event(), message.data()), ("e\u{fffd}", &json!(["\u{fffd}\n"])));
        let report = |text: &str| from_build(text.as_bytes()).unwrap();
        let Report::Building { name, file } =
            report(r#"{"action":"building","name":"\ud800","file":"\ud800"}"#)
        else {
            panic!()
        };
        assert_eq!([name.as_deref(), file.as_deref()], [Some("\u{fffd}"); 2]);
        let built = r#"{"action":"built","errors":["\ud800"],"changes":["/\ud800"],"else":"\ud800"}"#;
        let Report::Built(stats) = report(built) else { panic!() };
        assert_eq!(stats.builds[0].errors, ["\u{fffd}"]);
        assert_eq!(stats.builds[0].changes, Some(vec![Change::new("/\u{fffd}")]));
        let event = r#"{"action":"x\ud800","text":"\ud800"}"#;
        let Report::Event(frame) = report(event) else { panic!() };
        assert_eq!(frame.data(), &format!("data: {event}\n\n"));
    }

    #[test]
    fn changes_beyond_the_bound_count_as_unknown() {
        let report = |count: usize| {
            let changes = vec!["/a"; count];
            let text = json!({ "action": "built", "hash": "h", "changes": changes }).to_string();
            let Report::Built(stats) = from_build(text.as_bytes()).unwrap() else { panic!() };
            stats.builds[0].changes.as_ref().map(Vec::len)
        };
        assert_eq!([report(MAX_CHANGES), report(MAX_CHANGES + 1)], [Some(MAX_CHANGES), None]);
    }

    #[test]
    fn any_other_json_is_published_unchanged() {
        for text in
            [r#"{"action":"progress","percent":40,"message":"m"}"#, "{\"b\":1,\n\"a\":2}", "7", "\"x\"", "[]"]
        {
            let Report::Event(frame) = from_build(text.as_bytes()).unwrap() else { panic!("{text}") };
            assert_eq!(frame.data(), &format!("data: {}\n\n", text.replace('\n', " ")));
        }
        for text in [
            "",
            "{",
            r#"{"action":"progress""#,
            "hash=1",
            r#"{"action":"building","name":7}"#,
            r#"{"action":"built","changes":[7]}"#,
        ] {
            let error = from_build(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("column"), "{text}: {error}");
        }
    }

    #[test]
    fn invalid_utf_8_is_refused_even_in_skipped_strings() {
        for body in [&b"{\"a\":\"\xbf\"}"[..], b"{\"b\":\"\xbf\",\"action\":\"reload\"}"] {
            let error = from_build(body).unwrap_err().to_string();
            assert!(error.contains("from index 6"), "{error}");
        }
    }
}
