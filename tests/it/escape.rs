//! Names and messages from outside, in the log and in errors: one line each, without terminal control.

use std::error::Error;

use serde::{Serialize, Serializer, ser};
use tower_hot_middleware::{Build, Change, HotMiddleware, Options, Stats};

use crate::{access::Lines, client::Reading, hot, serve_app};

/// Ends the line, colors the next, changes the direction and hides text.
const NASTY: &str = "a\nWARN forged\r\u{1b}[31m\u{9b}1m\u{85}\u{7f}\u{202e}\u{2066}\u{200b}\u{2028}b";

fn assert_is_shown(case: &str, text: &str) {
    assert!(text.contains("forged"), "{case}: {text:?}");
    let hidden = ['\u{202e}', '\u{2066}', '\u{200b}', '\u{2028}'];
    assert!(!text.contains(|char: char| char.is_control() || hidden.contains(&char)), "{case}: {text:?}");
}

#[tokio::test]
async fn a_build_with_any_name_is_one_line_of_the_log_and_one_of_the_terminal() {
    let reload = |hot: &HotMiddleware| hot.reload_file(NASTY);
    let building = |hot: &HotMiddleware| hot.building_file(NASTY, NASTY);
    let built = |build: Build| move |hot: &HotMiddleware| hot.built(build.clone());
    for (case, log, count) in [
        ("its hash", &built(Build::new(NASTY)) as &dyn Fn(&HotMiddleware), 2),
        ("its name", &built(Build::new("h").name(NASTY)), 2),
        ("a file", &built(Build::new("h").change(Change::new(NASTY))), 2),
        ("an error", &built(Build::new("h").error(NASTY.replace('\n', ""))), 2),
        ("reload", &reload, 2),
        ("building", &building, 1),
    ] {
        let lines = Lines::of_this_thread();
        log(&hot());
        let text = lines.text();
        let lines: Vec<_> = text.split_terminator('\n').collect();
        assert_eq!(lines.len(), count, "{case}: {text}");
        assert_is_shown(case, &lines.concat());
    }
}

#[tokio::test]
async fn a_listeners_event_and_a_refused_message_are_one_line() {
    let lines = Lines::of_this_thread();
    let hot = HotMiddleware::new(Options::builder().build_token("0123456789abcdef").build().unwrap());
    let address = serve_app(&hot).await;
    for body in [
        format!("{{\"type\":\"custom\",{}:1}}", serde_json::json!(NASTY)),
        serde_json::json!({ "action": NASTY, "forged": 1 }).to_string(),
        serde_json::json!({ "action": "building", "name": { NASTY: 1 } }).to_string(),
        format!("{NASTY:?}"),
        NASTY.to_owned(),
    ] {
        let request = format!(
            "POST /__webpack_hmr HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer 0123456789abcdef\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let reading = Reading::raw(address, request.as_bytes()).await;
        if reading.status() == 204 {
            continue;
        }
        let text = reading.rest().await;
        let line = text.strip_suffix('\n').unwrap();
        assert!(!line.contains(char::is_control), "{line:?}");
    }
    for line in lines.text().lines() {
        assert!(!line.contains(char::is_control), "{line:?}");
    }
}

/// A value that fails with an arbitrary message.
struct Failing;

impl Serialize for Failing {
    fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        Err(ser::Error::custom(NASTY))
    }
}

#[tokio::test]
async fn every_error_is_one_line() {
    let hot_with_client = hot();
    // Events are only encoded for connected clients.
    let _stream = Reading::get(serve_app(&hot_with_client).await, "/__webpack_hmr").await;
    let mut errors: Vec<(&str, Box<dyn Error>)> = vec![
        ("a path", Box::new(Options::builder().path(NASTY).build().unwrap_err())),
        ("a base path", Box::new(Options::builder().base_path(NASTY).build().unwrap_err())),
        ("a host", Box::new(Options::builder().allowed_host(NASTY).build().unwrap_err())),
        ("an origin", Box::new(Options::builder().allowed_origin(NASTY).build().unwrap_err())),
        ("an event", Box::new(hot_with_client.publish(&Failing).unwrap_err())),
        ("stats", Box::new(Stats::from_json(serde_json::json!(NASTY).to_string().as_bytes()).unwrap_err())),
    ];
    #[cfg(feature = "websocket")]
    errors.extend([
        ("Vite's base", Box::new(Options::builder().vite_base(NASTY).build().unwrap_err()) as Box<dyn Error>),
        ("Vite's client", Box::new(Options::builder().vite_client(NASTY).build().unwrap_err())),
    ]);
    #[cfg(feature = "watch")]
    {
        use tower_hot_middleware::watch::Watch;
        let watch = |watch: Watch| Box::new(hot().watch(watch).unwrap_err()) as Box<dyn Error>;
        errors.extend([
            ("a folder", watch(Watch::new().reload(format!("Cargo.toml/{NASTY}")))),
            ("a prefix", watch(Watch::new().files(NASTY, "."))),
            ("a pattern", watch(Watch::new().reload(".").ignore(format!("[{NASTY}")))),
        ]);
    }
    #[cfg(feature = "command")]
    {
        use tower_hot_middleware::command::Command;
        let run = |command: Command| Box::new(hot().command(command).unwrap_err()) as Box<dyn Error>;
        errors.extend([
            ("a command", run(Command::new(NASTY))),
            ("a command's folder", run(Command::new("true").watch("src").dir(NASTY))),
            ("a command's sources", run(Command::new("true").watch(format!("Cargo.toml/{NASTY}")))),
        ]);
    }
    for (case, error) in errors {
        assert_is_shown(case, &error.to_string());
    }
}
