//! Child processes when the app has run out of descriptors: they start once there are free ones.

use std::{
    fs::{self, File},
    future::Future,
    process::Command as Launcher,
    time::{Duration, Instant},
};

use serde_json::Value;
use tower_hot_middleware::command::{Command, Output};

use crate::{
    client::{Reading, open},
    faults::{alone, until},
    folder::Folder,
    hot, serve_app,
};

const PATH: &str = "/__webpack_hmr";

/// Launches with a low limit of descriptors, which is soon reached.
fn few_descriptors() -> Launcher {
    let mut shell = Launcher::new("sh");
    shell.args(["-c", "ulimit -n 128 && exec \"$@\"", "sh"]);
    shell
}

fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.unwrap().block_on(test);
}

/// Opens files until this many descriptors are left.
fn hold_all_but(free: usize) -> Vec<File> {
    let mut held: Vec<File> = std::iter::from_fn(|| File::open("/dev/null").ok()).take(1024).collect();
    assert!(held.len() > free && held.len() < 1024, "{} descriptors", held.len());
    held.truncate(held.len() - free);
    held
}

/// Reads events until one matches.
async fn next(stream: &mut Reading, wanted: impl Fn(&Value) -> bool) -> Value {
    loop {
        let event: Value = serde_json::from_str(&stream.data().await).unwrap();
        if wanted(&event) {
            return event;
        }
    }
}

fn has_error(event: &Value, part: &str) -> bool {
    event["errors"][0].as_str().is_some_and(|error| error.contains(part))
}

#[test]
fn a_command_runs_when_descriptors_are_free_again_without_another_save() {
    alone(&mut few_descriptors(), || {
        run(async {
            let (site, hot) = (Folder::new(), hot());
            site.write("src/a.css", "one");
            let runs = site.join("runs");
            let line = format!("cat src/a.css >> {0}; echo >> {0}", runs.display());
            let command = Command::new(line)
                .name("css")
                .dir(site.path())
                .watch(site.join("src"))
                .output(Output::Tracing);
            let mut stream = open(serve_app(&hot).await, PATH).await;
            let _guard = hot.command(command).unwrap().stop_on_drop();
            next(&mut stream, |event| event["action"] == "built").await;

            // Enough for the watcher to read the saved file, and too few for a process.
            let held = hold_all_but(3);
            site.write("src/a.css", "two");
            let failed = next(&mut stream, |event| has_error(event, "could not be started")).await;
            assert!(has_error(&failed, "It is tried again"), "{failed}");
            assert_eq!(fs::read_to_string(&runs).unwrap_or_default(), "one\n");
            drop(held);

            let began = Instant::now();
            let event = next(&mut stream, |event| event["action"] != "progress").await;
            assert_eq!((&event["action"], &event["name"]), (&"building".into(), &"css".into()), "{event}");
            let built = next(&mut stream, |event| event["action"] == "built").await;
            assert_eq!(built["errors"], Value::Array(Vec::new()), "{built}");
            assert_eq!(fs::read_to_string(&runs).unwrap(), "one\ntwo\n");
            assert!(began.elapsed() < Duration::from_secs(10), "after {:?}", began.elapsed());
        });
    });
}

#[cfg(feature = "webpack")]
#[test]
fn a_bundler_starts_when_descriptors_are_free_again() {
    use std::os::unix::fs::PermissionsExt;

    use tower_hot_middleware::webpack::Webpack;

    alone(&mut few_descriptors(), || {
        run(async {
            let (project, hot) = (Folder::new(), hot());
            project.write("node_modules/webpack/package.json", r#"{"name":"webpack","version":"5.0.0"}"#);
            project.write("webpack.config.js", "");
            // In place of Node.js: records its start, and exits once the file `stop` exists.
            let script =
                "#!/bin/sh\necho start >> starts\nuntil test -e stop; do sleep 0.01; done\nrm stop\nexit 3\n";
            project.write("node", script);
            fs::set_permissions(project.join("node"), fs::Permissions::from_mode(0o755)).unwrap();
            let mut stream = open(serve_app(&hot).await, PATH).await;
            let webpack =
                Webpack::new(project.join("webpack.config.js")).node(project.join("node")).add_client(false);
            let _guard = hot.webpack(webpack.output(Output::Tracing)).unwrap().stop_on_drop();
            until("it has started", || project.read("starts") == "start\n").await;
            project.write("stop", "");
            next(&mut stream, |event| has_error(event, "the bundler has died")).await;

            let held = hold_all_but(3);
            let failed = next(&mut stream, |event| has_error(event, "could not be started")).await;
            assert!(!has_error(&failed, "has died"), "{failed}");
            drop(held);
            until("it has started again", || project.read("starts") == "start\nstart\n").await;
        });
    });
}
