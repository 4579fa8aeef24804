//! The ends of what a middleware has registered or started, by each way in which it can end.

use std::{
    future::Future,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::Router;
use futures_channel::oneshot;
use tokio::time::timeout;
use tower::{Layer, service_fn};
use tower_hot_middleware::{
    HotMiddleware, Options, StopOnDrop,
    command::{Command, Output, WaitError},
    watch::Watch,
};

use crate::{
    access::Lines,
    client::{Reading, open, page_token},
    folder::Folder,
    hot, line, serve, serve_app,
};

const PATIENCE: Duration = Duration::from_secs(20);

/// A started source, of either kind.
struct Started {
    name: &'static str,
    stop: Box<dyn Fn()>,
    guard: Box<dyn Fn() -> StopOnDrop>,
    is_running: Box<dyn Fn() -> bool>,
    stopped: Box<dyn Future<Output = ()> + Unpin>,
}

macro_rules! started {
    ($name:literal, $handle:expr) => {{
        let handle = $handle.unwrap();
        let [stop, guard, is_running] = [(); 3].map(|()| handle.clone());
        Started {
            name: $name,
            stop: Box::new(move || stop.stop()),
            guard: Box::new(move || guard.stop_on_drop()),
            is_running: Box::new(move || is_running.is_running()),
            stopped: Box::new(Box::pin(handle.stopped())),
        }
    }};
}

/// A line that runs until its process is ended.
const ENDLESS: &str = line("while :; do sleep 0.02; done", "ping -n 600 127.0.0.1 >nul");

/// Starts a source of each kind. All handles of its own are dropped.
fn start(hot: &HotMiddleware, folder: &Folder) -> Vec<Started> {
    folder.write("src/style.css", "a{}");
    let command = Command::new(ENDLESS).name("endless").watch(folder.join("src"));
    #[cfg_attr(windows, allow(unused_mut, reason = "webpack needs Unix"))]
    let mut all = vec![
        started!("a watch", hot.watch(Watch::new().files("/", folder.path()))),
        started!("a command", hot.command(command.output(Output::Tracing))),
    ];
    #[cfg(all(unix, feature = "webpack"))]
    {
        use std::{fs, os::unix::fs::PermissionsExt};

        use tower_hot_middleware::webpack::Webpack;

        folder.write("webpack.config.js", "");
        folder.write("node_modules/webpack/package.json", "{}");
        // In Node.js's place.
        folder.write("node", "#!/bin/sh\nexec sleep 600\n");
        fs::set_permissions(folder.join("node"), fs::Permissions::from_mode(0o755)).unwrap();
        let webpack = Webpack::new(folder.join("webpack.config.js")).node(folder.join("node"));
        all.push(started!("a bundler", hot.webpack(webpack.add_client(false).output(Output::Tracing))));
    }
    all
}

async fn until_stopped(started: Vec<Started>, case: &str) {
    for source in started {
        let stopped = timeout(PATIENCE, source.stopped).await;
        assert!(stopped.is_ok(), "{} runs on after {case}", source.name);
        assert!(!(source.is_running)(), "{} after {case}", source.name);
    }
}

fn assert_running(started: &[Started], case: &str) {
    for source in started {
        assert!((source.is_running)(), "{} has ended: {case}", source.name);
    }
}

#[tokio::test]
async fn a_source_runs_until_it_is_stopped() {
    let (folder, hot) = (Folder::new(), hot());
    drop(start(&hot, &folder).into_iter().map(|source| source.stop).collect::<Vec<_>>());
    let started = start(&hot, &folder);
    assert_running(&started, "the handles of others were dropped");
    for source in &started {
        (source.stop)();
        (source.stop)();
    }
    until_stopped(started, "`stop`").await;

    for source in start(&hot, &folder) {
        let guard = (source.guard)();
        assert!((source.is_running)(), "{}", source.name);
        drop(guard);
        assert!(!(source.is_running)(), "{}: the guard's drop waits for the end", source.name);
    }
}

/// An app as many are built: by a function that keeps nothing but the router.
fn app(folder: &Folder) -> Router {
    let hot = hot();
    let _ = hot.watch(Watch::new().files("/", folder.path()).name("site")).unwrap();
    let copy = line("cp in.txt out.txt; echo run >> runs", "copy in.txt out.txt & echo run >> runs");
    let command = Command::new(copy).name("copy").dir(folder.path()).watch(folder.join("in.txt"));
    let _ = hot.command(command.output(Output::Tracing)).unwrap();
    Router::new().layer(hot)
}

#[tokio::test]
async fn sources_outlive_the_function_that_builds_the_app() {
    let folder = Folder::new();
    folder.write("in.txt", "1");
    let mut stream = open(serve(app(&folder)).await, "/__webpack_hmr").await;
    let built = |event: &serde_json::Value, name: &str| event["action"] == "built" && event["name"] == name;
    for content in ["2", "3"] {
        folder.write("in.txt", content);
        let (mut is_run, mut is_seen) = (false, false);
        // The command's run, and the watch's build of what it wrote.
        while !(is_run && is_seen) {
            let event = serde_json::from_str(&stream.data().await).unwrap();
            is_run |= built(&event, "copy") && folder.read("out.txt") == content;
            is_seen |= built(&event, "site") && event["modules"]["/out.txt"].is_string();
        }
    }
}

#[tokio::test]
async fn a_guard_that_is_dropped_by_mistake_is_reported() {
    let (folder, hot) = (Folder::new(), hot());
    for source in start(&hot, &folder) {
        let lines = Lines::of_this_thread();
        let _ = (source.guard)();
        let text = lines.text();
        assert!(text.contains("WARN") && text.contains("let _guard"), "{}: {text:?}", source.name);
    }
}

#[tokio::test]
async fn sources_end_when_the_middleware_is_closed() {
    let (folder, hot) = (Folder::new(), hot());
    let started = start(&hot, &folder);
    hot.close();
    until_stopped(started, "`close`").await;
    until_stopped(start(&hot, &folder), "a start on a closed middleware").await;
}

#[tokio::test]
async fn sources_end_on_the_shutdown_signal_though_nobody_is_connected() {
    let (signal, shutdown) = oneshot::channel::<()>();
    let options = Options::builder().shutdown(async { _ = shutdown.await }).build().unwrap();
    let (folder, hot) = (Folder::new(), HotMiddleware::new(options));
    let started = start(&hot, &folder);
    assert_running(&started, "there was no signal");
    signal.send(()).unwrap();
    until_stopped(started, "the signal").await;
}

#[test]
fn sources_that_were_started_without_a_runtime_end_on_the_signal_after_the_first_stream() {
    let (signal, shutdown) = oneshot::channel::<()>();
    let options = Options::builder().shutdown(async { _ = shutdown.await }).build().unwrap();
    let (folder, hot) = (Folder::new(), HotMiddleware::new(options));
    let started = start(&hot, &folder);
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        drop(open(serve_app(&hot).await, "/__webpack_hmr").await);
        crate::faults::until("the stream is gone", || hot.client_count() == 0).await;
        assert_running(&started, "there was no signal");
        signal.send(()).unwrap();
        until_stopped(started, "the signal").await;
    });
}

#[tokio::test]
async fn sources_end_with_the_last_handle_or_service() {
    let folder = Folder::new();
    let hot = hot();
    let started = start(&hot, &folder);
    let clone = hot.clone();
    let service = clone.layer(service_fn(|_: http::Request<String>| async {
        Ok::<_, std::convert::Infallible>(http::Response::new(String::new()))
    }));
    drop((hot, clone));
    assert_running(&started, "there is a service");
    drop(service.clone());
    assert_running(&started, "there is a service still");
    drop(service);
    until_stopped(started, "the drop of the last service").await;

    let (signal, shutdown) = oneshot::channel::<()>();
    let options = Options::builder().shutdown(async { _ = shutdown.await }).build().unwrap();
    let hot = HotMiddleware::new(options);
    let started = start(&hot, &folder);
    drop(hot);
    until_stopped(started, "the drop of a handle with a signal that never comes").await;
    drop(signal);
}

/// Notes its drop, as what a listener owns.
struct Owned(Arc<AtomicUsize>);

impl Drop for Owned {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[tokio::test]
async fn a_listener_lives_as_long_as_its_middleware_and_keeps_none_alive() {
    let drops = Arc::new(AtomicUsize::new(0));
    let dropped = || drops.load(Ordering::SeqCst);
    let listen = |hot: &HotMiddleware| {
        let owned = Owned(drops.clone());
        hot.on("e", move |hot, message| {
            let _owned = &owned;
            hot.send("answer", message.data()).unwrap();
        })
    };
    let hot = hot();
    drop(listen(&hot));
    assert_eq!(dropped(), 0, "its handle is not its end");
    drop(listen(&hot).stop_on_drop());
    assert_eq!(dropped(), 1);
    let stopped = listen(&hot);
    stopped.stop();
    stopped.stop();
    assert_eq!(dropped(), 2);
    let late = listen(&hot);
    drop(hot);
    assert_eq!(dropped(), 4, "all end with the last handle: the listeners' own access to it is no cycle");
    late.stop();
}

#[tokio::test]
async fn a_listener_s_middleware_is_the_one_that_received_the_message() {
    let hot = hot();
    let page = || async { axum::response::Html("<!doctype html><title>t</title>") };
    let app = Router::new().route("/page", axum::routing::get(page)).layer(hot.clone());
    let address = serve(app).await;
    hot.on("ask", |hot, message| hot.send("answer", message.data()).unwrap());
    let mut stream = open(address, "/__webpack_hmr").await;
    let (token, body) = (page_token(address).await, r#"{"type":"custom","event":"ask","data":"x"}"#);
    let request = format!(
        "POST /__webpack_hmr HTTP/1.1\r\nHost: {address}\r\nHot-Middleware-Token: {token}\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    assert_eq!(Reading::raw(address, request.as_bytes()).await.status(), 204);
    assert_eq!(stream.data().await, r#"{"type":"custom","event":"answer","data":"x"}"#);
}

#[tokio::test]
async fn the_first_build_can_be_waited_for() {
    let (folder, hot) = (Folder::new(), hot());
    folder.write("src/a", "");
    let command = |line: &str| {
        let command = Command::new(line).name(line).dir(folder.path()).watch(folder.join("src"));
        hot.command(command.output(Output::Tracing)).unwrap()
    };
    for line in ["echo done", "exit 3"] {
        command(line).wait_for_build(PATIENCE).await.unwrap_or_else(|error| panic!("{line}: {error}"));
    }
    let endless = command(ENDLESS);
    let error = endless.wait_for_build(Duration::from_millis(1)).await.unwrap_err();
    assert!(matches!(error, WaitError::Timeout { at_most, .. } if at_most == Duration::from_millis(1)));
    assert!(error.to_string().contains("1ms"), "{error}");
    let (waiting, ()) = tokio::join!(endless.wait_for_build(PATIENCE), async { endless.stop() });
    assert!(matches!(waiting, Err(WaitError::Stopped)), "{waiting:?}");
}

#[tokio::test]
async fn a_build_that_has_begun_is_one_of_all_bundles_or_of_one() {
    let hot = hot();
    let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
    hot.building();
    hot.building_bundle("a");
    hot.building_file(String::from("a"), "./a.js");
    hot.reload();
    hot.reload_file(String::from("./b.html"));
    hot.send("text", "unsized").unwrap();
    hot.publish("unsized").unwrap();
    for expected in [
        r#"{"action":"building"}"#,
        r#"{"action":"building","name":"a"}"#,
        r#"{"action":"building","name":"a","file":"./a.js"}"#,
        r#"{"action":"reload"}"#,
        r#"{"action":"reload","file":"./b.html"}"#,
        r#"{"type":"custom","event":"text","data":"unsized"}"#,
        r#""unsized""#,
    ] {
        assert_eq!(stream.data().await, expected);
    }
}

#[test]
fn a_watch_names_its_backend_at_debug_level() {
    let (folder, hot) = (Folder::new(), hot());
    let lines = Lines::of_this_thread();
    let watch = || Watch::new().files("/", folder.path());
    let _watch = hot.watch(watch()).unwrap().stop_on_drop();
    let backend = match std::env::consts::OS {
        "linux" => "backend=Inotify detail=Exact",
        "macos" => "backend=FsEvents detail=Coarse",
        "windows" => "backend=Windows detail=Coarse",
        _ => "backend=Kqueue detail=Coarse",
    };
    let text = lines.text();
    assert!(text.contains("DEBUG") && text.contains(backend), "{text:?}");
    let _watch = hot.watch(watch().poll(Duration::from_secs(1))).unwrap().stop_on_drop();
    let text = lines.text();
    assert!(text.contains("files are compared at an interval") && text.contains("interval=1s"), "{text:?}");
}
