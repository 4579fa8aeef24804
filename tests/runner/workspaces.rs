//! Packages that are laid out in uncommon ways, and layouts that change while the runner runs.

use std::{fs, os::unix::fs::symlink, path::Path, time::Duration};

use crate::{
    app,
    project::{Project, Run},
};

const MANIFEST: &str = "[package]\nname = \"NAME\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\
    [lints.rust]\nunexpected_cfgs = \"allow\"\n[workspace]\n";

/// A package without dependencies, in this folder of the project.
fn plain(folder: &str) -> Project {
    let project = Project::new("");
    fs::remove_dir_all(project.path("src")).unwrap();
    fs::remove_file(project.path("Cargo.toml")).unwrap();
    fs::remove_file(project.path("Cargo.lock")).unwrap();
    let folder = Path::new(folder);
    project.write(folder.join("Cargo.toml").to_str().unwrap(), MANIFEST);
    project.write(folder.join("src/main.rs").to_str().unwrap(), app::PLAIN);
    project
}

fn run_in(project: &Project, folder: &str, arguments: &[&str]) -> Run {
    let mut command = project.command(arguments);
    command.current_dir(project.path(folder));
    Run::start(command, project.port)
}

/// Blanks, other letters and a dash in names, a `[[bin]]` with a path, a profile, links, and a dependency elsewhere.
#[test]
fn names_links_and_places_are_as_free_as_in_cargo() {
    let folder = "my größe (1)/the app";
    let project = plain(folder);
    let path = |name: &str| format!("{folder}/{name}");
    let more = "[[bin]]\nname = \"web-NAME\"\npath = \"app/main.rs\"\n[profile.quick]\ninherits = \"dev\"\n\
        [dependencies.beside]\npath = \"../beside it\"\n";
    project.write(&path("Cargo.toml"), &format!("{MANIFEST}{more}"));
    project.write(
        "my größe (1)/beside it/Cargo.toml",
        &MANIFEST.replace("NAME", "beside").replace("[workspace]\n", ""),
    );
    project.write("my größe (1)/beside it/src/lib.rs", "pub const TEXT: &str = \"beside 0\";");
    project.write("elsewhere/parts/part.rs", "pub const TEXT: &str = \"part 0\";");
    project.write("elsewhere/page.html", "page 0");
    fs::remove_dir_all(project.path(&path("src"))).unwrap();
    let main = app::PLAIN
        .replace(
            "const TEXT",
            "mod parts { pub mod part; }\nconst PAGE: &str = include_str!(\"page.html\");\nconst TEXT",
        )
        .replace("{TEXT} {}\", ", "{TEXT} {} {} {PAGE} {}\", beside::TEXT, parts::part::TEXT, ");
    project.write(&path("app/main.rs"), &main);
    symlink("../../../elsewhere/parts", project.path(&path("app/parts"))).unwrap();
    symlink("../../../elsewhere/page.html", project.path(&path("app/page.html"))).unwrap();
    let run = run_in(&project, folder, &["--profile", "quick"]);
    run.until_body("one beside 0 part 0 page 0");
    assert!(project.target().join(format!("quick/web-{}", project.name)).is_file());
    for (case, file, from, to) in [
        ("the target's path", path("app/main.rs"), "\"one\"", "\"two\""),
        ("a dependency elsewhere", "my größe (1)/beside it/src/lib.rs".to_owned(), "beside 0", "beside 1"),
        ("a folder behind a link", "elsewhere/parts/part.rs".to_owned(), "part 0", "part 1"),
        ("a file behind a link", "elsewhere/page.html".to_owned(), "page 0", "page 1"),
        ("the link", path("app/page.html"), "page 1", "page 2"),
    ] {
        println!("{case}");
        project.replace(&file, from, to);
        run.until_body(to.trim_matches('"'));
    }
}

#[test]
fn examples_and_release_builds_are_followed() {
    let project = plain("");
    project.write("examples/shown-here.rs", app::PLAIN);
    for (options, file) in
        [(&["--example", "shown-here"][..], "examples/shown-here.rs"), (&["--release"][..], "src/main.rs")]
    {
        let run = project.serve(options);
        project.replace(file, "\"one\"", "\"two\"");
        run.until_body("two");
    }
}

/// The folder of the manifest may be named by a link, and its package may have the name of a dependency.
#[test]
fn the_package_is_the_one_of_the_manifest() {
    let project = plain("work/web");
    project.write("work/Cargo.toml", "[workspace]\nmembers = [\"web\", \"tool\"]\nresolver = \"3\"\n");
    let package = MANIFEST.replace("[workspace]\n", "");
    let twin = "[dependencies.other]\npackage = \"NAME\"\npath = \"../../twin\"\n";
    project.write("work/web/Cargo.toml", &format!("{package}{twin}"));
    project.write("twin/Cargo.toml", &package.replace("0.1.0", "0.2.0"));
    project.write("twin/src/lib.rs", "");
    project.write("work/tool/Cargo.toml", &package.replace("NAME", "tool"));
    project.write("work/tool/src/main.rs", "fn main() {}");
    symlink("work", project.path("link")).unwrap();
    let run = project.serve(&["--manifest-path", "link/web/Cargo.toml"]);
    project.replace("work/web/src/main.rs", "\"one\"", "\"two\"");
    run.until_body("two");
}

#[test]
fn a_manifest_may_change_while_it_runs() {
    let project = plain("");
    let run = project.serve(&[]);
    // The next build must find the package again.
    project.replace("Cargo.toml", "0.1.0", "0.2.0");
    project.replace("src/main.rs", "\"one\"", "\"two \", env!(\"CARGO_PKG_VERSION\")");
    project.replace("src/main.rs", "&str = ", "&str = concat!(");
    project.replace("src/main.rs", "_VERSION\");", "_VERSION\"));");
    run.until_body("two 0.2.0");
    let from = run.output().len();
    project.write("Cargo.toml", "no manifest");
    run.says("the build failed", from);
    project.write(
        "Cargo.toml",
        &format!("{MANIFEST}[[bin]]\nname = \"renamed-NAME\"\npath = \"src/main.rs\"\n"),
    );
    project.replace("src/main.rs", "\"two \"", "\"three \"");
    run.until_body("three 0.1.0");
    // What is followed changes with it.
    let settings = "[package.metadata.hmr]\nignore = [\"*.html\"]\nwatch = [\"data\"]\n";
    project.write("data/x.txt", "0");
    project.write("src/page.html", "page 0");
    project.replace("src/main.rs", "\"three \"", "include_str!(\"page.html\"), \"four \"");
    project.write("Cargo.toml", &format!("{MANIFEST}{settings}"));
    run.until_body("page 0four");
    let from = run.output().len();
    project.write("src/page.html", "page 1");
    project.write("data/x.txt", "1");
    run.says("./data/x.txt changed", from);
    run.until_body("page 1four");
    assert!(!run.output()[from..].contains("page.html"), "{}", run.output());
}

#[test]
fn settings_of_the_workspace_are_those_of_a_package_that_has_none() {
    let project = plain("web");
    let settings = "[workspace.metadata.hmr]\nwatch = [\"data\"]\nlisten = [\"127.0.0.1:PORT\"]\n";
    project.write("Cargo.toml", &format!("[workspace]\nmembers = [\"web\"]\nresolver = \"3\"\n{settings}"));
    project.write("web/Cargo.toml", &MANIFEST.replace("[workspace]\n", ""));
    project.write("web/data/x.txt", "0");
    let run = project.run(&[]);
    // It is there before the app, which binds the same address.
    run.until_answer("/", |_| true);
    run.until_body("one");
    let from = run.output().len();
    project.write("web/data/x.txt", "1");
    run.says("./web/data/x.txt changed", from);
    run.until_body("one");
}

#[test]
fn sources_may_be_deleted_and_restored() {
    let project = plain("");
    let run = project.serve(&[]);
    let main = |text: &str| app::PLAIN.replace("\"one\"", &format!("{text:?}"));
    let from = run.output().len();
    fs::remove_file(project.path("src/main.rs")).unwrap();
    run.says("the build failed", from);
    run.until_body("one");
    project.write("src/main.rs", &main("two"));
    run.until_body("two");
    // As `git checkout` does: the file is written before anything can watch the new folder.
    for count in 0..3 {
        fs::remove_dir_all(project.path("src")).unwrap();
        project.write("src/main.rs", &main(&format!("again {count}")));
        run.until_body(&format!("again {count}"));
    }
    let from = run.output().len();
    fs::rename(project.path("src"), project.path("away")).unwrap();
    project.write("src/main.rs", &main("new"));
    run.until_body("new");
    assert!(!run.output()[from..].contains("nothing to restart for"), "{}", run.output());
}

#[test]
fn the_last_of_many_saves_is_served() {
    let project = plain("");
    let run = project.serve(&[]);
    let from = run.output().len();
    for count in 0..10 {
        let old = if count == 0 { "one".to_owned() } else { format!("save {}", count - 1) };
        project.replace("src/main.rs", &format!("{old:?}"), &format!("\"save {count}\""));
        std::thread::sleep(Duration::from_millis(100));
    }
    run.until_body("save 9");
    assert!(!run.output()[from..].contains("failed"), "{}", run.output());
    assert!(project.target().is_dir());
}
