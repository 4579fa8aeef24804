//! Many files, large files, and writers that never pause.

use std::{
    collections::HashSet,
    fs::{self, File},
    io::Write,
};

use super::{super::thread::START_TIMEOUT, *};

#[test]
fn a_checkout_of_2000_files_is_a_few_builds() {
    const FILES: usize = 2_000;
    let dir = Dir::new();
    let git = |arguments: &[&str]| {
        let setup = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.fsync=none", "-c", "gc.auto=0"];
        run(dir.path(), "git", &[&setup[..], arguments].concat());
    };
    let name = |n| format!("{}/{n}.css", n % 40);
    let write = |branch: &str| (0..FILES).for_each(|n| dir.write(name(n), format!("{branch} {}", n % 50)));
    // Under Wine there is no Git. It removes each file and makes it again.
    let has_git = !cfg!(windows);
    let made = Instant::now();
    if has_git {
        git(&["init", "-q", "-b", "main"]);
        for branch in ["main", "other"] {
            write(branch);
            git(&["add", "."]);
            git(&["commit", "-q", "-m", branch]);
            git(&["checkout", "-q", "-B", "other"]);
        }
    } else {
        write("other");
    }
    let patience = patience(made.elapsed());
    let mut live = Live::serving(&dir);
    live.patience = patience;
    assert_eq!(live.files.len(), FILES);
    let begun = Instant::now();
    if has_git {
        git(&["checkout", "-q", "main"]);
    } else {
        for n in 0..FILES {
            dir.remove(name(n));
            dir.write(name(n), format!("main {}", n % 50));
        }
    }
    let content = |n| version(format!("main {}", n % 50));
    let main: BTreeMap<_, _> = (0..FILES).map(|n| (format!("/{}", name(n)), content(n))).collect();
    let mut builds = 0_u128;
    while live.files != main {
        live.build();
        builds += 1;
    }
    // The first at once, and then none before it has been quiet for 50 ms.
    let most = 2 + begun.elapsed().as_millis() / 50;
    assert!(builds <= most, "{builds} builds, not {most}");
    live.builds_nothing_else(&dir);
}

#[test]
fn a_tree_of_50000_files_holds_nothing_up() {
    const FILES: usize = 50_000;
    let dir = Dir::new();
    let made = Instant::now();
    for folder in 0..100 {
        // Many names of one file, as it is the making of files that takes long.
        let file = dir.path().join(format!("{folder}/0.js"));
        dir.write(&file, folder.to_string());
        for n in 1..FILES / 100 {
            fs::hard_link(&file, dir.path().join(format!("{folder}/{n}.js"))).unwrap();
        }
    }
    let patience = patience(made.elapsed());
    dir.write("50/new~", "new");
    let (tx, published) = mpsc::channel();
    let begun = Instant::now();
    let guard = start(Watch::new().files("/", dir.path()), Recorder(tx)).unwrap().stop_on_drop();
    let took = begun.elapsed();
    assert!(published.try_recv().is_err(), "the start returns long before the scan is done");
    // The scan takes several times as long.
    assert!(took < 3 * START_TIMEOUT, "the start took {took:?}");
    // A change while the first scan is under way.
    dir.rename("50/new~", "50/17.js");
    let Ok(Published::Scanned(state)) = published.recv_timeout(patience) else { panic!("no scan") };
    assert_eq!(state.files.len(), FILES);
    assert_eq!(state.modules, [], "too many to name");
    let mut seen = state.files.iter().find(|(id, _)| id == "/50/17.js").map(|(_, version)| version.clone());
    while seen != Some(version("new")) {
        if let Published::Built(build) = published.recv_timeout(patience).unwrap() {
            assert_eq!(build.modules.len(), build.changes.len());
            seen.clone_from(&build.changes.iter().find(|change| change.id == "/50/17.js").unwrap().version);
        }
    }
    drop(guard);
}

/// Time for the watcher to read files that this test has made in `time`. Under Wine a file takes milliseconds.
pub(super) fn patience(time: Duration) -> Duration {
    PATIENCE + 4 * time
}

/// A listener that takes the first scan in only when it is let go, as if the scan took that long.
struct Held {
    let_go: Receiver<()>,
    done: Sender<()>,
}

impl EventHandler for Held {
    fn building(&self, _: &str, _: &str) {}

    fn scanned(&self, _: Scanned) {
        // It ends as soon as the sender is dropped.
        let _ = self.let_go.recv_timeout(PATIENCE);
        let _ = self.done.send(());
    }

    fn built(&self, _: Rebuilt) {}

    fn unchanged(&self, _: &str) {}
}

#[test]
fn a_start_does_not_wait_for_a_scan_that_takes_long() {
    let dir = Dir::new();
    dir.write("a.css", "");
    let (hold, let_go) = mpsc::channel();
    let (done, scanned) = mpsc::channel();
    let guard = start(Watch::new().files("/", dir.path()), Held { let_go, done }).unwrap().stop_on_drop();
    assert_eq!(scanned.try_recv(), Err(mpsc::TryRecvError::Empty), "the server can start meanwhile");
    drop(hold);
    scanned.recv_timeout(PATIENCE).unwrap();
    drop(guard);
}

#[test]
fn a_large_file_holds_nothing_back_while_it_is_written_or_read() {
    const SIZE: usize = 64 * 1024 * 1024;
    let dir = Dir::new();
    let mut live = Live::serving(&dir);
    let mut large = File::create(dir.path().join("video.mp4")).unwrap();
    let block = vec![7; 1024 * 1024];
    for n in 0..SIZE / block.len() {
        large.write_all(&block).unwrap();
        if n % 16 == 0 {
            dir.write("a.css", n.to_string());
            live.until("/a.css", &n.to_string());
            assert!(!live.files.contains_key("/video.mp4") || cfg!(not(target_os = "linux")));
        }
    }
    drop(large);
    dir.write("a.css", "while it is read");
    live.until("/a.css", "while it is read");
    let whole = version(vec![7; SIZE]);
    while live.files.get("/video.mp4") != Some(&whole) {
        live.build();
    }
}

#[cfg(target_os = "linux")]
#[test]
fn half_written_files_are_never_published() {
    let dir = Dir::new();
    let text = |n: usize| format!("{n:04}").repeat(2_000);
    for file in 0..4 {
        dir.write(format!("{file}.css"), text(0));
    }
    let mut live = Live::serving(&dir);
    // A disk that takes longer than the grace to cut a file off has left it empty for that time.
    let whole: HashSet<_> = (0..200).map(|n| version(text(n))).chain([version("")]).collect();
    let path = dir.path().to_owned();
    let writer = std::thread::spawn(move || {
        for n in 1..200 {
            let mut file = File::create(path.join(format!("{}.css", n % 4))).unwrap();
            for part in text(n).as_bytes().chunks(500) {
                file.write_all(part).unwrap();
            }
        }
    });
    for (file, last) in [(0, 196), (1, 197), (2, 198), (3, 199)] {
        live.until(&format!("/{file}.css"), &text(last));
    }
    writer.join().unwrap();
    live.settled();
    let published: HashSet<_> = live.seen.iter().cloned().collect();
    assert!(published.is_subset(&whole), "{:?}", published.difference(&whole));
}

#[test]
fn a_file_that_is_written_all_the_time_is_published_in_the_end() {
    let dir = Dir::new();
    dir.write("a.css", "");
    let mut live = Live::serving(&dir);
    let path = dir.path().join("a.css");
    let writer = std::thread::spawn(move || {
        for n in 0..2_000 {
            fs::write(&path, n.to_string()).unwrap();
        }
    });
    writer.join().unwrap();
    live.until("/a.css", "1999");
    live.builds_nothing_else(&dir);
}
