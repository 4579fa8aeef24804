//! Every way to end the runner ends all processes that it has started.

use std::{fs, path::Path};

use crate::{
    app, http,
    project::{Project, until},
};

/// An app that starts a process in its own group, one in a new session, and a daemon, whose parent has ended.
fn with_children() -> String {
    let spawn = "for words in [&[\"sleep\", \"1000\"][..], &[\"setsid\", \"sleep\", \"1000\"], &[\"sh\", \"-c\", \"setsid sleep 1000 &\"]] {\n\
        let mut child = std::process::Command::new(words[0]).args(&words[1..]).spawn().unwrap();\n\
        std::thread::spawn(move || child.wait());\n    }\n    let hot";
    app::WHOLE.replacen("let hot", spawn, 1)
}

/// Returns the processes whose environment or command line contains this project's folder.
fn processes(project: &Project) -> Vec<String> {
    let folder = project.folder.to_str().unwrap();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let path = entry.path();
        let is_process = entry.file_name().to_string_lossy().bytes().all(|byte| byte.is_ascii_digit());
        if !is_process || fs::read_link(path.join("cwd")).is_ok_and(|cwd| cwd != project.folder) {
            continue;
        }
        let environment = fs::read(path.join("environ")).unwrap_or_default();
        let line = fs::read(path.join("cmdline")).unwrap_or_default();
        let stat = fs::read_to_string(path.join("stat")).unwrap_or_default();
        let is_zombie = stat.rsplit(')').next().is_some_and(|rest| rest.trim_start().starts_with('Z'));
        let names = [&environment, &line].iter().any(|text| String::from_utf8_lossy(text).contains(folder));
        if names && !is_zombie && !line.is_empty() {
            found.push(format!(
                "{} {}",
                entry.file_name().to_string_lossy(),
                String::from_utf8_lossy(&line).replace('\0', " ")
            ));
        }
    }
    found
}

fn until_gone(project: &Project, case: &str) {
    until(&format!("{case}: {:?} should be gone", processes(project)), || {
        processes(project).is_empty().then_some(())
    });
    assert!(http::get(project.port, "/").is_err(), "{case}: the port is free");
}

#[test]
fn no_process_is_left_if_it_ends_while_an_app_runs() {
    let project = Project::new(&with_children());
    for (signal, code) in [("INT", Some(130)), ("TERM", Some(143)), ("KILL", None)] {
        let mut run = project.serve(&[]);
        until("the app's three children", || {
            let children = processes(&project).iter().filter(|line| line.ends_with(" sleep 1000 ")).count();
            (children == 3).then_some(())
        });
        run.signal(signal);
        assert_eq!(run.wait().code(), code, "{signal}");
        until_gone(&project, signal);
    }
}

#[test]
fn no_process_is_left_if_it_ends_while_cargo_builds() {
    let project = Project::new(app::WHOLE);
    project.write(
        "build.rs",
        "fn main() { println!(\"cargo::rerun-if-changed=Cargo.toml\"); \
        std::process::Command::new(\"sleep\").arg(\"1000\").status().unwrap(); }",
    );
    for signal in ["INT", "TERM", "KILL"] {
        let mut run = project.run(&[]);
        until("the build script", || {
            processes(&project).iter().any(|line| line.contains("sleep 1000")).then_some(())
        });
        run.signal(signal);
        run.wait();
        until_gone(&project, signal);
    }
}

#[test]
fn an_app_that_ignores_sigterm_is_killed() {
    let project = Project::new(&app::deaf(app::WHOLE));
    let mut run = project.serve(&[]);
    let pid = http::get(project.port, "/").unwrap().body;
    let pid: String = pid.chars().filter(char::is_ascii_digit).collect();
    project.replace("src/main.rs", "\"one\"", "\"two\"");
    run.until_body("two");
    until("the process that was replaced", || (!Path::new("/proc").join(&pid).exists()).then_some(()));
    run.signal("TERM");
    assert_eq!(run.wait().code(), Some(143));
    until_gone(&project, "TERM");
}
