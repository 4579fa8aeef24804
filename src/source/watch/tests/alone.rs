//! The state without the system's events: it receives only those of the test.

use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

use super::{
    super::{
        backend::Backend,
        folders::Folders,
        fs_event::{EventDetail, FsEvent},
        message::{Inbox, Message, Outbox, channel},
        options::ResolvedConfig,
        publisher::Publisher,
        readers::BackgroundReader,
        spelling::Spelling,
        state::{Parts, WatchState},
    },
    *,
};

pub(super) struct Alone {
    state: WatchState<Recorder>,
    inbox: Inbox,
    stop: Arc<AtomicBool>,
    published: Receiver<Published>,
    /// The versions of the last changes.
    versions: BTreeMap<String, Option<String>>,
}

/// The watches and events of another system.
pub(super) struct Setting {
    pub(super) folders: Folders,
    pub(super) detail: EventDetail,
    pub(super) may_drop_events: bool,
    pub(super) spelling: Spelling,
}

impl Alone {
    fn serving(dir: &Dir) -> Self {
        Self::new(Watch::new().files("/", dir.path()), |_| Setting {
            folders: Folders::new(None, Backend::SYSTEM),
            detail: EventDetail::Exact,
            may_drop_events: false,
            spelling: Spelling::EXACT,
        })
    }

    /// A watch with the events that the setting sends to the outbox.
    pub(super) fn new(watch: Watch, setting: impl FnOnce(Outbox) -> Setting) -> Self {
        let ResolvedConfig { roots, rules, settle, .. } = watch.resolve().unwrap();
        let (published_tx, published) = mpsc::channel();
        let (outbox, inbox) = channel();
        let Setting { folders, detail, may_drop_events, spelling } = setting(outbox.clone());
        let stop = Arc::new(AtomicBool::new(false));
        let mut state = WatchState::new(Parts {
            publisher: Publisher::new(Recorder(published_tx), String::new(), Arc::clone(&roots)),
            roots,
            rules,
            folders,
            detail,
            may_drop_events,
            spelling,
            settle,
            poll: None,
            background: BackgroundReader::new(Arc::clone(&stop), outbox),
            without_events: |_| None,
        });
        state.watch_roots().unwrap();
        state.scan_first(Instant::now(), &inbox, &stop, |_| ());
        assert!(matches!(published.try_recv(), Ok(Published::Scanned(_))));
        Self { state, inbox, stop, published, versions: BTreeMap::new() }
    }

    pub(super) fn apply(&mut self, event: FsEvent) {
        self.state.apply(Message::Event(event));
    }

    /// The changes of the next build.
    pub(super) fn changes(&mut self) -> Vec<String> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            self.state.run_due(&self.inbox, &self.stop);
            let mut published = self.published.try_iter();
            if let Some(Published::Built(build)) =
                published.find(|published| matches!(published, Published::Built(_)))
            {
                let versions = build.changes.iter().map(|change| (change.id.clone(), change.version.clone()));
                self.versions.extend(versions);
                return ids(&build);
            }
            let deadline = self.state.deadline();
            if deadline <= Instant::now() {
                self.state.check(Instant::now());
            } else if let Ok(message) = self.inbox.recv_deadline(deadline) {
                self.state.apply(message);
            }
        }
        panic!("no build");
    }

    /// Applies the messages that have arrived, and does nothing else.
    pub(super) fn apply_waiting(&mut self) {
        while let Some(message) = self.inbox.try_recv() {
            self.state.apply(message);
        }
    }

    /// The version of a file in the last build that has changed it.
    pub(super) fn version(&self, id: &str) -> String {
        self.versions[id].clone().expect("it was not removed")
    }

    /// Does everything that is due within a time that is longer than all waits for a file. Returns what is published.
    pub(super) fn rest(&mut self) -> Vec<Published> {
        let end = Instant::now() + 4 * GRACE;
        while Instant::now() < end {
            self.state.run_due(&self.inbox, &self.stop);
            let deadline = self.state.deadline().min(end);
            if deadline <= Instant::now() {
                self.state.check(Instant::now());
            } else if let Ok(message) = self.inbox.recv_deadline(deadline) {
                self.state.apply(message);
            }
        }
        self.published.try_iter().collect()
    }
}

#[test]
fn lost_events_are_replaced_by_a_scan() {
    let dir = Dir::new();
    for name in ["same", "changed", "gone", "old/x"] {
        dir.write(format!("{name}.css"), "1");
    }
    let mut alone = Alone::serving(&dir);
    dir.write("changed.css", "2");
    dir.remove("gone.css");
    dir.write("new.css", "1");
    dir.rename("old", "new");
    alone.apply(FsEvent::Overflow);
    let mut changes = Vec::new();
    while changes.len() < 5 {
        changes.extend(alone.changes());
    }
    changes.sort();
    assert_eq!(changes, ["-/gone.css", "-/old/x.css", "/changed.css", "/new.css", "/new/x.css"]);
}

#[test]
fn a_write_whose_close_was_lost_is_read_after_all() {
    let dir = Dir::new();
    dir.write("a.css", "1");
    let mut alone = Alone::serving(&dir);
    let path: PathBuf = dir.path().join("a.css");
    dir.write("a.css", "2");
    alone.apply(FsEvent::Written(path.clone()));
    dir.write("b.css", "1");
    alone.apply(FsEvent::Closed(dir.path().join("b.css")));
    assert_eq!(alone.changes(), ["/b.css"], "the other is not closed");
    alone.apply(FsEvent::Overflow);
    assert_eq!(alone.changes(), ["/a.css"]);
    dir.write("a.css", "3");
    alone.apply(FsEvent::Closed(path));
    assert_eq!(alone.changes(), ["/a.css"]);
}

#[test]
fn a_replaced_folder_is_read_without_the_events_of_the_old_one() {
    let dir = Dir::new();
    dir.write("sub/a.css", "1");
    let mut alone = Alone::serving(&dir);
    for (content, folder) in [("2", "sub"), ("3", "")] {
        dir.write("sub/a.css", content);
        alone.apply(FsEvent::Written(dir.path().join("sub/a.css")));
        alone.apply(FsEvent::Removed(dir.path().join(folder)));
        assert_eq!(alone.changes(), ["/sub/a.css"]);
    }
}

/// Counts warnings.
#[cfg(unix)]
struct Warnings(Arc<std::sync::atomic::AtomicUsize>);

#[cfg(unix)]
impl tracing::Subscriber for Warnings {
    fn enabled(&self, metadata: &tracing::Metadata<'_>) -> bool {
        metadata.level() == &tracing::Level::WARN
    }

    fn new_span(&self, _: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, _: &tracing::span::Record<'_>) {}

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, _: &tracing::Event<'_>) {
        self.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_reported_once() {
    let count = Arc::default();
    tracing::subscriber::with_default(Warnings(Arc::clone(&count)), || {
        let warnings = || count.load(std::sync::atomic::Ordering::Relaxed);
        let dir = Dir::new();
        dir.link("loop.css", "loop.css");
        let mut alone = Alone::serving(&dir);
        let path = dir.path().join("loop.css");
        assert_eq!(warnings(), 1);
        for n in 0..3 {
            alone.apply(FsEvent::Closed(path.clone()));
            alone.apply(FsEvent::Attributes(path.clone()));
            alone.apply(FsEvent::Overflow);
            dir.write("a.css", n.to_string());
            alone.apply(FsEvent::Closed(dir.path().join("a.css")));
            assert_eq!(alone.changes(), ["/a.css"]);
        }
        assert_eq!(warnings(), 1);
        dir.remove("loop.css");
        dir.write("loop.css", "1");
        // A change of its permissions may make it readable as well.
        alone.apply(FsEvent::Attributes(path.clone()));
        assert_eq!(alone.changes(), ["/loop.css"]);
        dir.remove("loop.css");
        dir.link("loop.css", "loop.css");
        alone.apply(FsEvent::Created(path));
        dir.write("a.css", "last");
        alone.apply(FsEvent::Closed(dir.path().join("a.css")));
        assert_eq!(alone.changes(), ["/a.css"]);
        assert_eq!(warnings(), 2, "it could be read between");
    });
}
