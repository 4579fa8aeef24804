//! A build command as a source, over a real socket: the shell runs it, and a client receives its builds.

use std::time::Duration;

use serde_json::Value;
use tower_hot_middleware::{
    HotMiddleware, Options,
    command::{Command, CommandError, Output},
};

use crate::{
    client::{Reading, open},
    folder::Folder,
    hot, line, serve_app,
};

/// Reads events until one of this bundle with this action.
async fn next(stream: &mut Reading, name: &str, action: &str) -> Value {
    loop {
        let event: Value = serde_json::from_str(&stream.data().await).unwrap();
        if event["name"] == name && event["action"] == action {
            return event;
        }
    }
}

/// Reads the errors of the command's next build.
async fn errors(stream: &mut Reading, name: &str) -> Vec<String> {
    errors_of(&next(stream, name, "built").await)
}

fn errors_of(event: &Value) -> Vec<String> {
    event["errors"].as_array().unwrap().iter().map(|error| error.as_str().unwrap().to_owned()).collect()
}

fn site() -> Folder {
    let site = Folder::new();
    site.write("src/style.css", "a{}");
    site
}

fn command(site: &Folder, line: &str) -> Command {
    Command::new(line).name("css").dir(site.path()).watch(site.join("src")).output(Output::Tracing)
}

#[tokio::test]
async fn a_command_runs_at_the_start_and_on_changes_and_pages_receive_its_output() {
    let (site, hot) = (site(), hot());
    let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
    let copy = line("cp src/style.css public/style.css", r#"copy "src\style.css" "public\style.css""#);
    let command = command(&site, copy).files("/", site.join("public"));
    let _guard = hot.command(command).unwrap().stop_on_drop();
    assert_eq!(errors(&mut stream, "css").await, [""; 0]);
    assert_eq!(site.read("public/style.css"), "a{}", "the output folder was created");

    site.write("src/style.css", "b{}");
    // One bundle: a build with its start, and the changes in its end.
    let building = next(&mut stream, "css", "building").await;
    assert!(building["file"].as_str().unwrap().ends_with("src/style.css"), "{building}");
    let built = next(&mut stream, "css", "built").await;
    assert_eq!(
        (&built["modules"]["/style.css"], &built["errors"]),
        (&"./style.css".into(), &serde_json::json!([]))
    );
    assert_eq!(site.read("public/style.css"), "b{}");
}

#[tokio::test]
async fn a_failure_is_shown_until_it_is_fixed() {
    let (site, hot) = (site(), hot());
    let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
    site.write("src/broken", "");
    let check = line(
        "test -e src/broken && { echo 'style.css:3: what is this?' >&2; exit 3; }; true",
        r#"if exist "src\broken" (echo style.css:3: what is this?>&2& exit 3)"#,
    );
    let _guard = hot.command(command(&site, check)).unwrap().stop_on_drop();
    assert_eq!(
        errors(&mut stream, "css").await,
        ["css\nit ended with exit code 3\n\nstyle.css:3: what is this?"]
    );
    std::fs::remove_file(site.join("src/broken")).unwrap();
    assert_eq!(errors(&mut stream, "css").await, [""; 0]);
}

#[tokio::test]
async fn a_missing_program_is_named_in_the_page() {
    let (site, hot) = (site(), hot());
    let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
    let _guard = hot.command(command(&site, "no-such-program --here")).unwrap().stop_on_drop();
    let errors = errors(&mut stream, "css").await.concat();
    let code = line("exit code 127", "exit code ");
    assert!(errors.contains(code) && errors.contains("no-such-program"), "{errors}");
}

#[tokio::test]
async fn the_output_in_the_page_is_bounded() {
    let (site, hot) = (site(), hot());
    let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
    let much = line(
        "i=0; while [ $i -lt 20000 ]; do echo \"line $i of very much\"; i=$((i+1)); done; exit 1",
        "(for /L %i in (0,1,19999) do @echo line %i of very much) & exit 1",
    );
    let _guard = hot.command(command(&site, much)).unwrap().stop_on_drop();
    let errors = errors(&mut stream, "css").await.concat();
    assert!(errors.len() < 17 * 1024, "{}", errors.len());
    assert!(errors.ends_with("line 19999 of very much"), "{}", &errors[errors.len() - 200..]);
}

#[cfg(unix)]
async fn wait_for(mut condition: impl FnMut() -> bool) {
    use std::time::Instant;

    use tokio::time::sleep;

    const PATIENCE: Duration = Duration::from_secs(20);

    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < PATIENCE, "the condition was not met");
        sleep(Duration::from_millis(5)).await;
    }
}

// Windows has no SIGTERM.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_ends_with_its_guard_and_when_the_layer_closes() {
    let line = "trap 'echo ended > ended; exit' TERM; echo began > began; while :; do sleep 0.02; done";
    for by_closing in [false, true] {
        let (site, hot) = (site(), hot());
        let guard = hot.command(command(&site, line)).unwrap().stop_on_drop();
        wait_for(|| site.read("began") == "began\n").await;
        if by_closing {
            hot.close();
            wait_for(|| site.read("ended") == "ended\n").await;
            drop(guard);
        } else {
            drop(guard);
            assert_eq!(site.read("ended"), "ended\n");
        }
    }
}

#[test]
fn an_invalid_command_is_an_error_with_its_reason() {
    let (site, hot) = (site(), hot());
    // In the place of the folder above it is a file.
    let gone = site.join("src/style.css/gone");
    let gone_quoted = line("/gone\"", "gone\"");
    let cases = [
        ("no command", Command::new(" ").watch("."), "\" \""),
        ("no sources", Command::new("make"), "Command::watch"),
        ("no such directory", Command::new("make").watch(site.path()).dir(&gone), gone_quoted),
        ("no such sources", Command::new("make").watch(&gone), gone_quoted),
        (
            "no folder for the output",
            Command::new("make").watch(site.path()).files("/", site.join("src/style.css/public")),
            "public\"",
        ),
    ];
    for (case, command, part) in cases {
        let message = hot.command(command).expect_err(case).to_string();
        assert!(message.contains(part), "{case}: {message}");
    }
    assert!(matches!(hot.command(Command::new("make").watch(&gone)), Err(CommandError::Watch(_))));
}

#[tokio::test]
async fn a_disabled_layer_runs_no_command() {
    let site = site();
    let hot = HotMiddleware::new(Options::builder().enabled(false).build().unwrap());
    let handle = hot.command(command(&site, "echo > ran").watch("/no/such/folder")).unwrap();
    assert!(!handle.is_running());
    handle.wait_for_build(Duration::ZERO).await.unwrap();
    handle.stopped().await;
    assert!(!site.join("ran").exists());
}

#[tokio::test]
async fn a_command_that_rewrites_its_own_source_is_stopped() {
    let (site, hot) = (site(), hot());
    let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
    // Not `%RANDOM%`: it is the same number in two runs within a second.
    let stamp = line("echo run >> src/stamp; echo run >> runs", r"echo run>> src\stamp& echo run>> runs");
    let _guard = hot.command(command(&site, stamp)).unwrap().stop_on_drop();
    let runs = || site.read("runs").lines().count();
    while runs() < 4 {
        next(&mut stream, "css", "built").await;
    }
    // A save runs it once, and is the next to do so: the loop is over.
    for run in 5..8 {
        site.write("src/style.css", &run.to_string());
        let building = next(&mut stream, "css", "building").await;
        assert!(building["file"].as_str().unwrap().ends_with("src/style.css"), "{run}: {building}");
        next(&mut stream, "css", "built").await;
        assert_eq!(runs(), run);
    }
}

/// A tool in watch mode, for the shell of Unix: it says what a file `say` says, ends with a file `quit`, and with its standard input.
#[cfg(unix)]
const TOOL: &str = "
    echo start >> starts
    exec 3<&0; (cat <&3 >/dev/null; kill $$) &
    while :; do
        if test -e quit; then rm quit; exit 3; fi
        if test -e say; then mv say said; cat said; fi
        sleep 0.02
    done";

#[cfg(unix)]
#[tokio::test]
async fn a_tool_that_keeps_running_reports_its_builds() {
    let (site, hot) = (site(), hot());
    let say = |text: &str| {
        site.write("saying", &format!("{text}\n"));
        std::fs::rename(site.join("saying"), site.join("say")).unwrap();
    };
    let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
    let tool = Command::new(TOOL).name("css").dir(site.path()).output(Output::Tracing).keep_running();
    let guard = hot.command(tool.files("/", site.join("public"))).unwrap().stop_on_drop();
    next(&mut stream, "css", "building").await;
    say("Done in 80ms");
    // Without a change of the hash, it is a `sync`.
    assert_eq!(errors_of(&next(&mut stream, "css", "sync").await), [""; 0]);

    say("Error: no such class\n  at style.css:1");
    let failed = next(&mut stream, "css", "sync").await;
    assert_eq!(errors_of(&failed), ["css\nError: no such class\n  at style.css:1"]);
    // The next build is announced, and its output and its success are one.
    say("Rebuilding...");
    next(&mut stream, "css", "building").await;
    site.write("public/style.css", "a{}");
    say("Done in 5ms");
    let built = next(&mut stream, "css", "built").await;
    assert_eq!((errors_of(&built), &built["modules"]["/style.css"]), (vec![], &"./style.css".into()));
    // A tool that says nothing of its success.
    say("SyntaxError: what is this?");
    assert_eq!(errors_of(&next(&mut stream, "css", "sync").await).len(), 1);
    site.write("public/style.css", "b{}");
    assert_eq!(errors_of(&next(&mut stream, "css", "built").await), [""; 0]);
    assert_eq!(site.read("starts"), "start\n");

    site.write("quit", "");
    let died = errors_of(&next(&mut stream, "css", "sync").await).concat();
    assert!(died.contains("exit code 3") && died.contains("started again in 1s"), "{died}");
    next(&mut stream, "css", "building").await;
    say("Done in 80ms");
    assert_eq!(errors_of(&next(&mut stream, "css", "sync").await), [""; 0]);
    assert_eq!(site.read("starts"), "start\nstart\n");
    drop(guard);
    say("anything");
    assert_eq!(site.read("say"), "anything\n", "it has ended");
}

#[cfg(unix)]
#[tokio::test]
async fn a_tool_that_never_says_that_a_build_is_done_is_shown() {
    let (site, hot) = (site(), hot());
    let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
    let line = "
        saved() { until test -e save; do sleep 0.02; done; rm save; }
        build() { cp src/style.css public/style.css; }
        echo 'Building...'; saved; build
        while :; do saved; echo 'Building...'; build; done";
    let tool = Command::new(line).name("css").dir(site.path()).output(Output::Tracing).keep_running();
    let handle = hot.command(tool.files("/", site.join("public"))).unwrap();
    let _guard = handle.stop_on_drop();
    // The output was scanned: what is written from now on is a change.
    next(&mut stream, "css", "sync").await;
    for style in ["a{}", "b{}", "c{}"] {
        site.write("src/style.css", style);
        site.write("save", "");
        handle.wait_for_build(Duration::from_secs(20)).await.unwrap();
        let built = next(&mut stream, "css", "built").await;
        assert_eq!((errors_of(&built), &built["modules"]["/style.css"]), (vec![], &"./style.css".into()));
        assert_eq!(site.read("public/style.css"), style);
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_tool_whose_folder_is_gone_for_a_while_is_started_again() {
    let (site, hot) = (site(), hot());
    let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
    site.write("app/a.css", "");
    let tool = Command::new("echo start >> ../starts; cat").name("css").dir(site.join("app")).keep_running();
    let _guard = hot.command(tool.watch(site.join("src")).output(Output::Tracing)).unwrap().stop_on_drop();
    wait_for(|| site.read("starts") == "start\n").await;
    std::fs::remove_dir_all(site.join("app")).unwrap();
    site.write("src/style.css", "b{}");
    // On a slow machine, it has started before that.
    let failure = loop {
        let failure = errors(&mut stream, "css").await.concat();
        if !failure.is_empty() {
            break failure;
        }
    };
    assert!(failure.contains("not be started") && failure.contains("started again in 1s"), "{failure}");
    site.write("app/a.css", "");
    wait_for(|| site.read("starts") == "start\nstart\n").await;
}

#[cfg(unix)]
#[tokio::test]
async fn a_tool_that_crashes_after_its_first_line_has_not_started() {
    let (site, hot) = (site(), hot());
    let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
    // As npm begins.
    let line = "echo '> app@1.0.0 css'; sleep 0.5; echo 'Error: no'; exit 1";
    let tool = Command::new(line).name("css").dir(site.path()).output(Output::Tracing).keep_running();
    let _guard = hot.command(tool).unwrap().stop_on_drop();
    for pause in ["in 1s", "in 2s"] {
        let failure = loop {
            let failure = errors(&mut stream, "css").await.concat();
            assert!(!failure.is_empty(), "it was taken for a build");
            if failure.contains("started again") {
                break failure;
            }
        };
        assert!(failure.contains(pause), "{failure}");
    }
}

#[tokio::test]
async fn commands_are_named_after_their_programs() {
    let (site, hot) = (site(), hot());
    let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
    let make = |line: &str| Command::new(line).watch(site.join("src")).output(Output::Tracing);
    let failing = line("/bin/false", r#""C:\windows\system32\find.exe""#);
    for (line, name) in [("echo css", "echo"), ("echo js", "echo 2"), (failing, line("false", "find.exe"))] {
        hot.command(make(line)).unwrap();
        next(&mut stream, name, "built").await;
    }
}
