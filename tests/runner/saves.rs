//! Saves: the files that start a build, and the switch to the new binary.

use std::{fs, os::unix::fs::PermissionsExt, thread, time::Duration};

use crate::{
    app,
    http::{self, Connection, Events},
    project::{Project, until},
};

#[test]
fn a_save_is_built_and_the_new_binary_accepts_on_the_same_socket() {
    let project = Project::new(app::WHOLE);
    let run = project.serve(&[]);
    let inode = listening(project.port);
    let mut events = Events::open(project.port);
    assert_eq!(events.until_action("connected")["action"], "connected");
    // An open connection gets one more response, and is then closed.
    let mut kept = Connection::open(project.port).unwrap();
    kept.send("/", "").unwrap();
    let first = kept.answer().unwrap();
    assert!(first.body.contains("one") && !first.closes(), "{first:?}");
    // It has been idle for a while when the new process accepts, as those of an open page are.
    thread::sleep(Duration::from_millis(2_500));

    project.replace("src/main.rs", "\"one\"", "\"two\"");
    let building = events.until_action("building");
    assert_eq!((&building["name"], &building["file"]), (&"cargo".into(), &"./src/main.rs".into()));
    let progress = events.until_action("progress");
    assert!(progress["message"].as_str().unwrap().contains(" of "), "{progress}");
    let built = events.until_action("built");
    assert_eq!(built["errors"], serde_json::json!([]));
    while events.next().is_some() {}
    assert!(
        http::get(project.port, "/").unwrap().body.contains("two"),
        "the stream ends once the new process accepts"
    );
    thread::sleep(Duration::from_millis(500));
    kept.send("/", "").unwrap();
    let last = kept.answer().unwrap();
    assert!(last.status == 200 && last.body.contains("one") && last.closes(), "{last:?}");
    assert_eq!(listening(project.port), inode, "it is the same socket");
    assert!(run.output().contains("switched after"), "{}", run.output());
}

/// Returns the inode of the socket that listens on a port (`proc_net(5)`).
fn listening(port: u16) -> String {
    let address = format!("0100007F:{port:04X}");
    let table = fs::read_to_string("/proc/net/tcp").unwrap();
    let fields: Vec<Vec<&str>> = table.lines().map(|line| line.split_whitespace().collect()).collect();
    let found: Vec<_> = fields.iter().filter(|fields| fields[1] == address && fields[3] == "0A").collect();
    assert_eq!(found.len(), 1, "one socket listens: {found:?}");
    found[0][9].to_owned()
}

#[test]
fn a_draining_process_redirects_browsers() {
    let project = Project::new(app::WHOLE);
    let run = project.serve(&[]);
    let mut kept = [(); 3].map(|()| Connection::open(project.port).unwrap());
    for connection in &mut kept {
        connection.send("/", "").unwrap();
        assert_eq!(connection.answer().unwrap().status, 200);
    }
    let mut events = Events::open(project.port);
    project.replace("src/main.rs", "\"one\"", "\"two\"");
    run.until_body("two");
    // The old process ends its streams when it begins to drain.
    while events.next().is_some() {}
    let cases = [
        ("/?a=b", "Sec-Fetch-Mode: navigate\r\n", 307),
        ("/slow", "Sec-Fetch-Mode: cors\r\n", 307),
        ("/", "", 200),
    ];
    for (connection, (path, headers, status)) in kept.iter_mut().zip(cases) {
        connection.send(path, headers).unwrap();
        let answer = connection.answer().unwrap();
        assert_eq!((answer.status, answer.closes()), (status, true), "{path} {answer:?}");
        if status == 307 {
            assert!(answer.head.contains(&format!("location: {path}\r\n")), "{answer:?}");
        }
    }
}

/// Saves that start a build, and saves that don't, one after another in one run.
#[test]
fn only_files_of_the_binary_start_a_build() {
    let project = Project::new(app::WHOLE);
    let more = "\n[dependencies.lib]\npath = \"lib\"\n[dependencies.mac]\npath = \"mac\"\n";
    project.write("Cargo.toml", &app::manifest(&project.name, more));
    let lib = "[package]\nname = \"KIND\"\nversion = \"0.1.0\"\nedition = \"2024\"\n";
    project.write("lib/Cargo.toml", &lib.replace("KIND", "lib"));
    project.write("lib/src/lib.rs", "pub const LIB: &str = \"lib one\";\n");
    project.write("mac/Cargo.toml", &format!("{}[lib]\nproc-macro = true\n", lib.replace("KIND", "mac")));
    let mac = "#[proc_macro]\npub fn mac(_: proc_macro::TokenStream) -> proc_macro::TokenStream { \"\\\"mac one\\\"\".parse().unwrap() }\n";
    project.write("mac/src/lib.rs", &format!("extern crate proc_macro;\n{mac}"));
    project.write("templates/page.html", "page one");
    project.write("data/x.txt", "data one");
    let build = "fn main() { println!(\"cargo::rerun-if-changed=data\"); \
        println!(\"cargo::rustc-env=DATA={}\", std::fs::read_to_string(\"data/x.txt\").unwrap()); }";
    project.write("build.rs", build);
    project.write("static/style.css", "a { color: red }");
    project.write("README.md", "one");
    project.write("src/stray.rs", "one");
    project.write("skipped/watched.txt", "one");
    let text = "const TEXT: &str = concat!(\"one \", include_str!(\"../templates/page.html\"), \" \", env!(\"DATA\"), \" \", mac::mac!());\n\
        #[allow(unused)] use lib::LIB;";
    project.replace("src/main.rs", "const TEXT: &str = \"one\";", text);
    project.replace("src/main.rs", "{TEXT} {}", "{TEXT} {LIB} {}");
    fs::remove_file(project.path("Cargo.lock")).unwrap();
    fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.lock"), project.path("Cargo.lock")).unwrap();
    let run = project.serve(&["--watch", "skipped", "--ignore", "*.bk"]);
    run.until_body("one page one data one mac one lib one");

    let followed = [
        ("an included template", "templates/page.html", "page one", "page two"),
        ("a dependency that is a path", "lib/src/lib.rs", "lib one", "lib two"),
        ("a macro's crate", "mac/src/lib.rs", "mac one", "mac two"),
        ("a file of the build script", "data/x.txt", "data one", "data two"),
        ("a build script", "build.rs", "rustc-env=DATA={}", "rustc-env=DATA=script {}"),
        ("a source", "src/main.rs", "\"one \"", "\"three \""),
    ];
    for (case, file, from, to) in followed {
        let mut events = Events::open(project.port);
        project.replace(file, from, to);
        let building = events.until_action("building");
        assert_eq!(building["file"], format!("./{file}"), "{case}");
        run.until_body(
            to.trim_start_matches("rustc-env=DATA=").trim_end_matches("{}").trim_matches(['"', ' ']),
        );
    }

    let others = [
        ("a stylesheet", "static/style.css"),
        ("a readme", "README.md"),
        ("a source that no module names", "src/stray.rs"),
        ("a new file of another kind", "src/notes.md"),
        ("an ignored file", "src/main.bk"),
        ("a source saved unchanged", "src/main.rs"),
    ];
    let before = run.output();
    let mut events = Events::open(project.port);
    for (_, file) in others {
        let text = fs::read_to_string(project.path(file)).unwrap_or_default();
        fs::write(project.path(file), if file == "src/main.rs" { text } else { text + "more" }).unwrap();
    }
    // The next build is for this file, so none of the saves above started one.
    project.write("skipped/watched.txt", "two");
    let building = events.until_action("building");
    assert_eq!(building["file"], "./skipped/watched.txt");
    // A watched file restarts the app, which may read it at the start.
    run.says("switched after", before.len());
    let after = run.output();
    for (case, file) in others {
        assert!(!after[before.len()..].contains(file), "{case}: {}", &after[before.len()..]);
    }

    // A new module: the build fails until its file is there.
    let mut events = Events::open(project.port);
    project.replace("src/main.rs", "const TEXT", "mod fresh;\nconst TEXT");
    let errors = events.until_errors();
    assert!(errors[0].contains("fresh"), "{errors:?}");
    project.write("src/fresh.rs", "#[allow(unused)] pub const X: u8 = 1;");
    events.until("a build without errors", |event| {
        event["action"] == "built" && event["errors"] == serde_json::json!([])
    });
    while events.next().is_some() {}
    project.replace("src/main.rs", "{LIB} {}", "{LIB} {} fresh");
    run.until_body("fresh");

    // A manifest.
    let mut events = Events::open(project.port);
    project.replace("Cargo.toml", "version = \"0.1.0\"", "version = \"0.1.1\"");
    assert_eq!(events.until_action("building")["file"], "./Cargo.toml");
}

/// Only that build tells that the binary has the file.
#[test]
fn a_new_file_that_is_saved_again_during_its_first_build_is_built_again() {
    let project = Project::new(app::WHOLE);
    project.write(
        "rustc",
        "#!/bin/sh\n\"$@\"\ncode=$?\nif [ -e hold ]; then mv hold held; sleep 2; fi\nexit $code\n",
    );
    fs::set_permissions(project.path("rustc"), fs::Permissions::from_mode(0o755)).unwrap();
    let wrapper = format!("[build]\nrustc-workspace-wrapper = {:?}\n", project.path("rustc"));
    project.write(".cargo/config.toml", &wrapper);
    let run = project.serve(&[]);
    project.write("src/fresh.rs", "pub const TEXT: &str = \"two\";");
    run.says("nothing to restart", 0);
    project.write("hold", "");
    project.replace("src/main.rs", "const TEXT: &str = \"one\";", "mod fresh;\nuse fresh::TEXT;");
    until("rustc has read it", || project.path("held").exists().then_some(()));
    project.write("src/fresh.rs", "pub const TEXT: &str = \"three\";");
    run.until_body("three");
}

#[test]
fn a_save_during_a_build_cancels_it() {
    let project = Project::new(app::WHOLE);
    project.write(
        "build.rs",
        "fn main() { println!(\"cargo::rerun-if-changed=wait\"); \
        let wait: u64 = std::fs::read_to_string(\"wait\").unwrap().trim().parse().unwrap(); \
        std::thread::sleep(std::time::Duration::from_secs(wait)); }",
    );
    project.write("wait", "0");
    let run = project.serve(&[]);
    let mut events = Events::open(project.port);
    project.write("wait", "1000");
    events.until("the build script", |event| {
        event["action"] == "progress" && event["message"].as_str().unwrap().contains("build")
    });
    // The first build would sleep for a quarter of an hour.
    project.write("wait", "0");
    events.until("a build without errors", |event| {
        event["action"] == "built" && event["errors"] == serde_json::json!([])
    });
    drop(events);
    run.until_body("one");
}
