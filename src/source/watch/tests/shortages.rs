//! Shortages: no free descriptor, and no free watch. What happens meanwhile is made up for afterwards.

use std::{
    fs::File,
    io::Write,
    process::{Child, ChildStdin, Command, Stdio},
};

use super::{
    disks::{in_own_process, log, wait_for_line},
    *,
};

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

/// Runs a command of one step in `site`'s parent while there is no descriptor, which the watcher notices, and waits for
/// the file `id` to have this content afterwards, or to be gone.
fn change_in_a_shortage(command: &str, id: &str, content: Option<&str>) {
    let dir = Dir::new();
    for name in ["saved.css", "renamed.css", "sub/a.out", "old/x.css"] {
        dir.write(format!("site/{name}"), "old");
    }
    dir.write("new.css", "new");
    dir.write("folder/deep/x.css", "new");
    dir.write("rules", "*.out\n");
    dir.link("old", "site/link");
    dir.link("../folder/deep", "link");
    let log = log();
    let mut live = Live::serving_site(&dir);
    let mut shell = Shell::start(&dir);
    let held = use_up_descriptors();
    shell.run(command);
    wait_for_line(&log, &["WARN", "again"]);
    drop(held);
    if let Some(content) = content {
        live.until(id, content);
        // What is new is watched.
        let path = dir.path().join("site").join(id.trim_start_matches('/'));
        std::fs::write(path, "later").unwrap();
        live.until(id, "later");
    } else {
        while live.files.contains_key(id) {
            live.build();
        }
    }
    live.settled();
}

#[test]
fn a_save_in_a_shortage_of_descriptors_is_published_after_it() {
    in_own_process(&[], || change_in_a_shortage("printf new >site/saved.css", "/saved.css", Some("new")));
}

#[test]
fn a_rename_in_a_shortage_of_descriptors_is_published_after_it() {
    in_own_process(&[], || change_in_a_shortage("mv new.css site/renamed.css", "/renamed.css", Some("new")));
}

#[test]
fn a_folder_that_is_made_in_a_shortage_of_descriptors_is_watched_after_it() {
    in_own_process(&[], || change_in_a_shortage("mv folder site/", "/folder/deep/x.css", Some("new")));
}

#[test]
fn a_link_that_changes_in_a_shortage_of_descriptors_is_followed_after_it() {
    in_own_process(&[], || change_in_a_shortage("mv -T link site/link", "/link/x.css", Some("new")));
}

#[test]
fn rules_that_change_in_a_shortage_of_descriptors_are_applied_after_it() {
    in_own_process(&[], || change_in_a_shortage("mv rules site/sub/.gitignore", "/sub/a.out", None));
}

#[test]
fn folders_beyond_the_limit_of_watches_are_watched_when_there_is_room() {
    // The limit counts for all processes of a user, so it is one of a user namespace of its own.
    in_own_process(&["--user", "--map-root-user"], || {
        const LIMIT: &str = "/proc/sys/user/max_inotify_watches";
        let dir = Dir::new();
        dir.write("a.css", "1");
        let mut live = Live::serving(&dir);
        // The root has one.
        std::fs::write(LIMIT, "1").unwrap();
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
