//! A terminal: keys, colours and the status line. `script` of util-linux provides the terminal.

use std::{
    io::Write,
    process::{Command, Stdio},
};

use crate::{
    app,
    project::{Project, Run},
};

#[test]
fn a_terminal_has_keys_and_a_status_line() {
    let project = Project::new(&app::WHOLE.replace("const TEXT", "fn never() {}\nconst TEXT"));
    let mut command = Command::new("script");
    let line = format!("{} hmr", env!("CARGO_BIN_EXE_cargo-hmr"));
    command.args(["--quiet", "--flush", "--return", "--command", &line, "/dev/null"]);
    let bare = project.command(&[]);
    command.current_dir(&project.folder);
    for (name, value) in bare.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut run = Run::start(command, project.port);
    let mut keyboard = run.child.stdin.take().unwrap();
    run.until_body("one");
    run.says("\x1b[1;36m[hmr]\x1b[0m serves", 0);
    run.says("\x1b[33mwarning", 0);
    let from = run.output().len();
    keyboard.write_all(b"r").unwrap();
    run.says("switched after", from);
    keyboard.write_all(b"cq").unwrap();
    assert_eq!(run.wait().code(), Some(0));
    run.says("\x1b[2J", from);
    let output = run.output();
    assert!(output.contains("r restart, o open, c clear, q quit"), "{output}");
    assert!(output.contains("building ") && output.contains("1 warning"), "{output}");
}
