//! A terminal: keys, colours, the status line and the browser. `script` of util-linux provides the terminal.

use std::{
    fs,
    io::Write,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{ChildStdin, Command, Stdio},
    thread,
    time::Duration,
};

use crate::{
    app,
    project::{Project, Run, until},
};

/// Runs a shell command in a terminal. `hmr` in it is `cargo hmr`.
fn in_terminal(project: &Project, line: &str, browser: &str) -> (Run, ChildStdin) {
    let line = line.replace("hmr", &format!("{} hmr", env!("CARGO_BIN_EXE_cargo-hmr")));
    let mut command = Command::new("script");
    command.args(["--quiet", "--flush", "--return", "--command", &line, "/dev/null"]);
    command.current_dir(&project.folder).env("BROWSER", browser);
    for (name, value) in project.command(&[]).get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut run = Run::start(command, project.port);
    let keyboard = run.child.stdin.take().unwrap();
    (run, keyboard)
}

#[test]
fn a_terminal_has_keys_and_a_status_line() {
    let project = Project::new(&app::WHOLE.replace("const TEXT", "fn never() {}\nconst TEXT"));
    let browser = project.path("browser");
    // It would take the keys if the terminal were its standard input.
    write_script(&browser, "#!/bin/sh\necho \"$*\" \"$(cat)\" > opened\nexit 7\n");
    let browsers = format!("{}:{} --new %s", project.path("none").display(), browser.display());
    let (mut run, mut keyboard) =
        in_terminal(&project, "stty -a; hmr; code=$?; stty -a; exit $code", &browsers);
    run.until_body("one");
    run.says("\x1b[1;36m[hmr]\x1b[0m serves", 0);
    run.says("\x1b[33mwarning", 0);
    let from = run.output().len();
    keyboard.write_all(b"r").unwrap();
    run.says("switched after", from);
    keyboard.write_all(b"o").unwrap();
    let url = format!("http://127.0.0.1:{}/", project.port);
    until_text(&project, &format!("--new {url} \n"));
    run.says(&format!("the browser failed: exit code 7; open {url}"), from);
    keyboard.write_all(b"cq").unwrap();
    assert_eq!(run.wait().code(), Some(0));
    run.says("\x1b[2J", from);
    let output = run.output();
    assert!(output.contains("r restart, o open, c clear, q quit"), "{output}");
    assert!(output.contains("building ") && output.contains("1 warning"), "{output}");
    let modes: Vec<&str> = output.lines().filter(|line| line.contains("icanon")).collect();
    assert_eq!(modes.len(), 2, "{output}");
    assert_eq!(modes[0], modes[1], "the terminal's modes are restored");
}

#[test]
fn ctrl_c_ends_it_and_leaves_the_browser_open() {
    let project = Project::new(app::WHOLE);
    let browser = "#!/bin/sh\necho \"$*\" > opened\n\
        for _ in $(seq 1000); do [ -e go ] && break; sleep 0.02; done\necho closed >> opened\n";
    write_script(&project.path("bin/xdg-open"), browser);
    let (mut run, mut keyboard) = in_terminal(&project, "PATH=$PWD/bin:$PATH hmr --open", "");
    let url = format!("http://127.0.0.1:{}/\n", project.port);
    until_text(&project, &url);
    keyboard.write_all(b"\x03").unwrap();
    assert_eq!(run.wait().code(), Some(130));
    fs::write(project.path("go"), "").unwrap();
    until_text(&project, &format!("{url}closed\n"));
}

#[test]
fn the_terminal_has_its_modes_back_while_it_is_stopped() {
    let project = Project::new(app::WHOLE);
    let line = "set -m; stty -a; hmr; stty -a; echo stopped; fg >/dev/null; stty -a; echo ended";
    let (mut run, mut keyboard) = in_terminal(&project, line, "");
    run.until_body("one");
    run.says("serves", 0);
    keyboard.write_all(b"\x1a").unwrap();
    run.says("stopped", 0);
    let from = run.output().len();
    thread::sleep(Duration::from_millis(500));
    keyboard.write_all(b"r").unwrap();
    run.says("switched after", from);
    keyboard.write_all(b"q").unwrap();
    run.says("ended", from);
    run.wait();
    modes_are_the_same(&run, 3);
}

/// By a second Ctrl-C, while the app is still ending. The shell goes on for the sake of the test.
#[test]
fn the_terminal_has_its_modes_back_after_a_hard_end() {
    let project = Project::new(&app::deaf(app::WHOLE));
    let line = "set -m; stty -a; (trap : INT; hmr; exit 0); stty -a; echo ended";
    let (mut run, mut keyboard) = in_terminal(&project, line, "");
    run.until_body("one");
    run.says("serves", 0);
    keyboard.write_all(b"\x03").unwrap();
    thread::sleep(Duration::from_millis(300));
    keyboard.write_all(b"\x03").unwrap();
    run.says("ended", 0);
    run.wait();
    modes_are_the_same(&run, 2);
}

fn modes_are_the_same(run: &Run, count: usize) {
    let output = run.output();
    let modes: Vec<&str> = output.lines().filter(|line| line.contains("icanon")).collect();
    assert_eq!(modes.len(), count, "{output}");
    assert!(modes.iter().all(|mode| mode == &modes[0]) && !modes[0].contains("-icanon"), "{modes:?}");
}

fn write_script(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// Waits for the text that the fake browser writes.
fn until_text(project: &Project, text: &str) {
    until(&format!("the browser should write {text:?}"), || {
        (fs::read_to_string(project.path("opened")).ok()? == text).then_some(())
    });
}
