//! Failed builds: pages receive the errors, and the old app continues to serve.

use crate::{
    app,
    http::{self, Events},
    project::Project,
};

#[test]
fn pages_receive_errors_with_colours_and_positions_until_they_are_fixed() {
    let project = Project::new(app::WHOLE);
    let run = project.serve(&[]);
    let mut events = Events::open(project.port);
    let cases = [
        (
            "a type",
            "const TEXT: &str = \"one\"",
            "const TEXT: u8 = \"one\"",
            "src/main.rs 5:",
            "mismatched types",
        ),
        ("the syntax", "    let hot =", "    let = ", "src/main.rs 9:", "expected pattern"),
        ("a name", "Html(format!", "Htm(format!", "src/main.rs 10:", "Htm"),
    ];
    for (case, from, to, place, text) in cases {
        project.replace("src/main.rs", from, to);
        let errors = events.until_errors();
        assert!(errors[0].starts_with(place) && errors[0].contains(text), "{case}: {errors:?}");
        assert!(
            errors[0].contains("\x1b[") && errors[0].contains("--> "),
            "{case}: rustc's own rendering, {errors:?}"
        );
        assert!(
            http::get(project.port, "/").unwrap().body.contains("one"),
            "{case}: the old app still serves"
        );
        // A page that is opened now receives the error too.
        let errors = Events::open(project.port).until_errors();
        assert!(errors[0].starts_with(place), "{case}: {errors:?}");
        project.replace("src/main.rs", to, from);
        let fixed = events.until("a build without errors", |event| {
            event["action"] != "building" && event["errors"] == serde_json::json!([])
        });
        assert_eq!(fixed["name"], "cargo", "{case}");
    }
    let output = run.output();
    assert!(
        output.contains("mismatched types") && !output.contains('\x1b'),
        "no colours without a terminal: {output}"
    );
    assert!(!output.contains("switched"), "the fixed source is the running one: {output}");
}

#[test]
fn errors_of_a_crate_do_not_wait_for_other_crates() {
    let project = Project::new(app::WHOLE);
    project.write("Cargo.toml", &app::manifest(&project.name, "\n[dependencies.lib]\npath = \"lib\"\n"));
    project.write("lib/Cargo.toml", "[package]\nname = \"lib\"\nversion = \"0.1.0\"\nedition = \"2024\"\n");
    project.write("lib/src/lib.rs", "pub const LIB: u8 = 1;\n");
    project.write(
        "build.rs",
        "fn main() { println!(\"cargo::rerun-if-changed=wait\"); \
        let wait = std::fs::read_to_string(\"wait\").unwrap().parse().unwrap(); \
        std::thread::sleep(std::time::Duration::from_secs(wait)); }",
    );
    project.write("wait", "0");
    let run = project.serve(&["-j", "2"]);
    let mut events = Events::open(project.port);
    // The build script outlasts the test.
    project.write("wait", "1000");
    project.replace("lib/src/lib.rs", "= 1", "= \"1\"");
    let errors = events.until_errors();
    assert!(errors[0].starts_with("lib/src/lib.rs 1:"), "{errors:?}");
    project.write("wait", "0");
    project.replace("lib/src/lib.rs", "= \"1\"", "= 1");
    events.until("a build without errors", |event| event["errors"] == serde_json::json!([]));
    drop(run);
}

#[test]
fn failures_without_a_compiler_message_are_errors_too() {
    let project = Project::new(app::WHOLE);
    project.write(
        "build.rs",
        "fn main() { println!(\"cargo::rerun-if-changed=fails\"); \
        assert!(!std::fs::read_to_string(\"fails\").unwrap().contains(\"yes\"), \"the script says no\"); }",
    );
    project.write("fails", "no");
    let run = project.serve(&[]);
    let mut events = Events::open(project.port);
    project.write("fails", "yes");
    let errors = events.until_errors();
    assert!(errors[0].contains("the script says no"), "{errors:?}");
    project.write("fails", "no");
    events.until("a build without errors", |event| event["errors"] == serde_json::json!([]));
    project.replace("Cargo.toml", "edition = \"2024\"", "edition = \"1066\"");
    let errors = events.until_errors();
    assert!(errors[0].contains("1066"), "{errors:?}");
    project.replace("Cargo.toml", "1066", "2024");
    events.until("a build without errors", |event| event["errors"] == serde_json::json!([]));
    drop(run);
}

#[test]
fn warnings_are_counted() {
    let project = Project::new(&app::WHOLE.replace("const TEXT", "fn never() {}\nstruct Never;\nconst TEXT"));
    let run = project.serve(&[]);
    run.says("2 warnings", 0);
}

/// The page and the terminal show that another cargo holds the lock.
#[test]
fn a_build_reports_that_it_waits_for_cargos_lock() {
    let project = Project::new(app::WHOLE);
    let run = project.serve(&[]);
    let lock = project.target().join("debug/.cargo-lock");
    let file = std::fs::File::options().write(true).open(lock).unwrap();
    file.lock().unwrap();
    let mut events = Events::open(project.port);
    let from = run.output().len();
    project.replace("src/main.rs", "\"one\"", "\"two\"");
    let waits = events.until_action("progress");
    assert_eq!(waits["message"], "waiting for another cargo");
    run.says("Blocking waiting for file lock", from);
    drop(file);
    run.until_body("two");
}
