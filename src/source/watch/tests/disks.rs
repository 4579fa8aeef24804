//! Disks that fill and mounts that go: real ones, mounted where nobody else sees them.

use super::*;
use std::fs;
use std::io::{self, ErrorKind, Write};
use std::process::Command;

/// Set in the process that a test runs in.
const INSIDE: &str = "HOT_WATCH_TEST_HAS_MOUNTS_OF_ITS_OWN";

/// Runs this test alone, in a process with mounts of its own: they are seen by nobody else and end with it.
///
/// Root may make such a process; others may where the system lets them be root of a user namespace.
fn with_own_mounts<T: FnOnce()>(test: T) {
    if std::env::var_os(INSIDE).is_some() {
        return test();
    }
    let unshare = |way: &[&str]| {
        let mut unshare = Command::new("unshare");
        unshare.args(way);
        unshare
    };
    let may = |way: &&&[&str]| unshare(way).arg("true").output().is_ok_and(|output| output.status.success());
    let ways: [&[&str]; 2] = [&["--mount"], &["--map-root-user", "--mount"]];
    let way = ways.iter().find(may).expect("`unshare --mount` works for root, and this test needs it");
    // A closure is called by where it stands: the crate, the modules, the test.
    let name = std::any::type_name::<T>().trim_end_matches("::{{closure}}");
    let (_, name) = name.split_once("::").expect("a path");
    let mut inside = unshare(way);
    inside.arg(std::env::current_exe().unwrap()).args([name, "--exact", "--nocapture"]).env(INSIDE, "1");
    let output = inside.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && told.contains("1 passed"), "{told}");
}

/// Something that is mounted. Dropping it detaches it, whoever uses it.
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
fn a_save_that_a_full_disk_cuts_off_is_told_as_it_is_and_the_next_one_arrives() {
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

/// What the watcher's threads write to the log, line by line.
fn log() -> Receiver<String> {
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
    let (tell, told) = mpsc::channel();
    // This process has but one test to run.
    tracing_subscriber::fmt().with_ansi(false).with_writer(move || Line(tell.clone())).init();
    told
}

/// Waits for a line of the log with all of these in it.
fn wait_for_line(log: &Receiver<String>, parts: &[&str]) {
    let has_come = |line: String| parts.iter().all(|part| line.contains(part));
    while !has_come(log.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no line with {parts:?}"))) {}
}

#[test]
fn a_mount_that_goes_is_warned_of_and_one_that_comes_back_is_watched_again() {
    with_own_mounts(|| {
        let log = log();
        let cases = [
            ("at a root", "bind", "net", "net"),
            ("in a root", "bind", "site/net", "site"),
            ("above a root", "bind", "net", "net/site"),
            // Nobody else has this one mounted, so its watches end with it.
            ("in a root", "tmpfs", "site/net", "site"),
        ];
        for (case, kind, point, root) in cases {
            eprintln!("{case}, {kind}");
            let (dir, other) = (Dir::new(), Dir::new());
            dir.folder("store");
            dir.folder(point);
            let (store, point) = (dir.path().join("store"), dir.path().join(point));
            let shown = point.to_str().unwrap();
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
            let watch = Watch::new().serve("/net", dir.path().join(root)).serve("/", other.path());
            let mut live = Live::of(watch);
            let (id, hash) = (live.ids()[0].to_owned(), live.hash.clone());
            save("2");
            live.until(&id, "2");

            drop(mount);
            wait_for_line(&log, &["WARN", shown, "unmounted"]);
            while !live.files.is_empty() {
                live.build();
            }
            // What happens now to what was mounted there is not told, and what happens elsewhere is.
            dir.write("store/site/a.css", "3");
            live.says_nothing_else(&other);

            let _mount = attach();
            wait_for_line(&log, &["INFO", shown, "mounted"]);
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
