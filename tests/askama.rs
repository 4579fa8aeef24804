//! The example with compiled templates under `cargo hmr`. It compiles askama and all that this depends on, so `make thorough` runs
//! it.

#![allow(dead_code, reason = "the modules are those of the tests of `cargo hmr`, which use all of them")]

#[path = "runner/app.rs"]
mod app;
#[path = "runner/http.rs"]
mod http;
#[path = "runner/project.rs"]
mod project;

use std::{fs, path::Path};

use crate::{
    http::{self, Events},
    project::Project,
};

#[test]
fn a_save_of_a_compiled_template_is_built() {
    let project = Project::new("");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = root.join("examples/askama");
    for file in ["Cargo.toml", "Cargo.lock", "src/main.rs", "templates/index.html"] {
        let text = fs::read_to_string(example.join(file)).unwrap();
        let text = text.replace("../..", root.to_str().unwrap()).replace("127.0.0.1:3000", "127.0.0.1:PORT");
        project.write(file, &text.replace("askama-example", &project.name));
    }
    let mut command = project.command(&[]);
    // The crate doesn't depend on askama, so cargo may have to download it.
    command.env("CARGO_NET_OFFLINE", "false");
    let run = crate::project::Run::start(command, project.port);
    run.until_body("<h1>Notes</h1>");
    let mut events = Events::open(project.port);
    project.replace("templates/index.html", "<h1>Notes</h1>", "<h1>My notes</h1>");
    assert_eq!(events.until_action("building")["file"], "./templates/index.html");
    run.until_body("<h1>My notes</h1>");
    let mut events = Events::open(project.port);
    project.replace("templates/index.html", "{% endfor %}", "");
    let errors = events.until_errors();
    assert!(errors[0].contains("index.html"), "{errors:?}");
    assert!(http::get(project.port, "/").unwrap().body.contains("My notes"));
}
