//! The state of a watch, and the steps from an event to a published build.
//!
//! - `events`: which files and folders an event is about, and what has to be read or scanned.
//! - `scans`: a scan compared with what is known.
//! - `reads`: files read, and the results committed to the tree.
//! - `upkeep`: the roots checked in intervals, errors reported, and retries.
//!
//! The fields are private to this folder; the thread calls methods.

mod events;
mod reads;
mod scans;
mod upkeep;

use std::{
    collections::{BTreeSet, HashSet},
    mem::Discriminant,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use super::{
    burst::Burst,
    content::FileReader,
    event_handler::EventHandler,
    folders::Folders,
    fs_event::EventDetail,
    ignore::{RULES_FILE, Rules},
    message::{Inbox, Message, Read},
    mounts::FileSystem,
    publisher::Publisher,
    readers::{BackgroundReader, Pacer},
    retry::{Locked, Retry},
    roots::{Roots, WatchedPath},
    scan::ScanError,
    spelling::Spelling,
    stability::Stability,
    tree::Tree,
};

/// Time for which a file that was found on the disk must stay unchanged if its close may have been missed.
const STABILITY: Duration = Duration::from_millis(20);

/// Number of files to read before the next events are received.
const PORTION: usize = 64;

/// The real path of a root, or of its folder, and the device and inode number of that.
type RootIdentity = (PathBuf, Option<(u64, u64)>);

/// Everything that the watcher's thread knows.
#[derive(Debug)]
pub(super) struct WatchState<H> {
    roots: Arc<Roots>,
    rules: Rules,
    folders: Folders,
    tree: Tree,
    stability: Stability,
    publisher: Publisher<H>,
    detail: EventDetail,
    spelling: Spelling,
    /// Counts events where some may be lost without notice.
    burst: Option<Burst>,
    /// Interval of the scans when the tree is polled.
    poll: Option<Duration>,
    /// The identity of each root at the last check, `None` for one that is missing.
    identities: Vec<Option<RootIdentity>>,
    /// Says which file systems have no events.
    without_events: FileSystem,
    /// The roots on such file systems, which are scanned in intervals as well.
    silent: BTreeSet<usize>,
    /// Time of the next scan of these.
    next_silent: Option<Instant>,
    /// Time of the next check of the roots.
    next_check: Instant,
    /// Paths to scan because their watches have ended.
    lost: BTreeSet<WatchedPath>,
    /// Events were lost: scan everything.
    all_lost: bool,
    retry: Retry,
    /// Files and folders that can't be read, each of which was reported once.
    unreadable: HashSet<WatchedPath>,
    /// Files that another program has locked.
    locked: Locked,
    /// The roots that were reported because their own rules leave nothing of them.
    emptied: HashSet<usize>,
    /// The bounds and limits that were reported.
    reported: HashSet<Discriminant<ScanError>>,
    /// Files that were read and are not committed.
    read: Vec<Read>,
    pacer: Pacer,
    background: BackgroundReader,
}

/// The parts of a new [`WatchState`].
#[derive(Debug)]
pub(super) struct Parts<H> {
    pub(super) publisher: Publisher<H>,
    pub(super) roots: Arc<Roots>,
    pub(super) rules: Rules,
    pub(super) folders: Folders,
    pub(super) detail: EventDetail,
    pub(super) may_drop_events: bool,
    pub(super) spelling: Spelling,
    pub(super) settle: Duration,
    pub(super) poll: Option<Duration>,
    pub(super) background: BackgroundReader,
    pub(super) without_events: FileSystem,
}

impl<H: EventHandler> WatchState<H> {
    pub(super) fn new(parts: Parts<H>) -> Self {
        let Parts {
            publisher,
            roots,
            rules,
            folders,
            detail,
            may_drop_events,
            spelling,
            settle,
            poll,
            background,
            without_events,
        } = parts;
        let unchanged_for = if detail == EventDetail::Exact { STABILITY } else { settle };
        let mut state = Self {
            roots,
            rules,
            folders,
            tree: Tree::default(),
            stability: Stability::new(unchanged_for),
            publisher,
            detail,
            spelling,
            burst: may_drop_events.then(Burst::default),
            poll,
            identities: Vec::new(),
            without_events,
            silent: BTreeSet::new(),
            next_silent: None,
            next_check: Instant::now(),
            lost: BTreeSet::new(),
            all_lost: false,
            retry: Retry::default(),
            unreadable: HashSet::new(),
            locked: Locked::default(),
            emptied: HashSet::new(),
            reported: HashSet::new(),
            read: Vec::new(),
            pacer: Pacer::default(),
            background,
        };
        state.identities = state.current_identities(&[]);
        for root in state.roots.paths().collect::<Vec<_>>() {
            state.check_file_system(&root);
            state.report_missing(&root);
        }
        state
    }

    /// Applies a message.
    pub(super) fn apply(&mut self, message: Message) {
        match message {
            Message::Event(event) => {
                let now = Instant::now();
                if let Some(burst) = &mut self.burst {
                    burst.event(now);
                }
                self.apply_event(event, now);
            }
            Message::Read(read) => self.read.push(*read),
            Message::Stop => {}
        }
    }

    fn apply_all(&mut self, inbox: &Inbox) {
        while let Some(message) = inbox.try_recv() {
            self.apply(message);
        }
    }

    /// Does everything that is due: scans, reads, publishes.
    pub(super) fn run_due(&mut self, inbox: &Inbox, stop: &AtomicBool) {
        let mut reader = FileReader::new(stop);
        loop {
            self.apply_all(inbox);
            self.scan_lost(inbox);
            for task in self.stability.take(PORTION, Instant::now()) {
                self.read(&mut reader, task);
            }
            let idle = self.read.is_empty();
            self.commit_all(inbox);
            self.publisher.publish(&mut self.tree, &mut self.stability, Instant::now());
            if idle || stop.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    /// Time of the next [`run_due`](Self::run_due) or [`check_roots`](Self::check_roots).
    pub(super) fn deadline(&mut self) -> Instant {
        let deadlines = [
            self.stability.deadline(),
            self.publisher.deadline(&self.stability),
            self.retry.deadline(),
            self.locked.deadline(),
            self.next_silent,
            self.burst.as_ref().and_then(Burst::deadline),
        ];
        deadlines.into_iter().flatten().fold(self.next_check, Instant::min)
    }
}

/// Returns true if `file` has rules of what to ignore.
fn is_rules_file(file: &WatchedPath) -> bool {
    file.path.file_name().is_some_and(|name| name == RULES_FILE)
}

/// The folder of a file.
fn parent(file: &WatchedPath) -> WatchedPath {
    WatchedPath::new(file.root, file.path.parent().unwrap_or(&file.path))
}
