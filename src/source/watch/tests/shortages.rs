//! Shortages: no free descriptor, and no free watch. What happens meanwhile is made up for afterwards.

use super::disks::{in_own_process, log, wait_for_line};
use super::*;
use std::fs::File;
use std::io::Write;
use std::process::{Child, ChildStdin, Command, Stdio};

/// A shell that was started in time: it has its descriptors.
struct Shell {
    child: Child,
    commands: ChildStdin,
}

impl Shell {
    fn start(dir: &Dir) -> Self {
        let mut shell = Command::new("sh");
        shell.current_dir(dir.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = shell.spawn().unwrap();
        let commands = child.stdin.take().unwrap();
        Self { child, commands }
    }

    fn run(&mut self, command: &str) {
        writeln!(self.commands, "set -e; {command}").unwrap();
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Opens files until the process has no descriptor left.
fn use_up_descriptors() -> Vec<File> {
    let pid = std::process::id().to_string();
    run(Path::new("/"), "prlimit", &["--pid", &pid, "--nofile=256:"]);
    let files: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    assert!(!files.is_empty() && files.len() < 256, "{}", files.len());
    files
}

#[test]
fn changes_during_a_shortage_of_descriptors_are_published_after_it() {
    in_own_process(&[], || {
        let dir = Dir::new();
        for name in ["saved.css", "renamed.css", "removed.css", "sub/saved.css", "a.out", "other/.gitignore"] {
            dir.write(name, "old");
        }
        dir.write(".gitignore", "*.out\n");
        dir.write("linked/x.css", "old");
        dir.link("linked", "link");
        let log = log();
        let mut live = Live::serving(&dir);
        let mut shell = Shell::start(&dir);
        let held = use_up_descriptors();
        shell.run(
            "printf 1 >saved.css; printf 1 >aside~; mv aside~ renamed.css; rm removed.css; printf 1 >sub/saved.css; \
             mkdir -p made/deep; printf 1 >made/deep/x.css; rm -r linked; mkdir linked; printf 1 >linked/x.css; \
             printf '*.out\\n# again\\n' >.gitignore; printf 1 >a.out; printf 1 >new.css",
        );
        wait_for_line(&log, &["WARN", "again"]);
        drop(held);
        for id in ["/saved.css", "/renamed.css", "/sub/saved.css", "/linked/x.css", "/link/x.css", "/new.css"] {
            live.until(id, "1");
        }
        live.until("/made/deep/x.css", "1");
        // The new folder is watched.
        dir.write("made/deep/x.css", "2");
        live.until("/made/deep/x.css", "2");
        live.settled();
        let ids = live.ids();
        assert!(!ids.contains(&"/a.out") && !ids.contains(&"/removed.css"), "{ids:?}");
    });
}

#[test]
fn folders_beyond_the_limit_of_watches_are_watched_when_there_is_room() {
    // The limit counts for all processes of a user, so it is one of a user namespace of its own.
    in_own_process(&["--user", "--map-root-user"], || {
        const LIMIT: &str = "/proc/sys/user/max_inotify_watches";
        let dir = Dir::new();
        dir.write("a.css", "1");
        let mut live = Live::serving(&dir);
        // The root and the barrier have one each.
        std::fs::write(LIMIT, "2").unwrap();
        dir.write("new/x.css", "1");
        dir.write("a.css", "2");
        live.until("/a.css", "2");
        assert!(!live.files.contains_key("/new/x.css"));
        std::fs::write(LIMIT, "1000").unwrap();
        live.until("/new/x.css", "1");
        dir.write("new/x.css", "2");
        live.until("/new/x.css", "2");
        live.settled();
    });
}
