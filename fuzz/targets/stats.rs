//! Any bytes as a bundler's stats, and any JSON as the value that they are made from.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tower_hot_middleware::Stats;
use tower_hot_middleware_fuzz::{Event, check_explanation, events, hot, open, options};

/// Number of bundles whose state the middleware keeps.
const MAX_BUNDLES: usize = 256;

fuzz_target!(|bytes: &[u8]| {
    let value = serde_json::from_slice::<Value>(bytes);
    let read = Stats::from_json(bytes);
    // Skipped parts may not be valid in a `Value`, such as a number that is too large.
    if let Ok(value) = &value {
        assert_eq!(read.is_ok(), value.is_object());
    }
    if let Err(error) = &read {
        let error = error.to_string();
        check_explanation(&format!("{error}\n"));
        let says_where = error.contains(" at line ") && error.contains(" column ");
        assert!(says_where || error.contains("and not an object"), "{error}");
    }
    let Ok(value) = value else { return };
    let stats = Stats::from(value);
    assert!(read.is_err() || read.is_ok_and(|read| read == stats));

    let hot = hot(options());
    let (stock, own) = (open(&hot, ""), open(&hot, "ids&changes"));
    hot.built(stats);
    let received: Vec<_> = events(stock).iter().map(Event::data).collect();
    for event in &received {
        let keys: Vec<_> = event.as_object().expect("an object").keys().map(String::as_str).collect();
        let known = ["name", "action", "time", "hash", "warnings", "errors", "modules"];
        assert!(keys.iter().all(|key| known.contains(key)), "{keys:?}");
        assert!(event["name"].is_string(), "every bundle has a name");
        assert_eq!(event["action"], "built", "its order differs from those of earlier bundles with its name");
    }
    assert_eq!(events(own).len(), received.len() + 1, "`connected` and the same");
    let state = events(open(&hot, ""));
    assert_eq!(state.len(), received.len().min(MAX_BUNDLES));
    assert!(state.iter().all(|event| event.data()["action"] == "sync"));
});
