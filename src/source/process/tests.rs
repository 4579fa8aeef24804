//! Real processes. What must be gone is looked for under its number, and waited for.
#![cfg(unix)]

use std::{
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use super::{keeper::GRACE, *};
use crate::source::watch::testing::Dir;

const PATIENCE: Duration = Duration::from_secs(20);

/// A shell that runs a script, its end, and the numbers that it writes on its first line.
struct Run {
    process: Process,
    ended: Receiver<Ended>,
    pids: Vec<u32>,
}

/// Starts a script that writes the numbers of its processes into the file `$1`.
fn run(script: &str) -> Run {
    let dir = Dir::new();
    let file = dir.path().join("pids");
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script, "sh"]).arg(&file).stdin(Stdio::null());
    let (sender, ended) = mpsc::channel();
    let process = Process::start(command, Output::Tracing, move |end| drop(sender.send(end))).unwrap();
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

/// Whether there is a process of this number that runs: one that has ended and was not asked for is a zombie.
fn state(pid: u32) -> Option<String> {
    let ps = Command::new("ps").args(["-o", "stat=", "-p", &pid.to_string()]).output().unwrap();
    Some(String::from_utf8(ps.stdout).unwrap().trim().to_owned()).filter(|state| !state.is_empty())
}

fn wait_until_gone(pids: &[u32], within: Duration) {
    let begun = Instant::now();
    for &pid in pids {
        // Whoever adopts an orphan also reaps it, in its own time.
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
fn a_child_that_ignores_sigterm_is_gone_with_all_that_it_started() {
    let run = run(STUBBORN);
    let begun = Instant::now();
    drop(run.process);
    assert!(begun.elapsed() >= GRACE, "it had its time");
    assert!(begun.elapsed() < GRACE + Duration::from_secs(5), "and not much more");
    assert_eq!(state(run.pids[0]), None, "the child itself was asked for its end, so it is no zombie");
    wait_until_gone(&run.pids, PATIENCE);
    let failure = run.ended.recv_timeout(PATIENCE).unwrap().failure().unwrap();
    assert!(failure.contains("SIGKILL"), "{failure}");
}

#[test]
fn a_child_that_takes_sigterm_ends_at_once() {
    let run = run(r#"trap 'echo bye; exit 7' TERM; printf '%s\n' $$ > "$1"; while :; do sleep 0.1; done"#);
    let begun = Instant::now();
    drop(run.process);
    assert!(begun.elapsed() < GRACE, "nobody waits for a grace that is not needed");
    let end = run.ended.recv_timeout(PATIENCE).unwrap();
    assert_eq!(end.failure().unwrap(), "it ended with exit code 7");
    assert!(end.tail.lines().any(|line| line == "bye"), "it could still say something: {}", end.tail);
    assert_eq!(state(run.pids[0]), None);
}

#[test]
fn a_child_ends_when_the_app_is_gone_without_a_word() {
    let mut run = run(STUBBORN);
    run.process.keeper.abandon();
    wait_until_gone(&run.pids, PATIENCE);
    assert!(run.ended.recv_timeout(PATIENCE).unwrap().failure().is_some());
}

#[test]
fn what_a_child_leaves_behind_goes_with_it() {
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
    let error = Process::start(command, Output::Tracing, |_| ()).unwrap_err();
    assert_eq!(error.kind(), io::ErrorKind::NotFound);
}
