//! The state without the system's events: it receives only those of the test.

use std::{
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
};

use super::{
    super::{
        folders::Folders,
        fs_event::{EventDetail, FsEvent},
        message::{Inbox, Message, channel},
        options::ResolvedConfig,
        publisher::Publisher,
        readers::BackgroundReader,
        state::{Parts, WatchState},
    },
    *,
};

struct Alone {
    state: WatchState<Recorder>,
    inbox: Inbox,
    stop: Arc<AtomicBool>,
    published: Receiver<Published>,
}

impl Alone {
    fn serving(dir: &Dir) -> Self {
        let ResolvedConfig { roots, rules, settle, .. } =
            Watch::new().serve("/", dir.path()).resolve().unwrap();
        let folders = Folders::new(None);
        let (published_tx, published) = mpsc::channel();
        let (outbox, inbox) = channel();
        let stop = Arc::new(AtomicBool::new(false));
        let mut state = WatchState::new(Parts {
            publisher: Publisher::new(Recorder(published_tx), String::new(), Arc::clone(&roots)),
            roots,
            rules,
            folders,
            detail: EventDetail::Exact,
            settle,
            poll: None,
            background: BackgroundReader::new(Arc::clone(&stop), outbox),
            without_events: |_| None,
        });
        state.scan_first(Instant::now(), &inbox, &stop, |_| ());
        assert!(matches!(published.try_recv(), Ok(Published::Scanned(_))));
        Self { state, inbox, stop, published }
    }

    fn apply(&mut self, event: FsEvent) {
        self.state.apply(Message::Event(event));
    }

    /// The changes of the next build.
    fn changes(&mut self) -> Vec<String> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            self.state.run_due(&self.inbox, &self.stop);
            let mut published = self.published.try_iter();
            if let Some(Published::Built(build)) =
                published.find(|published| matches!(published, Published::Built(_)))
            {
                return ids(&build);
            }
            // There is never a message: this is the wait.
            assert!(self.inbox.recv_deadline(self.state.deadline()).is_err());
        }
        panic!("no build");
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
