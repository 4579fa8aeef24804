//! The choice of the binary, and the errors if no binary fits.

use std::process::{Command, Output};

use crate::{app, project::Project};

fn output(project: &Project, arguments: &[&str]) -> (Option<i32>, String) {
    let Output { status, stdout, stderr } = project.command(arguments).output().unwrap();
    let text = [stdout, stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).concat();
    (status.code(), text)
}

#[test]
fn invalid_arguments_are_errors_with_a_remedy() {
    let project = Project::new("fn main() {}");
    project.write("src/bin/other.rs", "fn main() {}");
    project.write("examples/shown.rs", "fn main() {}");
    let cases: [(&[&str], i32, &str); 9] = [
        (&[], 101, "use --bin, or the manifest's key `default-run`; there are: NAME, other"),
        (&["--bin", "none"], 101, "no bin target named \"none\"; there are: NAME, other"),
        (&["--example", "none"], 101, "no example target named \"none\"; there are: shown"),
        (&["-p", "none"], 101, "no package \"none\" in this workspace; it has NAME"),
        (&["--manifest-path", "none/Cargo.toml"], 101, "none/Cargo.toml"),
        (&["--listen", "3000"], 2, "invalid value '3000'"),
        (&["--bin", "other", "--example", "shown"], 2, "cannot be used with"),
        (&["--help"], 0, "[package.metadata.hmr]"),
        (&["--completions", "bash"], 0, "_cargo__hmr()"),
    ];
    for (arguments, code, text) in cases {
        let (status, output) = output(&project, arguments);
        assert_eq!(status, Some(code), "{arguments:?}: {output}");
        assert!(output.contains(&text.replace("NAME", &project.name)), "{arguments:?}: {output}");
    }
    project.write(
        "Cargo.toml",
        &app::manifest(&project.name, "[package.metadata.hmr]\nlisten = \"127.0.0.1:3000\"\n"),
    );
    let (status, output) = output(&project, &["--bin", "other"]);
    assert!(status == Some(101) && output.contains("`metadata.hmr`"), "{output}");
}

/// A virtual workspace with two binaries, a `default-run`, arguments and features.
#[test]
fn a_workspace_runs_the_same_binary_as_cargo_run() {
    let project = Project::new("");
    std::fs::remove_dir_all(project.path("src")).unwrap();
    let member = app::manifest(&project.name, "").replace("[workspace]", "");
    let (member, profile) = member.split_once("[profile.dev]").unwrap();
    project.write(
        "Cargo.toml",
        &format!("[workspace]\nmembers = [\"web\", \"tool\"]\nresolver = \"3\"\n[profile.dev]{profile}"),
    );
    project.write(
        "web/Cargo.toml",
        &format!("{member}[features]\nloud = []\n[package.metadata.hmr]\nlisten = [\"127.0.0.1:PORT\"]\n")
            .replace("[package]", "[package]\ndefault-run = \"NAME\""),
    );
    let main = app::WHOLE
        .replace("\"one\"", "if cfg!(feature = \"loud\") { \"LOUD\" } else { \"one\" }")
        .replace("{TEXT} {}", "{TEXT} {:?} {}")
        .replace("std::process::id()", "std::env::args().skip(1).collect::<Vec<_>>(), module_path!()");
    project.write("web/src/main.rs", &main);
    project.write("web/src/bin/other.rs", "fn main() {}");
    project.write("tool/Cargo.toml", "[package]\nname = \"tool\"\nversion = \"0.1.0\"\n");
    project.write("tool/src/lib.rs", "");
    let run = project.run(&["--features", "loud", "--", "--port", "1"]);
    run.until_answer("/", |answer| answer.status == 503 || answer.status == 200);
    run.until_body(&format!("LOUD [\"--port\", \"1\"] {}", project.name));
}

/// As with `cargo run`.
#[test]
fn two_packages_with_a_default_run_need_a_choice() {
    let project = Project::new("");
    std::fs::remove_dir_all(project.path("src")).unwrap();
    project.write("Cargo.toml", "[workspace]\nmembers = [\"one\", \"two\"]\nresolver = \"3\"\n");
    for name in ["one", "two"] {
        let manifest =
            format!("[package]\nname = \"{name}\"\nversion = \"0.1.0\"\ndefault-run = \"{name}\"\n");
        project.write(&format!("{name}/Cargo.toml"), &manifest);
        project
            .write(&format!("{name}/src/main.rs"), &format!("fn main() {{ println!(\"this is {name}\") }}"));
        project.write(&format!("{name}/src/bin/{name}-other.rs"), "fn main() {}");
    }
    let cargo = Command::new(env!("CARGO")).arg("run").current_dir(project.path("")).output().unwrap();
    assert!(!cargo.status.success());
    let (status, text) = output(&project, &[]);
    assert_eq!(status, cargo.status.code(), "{text}");
    assert!(text.contains("which binary to run is not clear: use --bin"), "{text}");
    assert!(["one", "one-other", "two", "two-other"].iter().all(|name| text.contains(name)), "{text}");
}
