//! Processes that end by themselves: before they accept, later, and builds that never made one.

use crate::{
    app,
    http::{self, Events},
    project::Project,
};

#[test]
fn a_process_that_dies_before_it_accepts_replaces_nothing() {
    let project = Project::new(app::WHOLE);
    let run = project.serve(&[]);
    let cases = [
        ("a panic", "panic!(\"no database\");", "no database"),
        ("an exit", "eprintln!(\"no configuration\"); std::process::exit(3);", "no configuration"),
        (
            "an end in peace",
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
fn a_process_that_dies_later_leaves_a_page_that_says_why() {
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
    assert!(
        !page.body.contains("mismatched"),
        "what the build says goes by the stream alone, which asks who reads it"
    );
    let text = http::get(project.port, "/any/page").unwrap();
    assert!(text.status == 503 && text.body.contains("cargo hmr"), "{text:?}");
    // Another host's page may not read it, as on the app itself.
    let foreign = http::get_as(project.port, "/__webpack_hmr", "Origin: http://evil.example\r\n").unwrap();
    assert_eq!(foreign.status, 403, "{foreign:?}");

    project.replace("src/main.rs", "const TEXT: u8", "const TEXT: &str");
    events.until("the page is sent on", |event| event["event"] == "cargo-hmr:serves");
    while events.next().is_some() {}
    assert!(http::get(project.port, "/").unwrap().body.contains("one"), "{}", run.output());
}

#[test]
fn where_an_app_listened_is_remembered() {
    let project = Project::new(app::WHOLE);
    drop(project.serve(&[]));
    project.replace("src/main.rs", "const TEXT: &str", "const TEXT: u8");
    let run = project.run(&[]);
    run.until_answer("/", |answer| answer.status == 503);
    let errors = Events::open(project.port).until_errors();
    assert!(errors[0].contains("mismatched types"), "{errors:?}");
}
