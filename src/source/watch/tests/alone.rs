//! The worker without the system's events: it hears only what the test says.

use super::super::folders::Folders;
use super::super::options::Plan;
use super::super::reading::Background;
use super::super::scan::{self, Sight};
use super::super::signal::{Events, Signal};
use super::super::tell::Teller;
use super::super::thread::Message;
use super::super::worker::Worker;
use super::*;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

struct Alone {
    worker: Worker<Recorder>,
    inbox: Receiver<Message>,
    stop: Arc<AtomicBool>,
    told: Receiver<Told>,
}

impl Alone {
    fn serving(dir: &Dir) -> Self {
        let Plan { roots, mut rules, settle, .. } = Watch::new().serve("/", dir.path()).plan().unwrap();
        let mut folders = Folders::new(None);
        let root = roots.places().next().unwrap();
        let Ok(Sight::Folder { real }) = scan::look(&root) else { panic!("no folder") };
        let files = scan::walk(&root, real, &mut folders, &mut rules, false).files;
        let (tell, told) = mpsc::channel();
        let (outbox, inbox) = mpsc::channel();
        let stop = Arc::new(AtomicBool::new(false));
        let teller = Teller::new(Recorder(tell), String::new(), Arc::clone(&roots));
        let background = Background::new(Arc::clone(&stop), outbox);
        let mut worker =
            Worker::new(teller, roots, rules, folders, (Events::Exact, settle, None), background);
        worker.first_scan(&files, Instant::now(), &inbox, &stop);
        assert!(matches!(told.try_recv(), Ok(Told::Scanned(_))));
        Self { worker, inbox, stop, told }
    }

    fn hear(&mut self, signal: Signal) {
        self.worker.hear(Message::Signal(signal));
    }

    /// What the next build changes.
    fn changes(&mut self) -> Vec<String> {
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            self.worker.work(&self.inbox, &self.stop);
            if let Some(Told::Built(build)) = self.told.try_iter().find(|told| matches!(told, Told::Built(_)))
            {
                return ids(&build);
            }
            // Never anything to hear: this is the wait.
            let due = self.worker.due().saturating_duration_since(Instant::now());
            assert!(self.inbox.recv_timeout(due).is_err());
        }
        panic!("no build");
    }
}

#[test]
fn lost_events_are_made_up_for_by_looking() {
    let dir = Dir::new();
    for name in ["same", "changed", "gone", "old/x"] {
        dir.write(format!("{name}.css"), "1");
    }
    let mut alone = Alone::serving(&dir);
    dir.write("changed.css", "2");
    dir.remove("gone.css");
    dir.write("new.css", "1");
    dir.rename("old", "new");
    alone.hear(Signal::Lost);
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
    alone.hear(Signal::Written(path.clone()));
    dir.write("b.css", "1");
    alone.hear(Signal::Closed(dir.path().join("b.css")));
    assert_eq!(alone.changes(), ["/b.css"], "nobody has closed the other");
    alone.hear(Signal::Lost);
    assert_eq!(alone.changes(), ["/a.css"]);
    dir.write("a.css", "3");
    alone.hear(Signal::Closed(path));
    assert_eq!(alone.changes(), ["/a.css"]);
}

#[test]
fn a_folder_that_is_another_now_has_lost_what_was_still_to_be_told() {
    let dir = Dir::new();
    dir.write("sub/a.css", "1");
    let mut alone = Alone::serving(&dir);
    for (content, folder) in [("2", "sub"), ("3", "")] {
        dir.write("sub/a.css", content);
        alone.hear(Signal::Written(dir.path().join("sub/a.css")));
        alone.hear(Signal::Left(dir.path().join(folder)));
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
fn what_can_not_be_read_is_warned_of_once() {
    let count = Arc::default();
    tracing::subscriber::with_default(Warnings(Arc::clone(&count)), || {
        let warnings = || count.load(std::sync::atomic::Ordering::Relaxed);
        let dir = Dir::new();
        dir.link("loop.css", "loop.css");
        let mut alone = Alone::serving(&dir);
        let path = dir.path().join("loop.css");
        assert_eq!(warnings(), 1);
        for n in 0..3 {
            alone.hear(Signal::Closed(path.clone()));
            alone.hear(Signal::Attributes(path.clone()));
            alone.hear(Signal::Lost);
            dir.write("a.css", n.to_string());
            alone.hear(Signal::Closed(dir.path().join("a.css")));
            assert_eq!(alone.changes(), ["/a.css"]);
        }
        assert_eq!(warnings(), 1);
        dir.remove("loop.css");
        dir.write("loop.css", "1");
        // Also a change of what is allowed may make it readable.
        alone.hear(Signal::Attributes(path.clone()));
        assert_eq!(alone.changes(), ["/loop.css"]);
        dir.remove("loop.css");
        dir.link("loop.css", "loop.css");
        alone.hear(Signal::Created(path));
        dir.write("a.css", "last");
        alone.hear(Signal::Closed(dir.path().join("a.css")));
        assert_eq!(alone.changes(), ["/a.css"]);
        assert_eq!(warnings(), 2, "it could be read between");
    });
}
