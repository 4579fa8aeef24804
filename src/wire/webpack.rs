//! Events as webpack-hot-middleware and its successors write them, as JSON.

use serde::Serialize;
use serde_json::Number;

use crate::{
    build::{Build, Change},
    json::{to_json, write_string},
};

/// A named event of the app, in the form that both protocols use.
#[derive(Debug, Serialize)]
pub(crate) struct Custom<'a, T: ?Sized> {
    r#type: &'static str,
    event: &'a str,
    data: &'a T,
}

impl<'a, T: ?Sized> Custom<'a, T> {
    pub(crate) fn new(event: &'a str, data: &'a T) -> Self {
        Self { r#type: "custom", event, data }
    }
}

/// The crate's own events other than `built` and `sync`.
#[derive(Debug, Serialize)]
#[serde(tag = "action", rename_all = "lowercase")]
pub(crate) enum Event<'a> {
    Building {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<&'a str>,
    },
    Reload {
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<&'a str>,
    },
    /// The update of a module is passed on to those that import it.
    #[cfg(feature = "watch")]
    Invalidate {
        path: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<&'a str>,
        update: &'a crate::build::Update,
    },
    Lagged {
        missed: u64,
    },
    Connected {
        #[serde(skip_serializing_if = "Option::is_none")]
        server: Option<&'a str>,
        heartbeat: u64,
        /// Key for receipts, if the server wants them.
        #[serde(skip_serializing_if = "Option::is_none")]
        receipts: Option<&'a str>,
        /// Key for the instances of modules that a page has from an earlier process, if modules may be served.
        #[serde(skip_serializing_if = "Option::is_none")]
        modules: Option<&'a str>,
        /// The same key for problems of pages, if the server wants them.
        #[serde(skip_serializing_if = "Option::is_none")]
        console: Option<&'a str>,
    },
}

/// Writes the JSON object of a build with this action, with webpack-hot-middleware's keys in its order, and `unmodified`
/// where a bundler has told it.
pub(crate) fn build_json(build: &Build, action: &str) -> Vec<u8> {
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
        #[serde(skip_serializing_if = "Option::is_none")]
        unmodified: Option<bool>,
    }
    let mut json = to_json(&Wire {
        name: &build.name,
        action,
        time: build.time.as_ref(),
        hash: build.hash.as_deref(),
        warnings: &build.warnings,
        errors: &build.errors,
        // A newcomer may have missed the builds before it.
        unmodified: build.unmodified.filter(|_| action == "built"),
    });
    json.truncate(json.len() - 1);
    // There may be thousands of modules, so they are written without `serde_json`, see `write_string`.
    json.extend_from_slice(b",\"modules\":{");
    for (n, (id, name)) in build.modules.in_javascript_order().enumerate() {
        if n > 0 {
            json.push(b',');
        }
        write_string(id, &mut json);
        json.push(b':');
        write_string(name, &mut json);
    }
    json.extend_from_slice(b"}}");
    json
}

/// Appends one extension field, with the comma before it.
pub(crate) fn extension_field(key: &str, value: &impl Serialize, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
    out.extend_from_slice(&to_json(value));
}

/// Appends the extension field `changes`.
pub(crate) fn extension_changes(changes: &[Change], out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"changes\":[");
    for (n, change) in changes.iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        out.extend_from_slice(&to_json(change));
        if let Some(text) = &change.text {
            out.truncate(out.len() - 1);
            out.extend_from_slice(b",\"text\":");
            write_string(text, out);
            out.push(b'}');
        }
    }
    out.push(b']');
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn json(build: &Build) -> String {
        String::from_utf8(build_json(build, "built")).unwrap()
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
        // `JSON.stringify` prints this for an object with these keys added in this order.
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
    fn a_removed_change_has_neither_version_nor_text() {
        let change = String::from_utf8(to_json(&Change::removed("/a.css"))).unwrap();
        assert_eq!(change, r#"{"id":"/a.css"}"#);
    }

    #[test]
    fn an_extension_field_is_written_with_its_comma() {
        let mut out = Vec::new();
        extension_field("previous", &"h0", &mut out);
        assert_eq!(out, br#","previous":"h0""#);
    }

    #[test]
    fn a_change_carries_its_text() {
        let mut out = Vec::new();
        extension_changes(&[Change::new("/a").text("a{}\n"), Change::removed("/b")], &mut out);
        let written = String::from_utf8(out).unwrap();
        assert_eq!(written, r#","changes":[{"id":"/a","text":"a{}\n"},{"id":"/b"}]"#);
    }

    #[test]
    fn unknown_values_are_left_out() {
        let cases = [
            (Event::Building { name: None, file: None }, r#"{"action":"building"}"#),
            (
                Event::Building { name: Some("n"), file: Some("./a") },
                r#"{"action":"building","name":"n","file":"./a"}"#,
            ),
            (Event::Reload { file: None }, r#"{"action":"reload"}"#),
            (Event::Lagged { missed: 3 }, r#"{"action":"lagged","missed":3}"#),
        ];
        for (event, json) in cases {
            assert_eq!(String::from_utf8(to_json(&event)).unwrap(), json);
        }
    }
}
