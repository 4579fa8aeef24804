//! Children that print without end: the kept output is bounded, and so is the app's memory.

use std::{fs, process::Command as Launcher};

use serde_json::Value;
use tower_hot_middleware::{
    HotMiddleware, Options,
    command::{Command, Output},
};

use crate::{client::open, faults::alone, folder::Folder, serve_app};

/// Returns the peak memory of this process in KiB (`proc_pid_status(5)`).
fn peak() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Runs a command until it ends, and returns the errors of its build.
async fn errors(line: &str) -> Vec<String> {
    let folder = Folder::new();
    folder.write("src/a", "");
    let hot = HotMiddleware::new(Options::default());
    let mut stream = open(serve_app(&hot).await, "/__webpack_hmr").await;
    let command = Command::new(line).name("flood").watch(folder.join("src")).output(Output::Tracing);
    let _guard = hot.command(command).unwrap().stop_on_drop();
    loop {
        let event: Value = serde_json::from_str(&stream.data().await).unwrap();
        if event["action"] == "built" {
            return serde_json::from_value(event["errors"].clone()).unwrap();
        }
    }
}

#[test]
fn what_a_child_prints_costs_no_memory() {
    const MEGABYTES: u64 = 64;
    const KEPT: usize = 16 * 1024;
    alone(&mut Launcher::new("env"), || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let flood = format!("head -c {}", MEGABYTES << 20);
        for (case, line) in [
            ("one line", format!("{flood} /dev/zero | tr '\\0' x; exit 1")),
            ("empty lines", format!("{flood} /dev/zero | tr '\\0' '\\n'; exit 1")),
            ("bytes that are not text", format!("{flood} /dev/zero | tr '\\0' '\\377'; exit 1")),
        ] {
            let before = peak();
            let errors = runtime.block_on(errors(&line));
            let grown = (peak() - before) >> 10;
            assert!(grown < MEGABYTES / 4, "{case}: {grown} MiB");
            let said: usize = errors.iter().map(String::len).sum();
            // A byte that is not text is shown as a character of three bytes.
            assert!(errors.len() == 1 && said < 3 * KEPT + 200, "{case}: {said} bytes");
            assert!(errors[0].contains("exit code 1"), "{case}: {}", &errors[0][..100]);
        }
    });
}
