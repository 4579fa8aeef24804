//! Operations: events of sources, in the form in which processes exchange them.

use serde::{Deserialize, Serialize};
use serde_json::{Number, value::RawValue};

#[cfg(feature = "watch")]
use crate::build::Update;
use crate::build::{Build, Change};

/// One call of a source. Applied in the same order, all hubs have the same state and send the same events.
#[derive(Clone, Debug)]
pub(crate) enum Operation {
    Building {
        name: Option<String>,
        file: Option<String>,
        whole: bool,
    },
    Built(Box<Build>),
    Initial(Box<Build>),
    /// The latest build of a bundle, for the processes that have none: the shared log has lost it.
    Known(Box<Build>),
    Unchanged {
        name: String,
    },
    Reload {
        file: Option<String>,
    },
    /// An event of the app's own, as JSON.
    Event(Box<RawValue>),
    /// An event for the clients with this name.
    To {
        client: String,
        event: Box<RawValue>,
    },
}

/// The JSON of an operation.
#[derive(Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "lowercase")]
enum Written {
    Building {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
        whole: bool,
    },
    Built(WrittenBuild),
    Initial(WrittenBuild),
    Known(WrittenBuild),
    Unchanged {
        name: String,
    },
    Reload {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        file: Option<String>,
    },
    Event,
    To {
        client: String,
    },
}

#[derive(Serialize, Deserialize)]
struct WrittenBuild {
    name: String,
    #[serde(default)]
    nth: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time: Option<Number>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    errors: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    modules: Vec<(String, String)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unmodified: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changes: Option<Vec<WrittenChange>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    files: Option<Vec<(String, String)>>,
    #[cfg(feature = "watch")]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    update: Option<Update>,
}

#[derive(Serialize, Deserialize)]
struct WrittenChange {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    removed: bool,
}

impl From<Build> for WrittenBuild {
    fn from(build: Build) -> Self {
        let modules = build.modules.in_javascript_order();
        Self {
            modules: modules.map(|(id, name)| (id.to_owned(), name.to_owned())).collect(),
            name: build.name,
            nth: build.nth,
            time: build.time,
            hash: build.hash,
            warnings: build.warnings,
            errors: build.errors,
            unmodified: build.unmodified,
            changes: build.changes.map(|changes| changes.into_iter().map(WrittenChange::from).collect()),
            files: build.files,
            #[cfg(feature = "watch")]
            update: build.update,
        }
    }
}

impl From<WrittenBuild> for Box<Build> {
    fn from(written: WrittenBuild) -> Self {
        let mut build = Build {
            name: written.name,
            nth: written.nth,
            time: written.time,
            hash: written.hash,
            warnings: written.warnings,
            errors: written.errors,
            unmodified: written.unmodified,
            changes: written.changes.map(|changes| changes.into_iter().map(Change::from).collect()),
            files: written.files,
            #[cfg(feature = "watch")]
            update: written.update,
            ..Build::default()
        };
        build.modules.extend(written.modules);
        Box::new(build)
    }
}

impl From<Change> for WrittenChange {
    fn from(Change { id, version, text, removed }: Change) -> Self {
        Self { id, version, text, removed }
    }
}

impl From<WrittenChange> for Change {
    fn from(WrittenChange { id, version, text, removed }: WrittenChange) -> Self {
        Self { id, version, text, removed }
    }
}

impl Operation {
    /// Returns its JSON: an event of the app's own follows in a line of its own, unchanged.
    pub(crate) fn encode(&self) -> Result<Vec<u8>, serde_json::Error> {
        let (written, event) = match self.clone() {
            Self::Building { name, file, whole } => (Written::Building { name, file, whole }, None),
            Self::Built(build) => (Written::Built((*build).into()), None),
            Self::Initial(build) => (Written::Initial((*build).into()), None),
            Self::Known(build) => (Written::Known((*build).into()), None),
            Self::Unchanged { name } => (Written::Unchanged { name }, None),
            Self::Reload { file } => (Written::Reload { file }, None),
            Self::Event(event) => (Written::Event, Some(event)),
            Self::To { client, event } => (Written::To { client }, Some(event)),
        };
        let mut text = serde_json::to_vec(&written)?;
        if let Some(event) = event {
            text.push(b'\n');
            text.extend_from_slice(event.get().as_bytes());
        }
        Ok(text)
    }

    /// Parses what [`encode`](Self::encode) returns, of this version or another: unknown keys are ignored.
    pub(crate) fn decode(text: &[u8]) -> Result<Self, serde_json::Error> {
        let line = text.iter().position(|byte| *byte == b'\n').unwrap_or(text.len());
        let event = || serde_json::from_slice::<Box<RawValue>>(&text[line..]);
        Ok(match serde_json::from_slice(&text[..line])? {
            Written::Building { name, file, whole } => Self::Building { name, file, whole },
            Written::Built(build) => Self::Built(build.into()),
            Written::Initial(build) => Self::Initial(build.into()),
            Written::Known(build) => Self::Known(build.into()),
            Written::Unchanged { name } => Self::Unchanged { name },
            Written::Reload { file } => Self::Reload { file },
            Written::Event => Self::Event(event()?),
            Written::To { client } => Self::To { client, event: event()? },
        })
    }

    /// Returns the build that it reports.
    pub(crate) fn build(&self) -> Option<&Build> {
        match self {
            Self::Built(build) | Self::Initial(build) => Some(build),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn an_operation_is_decoded_as_it_was() {
        let raw = |json: &str| RawValue::from_string(json.to_owned()).unwrap();
        let build = Build::new("h")
            .name("n")
            .time(Duration::from_millis(12))
            .warning("w")
            .error("e\n\u{1f600}")
            .module("b", "./b")
            .module("1", "./1")
            .changes([Change::new("/a.css").version("v").text("a{}\n"), Change::removed("/b")])
            .files([("/a.css", "v")]);
        let cases = [
            Operation::Building { name: None, file: Some("f".into()), whole: true },
            Operation::Built(Box::new(build.clone())),
            Operation::Built(Box::default()),
            #[cfg(feature = "watch")]
            Operation::Built(Box::new(Build {
                update: Some(Update { change: 7, ..Update::default() }),
                ..build.clone()
            })),
            Operation::Known(Box::new(build.clone())),
            Operation::Initial(Box::new(build.changes([]))),
            Operation::Unchanged { name: "n".into() },
            Operation::Reload { file: None },
            Operation::Event(raw("{ \"b\": 1.50, \"a\": \"\\ud800\" }")),
            Operation::To { client: "c".into(), event: raw("null") },
        ];
        for operation in cases {
            let text = operation.encode().unwrap();
            let decoded = Operation::decode(&text).unwrap();
            assert_eq!(decoded.encode().unwrap(), text, "{operation:?}");
            match (&operation, &decoded) {
                (Operation::Event(before), Operation::Event(after)) => assert_eq!(before.get(), after.get()),
                (Operation::Built(before), Operation::Built(after)) => {
                    assert_eq!((&before.changes, &before.files), (&after.changes, &after.files));
                    #[cfg(feature = "watch")]
                    assert_eq!(before.update, after.update);
                }
                _ => {}
            }
        }
    }

    #[test]
    fn text_from_elsewhere_is_an_error() {
        for text in [
            "",
            "{}",
            "{\"do\":\"built\"}",
            "{\"do\":\"other\"}",
            "{\"do\":\"event\"}",
            "{\"do\":\"event\"}\n{",
        ] {
            assert!(Operation::decode(text.as_bytes()).is_err(), "{text}");
        }
    }
}
