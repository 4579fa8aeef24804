//! Trees, files and storms of events that no site has: each costs what its bound allows, and the rest is watched.

use std::{
    fs::{self, File},
    io::Write,
};

use super::{
    super::{
        backend::Backend,
        content::WHOLE_LIMIT,
        folders::{Folders, MAX_PATHS},
        ignore::MAX_RULES_SIZE,
        options::ResolvedConfig,
        scan::{ScanError, Scanner},
    },
    *,
};

/// Longest start with an input that is out of bounds. Without the bounds, each takes longer or does not end.
const START: Duration = Duration::from_secs(10);

/// Shows that a change of `a.css` is published.
fn is_alive(dir: &Dir, live: &mut Live) {
    for content in ["1", "2"] {
        dir.write("a.css", content);
        live.until("/a.css", content);
    }
}

#[test]
fn folders_full_of_links_to_each_other_have_a_bounded_number_of_paths() {
    const FOLDERS: usize = 16;
    const LINKS: usize = 30;
    let dir = Dir::new();
    for folder in 0..FOLDERS {
        dir.write(format!("{folder}/x.css"), "1");
        for link in 0..LINKS {
            dir.link(format!("../{}", (folder + link + 1) % FOLDERS), &format!("{folder}/{link}"));
        }
    }
    dir.write("a.css", "0");
    let begun = Instant::now();
    let mut live = Live::serving(&dir);
    assert!(begun.elapsed() < START, "{:?}", begun.elapsed());
    assert!(live.files.len() <= FOLDERS * MAX_PATHS + 1, "{}", live.files.len());
    for folder in 0..FOLDERS {
        assert!(live.files.contains_key(&format!("/{folder}/x.css")), "the path without links is kept");
    }
    is_alive(&dir, &mut live);
    dir.write("0/x.css", "2");
    live.until("/0/x.css", "2");
    // A link that is made later is one too many, and nothing else changes.
    dir.link("../1", "0/later");
    is_alive(&dir, &mut live);
}

#[test]
fn a_chain_of_links_that_doubles_at_each_step_is_bounded() {
    let dir = Dir::new();
    for folder in 0..30 {
        dir.folder(&folder.to_string());
        for link in ["left", "right"] {
            dir.link(format!("../{}", folder + 1), &format!("{folder}/{link}"));
        }
    }
    dir.write("30/x.css", "1");
    let begun = Instant::now();
    let mut live = Live::serving(&dir);
    assert!(begun.elapsed() < START, "{:?}", begun.elapsed());
    assert!(live.files.contains_key("/30/x.css") && live.files.contains_key("/29/left/x.css"));
    assert!(live.files.len() <= MAX_PATHS, "{}", live.files.len());
    is_alive(&dir, &mut live);
}

#[test]
fn files_beyond_the_bound_are_left_out_with_one_error() {
    let dir = Dir::new();
    for n in 0..20 {
        dir.write(format!("{}/{n}.css", n % 5), "1");
    }
    let ResolvedConfig { roots, mut rules, .. } = Watch::new().files("/", dir.path()).resolve().unwrap();
    let root = roots.paths().next().unwrap();
    for (room, files, errors) in [(20, 20, 0), (19, 19, 1), (0, 0, 1)] {
        let mut folders = Folders::new(None, Backend::SYSTEM);
        let scanner = Scanner::new(&mut folders, &mut rules, false, room);
        let scan = scanner.scan(&root, dir.path().to_owned());
        assert_eq!((scan.files.len(), scan.errors.len()), (files, errors), "room for {room}");
        let is_bound = |(_, error): &(_, ScanError)| matches!(error, ScanError::TooManyFiles);
        assert!(scan.errors.iter().all(is_bound), "{:?}", scan.errors);
    }
}

/// Makes a tree for which a watch needs a bound.
type Make = fn(&Dir);

#[cfg(target_os = "linux")]
#[test]
fn odd_files_neither_block_a_watch_nor_keep_it_busy() {
    /// A file of this size, without any of its bytes on the disk.
    fn sparse(dir: &Dir, name: &str, size: u64) {
        File::create(dir.path().join(name)).unwrap().set_len(size).unwrap();
    }
    let cases: [(&str, Make); 13] = [
        ("huge rules", |dir| sparse(dir, ".gitignore", 3 << 30)),
        ("rules of one line", |dir| dir.write(".gitignore", vec![b'a'; 1 << 20])),
        ("huge file", |dir| sparse(dir, "huge.mp4", 1 << 40)),
        ("huge stylesheet", |dir| sparse(dir, "huge.css", WHOLE_LIMIT + 1)),
        ("endless file", |dir| dir.link("/proc/self/pagemap", "endless.css")),
        ("file without a size", |dir| dir.link("/proc/self/status", "proc.css")),
        ("file with a wrong size", |dir| dir.link("/sys/kernel/uevent_seqnum", "sys.css")),
        ("folder of procfs", |dir| dir.link("/proc/self/net", "net")),
        ("device without an end", |dir| dir.link("/dev/zero", "zero.css")),
        ("device as rules", |dir| dir.link("/dev/zero", ".gitignore")),
        ("pipe as rules", |dir| dir.pipe(".gitignore")),
        ("long names", |dir| {
            let name = "\u{fc}".repeat(125);
            dir.write(format!("{name}/{name}/{name}.css"), "");
        }),
        ("deeper than a path can be", |dir| {
            let deep = "a-folder-in-a-folder/".repeat(120);
            for top in ["top", "below"] {
                dir.write(format!("{top}/{deep}x.css"), "");
            }
            // A rename is the only way to get there by path.
            dir.rename("below", format!("top/{deep}below"));
        }),
    ];
    for (case, make) in cases {
        eprintln!("{case}");
        let dir = Dir::new();
        dir.write("a.css", "0");
        make(&dir);
        let begun = Instant::now();
        let mut live = Live::serving(&dir);
        assert!(begun.elapsed() < START, "{case}: {:?}", begun.elapsed());
        is_alive(&dir, &mut live);
        live.builds_nothing_else(&dir);
    }
}

#[test]
fn a_tree_that_gets_out_of_bounds_later_is_watched_on() {
    let dir = Dir::new();
    dir.write("a.css", "0");
    dir.write("x.out", "1");
    dir.write(".gitignore", "*.out\n");
    let mut live = Live::serving(&dir);
    dir.write(".gitignore", "#".repeat(usize::try_from(MAX_RULES_SIZE).unwrap() + 1));
    live.until("/x.out", "1");
    dir.write(".gitignore", "*.out\n");
    assert_eq!(live.changes(), ["-/x.out"]);
    is_alive(&dir, &mut live);
}

/// Processor time of this process's thread with that name, in clock ticks (`proc_pid_stat(5)`).
#[cfg(target_os = "linux")]
fn ticks(name: &str) -> u64 {
    let threads = fs::read_dir("/proc/self/task").unwrap();
    let stats = threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("stat")).ok());
    let ticks = stats.filter_map(|stat| {
        let (start, rest) = stat.rsplit_once(") ")?;
        let fields: Vec<_> = rest.split(' ').collect();
        let ticks = |at: usize| fields.get(at)?.parse::<u64>().ok();
        start.ends_with(&format!("({name}")).then_some(ticks(11)? + ticks(12)?)
    });
    ticks.sum()
}

#[cfg(target_os = "linux")]
#[test]
fn a_large_log_that_is_appended_to_takes_a_bounded_share_of_a_core() {
    const SIZE: u64 = 24 * 1024 * 1024;
    let dir = Dir::new();
    fs::write(dir.path().join("server.log"), vec![b'x'; usize::try_from(SIZE).unwrap()]).unwrap();
    let mut live = Live::serving(&dir);
    let (begun, before) = (Instant::now(), ticks("hot-watch-large"));
    let mut count: u64 = 0;
    while begun.elapsed() < Duration::from_secs(4) {
        let mut log = File::options().append(true).open(dir.path().join("server.log")).unwrap();
        log.write_all(b"a line\n").unwrap();
        drop(log);
        count += 1;
        dir.write("a.css", count.to_string());
        live.until("/a.css", &count.to_string());
    }
    // There are 100 ticks in a second on every platform of Linux.
    let (used, elapsed) = (10 * u128::from(ticks("hot-watch-large") - before), begun.elapsed().as_millis());
    assert!(used * 10 < elapsed * 4, "{used} of {elapsed} ms");
    // The last state of the log is published in the end.
    live.settled();
}
