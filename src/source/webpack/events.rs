//! Events of the bridge, one per line.

use std::io::{BufRead, Read};

use serde::{Deserialize, Serialize};

use crate::{build::stats::Stats, json::well_formed};

/// Longest line, in bytes: stats of a hundred thousand modules have some 100 MB.
const MAX_LINE: u64 = 128 << 20;

/// Capacity in bytes that is kept for the next line.
const KEPT_CAPACITY: usize = 1 << 20;

/// An event of the bridge.
#[derive(Debug)]
#[cfg_attr(test, derive(PartialEq))]
pub(super) enum Event {
    Building {
        name: String,
        file: Option<String>,
    },
    Built(Stats),
    Progress(Progress),
    /// The bundler can't go on for this reason.
    Failed(String),
}

/// Progress of a build, as it is published.
#[derive(Debug, PartialEq, Deserialize, Serialize)]
pub(super) struct Progress {
    action: String,
    name: String,
    percent: u8,
    message: String,
}

/// Reads events up to the end, or up to the first invalid one, whose fault is the error.
pub(super) fn read(mut lines: impl BufRead, mut emit: impl FnMut(Event)) -> Result<(), String> {
    let mut line = Vec::new();
    loop {
        line.clear();
        line.shrink_to(KEPT_CAPACITY);
        match (&mut lines).take(MAX_LINE).read_until(b'\n', &mut line) {
            Ok(0) => return Ok(()),
            Ok(_) if line.ends_with(b"\n") => emit(parse(&line)?),
            Ok(_) if line.len() as u64 == MAX_LINE => {
                return Err(format!("the bundler sent an event of more than {} MB", MAX_LINE >> 20));
            }
            // The bundler has ended within a line. The reason follows from its exit.
            Ok(_) | Err(_) => return Ok(()),
        }
    }
}

fn parse(line: &[u8]) -> Result<Event, String> {
    #[derive(Deserialize)]
    struct Head {
        action: String,
        #[serde(default)]
        name: String,
        file: Option<String>,
        #[serde(default)]
        message: String,
    }
    let line = &*well_formed(line);
    let invalid = |error| format!("the bundler sent an invalid event: {error}");
    let Head { action, name, file, message } = serde_json::from_slice(line).map_err(invalid)?;
    match action.as_str() {
        "building" => Ok(Event::Building { name, file }),
        "built" => Stats::from_json(line).map(Event::Built).map_err(|error| error.to_string()),
        "progress" => serde_json::from_slice(line).map(Event::Progress).map_err(invalid),
        "failed" => Ok(Event::Failed(message)),
        _ => Err(format!("the bundler sent an unknown event {action:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::build::Build;

    fn all(text: &str) -> (Vec<Event>, Result<(), String>) {
        let mut events = Vec::new();
        let end = read(text.as_bytes(), |event| events.push(event));
        (events, end)
    }

    #[test]
    fn events_are_read_line_by_line() {
        let (events, end) = all(concat!(
            "{\"action\":\"building\",\"name\":\"a\",\"file\":\"./a.js\"}\n{\"action\":\"building\",\"name\":\"\"}\n",
            "{\"action\":\"built\",\"stats\":[{\"name\":\"a\",\"hash\":\"1\"},{\"hash\":\"2\"}]}\n",
            "{\"action\":\"progress\",\"name\":\"a\",\"percent\":40,\"message\":\"sealing\"}\n",
            "{\"action\":\"failed\",\"message\":\"why\"}\n{\"action\":\"buil",
        ));
        assert_eq!(
            events,
            [
                Event::Building { name: "a".to_owned(), file: Some("./a.js".to_owned()) },
                Event::Building { name: String::new(), file: None },
                Event::Built(vec![Build::new("1").name("a"), Build::new("2")].into()),
                Event::Progress(Progress {
                    action: "progress".to_owned(),
                    name: "a".to_owned(),
                    percent: 40,
                    message: "sealing".to_owned(),
                }),
                Event::Failed("why".to_owned()),
            ]
        );
        assert_eq!(end, Ok(()));
    }

    #[test]
    fn a_lone_surrogate_is_replaced() {
        let (events, end) = all(concat!(
            r#"{"action":"building","name":"\ud800","file":"\ud800"}"#,
            "\n",
            r#"{"action":"built","stats":[{"errors":[{"moduleName":"\ud800","message":"\udc00"}]}]}"#,
            "\n",
            r#"{"action":"failed","message":"\ud800"}"#,
            "\n",
        ));
        assert_eq!(end, Ok(()));
        let lone = "\u{fffd}".to_owned();
        assert_eq!(events[0], Event::Building { name: lone.clone(), file: Some(lone.clone()) });
        let Event::Built(stats) = &events[1] else { panic!("{events:?}") };
        assert_eq!(stats.builds[0].errors, ["\u{fffd} \n\u{fffd}"]);
        assert_eq!(events[2], Event::Failed(lone));
    }

    #[test]
    fn invalid_events_are_errors_with_their_position() {
        let cases = [
            ("oops\n", "line 1 column 1"),
            ("{\"action\":7}\n", "expected a string"),
            ("{\"action\":\"dance\"}\n", "\"dance\""),
            ("\n", "EOF"),
        ];
        for (text, part) in cases {
            let (events, end) = all(text);
            assert!(events.is_empty() && end.as_ref().is_err_and(|error| error.contains(part)), "{end:?}");
        }
    }
}
