//! Cargo's environment and configuration: toolchain files, compiler flags, target folders.

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Command};

use crate::{
    app,
    project::{Project, Run},
};

/// A package without dependencies, whose response contains `loud` if the compiler has got `--cfg loud`.
fn plain() -> Project {
    let project = Project::new(app::PLAIN);
    let toml = "[package]\nname = \"NAME\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
        [lints.rust]\nunexpected_cfgs = \"allow\"\n[workspace]\n";
    project.write("Cargo.toml", toml);
    fs::remove_file(project.path("Cargo.lock")).unwrap();
    project
}

/// Reads one line that a command of the toolchain prints.
fn line(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
fn the_configuration_chooses_target_and_folder_and_the_environment_the_flags() {
    let project = plain();
    let version = line(Command::new("rustc").arg("-vV"));
    let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let config = format!("[build]\ntarget-dir = \"built here\"\ntarget = {host:?}\n");
    project.write(".cargo/config.toml", &config);
    let mut command = project.command(&[]);
    command.env_remove("CARGO_TARGET_DIR").env("RUSTFLAGS", "--cfg loud");
    let run = Run::start(command, project.port);
    run.until_body("one loud");
    let executable = project.path("built here").join(host).join("debug").join(&project.name);
    assert!(executable.is_file(), "{executable:?}");
    let from = run.output().len();
    project.replace("src/main.rs", "\"one\"", "\"two\"");
    run.until_body("two loud");
    // The configuration is followed, and what is built is not.
    project.write(".cargo/config.toml", &format!("{config}[env]\nMORE = \"three\"\n"));
    project.replace("src/main.rs", "\"two\"", "env!(\"MORE\")");
    run.until_body("three loud");
    let output = run.output();
    let changes: Vec<&str> = output[from..].lines().filter(|line| line.ends_with(" changed")).collect();
    let expected =
        ["src/main.rs", ".cargo/config.toml", "src/main.rs"].map(|file| format!("[hmr] ./{file} changed"));
    assert_eq!(changes, expected);
}

#[test]
fn the_app_has_the_environment_of_cargo_run() {
    let project = plain();
    let shown = "[std::env::var(\"GIVEN\"), std::env::var(\"FORCED\"), std::env::var(\"SCRIPT\")].map(Result::unwrap).join(\" \")";
    project.replace("src/main.rs", "if cfg!(loud) { \"loud\" } else { \"quiet\" }", shown);
    project.write("build.rs", "fn main() { println!(\"cargo::rustc-env=SCRIPT=script\") }");
    project.write(
        ".cargo/config.toml",
        "[env]\nGIVEN = \"config\"\nFORCED = { value = \"config\", force = true }\n",
    );
    let set = |mut command: Command| {
        command.env("GIVEN", "shell").env("FORCED", "shell");
        command
    };
    let mut command = Command::new("cargo");
    let own = project.command(&[]);
    command
        .arg("run")
        .current_dir(&project.folder)
        .envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    for command in [command, own] {
        let run = Run::start(set(command), project.port);
        run.until_body("one shell config script");
    }
}

/// `cargo hmr` as cargo's subcommand, by rustup's cargo, in a project that names a toolchain.
#[test]
fn a_toolchain_file_is_honoured() {
    if Command::new("rustup").arg("--version").output().is_err() {
        eprintln!("rustup is not installed: nothing to test");
        return;
    }
    let project = plain();
    let real = line(Command::new("rustc").args(["--print", "sysroot"]));
    let (bin, calls) = (project.path("toolchain/bin"), project.path("calls"));
    fs::create_dir_all(&bin).unwrap();
    for tool in ["cargo", "rustc"] {
        let script =
            format!("#!/bin/sh\necho {tool} \"$@\" >> {}\nexec {real}/bin/{tool} \"$@\"\n", calls.display());
        fs::write(bin.join(tool), script).unwrap();
        fs::set_permissions(bin.join(tool), fs::Permissions::from_mode(0o755)).unwrap();
    }
    let toolchain = format!("[toolchain]\npath = {:?}\n", project.path("toolchain"));
    project.write("rust-toolchain.toml", &toolchain);
    let own = project.command(&[]);
    let mut command = Command::new("cargo");
    let folder = Path::new(own.get_program()).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    command
        .arg("hmr")
        .current_dir(&project.folder)
        .envs(own.get_envs().filter_map(|(name, value)| Some((name, value?))));
    for (name, _) in own.get_envs().filter(|(_, value)| value.is_none()) {
        command.env_remove(name);
    }
    command.env("PATH", format!("{}:{path}", folder.display())).env_remove("RUSTUP_TOOLCHAIN");
    command
        .stdin(std::process::Stdio::null())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let run = Run::start(command, project.port);
    run.until_body("one");
    let called = fs::read_to_string(&calls).unwrap();
    for call in ["cargo hmr".to_owned(), format!("rustc --crate-name {} ", project.name)] {
        assert!(called.lines().any(|line| line.starts_with(&call)), "no {call:?} in {called}");
    }
    // Cargo has chosen the toolchain before `cargo hmr` starts.
    project.write("rust-toolchain.toml", &format!("{toolchain}# another one\n"));
    run.says("start cargo hmr again", 0);
}
