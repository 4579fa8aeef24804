//! Full disks and unmounted file systems: real ones, in a mount namespace of the test.

use std::{
    fs,
    io::{self, ErrorKind, Write},
    process::Command,
};

use super::*;
use crate::source::watch::mounts::file_system_without_events;

/// Set in the process that a test runs in.
const INSIDE: &str = "HOT_WATCH_TEST_HAS_ITS_OWN_PROCESS";

/// Runs a test in a process with mounts of its own. Other processes don't see them, and they end with it.
///
/// Root may make such a process; others may where the system lets them be root of a user namespace.
fn with_own_mounts<T: FnOnce()>(test: T) {
    let may = |way: &&&[&str]| {
        Command::new("unshare").args(**way).arg("true").output().is_ok_and(|output| output.status.success())
    };
    let ways: [&[&str]; 2] = [&["--mount"], &["--map-root-user", "--mount"]];
    let way = ways.iter().find(may).expect("`unshare --mount` works for root, and this test needs it");
    in_own_process(way, test);
}

/// Runs a test alone in a process of its own, started by unshare(1) with these arguments.
pub(super) fn in_own_process<T: FnOnce()>(unshare: &[&str], test: T) {
    if std::env::var_os(INSIDE).is_some() {
        return test();
    }
    // A closure's type has its path: the crate, the modules, the test.
    let name = std::any::type_name::<T>().trim_end_matches("::{{closure}}");
    let (_, name) = name.split_once("::").expect("a path");
    let mut inside = Command::new("unshare");
    inside.args(unshare).arg(std::env::current_exe().unwrap());
    inside.args([name, "--exact", "--nocapture"]).env(INSIDE, "1");
    let output = inside.output().unwrap();
    let output_text = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && output_text.contains("1 passed"), "{output_text}");
}

/// A mounted file system. Dropping it detaches it, even if it is in use.
struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    fn at(point: &'a Path, arguments: &[&str]) -> Self {
        run(point, "mount", &[arguments, &[point.to_str().unwrap()]].concat());
        Self(point)
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        // What fails here is noticed by the test that waits for it, and ends with the process in any case.
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

/// Writes as an editor does whose disk is full: what has room is there afterwards.
fn write_what_fits(path: &Path, content: &str) {
    assert_eq!(fs::write(path, content).unwrap_err().kind(), ErrorKind::StorageFull);
}

#[test]
fn a_save_that_a_full_disk_cuts_off_is_published_and_the_next_one_too() {
    with_own_mounts(|| {
        let dir = Dir::new();
        dir.folder("full");
        let full = dir.path().join("full");
        let _mount = Mount::at(&full, &["-t", "tmpfs", "-o", "size=1m", "none"]);
        dir.write("full/style.css", "old");
        let mut live = Live::serving(&dir);
        let whole = "a{}\n".repeat(25_000);
        write_what_fits(&full.join("filler~"), &"x".repeat(2 << 20));

        write_what_fits(&full.join("style.css"), &whole);
        let cut = fs::read_to_string(full.join("style.css")).unwrap();
        assert!(!cut.is_empty() && cut.len() < whole.len(), "{}", cut.len());
        live.until("/full/style.css", &cut);
        // Cut off before it is renamed into place, a save has not been one.
        assert!(fs::write(full.join("style.css.tmp~"), &whole).is_err());
        live.builds_nothing_else(&dir);
        // No room for a single byte.
        write_what_fits(&full.join("new.css"), &whole);
        live.until("/full/new.css", "");

        dir.remove("full/filler~");
        dir.write("full/style.css", &whole);
        live.until("/full/style.css", &whole);
        live.settled();
    });
}

/// Lines that the watcher's threads log.
pub(super) fn log() -> Receiver<String> {
    struct Line(Sender<String>);
    impl Write for Line {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _ = self.0.send(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let (tx, lines) = mpsc::channel();
    // This process has but one test to run.
    tracing_subscriber::fmt().with_ansi(false).with_writer(move || Line(tx.clone())).init();
    lines
}

/// Waits for a line of the log that has all of these parts.
pub(super) fn wait_for_line(log: &Receiver<String>, parts: &[&str]) {
    let has_come = |line: String| parts.iter().all(|part| line.contains(part));
    while !has_come(log.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no line with {parts:?}"))) {}
}

#[test]
fn a_root_that_is_unmounted_is_reported_and_watched_again_when_it_is_back() {
    with_own_mounts(|| {
        let log = log();
        let cases = [
            ("at a root", "bind", "net", "net"),
            ("above a root", "bind", "net", "net/site"),
            // Only this process has it mounted, so its watches end with it.
            ("at a root", "tmpfs", "net", "net"),
        ];
        for (case, kind, point, root) in cases {
            eprintln!("{case}, {kind}");
            let (dir, other) = (Dir::new(), Dir::new());
            dir.folder("store");
            dir.folder(point);
            let (store, point) = (dir.path().join("store"), dir.path().join(point));
            let root = dir.path().join(root);
            let shown = root.to_str().unwrap();
            let attach = || match kind {
                "bind" => Mount::at(&point, &["--bind", store.to_str().unwrap()]),
                _ => Mount::at(&point, &["-t", kind, "none"]),
            };
            let save = |content: &str| {
                fs::create_dir_all(point.join("site")).unwrap();
                fs::write(point.join("site/a.css"), content).unwrap();
            };
            let mount = attach();
            save("1");
            let mut live = Live::of(Watch::new().files("/net", &root).files("/", other.path()));
            let (id, hash) = (live.ids()[0].to_owned(), live.hash.clone());
            save("2");
            live.until(&id, "2");

            drop(mount);
            // The folder below the mount point is another one, or missing.
            let line = if root == point { "was replaced" } else { "is missing" };
            wait_for_line(&log, &[shown, line]);
            while !live.files.is_empty() {
                live.build();
            }
            // Changes in the unmounted file system are not published, and changes elsewhere are.
            dir.write("store/site/a.css", "3");
            live.says_nothing_else(&other);

            let _mount = attach();
            let line = if root == point { "was replaced" } else { "is there now" };
            wait_for_line(&log, &[shown, line]);
            save("4");
            live.until(&id, "4");
            save("1");
            live.until(&id, "1");
            other.remove(SENTINEL);
            while live.hash != hash {
                live.build();
            }
        }
    });
}

#[test]
fn a_file_system_without_events_is_scanned() {
    with_own_mounts(|| {
        let log = log();
        let dir = Dir::new();
        for folder in ["disk", "merged"] {
            dir.folder(folder);
        }
        let disk = dir.path().join("disk");
        let _disk = Mount::at(&disk, &["-t", "tmpfs", "none"]);
        dir.write("disk/lower/a.css", "1");
        dir.folder("disk/upper");
        dir.folder("disk/work");
        let merged = dir.path().join("merged");
        let at = |name: &str| disk.join(name).display().to_string();
        let options = format!("lowerdir={},upperdir={},workdir={}", at("lower"), at("upper"), at("work"));
        // A file of the lower layer changes without an event in the merged folder, as on a network mount.
        let _merged = Mount::at(&merged, &["-t", "overlay", "-o", &options, "none"]);

        let mut by_events =
            Live::of(Watch::new().files("/merged", &merged).files("/", dir.path().join("top")));
        let mut scanned = Live::on(Watch::new().files("/merged", &merged), |_| Some("a test's".to_owned()));
        wait_for_line(&log, &["INFO", "merged", "a test's", "without events"]);
        for content in ["2", "3"] {
            dir.write("disk/lower/a.css", content);
            scanned.until("/merged/a.css", content);
        }
        fs::write(merged.join("b.css"), "1").unwrap();
        scanned.until("/merged/b.css", "1");
        by_events.until("/merged/b.css", "1");
        assert_eq!(by_events.files["/merged/a.css"], version("1"), "no event has reported it");
    });
}

/// A real FUSE file system, as sshfs, rclone and shared folders of virtual machines are: bindfs shows another folder, whose
/// changes it reports to no watcher.
#[test]
fn a_fuse_file_system_is_scanned_without_being_told() {
    with_own_mounts(|| {
        let log = log();
        let dir = Dir::new();
        dir.folder("shared");
        dir.write("origin/a.css", "1");
        let (origin, shared) = (dir.path().join("origin"), dir.path().join("shared"));
        run(&shared, "bindfs", &[origin.to_str().unwrap(), shared.to_str().unwrap()]);
        let _mount = Mount(&shared);
        let mut by_events =
            Live::of(Watch::new().files("/shared", &shared).files("/", dir.path().join("top")));
        let mut live = Live::on(Watch::new().files("/shared", &shared), file_system_without_events);
        wait_for_line(&log, &["INFO", "shared", "fuse", "without events", "Watch::poll"]);
        for content in ["2", "3"] {
            dir.write("origin/a.css", content);
            live.until("/shared/a.css", content);
        }
        // What is saved through the mount has events.
        fs::write(shared.join("b.css"), "1").unwrap();
        live.until("/shared/b.css", "1");
        by_events.until("/shared/b.css", "1");
        assert_eq!(by_events.files["/shared/a.css"], version("1"), "no event has reported it");
    });
}
