//! The README's quick start, pasted into a new project.

use std::{
    fs,
    process::{Command, Stdio},
};

use crate::{
    http::{self, Events},
    project::{Project, Run},
    turn::prepare,
};

/// Header that browsers send to open a page.
const NAVIGATION: &str = "Upgrade-Insecure-Requests: 1\r\n";

/// The fenced block in this language.
fn block<'a>(section: &'a str, language: &str) -> &'a str {
    let (_, rest) = section.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("\n```\n").unwrap().0
}

/// A command without the variables by which cargo describes the package of these tests.
fn command(program: &str, project: &Project) -> Command {
    let mut command = Command::new(program);
    prepare(&mut command, &project.target());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.current_dir(&project.folder);
    command
}

#[test]
fn the_quick_start_works_as_pasted() {
    let root = env!("CARGO_MANIFEST_DIR");
    let readme = include_str!("../../README.md");
    let (_, section) = readme.split_once("## Quick start\n").unwrap();

    // An empty folder: `cargo new` makes the package.
    let project = Project::new("");
    fs::remove_file(project.path("Cargo.toml")).unwrap();
    let output = command("sh", &project).args(["-ec", block(section, "sh")]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));

    let unpublished =
        section.split('`').find(|code| code.starts_with("tower-hot-middleware = { path")).unwrap();
    let published =
        block(section, "toml").lines().find(|line| line.starts_with("tower-hot-middleware")).unwrap();
    let dependencies = block(section, "toml").replace(published, unpublished);
    let manifest = fs::read_to_string(project.path("hot-app/Cargo.toml")).unwrap();
    assert!(manifest.ends_with("[dependencies]\n"), "{manifest}");
    let manifest =
        manifest.replace("[dependencies]\n", &dependencies).replace("../tower-hot-middleware", root);
    // Builds of other tests are in the same folder.
    project.write("hot-app/Cargo.toml", &manifest.replace("\"hot-app\"", "\"NAME\""));
    project.write("hot-app/Cargo.lock", include_str!("../../Cargo.lock"));
    project.write("hot-app/src/main.rs", &block(section, "rust,no_run").replace(":3000", ":PORT"));

    let cargo = |subcommand| {
        let mut cargo = command("cargo", &project);
        cargo.arg(subcommand).current_dir(project.path("hot-app"));
        cargo
    };
    let output = cargo("build").output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let run = Run::start(cargo("run"), project.port);
    run.until_body("<h1>Hello</h1>");
    let page = http::get_as(project.port, "/", NAVIGATION).unwrap().body;
    assert!(page.contains("__webpack_hmr/client-"), "the page should have the client: {page}");
    let (_, link) = page.split_once("href=\"").unwrap();
    let stylesheet = link.split('"').next().unwrap();
    assert_eq!(http::get(project.port, stylesheet).unwrap().body, "h1 { color: teal }\n");

    let mut events = Events::open(project.port);
    events.until_action("sync");
    project.replace("hot-app/static/style.css", "teal", "navy");
    let built = events.until_action("built");
    assert_eq!(built["changes"][0]["id"], stylesheet, "{built}");
    assert_eq!(http::get(project.port, stylesheet).unwrap().body, "h1 { color: navy }\n");

    project.replace("hot-app/templates/index.html", "Hello", "Hello again");
    let built = events.until_action("built");
    assert!(built["changes"].to_string().contains("templates/index.html"), "{built}");
    run.until_body("<h1>Hello again</h1>");
}
