//! All shapes of bundlers' stats, and the events that become of them.

use std::task::{Context, Poll, Waker};

use serde_json::json;

use super::*;
use crate::{HotMiddleware, Options, hub::Subscribe, wire::build_json};

fn wire(stats: &Value) -> Vec<String> {
    let stats = Stats::from(stats);
    stats.builds.iter().map(|build| String::from_utf8(build_json(build, "built")).unwrap()).collect()
}

#[test]
fn bundles_and_names() {
    let cases = [
        ("a single compilation", json!({"hash": "h", "name": "n", "modules": []}), vec!["n"]),
        ("the compilation's name", json!({"hash": "h", "compilation": {"name": "c"}}), vec!["c"]),
        ("an empty name falls back too", json!({"name": "", "compilation": {"name": "c"}}), vec!["c"]),
        ("no name", json!({"hash": "h"}), vec![""]),
        ("webpack 4's children", json!({"children": [{"name": "a"}, {"name": "b"}]}), vec!["a", "b"]),
        (
            "modules have precedence over children",
            json!({"modules": [], "children": [{"name": "a"}]}),
            vec![""],
        ),
        ("no children", json!({"name": "n", "children": []}), vec!["n"]),
        (
            "webpack 5's stats",
            json!({"stats": [{"name": "a"}, {"name": "b"}], "modules": []}),
            vec!["a", "b"],
        ),
        ("not even an object", json!(7), vec![""]),
    ];
    for (case, stats, names) in cases {
        let found: Vec<_> = Stats::from(&stats).builds.into_iter().map(|build| build.name).collect();
        assert_eq!(found, names, "{case}");
    }
}

#[test]
fn each_problem_is_read_on_its_own() {
    let stats = json!({
        "hash": "h",
        "errors": ["text", {"moduleName": "./a.js", "loc": "3:1-4", "message": "Bad"}, {"message": "alone"}],
        "warnings": null,
    });
    assert_eq!(
        wire(&stats),
        [
            r#"{"name":"","action":"built","hash":"h","warnings":[],"errors":["text","./a.js 3:1-4\nBad"," \nalone"],"modules":{}}"#
        ]
    );
}

#[test]
fn modules_without_an_id_are_left_out() {
    let stats = json!({"hash": "h", "time": 1.5, "modules": [
        {"name": "./none.js"}, {"id": null, "name": "./null.js"}, {"id": 3, "name": "./3.js"},
        {"id": "./s.js", "name": "./s.js"}, {"id": 1, "name": "./1.js"}, {"id": 9}, 4,
    ]});
    assert_eq!(
        wire(&stats),
        [
            r#"{"name":"","action":"built","time":1.5,"hash":"h","warnings":[],"errors":[],"modules":{"1":"./1.js","3":"./3.js","./s.js":"./s.js"}}"#
        ]
    );
}

#[test]
fn invalid_json_is_an_error_with_its_position() {
    let error = Stats::from_json(b"{\"hash\":\n  oops}").unwrap_err().to_string();
    assert!(error.contains("line 2"), "{error}");
    let error = Stats::from_json(b"[1, 2]").unwrap_err().to_string();
    assert!(error.contains("[1,2]"), "{error}");
    let error = Stats::from_json("\"\u{9b}2J\"".as_bytes()).unwrap_err().to_string();
    assert!(error.contains(r#""\u{9b}2J""#), "terminal control is escaped: {error}");
}

#[test]
fn numeric_ids_are_the_keys_that_javascript_makes_of_them() {
    let text = r#"{"modules":[{"id":1.0,"name":"a"},{"id":1e3,"name":"b"},{"id":-0.0,"name":"c"},{"id":-7,"name":"d"},
        {"id":1.5,"name":"e"},{"id":true,"name":"f"},{"id":{},"name":"g"},{"id":"undefined","name":"h"}]}"#;
    let json = String::from_utf8(build_json(&Stats::from_json(text.as_bytes()).unwrap().builds[0], "built"))
        .unwrap();
    let modules = r#""modules":{"0":"c","1":"a","1000":"b","-7":"d","1.5":"e","undefined":"h"}"#;
    assert!(json.contains(modules), "{json}");
}

#[test]
fn bundles_of_one_name_are_distinguished_by_their_order() {
    let stats = json!({"children": [{"name": "a"}, {}, {"name": "a"}, {"name": "b"}, {}, {}]});
    let builds = Stats::from(&stats).builds;
    let keys: Vec<_> = builds.iter().map(Build::key).collect();
    assert_eq!(keys, [("a", 0), ("", 0), ("a", 1), ("b", 0), ("", 1), ("", 2)]);

    let hot = HotMiddleware::new(Options::default());
    let mut stream = hot.shared().hub().subscribe(&Subscribe::default()).unwrap();
    let mut published = move || {
        let mut actions = Vec::new();
        while let Poll::Ready(Some(event)) = stream.poll_next(&mut Context::from_waker(Waker::noop())) {
            let event: Value = serde_json::from_slice(event.strip_prefix(b"data: ").unwrap()).unwrap();
            actions.push(format!(
                "{} {}",
                event["action"].as_str().unwrap(),
                event["hash"].as_str().unwrap()
            ));
        }
        actions
    };
    let build = |first: &str, second: &str| json!({"children": [{"hash": first}, {"hash": second}]});
    hot.built(build("1", "2"));
    assert_eq!(published(), ["built 1", "built 2"]);
    hot.built(build("1", "3"));
    assert_eq!(published(), ["sync 1", "built 3"]);
    hot.built(build("4", "3"));
    assert_eq!(published(), ["built 4", "sync 3"]);
}

#[test]
fn fields_of_another_type_count_as_missing() {
    let hostile = [
        json!({"hash": 7, "time": "long", "name": ["n"], "errors": "many", "warnings": {"0": "w"}, "modules": {"a": 1}}),
        json!({"hash": null, "time": null, "name": null, "errors": null, "warnings": null, "modules": null}),
        json!({"stats": {"0": {}}, "children": "none", "compilation": 7}),
        json!({"hash": {}, "modules": [null, 7, [], "text", {"id": [], "name": {}}]}),
    ];
    for stats in hostile {
        assert_eq!(
            wire(&stats),
            [r#"{"name":"","action":"built","warnings":[],"errors":[],"modules":{}}"#],
            "{stats}"
        );
    }
}

#[test]
fn problems_of_any_kind_are_shown() {
    let stats = json!({"errors": [null, 7, ["a"], {}, "", {"message": 7, "moduleName": "./a.js"}]});
    let json = wire(&stats).concat();
    assert!(json.contains(r#""errors":["null","7","[\"a\"]"," \n","","./a.js \n"]"#), "{json}");
}

#[test]
fn hostile_json_is_an_error_with_its_position() {
    let [skipped, deep] = ["modules", "errors"].map(|key| format!("{{\"{key}\":{}", "[".repeat(1_000_000)));
    let cases: [(&[u8], &str); 7] = [
        (b"", "line 1 column 0"),
        (b"{\"hash\":\n\n  NaN}", "line 3"),
        (b"{\"hash\":\"\xff\"}", "invalid unicode code point at line 1"),
        (b"{\"hash\":\"h\"", "EOF while parsing an object at line 1"),
        (b"{\"hash\":\"h\"}{", "trailing characters at line 1 column 13"),
        (skipped.as_bytes(), "EOF while parsing a list at line 1"),
        (deep.as_bytes(), "recursion limit exceeded at line 1"),
    ];
    for (text, place) in cases {
        let error = Stats::from_json(text).unwrap_err().to_string();
        assert!(error.contains(place) && error.len() < 500, "{error} does not say {place}");
    }
}

#[test]
fn a_hundred_megabytes_are_read() {
    // Bundlers add these by default: reasons, sources, assets.
    let module = |id: usize| {
        let source = "x".repeat(100_000);
        format!(r#"{{"id":{id},"name":"./src/{id}.js","source":"{source}","reasons":[{{"moduleId":0}}]}}"#)
    };
    let modules: Vec<_> = (0..1_000).map(module).collect();
    let text = format!(r#"{{"hash":"h","assets":[{{"name":"main.js"}}],"modules":[{}]}}"#, modules.join(","));
    assert!(text.len() > 100_000_000);
    let json = String::from_utf8(build_json(&Stats::from_json(text.as_bytes()).unwrap().builds[0], "built"))
        .unwrap();
    assert!(json.ends_with(r#""998":"./src/998.js","999":"./src/999.js"}}"#) && json.len() < 50_000);
}

#[test]
fn a_builds_event_says_what_the_bundler_knows_of_its_cause() {
    for (value, expected) in [
        (json!(true), Some(r#""errors":[],"unmodified":true,"modules""#)),
        (json!(false), Some(r#""errors":[],"unmodified":false,"modules""#)),
        (json!("true"), None),
        (json!(null), None),
    ] {
        let stats = Stats::from(json!({"hash": "h", "unmodified": value}));
        let of = |action| String::from_utf8(build_json(&stats.builds[0], action)).unwrap();
        assert_eq!(of("built").contains("unmodified"), expected.is_some(), "{value}");
        assert!(of("built").contains(expected.unwrap_or_default()), "{value}: {}", of("built"));
        assert!(!of("sync").contains("unmodified"), "a newcomer may have missed other builds");
    }
}

#[test]
fn the_last_of_duplicate_keys_counts() {
    let text = r#"{"hash":"1","hash":"2","modules":[{"id":1,"id":2,"name":"a"}],"modules":[{"id":3,"name":"b"}],
        "children":[{"hash":"3"}]}"#;
    let expected = Stats::from(Build::new("2").module("3", "b"));
    assert_eq!(Stats::from_json(text.as_bytes()).unwrap(), expected);
    assert_eq!(Stats::from(serde_json::from_str::<Value>(text).unwrap()), expected);
}

#[test]
fn a_lone_surrogate_is_replaced_everywhere() {
    let lone = r"\ud83d";
    let text = format!(
        r#"{{"hash":"h{lone}","name":"n{lone}","errors":["e{lone}",{{"moduleName":"m{lone}","loc":"{lone}","message":"\udc93"}}],
            "warnings":["💓 \ud83d\udc93"],"modules":[{{"id":"{lone}","name":"{lone}"}}],"k{lone}":"{lone}"}}"#
    );
    let expected = Build::new("h\u{fffd}")
        .name("n\u{fffd}")
        .error("e\u{fffd}")
        .error("m\u{fffd} \u{fffd}\n\u{fffd}")
        .warning("💓 💓")
        .module("\u{fffd}", "\u{fffd}");
    assert_eq!(Stats::from_json(text.as_bytes()).unwrap(), expected.into());
}

#[test]
fn lists_are_read_up_to_their_bounds() {
    let list = |element: &str, count: usize| format!("[{}]", vec![element; count].join(","));
    let of = |text: String| Stats::from_json(text.as_bytes()).unwrap().builds;

    let builds = of(format!(r#"{{"stats":{}}}"#, list("{}", 10_000)));
    assert_eq!(builds.len(), read::MAX_BUNDLES);

    let problems = list(r#""p""#, read::MAX_PROBLEMS);
    let builds = of(format!(r#"{{"errors":{problems},"warnings":{problems}}}"#));
    assert_eq!(
        (builds[0].errors.len(), &builds[0].warnings[..]),
        (10_000, &["10000 more warnings".to_owned()][..])
    );

    let module = r#"{"id":1,"name":"m"}"#;
    let bundle = format!(r#"{{"modules":{}}}"#, list(module, read::MAX_MODULES / 2 + 1));
    let builds = of(format!(r#"{{"children":[{bundle},{bundle},{bundle}]}}"#));
    let counts: Vec<_> = builds.iter().map(|build| build.modules.count()).collect();
    assert_eq!(counts, [read::MAX_MODULES / 2 + 1, read::MAX_MODULES / 2 - 1, 0]);

    let nested = of(format!(r#"{{"errors":[{}]}}"#, list("[]", 100_000)));
    assert!(nested[0].errors[0].starts_with("[[],[],") && nested[0].errors[0].len() <= 1024);
}
