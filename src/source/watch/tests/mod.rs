//! The whole watcher over real folders.
//!
//! No test relies on a pause. It waits for what must happen. To show that something does not happen, it makes another
//! change, which must be the next to be published.

mod alone;
#[cfg(unix)]
mod bounds;
#[cfg(target_os = "linux")]
mod churn;
mod clocks;
#[cfg(target_os = "linux")]
mod disks;
mod ends;
mod folders;
#[cfg(unix)]
mod links;
mod rules;
mod saves;
mod scale;
#[cfg(target_os = "linux")]
mod shortages;
#[cfg(unix)]
mod simulated;
#[cfg(windows)]
mod windows;

use std::{
    collections::BTreeMap,
    path::Path,
    sync::mpsc::{self, Receiver, Sender},
    time::{Duration, Instant},
};

use super::{
    EventHandler, Rebuilt, Scanned, Watch,
    mounts::FileSystem,
    stability::{GRACE, NEW},
    testing::Dir,
    thread::{start, start_with},
};
use crate::stop::StopOnDrop;

/// Longest wait for anything, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// A file that no case uses.
const SENTINEL: &str = "sentinel.txt";

#[derive(Debug, PartialEq, Eq)]
enum Published {
    Building(String),
    Scanned(Scanned),
    Built(Rebuilt),
    Unchanged,
}

struct Recorder(Sender<Published>);

impl Recorder {
    fn send(&self, published: Published) {
        // It fails when the test is over.
        let _ = self.0.send(published);
    }
}

impl EventHandler for Recorder {
    fn building(&self, _: &str, file: &str) {
        self.send(Published::Building(file.to_owned()));
    }

    fn scanned(&self, state: Scanned) {
        self.send(Published::Scanned(state));
    }

    fn built(&self, build: Rebuilt) {
        self.send(Published::Built(build));
    }

    fn unchanged(&self, _: &str) {
        self.send(Published::Unchanged);
    }
}

/// A watch, and the state that its handler receives.
struct Live {
    published: Receiver<Published>,
    watch: Watch,
    guard: Option<StopOnDrop>,
    hash: String,
    files: BTreeMap<String, String>,
    modules: Vec<(String, String)>,
    /// Every version that was published.
    seen: Vec<String>,
    building: bool,
    sentinels: u32,
    /// The longest time without anything published.
    patience: Duration,
}

impl Live {
    /// Watches, and waits for the first scan.
    fn of(watch: Watch) -> Self {
        Self::on(watch, |_| None)
    }

    /// The same, with another way to tell file systems without events.
    fn on(watch: Watch, without_events: FileSystem) -> Self {
        let (tx, published) = mpsc::channel();
        let guard = start_with(watch.clone(), Recorder(tx), without_events).expect("a watch");
        let guard = guard.stop_on_drop();
        let Ok(Published::Scanned(state)) = published.recv_timeout(PATIENCE) else { panic!("no scan") };
        Self {
            published,
            watch,
            guard: Some(guard),
            hash: state.hash,
            files: state.files.into_iter().collect(),
            modules: state.modules,
            seen: Vec::new(),
            building: false,
            sentinels: 0,
            patience: PATIENCE,
        }
    }

    /// Watches `dir` as it is served at the top.
    fn serving(dir: &Dir) -> Self {
        Self::of(Watch::new().files("/", dir.path()))
    }

    /// Watches the folder `site` in `dir`.
    fn serving_site(dir: &Dir) -> Self {
        Self::of(Watch::new().files("/", dir.path().join("site")))
    }

    fn next(&mut self) -> Published {
        let published = self.published.recv_timeout(self.patience).expect("something is published");
        match &published {
            Published::Building(file) => {
                assert!(!self.building, "published twice: {file}");
                self.building = true;
            }
            Published::Unchanged => assert!(std::mem::take(&mut self.building)),
            Published::Built(build) => {
                assert!(std::mem::take(&mut self.building), "a build begins before it ends");
                assert!(!build.changes.is_empty());
                assert_ne!(build.hash, self.hash);
                self.seen.extend(build.changes.iter().filter_map(|change| change.version.clone()));
                for change in &build.changes {
                    let known = match &change.version {
                        Some(version) => self.files.insert(change.id.clone(), version.clone()),
                        None => self.files.remove(&change.id),
                    };
                    assert_ne!(known, change.version, "{} has not changed", change.id);
                }
                self.hash.clone_from(&build.hash);
            }
            Published::Scanned(_) => panic!("scanned twice"),
        }
        published
    }

    /// The next build; one that turns out to change nothing may begin before.
    fn build(&mut self) -> Rebuilt {
        loop {
            if let Published::Built(build) = self.next() {
                return build;
            }
        }
    }

    /// Ids of the next build's changes, with a `-` before those of removed files.
    fn changes(&mut self) -> Vec<String> {
        ids(&self.build())
    }

    /// Waits for a build in which the file has this content. Returns the number of builds until then.
    fn until(&mut self, id: &str, content: &str) -> usize {
        let version = version(content);
        let mut builds = 0;
        while self.files.get(id) != Some(&version) {
            self.build();
            builds += 1;
        }
        builds
    }

    /// Waits until the published state is what a new watch finds, with the same hash.
    fn settled(&mut self) {
        let end = Instant::now() + PATIENCE;
        loop {
            let now = Self::of(self.watch.clone());
            if now.files == self.files {
                assert_eq!(now.hash, self.hash, "the same files have the same hash");
                return;
            }
            assert!(Instant::now() < end, "published: {:?}\nfound: {:?}", self.files, now.files);
            self.build();
        }
    }

    /// Shows that nothing else is published: the next build is another change in `dir`.
    fn says_nothing_else(&mut self, dir: &Dir) {
        self.sentinels += 1;
        dir.write(SENTINEL, self.sentinels.to_string());
        assert_eq!(self.next(), Published::Building(format!("./{SENTINEL}")));
        assert_eq!(self.changes(), [format!("/{SENTINEL}")]);
    }

    /// The same where builds may begin that end with nothing changed.
    fn builds_nothing_else(&mut self, dir: &Dir) {
        self.sentinels += 1;
        dir.write(SENTINEL, self.sentinels.to_string());
        assert_eq!(self.changes(), [format!("/{SENTINEL}")]);
    }

    fn ids(&self) -> Vec<&str> {
        self.files.keys().map(String::as_str).collect()
    }
}

/// Runs several steps. Returns true if they were so quick that only the last state may be published. On a busy machine,
/// states between may be as well.
fn is_swift(act: impl FnOnce()) -> bool {
    let begun = Instant::now();
    act();
    begun.elapsed() < NEW.min(GRACE) / 2
}

fn ids(build: &Rebuilt) -> Vec<String> {
    let id = |change: &super::Changed| match change.version {
        Some(_) => change.id.clone(),
        None => format!("-{}", change.id),
    };
    build.changes.iter().map(id).collect()
}

fn version(content: impl AsRef<[u8]>) -> String {
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(content.as_ref()))
}

/// Runs a program of the system in `dir`.
fn run(dir: &Path, program: &str, arguments: &[&str]) {
    let output = std::process::Command::new(program).args(arguments).current_dir(dir).output();
    let output = output.expect(program);
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
}
