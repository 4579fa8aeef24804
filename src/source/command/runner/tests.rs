use std::{sync::mpsc, thread, time::Duration};

use super::*;
use crate::source::{
    process::Output,
    watch::{Changed, Rebuilt, testing::Dir},
};

/// A runner whose messages are not handled.
fn runner(dir: &Dir, line: &str) -> (Runner, Receiver<Message>) {
    let command = Command::new(line).dir(dir.path()).watch(dir.path()).output(Output::Tracing);
    let (outbox, inbox) = mpsc::channel();
    (Runner::new(Publisher::alone(), command, "css".into(), outbox, Moment::new()), inbox)
}

fn built(id: &str) -> OutputEvent {
    let change = Changed { id: id.to_owned(), version: Some("1".to_owned()), text: None, module: None };
    OutputEvent::Built(Rebuilt {
        name: "css".to_owned(),
        hash: "1".to_owned(),
        time: Duration::ZERO,
        changes: vec![change],
        modules: Vec::new(),
    })
}

#[test]
fn changes_during_a_run_start_one_more() {
    let dir = Dir::new();
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap_or_default();
    let until = |name: &str, text: &str| {
        let begun = Instant::now();
        while read(name) != text {
            assert!(begun.elapsed() < Duration::from_secs(20), "{name} is {:?}", read(name));
            thread::sleep(Duration::from_millis(2));
        }
    };
    // A run begins with a line in `began` and ends with one in `ended`, once there is a file `go`.
    let line = "echo run >> began; until test -e go; do sleep 0.01; done; echo run >> ended";
    let command = Command::new(line).dir(dir.path()).watch(dir.path()).output(Output::Tracing);
    let (outbox, inbox) = mpsc::channel();
    let runner = Runner::new(Publisher::alone(), command, "run".into(), outbox.clone(), Moment::new());
    let thread = thread::spawn(move || runner.run(&inbox));
    outbox.send(Message::Start).unwrap();
    until("began", "run\n");
    for file in ["a", "b", "c"] {
        outbox.send(Message::Changed(vec![file.to_owned()], Instant::now())).unwrap();
    }
    dir.write("go", "");
    until("ended", "run\nrun\n");
    outbox.send(Message::Stop).unwrap();
    thread.join().unwrap();
    assert_eq!(read("began"), "run\nrun\n", "three changes are one run more, and no two run at once");
}

#[test]
fn a_tool_in_watch_mode_that_is_run_like_any_other_is_reported() {
    let dir = Dir::new();
    let (mut runner, _inbox) = runner(&dir, "sleep 60");
    runner.start(None, None);
    let saved = ["./a.less".to_owned()];
    runner.sources_changed(&saved, Instant::now());
    runner.output(built("/a.css"));
    assert!(!runner.is_reported, "it may be a slow build");
    let run = runner.running.as_mut().unwrap();
    run.begun = run.begun.checked_sub(LONG_RUN).unwrap();
    runner.output(built("/a.css"));
    assert!(runner.is_reported);
}

#[test]
fn a_slow_build_is_not_reported() {
    let dir = Dir::new();
    let (mut runner, _inbox) = runner(&dir, "sleep 60");
    runner.start(None, None);
    let run = runner.running.as_mut().unwrap();
    run.begun = run.begun.checked_sub(LONG_RUN).unwrap();
    runner.output(built("/a.css"));
    assert!(!runner.is_reported, "no source has changed since");
}

#[test]
fn a_tool_that_is_looked_at_early_has_started_later() {
    let dir = Dir::new();
    let (mut runner, _inbox) = runner(&dir, "sleep 60");
    runner.command = runner.command.keep_running();
    runner.start(None, None);
    let started = Some(runner.last.0 + STARTED);
    assert_eq!(runner.look_at, started);
    runner.look();
    assert_eq!(runner.look_at, started, "it has said nothing");
    runner.rounds.add(b"Building...", Instant::now());
    runner.output(built("/a.css"));
    assert!(runner.look_at < started, "its files are written");
}

#[test]
fn a_source_that_was_saved_in_several_runs_is_saved_again() {
    let dir = Dir::new();
    let (mut runner, _inbox) = runner(&dir, "sleep 60");
    let saved = ["./a.css".to_owned()];
    for _ in 0..4 {
        runner.start(None, None);
        runner.changed = None;
        runner.sources_changed(&saved, Instant::now());
    }
    assert!(runner.changed.is_none() && runner.loops.is_own(&saved[0]), "it counts as the command's own");
    // The run has ended a while ago.
    runner.running = None;
    let ended = runner.last.0;
    runner.last = (ended.checked_sub(Duration::from_secs(2)).unwrap(), ended.checked_sub(EVENT_LAG).unwrap());
    runner.sources_changed(&saved, Instant::now());
    assert!(runner.running.is_some());
    runner.sources_changed(&saved, Instant::now());
    assert!(runner.changed.is_some(), "it is the developer's");
}
