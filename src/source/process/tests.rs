//! Real processes, which are looked up by their ids.
#![cfg(unix)]

use std::{
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use super::{supervisor::GRACE, *};
use crate::{journal::Tail, source::watch::testing::Dir};

const PATIENCE: Duration = Duration::from_secs(20);

/// A shell that runs a script, its end, and the process ids that the script writes.
struct Run {
    process: Process,
    ended: Receiver<Ended>,
    pids: Vec<u32>,
}

/// Starts a script that writes the ids of its processes into the file `$1`.
fn run(script: &str) -> Run {
    let dir = Dir::new();
    let file = dir.path().join("pids");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script, "sh"]).arg(&file).stdin(Stdio::null());
    let (sender, ended) = mpsc::channel();
    let process =
        Process::start(command, Output::Tracing, &Tail::default(), None, move |end| drop(sender.send(end)))
            .unwrap();
    let begun = Instant::now();
    let pids = loop {
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        if let Some(line) = text.strip_suffix('\n') {
            break line.split(' ').map(|pid| pid.parse().unwrap()).collect();
        }
        assert!(begun.elapsed() < PATIENCE, "the script should have written its numbers: {text:?}");
        thread::sleep(Duration::from_millis(2));
    };
    Run { process, ended, pids }
}

/// State of a process; `None` if it does not exist. A zombie has ended and was not reaped.
fn state(pid: u32) -> Option<String> {
    let ps = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap();
    Some(String::from_utf8(ps.stdout).unwrap().trim().to_owned()).filter(|state| !state.is_empty())
}

fn wait_until_gone(pids: &[u32], within: Duration) {
    let begun = Instant::now();
    for &pid in pids {
        // The process that adopts an orphan reaps it later.
        while state(pid).is_some_and(|state| !state.starts_with('Z')) {
            assert!(begun.elapsed() < within, "process {pid} is still there");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Two processes that ignore SIGTERM.
const STUBBORN: &str = r#"
trap '' TERM
sh -c 'while :; do sleep 1; done' &
printf '%s %s\n' $$ $! > "$1.new"; mv "$1.new" "$1"
while :; do sleep 1; done
"#;

#[test]
fn a_child_that_ignores_sigterm_is_killed_with_all_its_processes() {
    let run = run(STUBBORN);
    let begun = Instant::now();
    drop(run.process);
    assert!(begun.elapsed() >= GRACE, "it had its time");
    assert!(begun.elapsed() < GRACE + Duration::from_secs(5), "and not much more");
    assert_eq!(state(run.pids[0]), None, "the child itself was reaped, so it is no zombie");
    wait_until_gone(&run.pids, PATIENCE);
    let failure = run.ended.recv_timeout(PATIENCE).unwrap().failure().unwrap();
    assert!(failure.contains("SIGKILL"), "{failure}");
}

#[test]
fn a_child_that_obeys_sigterm_ends_at_once() {
    let run = run(r#"trap 'echo bye; exit 7' TERM; printf '%s\n' $$ > "$1"; while :; do sleep 0.1; done"#);
    let begun = Instant::now();
    drop(run.process);
    assert!(begun.elapsed() < GRACE, "the grace is a limit, not a delay");
    let end = run.ended.recv_timeout(PATIENCE).unwrap();
    assert_eq!(end.failure().unwrap(), "it ended with exit code 7");
    assert!(end.tail.lines().any(|line| line == "bye"), "its last output is kept: {}", end.tail);
    assert_eq!(state(run.pids[0]), None);
}

#[test]
fn a_child_ends_when_the_app_is_killed() {
    let mut run = run(STUBBORN);
    run.process.supervisor.abandon();
    wait_until_gone(&run.pids, PATIENCE);
    assert!(run.ended.recv_timeout(PATIENCE).unwrap().failure().is_some());
}

#[test]
fn processes_that_a_child_leaves_behind_are_ended() {
    let run = run(r#"sleep 1000 & printf '%s %s\n' $$ $! > "$1"; echo done; exit 0"#);
    let end = run.ended.recv_timeout(PATIENCE).unwrap();
    assert_eq!((end.failure(), end.tail.as_str()), (None, "done"), "although its pipes are still held open");
    assert!(state(run.pids[1]).is_some());
    drop(run.process);
    wait_until_gone(&run.pids, PATIENCE);
}

#[test]
fn a_program_that_is_not_there_is_an_error() {
    let command = Command::new("no-such-program-here");
    let error = Process::start(command, Output::Tracing, &Tail::default(), None, |_| ()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}
