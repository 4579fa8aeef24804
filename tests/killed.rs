//! A killed app takes its children with it. The app is this test binary, started again.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::{
    env, fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{self, Stdio},
    thread,
    time::{Duration, Instant},
};

use tower_hot_middleware::{HotMiddleware, Options, command::Command};

const PATIENCE: Duration = Duration::from_secs(20);

/// A command that ignores SIGTERM, like its own child. It prints their process ids.
const STUBBORN: &str =
    "trap '' TERM; sh -c 'while :; do sleep 1; done' & echo pids $$ $!; while :; do sleep 1; done";

fn main() {
    match env::var_os("HOT_KILLED_APP") {
        Some(folder) => app(Path::new(&folder)),
        None if cfg!(target_os = "linux") => {
            a_killed_app_leaves_nothing_running();
            println!("a killed app leaves nothing running ... ok");
        }
        None => println!("processes are read from /proc, which only Linux has"),
    }
}

/// Runs the command until this process is killed, or its standard input ends.
fn app(folder: &Path) {
    let hot = HotMiddleware::new(Options::default());
    let _stop = hot.command(Command::new(STUBBORN).name("stubborn").watch(folder)).unwrap().stop_on_drop();
    let _ = std::io::stdin().lock().read_line(&mut String::new());
}

fn a_killed_app_leaves_nothing_running() {
    let folder = env::temp_dir().join(format!("hot-killed-{}", process::id()));
    fs::create_dir(&folder).unwrap();
    let mut app = process::Command::new(env::current_exe().unwrap());
    app.env("HOT_KILLED_APP", &folder).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut app = app.spawn().unwrap();
    let line = BufReader::new(app.stdout.take().unwrap())
        .lines()
        .map_while(Result::ok)
        .find(|line| line.starts_with("pids "))
        .unwrap();
    let mut children: Vec<u32> = line.split(' ').skip(1).map(|pid| pid.parse().unwrap()).collect();
    // The supervisor too: it leads the group of the command.
    children.push(stat(children[0]).unwrap().group);
    assert!(children.iter().all(|&pid| is_running(pid)), "{children:?} run while the app does");
    assert!(children.iter().all(|&pid| pid != app.id()));

    // SIGKILL: the app can do nothing about it.
    app.kill().unwrap();
    app.wait().unwrap();
    let begun = Instant::now();
    while let Some(pid) = children.iter().find(|&&pid| is_running(pid)) {
        assert!(begun.elapsed() < PATIENCE, "process {pid} of {children:?} outlives the app");
        thread::sleep(Duration::from_millis(10));
    }
    fs::remove_dir_all(&folder).unwrap();
}

struct Stat {
    state: String,
    group: u32,
}

/// Reads `/proc/PID/stat` (`proc_pid_stat(5)`).
fn stat(pid: u32) -> Option<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name before it is in parentheses, and may contain blanks.
    let mut fields = text[text.rfind(')')? + 1..].split_whitespace();
    Some(Stat { state: fields.next()?.to_owned(), group: fields.nth(1)?.parse().ok()? })
}

/// Returns true if a process still runs: the system reaps an orphan in its own time.
fn is_running(pid: u32) -> bool {
    stat(pid).is_some_and(|stat| stat.state != "Z" && stat.state != "X")
}
