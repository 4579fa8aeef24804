//! Instruction counts of the hot paths, which callgrind measures exactly where times are noisy: `cargo test
//! --test callgrind`. Needs valgrind.
//!
//! The counts are those of the unoptimized build, which developers run. Each path is run a few times, and
//! then more times, in separate processes; the difference is the cost of one run.

mod paths;

use std::{
    env,
    error::Error,
    process::{Command, ExitCode},
    thread,
};

use paths::PATHS;

/// Allowed deviation from the recorded count: compilers and dependencies differ a little.
const MARGIN: f64 = 0.15;

fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    if let [word, path, times] = &arguments[..] {
        if word == "run" {
            run(path, times);
            return ExitCode::SUCCESS;
        }
    }
    let threads: Vec<_> = PATHS.iter().map(|path| (path, thread::spawn(|| count(path)))).collect();
    let mut code = ExitCode::SUCCESS;
    for (path, thread) in threads {
        let counted = match thread.join() {
            Ok(Ok(counted)) => counted,
            Ok(Err(error)) => panic!("{}: {error}", path.name),
            Err(panic) => std::panic::resume_unwind(panic),
        };
        let ratio = counted / path.instructions;
        let verdict = match ratio {
            _ if ratio > 1.0 + MARGIN => "FAILED: it has become more expensive",
            _ if ratio < 1.0 - MARGIN => "FAILED: it has become cheaper, so record the new count",
            _ => "ok",
        };
        println!(
            "{:45} {counted:>10.0} instructions, {ratio:.2} of the recorded count: {verdict}",
            path.name
        );
        if verdict != "ok" {
            code = ExitCode::FAILURE;
        }
    }
    code
}

/// The work of this process under callgrind.
fn run(name: &str, times: &str) {
    let path = PATHS.iter().find(|path| path.name == name);
    let path = path.unwrap_or_else(|| panic!("{name:?} is not a path"));
    (path.run)(times.parse().unwrap_or_else(|error| panic!("{times:?} is not a count: {error}")));
}

/// Counts the instructions of one run of a path.
fn count(path: &paths::Path) -> Result<f64, Box<dyn Error + Send + Sync>> {
    let [few, more] = path.times;
    let (less, all) = (instructions(path.name, few)?, instructions(path.name, more)?);
    Ok((all - less) / f64::from(more - few))
}

fn instructions(name: &str, times: u32) -> Result<f64, Box<dyn Error + Send + Sync>> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        // Of this thread alone: a page that is kept is compressed later, on another.
        .arg("--toggle-collect=callgrind::run")
        .arg(env::current_exe()?)
        .args(["run", name, &times.to_string()])
        .output()
        .map_err(|error| format!("valgrind can't be run, is it installed? {error}"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let counted = said.lines().find_map(|line| line.split_once("Collected : ")?.1.trim().parse().ok());
    match counted {
        Some(counted) if output.status.success() => Ok(counted),
        _ => Err(format!("valgrind has ended with {}:\n{said}", output.status).into()),
    }
}
