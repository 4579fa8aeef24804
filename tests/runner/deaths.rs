//! Apps that exit before they accept connections, apps that exit later, and first builds that fail.

use crate::{
    app,
    http::{self, Events},
    project::Project,
};

#[test]
fn a_new_process_that_exits_before_it_accepts_leaves_the_old_one_serving() {
    let project = Project::new(app::WHOLE);
    let run = project.serve(&[]);
    let cases = [
        ("a panic", "panic!(\"no database\");", "no database"),
        ("an exit", "eprintln!(\"no configuration\"); std::process::exit(3);", "no configuration"),
        (
            "a successful exit",
            "if std::env::args().count() < 9 { println!(\"said and done\"); return; }",
            "said and done",
        ),
    ];
    for (case, line, words) in cases {
        let mut events = Events::open(project.port);
        project.replace("src/main.rs", "    let hot =", &format!("    {line}\n    let hot ="));
        let errors = events.until_errors();
        assert!(errors[0].contains("the app ended") && errors[0].contains(words), "{case}: {errors:?}");
        assert!(
            http::get(project.port, "/").unwrap().body.contains("one"),
            "{case}: the old process serves on"
        );
        project.replace("src/main.rs", &format!("    {line}\n"), "");
        events.until("a build without errors", |event| {
            event["action"] == "built" && event["errors"] == serde_json::json!([])
        });
        run.until_body("one");
    }
}

#[test]
fn after_the_app_exits_a_page_shows_the_reason() {
    let project = Project::new(app::WHOLE);
    let run = project.serve(&[]);
    let _ = http::get(project.port, "/die");
    let page = run.until_answer("/any/page?x", |answer| answer.status == 503);
    assert!(page.head.contains("cargo-hmr: 1") && page.closes(), "{page:?}");
    let errors = Events::open(project.port).until_errors();
    assert!(errors[0].contains("exit code 7") && errors[0].contains("last words"), "{errors:?}");
    project.replace("src/main.rs", "\"one\"", "\"two\"");
    run.until_body("two");
}

/// Also where the build that starts it again is not reported, as it compiles nothing.
#[test]
fn the_reason_goes_once_an_app_runs_again() {
    let project = Project::new(app::WHOLE);
    let run = project.serve(&[]);
    let _ = http::get(project.port, "/die");
    run.until_answer("/", |answer| answer.status == 503);
    project.write("src/stray.rs", "");
    run.until_body("one");
    let mut events = Events::open(project.port);
    let cargo = events
        .until("the state of the build", |event| event["name"] == "cargo" || event["action"] == "connected");
    drop(cargo);
    project.replace("src/main.rs", "\"one\"", "\"two\"");
    let before = events.until("the next save", |event| {
        assert_eq!(event["errors"].as_array().map_or(0, Vec::len), 0, "{event}");
        event["action"] == "building"
    });
    assert_eq!(before["name"], "cargo");
    run.until_body("two");
}

#[test]
fn a_first_build_that_fails_is_shown_on_the_apps_own_port() {
    let project = Project::new(&app::WHOLE.replace("const TEXT: &str", "const TEXT: u8"));
    let run = project.run(&["--listen", &format!("127.0.0.1:{}", project.port)]);
    let mut events = loop {
        if http::get(project.port, "/").is_ok() {
            break Events::open(project.port);
        }
    };
    let errors = events.until_errors();
    assert!(errors[0].starts_with("src/main.rs 5:") && errors[0].contains("mismatched types"), "{errors:?}");
    let page = http::get_as(project.port, "/any/page", "Accept: text/html,*/*;q=0.8\r\n").unwrap();
    assert!(page.status == 503 && page.body.contains("/__webpack_hmr/client.js"), "{page:?}");
    assert!(!page.body.contains("mismatched"), "build output is only on the stream, which checks access");
    let text = http::get(project.port, "/any/page").unwrap();
    assert!(text.status == 503 && text.body.contains("cargo hmr"), "{text:?}");
    // The same access check as in the app.
    let foreign = http::get_as(project.port, "/__webpack_hmr", "Origin: http://evil.example\r\n").unwrap();
    assert_eq!(foreign.status, 403, "{foreign:?}");

    project.replace("src/main.rs", "const TEXT: u8", "const TEXT: &str");
    events.until("the app serves", |event| event["event"] == "cargo-hmr:serves");
    while events.next().is_some() {}
    assert!(http::get(project.port, "/").unwrap().body.contains("one"), "{}", run.output());
}

#[test]
fn the_address_of_the_last_run_is_remembered() {
    let project = Project::new(app::WHOLE);
    drop(project.serve(&[]));
    project.replace("src/main.rs", "const TEXT: &str", "const TEXT: u8");
    let run = project.run(&[]);
    run.until_answer("/", |answer| answer.status == 503);
    let errors = Events::open(project.port).until_errors();
    assert!(errors[0].contains("mismatched types"), "{errors:?}");
}
