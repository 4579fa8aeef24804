//! What the bridge tells, line by line.

use std::io::{BufRead, Read};

use serde::{Deserialize, Serialize};

use crate::{build::stats::Stats, json::well_formed};

/// The longest line that is taken: stats of a hundred thousand modules have some 100 MB.
const LINE: u64 = 128 << 20;

/// How much room is kept for the next line.
const ROOM: usize = 1 << 20;

/// One thing that the bridge tells.
#[derive(Debug)]
#[cfg_attr(test, derive(PartialEq))]
pub(super) enum Event {
    Building {
        name: String,
        file: Option<String>,
    },
    Built(Stats),
    Progress(Progress),
    /// The bundler can't go on, for this reason.
    Failed(String),
}

/// How far a build is, as pages are told.
#[derive(Debug, PartialEq, Deserialize, Serialize)]
pub(super) struct Progress {
    action: String,
    name: String,
    percent: u8,
    message: String,
}

/// Reads events to the end, or to the first that is none: the error says what is wrong with that.
pub(super) fn read(mut lines: impl BufRead, mut tell: impl FnMut(Event)) -> Result<(), String> {
    let mut line = Vec::new();
    loop {
        line.clear();
        line.shrink_to(ROOM);
        match (&mut lines).take(LINE).read_until(b'\n', &mut line) {
            Ok(0) => return Ok(()),
            Ok(_) if line.ends_with(b"\n") => tell(parse(&line)?),
            Ok(_) if line.len() as u64 == LINE => {
                return Err(format!("the bundler told more than {} MB at once", LINE >> 20));
            }
            // It has ended in the middle of a line, and there will be a reason for that.
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
    let no_event = |error| format!("the bundler told what is no event: {error}");
    let Head { action, name, file, message } = serde_json::from_slice(line).map_err(no_event)?;
    match action.as_str() {
        "building" => Ok(Event::Building { name, file }),
        "built" => Stats::from_json(line).map(Event::Built).map_err(|error| error.to_string()),
        "progress" => serde_json::from_slice(line).map(Event::Progress).map_err(no_event),
        "failed" => Ok(Event::Failed(message)),
        _ => Err(format!("the bundler told of an unknown {action:?}")),
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
    fn a_lone_surrogate_ends_nothing() {
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
    fn what_is_no_event_is_an_error_that_says_where() {
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
