//! Build reports for pages, published by the app's layer or by the runner's own page.

use std::time::Duration;

use serde::Serialize;
use tower_hot_middleware::{Build, HotMiddleware};

/// The bundle's name on the wire.
const NAME: &str = "cargo";

/// A message to the app, as `tower_hot_middleware` reads it.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "action", rename_all = "lowercase")]
pub(crate) enum Report {
    Building {
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<String>,
    },
    Progress {
        percent: u8,
        message: String,
    },
    Built {
        errors: Vec<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        time: Option<u64>,
    },
    Drain,
    /// Inherited sockets that the app has not taken over by now are closed.
    Settled,
}

impl Report {
    pub(crate) fn built(errors: Vec<String>, time: Option<Duration>) -> Self {
        Self::Built { errors, time: time.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)) }
    }

    pub(crate) fn progress(done: u32, all: u32, crates: &str) -> Self {
        let percent = u8::try_from(u64::from(done) * 100 / u64::from(all.max(1))).unwrap_or(100).min(100);
        let crates = if crates.is_empty() { String::new() } else { format!(": {crates}") };
        Self::Progress { percent, message: format!("{done} of {all} crates{crates}") }
    }

    /// Publishes the report on the layer of the runner's own page.
    pub(crate) fn publish(&self, hot: &HotMiddleware) {
        match self {
            Self::Building { file: Some(file) } => hot.building_file(NAME, file),
            Self::Building { file: None } => hot.building_bundle(NAME),
            Self::Progress { percent, message } => {
                let progress = serde_json::json!({
                    "action": "progress", "name": NAME, "percent": percent, "message": message,
                });
                // A `serde_json::Value` always serializes.
                let _ = hot.publish(&progress);
            }
            Self::Built { errors, time } => {
                // Without a content hash, every report is a new build.
                let mut build = Build::default().name(NAME).changes([]);
                if let Some(time) = time {
                    build = build.time(Duration::from_millis(*time));
                }
                hot.built(errors.iter().fold(build, Build::error));
            }
            Self::Drain => hot.close(),
            Self::Settled => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reports_are_written_as_the_app_reads_them() {
        let cases = [
            (
                Report::Building { file: Some("src/main.rs".into()) },
                r#"{"action":"building","file":"src/main.rs"}"#,
            ),
            (Report::Building { file: None }, r#"{"action":"building"}"#),
            (
                Report::progress(3, 7, "app"),
                r#"{"action":"progress","percent":42,"message":"3 of 7 crates: app"}"#,
            ),
            (Report::progress(0, 0, ""), r#"{"action":"progress","percent":0,"message":"0 of 0 crates"}"#),
            (
                Report::built(vec!["e".into()], Some(Duration::from_millis(8))),
                r#"{"action":"built","errors":["e"],"time":8}"#,
            ),
            (Report::Drain, r#"{"action":"drain"}"#),
            (Report::Settled, r#"{"action":"settled"}"#),
        ];
        for (report, json) in cases {
            assert_eq!(serde_json::to_string(&report).unwrap(), json);
        }
    }
}
