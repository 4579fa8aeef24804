//! webpack and Rspack as child processes, over a real socket. `make tests/bundlers/node_modules` installs
//! them.

use std::{
    fs::{self, Permissions},
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
    time::{Duration, Instant},
};

use serde_json::Value;
use tokio::time::{sleep, timeout};
use tower_hot_middleware::{
    HotMiddleware, Options,
    command::Output,
    webpack::{WaitError, Webpack, WebpackError},
};

use crate::{
    client::{Reading, open},
    folder::Folder,
    hot, serve_app,
};

const PATIENCE: Duration = Duration::from_secs(30);
const BUNDLERS: [&str; 2] = ["webpack", "@rspack/core"];

/// A project with the bundlers installed, and a client that is a recognizable word in the bundle.
fn project() -> Folder {
    let packages = Path::new(crate::ROOT).join("tests/bundlers/node_modules");
    let is_there = packages.join("webpack").is_dir();
    assert!(is_there, "the bundlers are missing: run `make tests/bundlers/node_modules`");
    let project = Folder::new();
    project.write("node_modules/tower-hot-middleware/package.json", r#"{"name":"tower-hot-middleware"}"#);
    project.write(
        "node_modules/tower-hot-middleware/client.js",
        "window.client = 'THE CLIENT' + __resourceQuery",
    );
    fs::create_dir(project.join("node_modules/@rspack")).unwrap();
    for package in [BUNDLERS[0], BUNDLERS[1], "webpack-4"] {
        symlink(packages.join(package), project.join("node_modules").join(package)).unwrap();
    }
    project.write("src/index.js", "document.title = 'one'");
    project
}

/// Returns a configuration that builds into `dist`, with these additional lines.
fn config(lines: &str) -> String {
    format!(
        "{{ entry: './src/index.js', devtool: false, output: {{ path: `${{process.cwd()}}/dist` }}, {lines} }}"
    )
}

fn webpack(project: &Folder, config: &str) -> Webpack {
    Webpack::new(project.join(config)).output(Output::Tracing)
}

/// Reads events until one matches.
async fn until(stream: &mut Reading, mut wanted: impl FnMut(&Value) -> bool) -> Value {
    let mut received = Vec::new();
    let reading = async {
        loop {
            let event = serde_json::from_str(&stream.data().await).unwrap();
            if wanted(&event) {
                break event;
            }
            received.push(event);
        }
    };
    let found = timeout(PATIENCE, reading).await;
    found.unwrap_or_else(|_| panic!("no such event after {received:#?}"))
}

/// Reads events until one that has a hash.
async fn built(stream: &mut Reading) -> Value {
    until(stream, |event| event["hash"].is_string()).await
}

/// Reads events until one that has errors.
async fn failed(stream: &mut Reading) -> String {
    let event = until(stream, |event| !event["errors"].as_array().is_none_or(Vec::is_empty)).await;
    event["errors"][0].as_str().unwrap().to_owned()
}

async fn wait_for(mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "the condition was not met");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn builds_are_published_after_their_update_files_are_written() {
    for bundler in BUNDLERS {
        let project = project();
        project.write("webpack.config.js", &format!("module.exports = {}", config("")));
        let hot = hot();
        let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
        let _guard =
            hot.webpack(webpack(&project, "webpack.config.js").bundler(bundler)).unwrap().stop_on_drop();
        let event = until(&mut stream, |_| true).await;
        assert_eq!(event["action"], "building", "{bundler}: {event}");
        let progress = until(&mut stream, |event| event["action"] == "progress").await;
        assert!(progress["percent"].as_u64().unwrap() < 100 && progress["message"].is_string(), "{progress}");
        let first = built(&mut stream).await;
        assert_eq!((&first["action"], &first["name"]), (&"built".into(), &"".into()), "{bundler}");
        assert_eq!(first["modules"]["./src/index.js"], "./src/index.js", "{bundler}: {first}");
        let bundle = project.read("dist/main.js");
        assert!(bundle.contains("THE CLIENT") && bundle.contains("path=%2F__webpack_hmr"), "{bundler}");
        assert!(bundle.contains("hmrM"), "{bundler}: the plugin was added");

        project.write("src/index.js", "document.title = 'two'");
        let begun = until(&mut stream, |event| event["action"] == "building").await;
        assert_eq!(begun["file"], "./src/index.js", "{bundler}");
        let second =
            until(&mut stream, |event| event["hash"].is_string() && event["hash"] != first["hash"]).await;
        let update = format!("dist/main.{}.hot-update.json", first["hash"].as_str().unwrap());
        assert!(project.join(&update).is_file(), "{bundler}: {update} belongs to {second}");

        project.write("src/index.js", "document.title = ;");
        let error = failed(&mut stream).await;
        assert!(error.contains("./src/index.js"), "{bundler}: {error}");
        project.write("src/index.js", "document.title = 'three'");
        let fixed = built(&mut stream).await;
        assert_eq!(fixed["errors"], Value::Array(vec![]), "{bundler}");
    }
}

#[tokio::test]
async fn lazy_compilation_leaves_the_client_out() {
    let project = project();
    let lazy = "experiments: { lazyCompilation: true }";
    project.write("webpack.config.js", &format!("module.exports = {}", config(lazy)));
    let hot = hot();
    let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
    let _guard = hot.webpack(webpack(&project, "webpack.config.js")).unwrap().stop_on_drop();
    built(&mut stream).await;
    let bundle = project.read("dist/main.js");
    assert!(bundle.contains("THE CLIENT") && !bundle.contains("document.title = 'one'"), "{bundle}");
}

#[tokio::test]
async fn webpack_4_runs_too() {
    let project = project();
    // Its hash function is only available with this option of Node's OpenSSL.
    project.write("node", "#!/bin/sh\nexec node --openssl-legacy-provider \"$@\"\n");
    fs::set_permissions(project.join("node"), Permissions::from_mode(0o755)).unwrap();
    let two = [config("name: 'one'"), config("name: 'two'").replace("/dist`", "/dist/two`")].join(",");
    project.write("webpack.config.js", &format!("module.exports = [{two}]"));
    let hot = hot();
    let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
    let webpack = webpack(&project, "webpack.config.js").bundler("webpack-4").node(project.join("node"));
    let _guard = hot.webpack(webpack).unwrap().stop_on_drop();
    let first = built(&mut stream).await;
    assert_eq!(
        (&first["name"], &first["modules"]["./src/index.js"]),
        (&"one".into(), &"./src/index.js".into())
    );
    assert_eq!(built(&mut stream).await["name"], "two");
    let bundle = project.read("dist/main.js");
    assert!(bundle.contains("THE CLIENT") && bundle.contains("hotDownloadManifest"));

    project.write("src/index.js", "document.title = 'two'");
    until(&mut stream, |event| event["hash"].is_string() && event["hash"] != first["hash"]).await;
    let update = format!("dist/{}.hot-update.json", first["hash"].as_str().unwrap());
    assert!(project.join(&update).is_file(), "{update}");
}

#[tokio::test]
async fn a_configuration_may_have_any_form() {
    let plain = config("name: 'n'");
    let named = config("name: env.name + argv.extra + argv.mode + env.WEBPACK_WATCH");
    let output = "Axdevelopmenttrue";
    let cases = [
        ("object.js", format!("module.exports = {plain}"), "n"),
        ("array.js", format!("module.exports = [{plain}]"), "n"),
        ("function.js", format!("module.exports = (env, argv) => ({named})"), output),
        ("async.js", format!("module.exports = async (env, argv) => [{named}]"), output),
        ("promise.cjs", format!("module.exports = Promise.resolve({plain})"), "n"),
        ("functions.js", format!("module.exports = [async (env, argv) => ({named})]"), output),
        ("compiled.js", format!("exports.__esModule = true; exports.default = {plain}"), "n"),
        ("module.mjs", format!("import 'node:fs'; export default {plain}"), "n"),
        ("rspack.mjs", format!("export default async (env, argv) => ({named})"), output),
    ];
    for (file, text, name) in cases {
        let project = project();
        project.write(file, &text);
        let hot = hot();
        let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
        let webpack = webpack(&project, file).mode("development").env("name", "A").arg("extra", "x");
        let _guard = hot.webpack(webpack).unwrap().stop_on_drop();
        assert_eq!(built(&mut stream).await["name"], name, "{file}");
        assert!(project.read("dist/main.js").contains(&format!("&name={name}")), "{file}");
    }
}

#[tokio::test]
async fn the_client_and_the_plugin_are_added_if_missing() {
    let bundle = |name: &str, lines: &str| {
        let output = format!("output: {{ path: `${{process.cwd()}}/dist/{name}` }}");
        format!("{{ name: '{name}', devtool: false, {output}, entry: './src/index.js', {lines} }}")
    };
    let shared = "entry: { a: './src/index.js', b: { import: ['./src/index.js'], dependOn: 'a' } }";
    let config = [
        bundle("text", ""),
        bundle("list", "entry: ['./src/index.js']"),
        bundle("named", "entry: { main: { import: './src/index.js' } }"),
        bundle("called", "entry: async () => './src/index.js'"),
        bundle("old", "target: ['web', 'es5']"),
        bundle("own", "entry: ['tower-hot-middleware/client?own', './src/index.js']"),
        bundle("plugin", "plugins: [new (require('BUNDLER').HotModuleReplacementPlugin)()]"),
        bundle("node", "target: 'node'"),
        bundle("worker", "target: 'webworker'"),
        bundle("shared", shared),
    ]
    .join(",\n");
    for bundler in BUNDLERS {
        let project = project();
        project.write(
            "webpack.config.js",
            &format!("module.exports = [{}]", config.replace("BUNDLER", bundler)),
        );
        let hot = hot();
        let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
        let _guard =
            hot.webpack(webpack(&project, "webpack.config.js").bundler(bundler)).unwrap().stop_on_drop();
        for _ in 0..10 {
            assert_eq!(built(&mut stream).await["errors"], Value::Array(vec![]), "{bundler}");
        }
        for name in ["text", "list", "named", "called", "old", "own", "plugin"] {
            let text = project.read(&format!("dist/{name}/main.js"));
            let clients = text.matches("THE CLIENT").count();
            assert_eq!((clients, text.contains("hmrM")), (1, true), "{bundler}: {name}");
        }
        assert!(project.read("dist/own/main.js").contains("\"?own\""), "{bundler}");
        for name in ["node", "worker"] {
            let text = project.read(&format!("dist/{name}/main.js"));
            assert!(!text.contains("THE CLIENT") && !text.contains("hmrM"), "{bundler}: {name}");
        }
        assert!(project.read("dist/shared/a.js").contains("THE CLIENT"), "{bundler}");
        assert!(!project.read("dist/shared/b.js").contains("THE CLIENT"), "{bundler}");
    }
}

#[tokio::test]
async fn nothing_is_added_if_turned_off() {
    let project = project();
    project.write("webpack.config.js", &format!("module.exports = {}", config("")));
    let hot = hot();
    let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
    let webpack = webpack(&project, "webpack.config.js").add_client(false).add_hmr_plugin(false);
    let _guard = hot.webpack(webpack).unwrap().stop_on_drop();
    built(&mut stream).await;
    let text = project.read("dist/main.js");
    assert!(text.contains("document.title") && !text.contains("THE CLIENT") && !text.contains("hmrM"));
}

#[tokio::test]
async fn a_project_without_the_package_gets_the_client_in_the_crate() {
    for bundler in BUNDLERS {
        let project = project();
        fs::remove_dir_all(project.join("node_modules/tower-hot-middleware")).unwrap();
        project.write("webpack.config.js", &format!("module.exports = {}", config("")));
        let hot = hot();
        let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
        let _guard =
            hot.webpack(webpack(&project, "webpack.config.js").bundler(bundler)).unwrap().stop_on_drop();
        let event = built(&mut stream).await;
        assert_eq!((&event["errors"], &event["warnings"]), (&Value::Array(vec![]), &Value::Array(vec![])));
        let bundle = project.read("dist/main.js");
        assert!(bundle.contains("EventSource") && bundle.contains("path=%2F__webpack_hmr"), "{bundler}");
    }
}

#[tokio::test]
async fn of_two_bundles_only_the_changed_one_is_built() {
    for bundler in BUNDLERS {
        let project = project();
        let one = config("name: 'one', entry: './src/one.js'");
        let two = config("name: 'two', entry: './src/two.js'");
        project.write("src/one.js", "1");
        project.write("src/two.js", "2");
        let config = format!("module.exports = [{one}, {two}]").replace("entry: './src/index.js', ", "");
        project.write("webpack.config.js", &config.replacen("/dist`", "/dist/one`", 1));
        let hot = hot();
        let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
        let _guard =
            hot.webpack(webpack(&project, "webpack.config.js").bundler(bundler)).unwrap().stop_on_drop();
        for name in ["one", "two"] {
            let event = built(&mut stream).await;
            assert_eq!((&event["name"], &event["action"]), (&name.into(), &"built".into()), "{bundler}");
        }
        project.write("src/two.js", "3");
        let event = until(&mut stream, |event| event["action"] == "building").await;
        assert_eq!(event["name"], "two", "{bundler}");
        for (name, action) in [("one", "sync"), ("two", "built")] {
            let event = built(&mut stream).await;
            assert_eq!((&event["name"], &event["action"]), (&name.into(), &action.into()), "{bundler}");
        }
    }
}

#[tokio::test]
async fn a_configuration_error_is_shown_until_it_is_fixed() {
    let project = project();
    project.write("webpack.config.js", "module.exports = { entry: }");
    let hot = hot();
    let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
    let _guard = hot.webpack(webpack(&project, "webpack.config.js")).unwrap().stop_on_drop();
    let error = failed(&mut stream).await;
    assert!(error.starts_with("webpack.config.js could not be loaded\n"), "{error}");
    assert!(error.ends_with("SyntaxError: Unexpected token '}'"), "{error}");

    project.write("webpack.config.js", "module.exports = { entry: 7 }");
    let error = until(&mut stream, |event| {
        event["errors"][0].as_str().is_some_and(|text| text.contains("does not take"))
    })
    .await;
    assert!(error["errors"][0].as_str().unwrap().contains("configuration.entry"), "{error}");

    project.write("webpack.config.js", &format!("module.exports = {}", config("name: 'n'")));
    let clean =
        until(&mut stream, |event| event["action"] == "built" && event["errors"] == Value::Array(vec![]))
            .await;
    assert_eq!(clean["name"], "", "the error is removed where it was shown");
    assert_eq!(built(&mut stream).await["name"], "n");
}

#[tokio::test]
async fn a_bundler_that_dies_is_shown_and_restarted() {
    let project = project();
    let dying = "console.error('out of luck'); process.exit(9)";
    let plugins = format!(
        "plugins: [{{ apply(compiler) {{ compiler.hooks.make.tap('t', () => {{ \
         if (!require('fs').existsSync('{}')) {{ {dying} }} }}) }} }}]",
        project.join("lucky").display()
    );
    project.write("webpack.config.js", &format!("module.exports = {}", config(&plugins)));
    let hot = hot();
    let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
    let _guard = hot.webpack(webpack(&project, "webpack.config.js")).unwrap().stop_on_drop();
    let error = failed(&mut stream).await;
    assert_eq!(error, "the bundler has died: it ended with exit code 9\n\nout of luck");
    project.write("lucky", "");
    assert_eq!(built(&mut stream).await["errors"], Value::Array(vec![]));
}

#[tokio::test]
async fn old_update_files_are_removed() {
    for bundler in BUNDLERS {
        let project = project();
        for n in 0..30 {
            project.write(&format!("dist/main.{n:016}.hot-update.json"), "{}");
        }
        project.write("dist/mine.txt", "mine");
        project.write("webpack.config.js", &format!("module.exports = {}", config("")));
        let hot = hot();
        let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
        let _guard =
            hot.webpack(webpack(&project, "webpack.config.js").bundler(bundler)).unwrap().stop_on_drop();
        let mut hash = built(&mut stream).await["hash"].clone();
        for n in 0..22 {
            project.write("src/index.js", &format!("document.title = 'number {n}'"));
            let event = until(&mut stream, |event| event["hash"].is_string() && event["hash"] != hash).await;
            hash = event["hash"].clone();
        }
        let manifests = || {
            let names = fs::read_dir(project.join("dist")).unwrap().map(|entry| entry.unwrap().file_name());
            names.filter(|name| name.to_string_lossy().ends_with(".hot-update.json")).count()
        };
        wait_for(|| manifests() <= 20).await;
        assert!(manifests() >= 10, "{bundler}: a page that has missed some can still follow");
        assert_eq!(project.read("dist/mine.txt"), "mine");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bundler_ends_with_its_guard() {
    let project = project();
    let text =
        format!("require('fs').writeFileSync('pid', `${{process.pid}}`); module.exports = {}", config(""));
    project.write("webpack.config.js", &text);
    let hot = hot();
    let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
    let webpack = hot.webpack(webpack(&project, "webpack.config.js")).unwrap();
    let guard = webpack.stop_on_drop();
    let early = webpack.wait_for_build(Duration::ZERO).await.unwrap_err();
    assert!(matches!(early, WaitError::Timeout { .. }), "the first build is not done yet: {early}");
    webpack.wait_for_build(PATIENCE).await.unwrap();
    assert!(project.join("dist/main.js").is_file());
    built(&mut stream).await;
    let process = Path::new("/proc").join(project.read("pid"));
    assert!(process.exists());
    drop(guard);
    assert!(!process.exists(), "it was reaped, so there is not even a zombie");
    webpack.stopped().await;
    assert!(!webpack.is_running());
}

#[test]
fn a_missing_part_is_an_error_with_what_to_install() {
    let project = project();
    let bare = Folder::new();
    project.write("webpack.config.js", "module.exports = {}");
    bare.write("rspack.config.mjs", "export default {}");
    let hot = hot();
    let webpack = || webpack(&project, "webpack.config.js");
    let cases = [
        ("the configuration", Webpack::new(project.join("gone.js")), "/gone.js\""),
        ("the folder", webpack().dir("/no/such/folder"), "\"/no/such/folder\""),
        ("Node", webpack().node("no-such-node"), "\"no-such-node\": install Node.js"),
        ("a bundler", Webpack::new(bare.join("rspack.config.mjs")), "npm install --save-dev @rspack/core"),
        ("this bundler", webpack().bundler("no-such-bundler"), "npm install --save-dev no-such-bundler"),
    ];
    for (case, webpack, part) in cases {
        let message = hot.webpack(webpack).expect_err(case).to_string();
        assert!(message.contains(part), "{case}: {message}");
    }
    let error = hot.webpack(Webpack::new(bare.join("rspack.config.mjs"))).unwrap_err();
    assert!(matches!(error, WebpackError::Bundler { dir, .. } if dir == bare.path()));
}

#[test]
fn a_disabled_layer_runs_no_bundler() {
    let hot = HotMiddleware::new(Options::builder().enabled(false).build().unwrap());
    drop(hot.webpack(Webpack::new("/no/such/configuration")).unwrap());
}
