//! The watcher's thread: its start, its loop and its end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use notify::{RecommendedWatcher, Watcher};

use super::{
    super::thread::WorkerThread,
    backend::Backend,
    error::WatchError,
    event_handler::EventHandler,
    folders::Folders,
    fs_event::{EventDetail, convert},
    message::{Inbox, Outbox, channel},
    mounts::{self, FileSystem},
    options::{ResolvedConfig, Watch},
    publisher::Publisher,
    readers::BackgroundReader,
    spelling::Spelling,
    state::{Parts, WatchState},
};

/// Longest wait of the start for the first scan. A small tree is known before the server starts, and a large one does
/// not delay it.
pub(super) const START_TIMEOUT: Duration = Duration::from_millis(100);

/// Number of files from which the start does not wait for the first scan any more.
const MANY_FILES: usize = 1_000;

/// Longest wait for the end of the thread, which stops between two blocks of a file.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// Starts a watch.
pub(in crate::source) fn start(watch: Watch, handler: impl EventHandler) -> Result<WorkerThread, WatchError> {
    start_with(watch, handler, mounts::file_system_without_events)
}

/// Starts a watch: checks its options, watches its roots, starts the thread, and waits a moment for the first scan.
pub(super) fn start_with(
    watch: Watch,
    handler: impl EventHandler,
    without_events: FileSystem,
) -> Result<WorkerThread, WatchError> {
    let begun = Instant::now();
    let ResolvedConfig { roots, rules, name, settle, poll } = watch.resolve()?;
    let backend = Backend::SYSTEM;
    let detail = if poll.is_some() { EventDetail::Coarse } else { backend.detail() };
    let (outbox, inbox) = channel();
    let watcher: Option<Box<dyn Watcher + Send>> = match poll {
        Some(_) => None,
        None => {
            let watcher = watcher(detail, outbox.clone());
            Some(Box::new(watcher.map_err(|error| WatchError::from_notify(error, None))?))
        }
    };
    for root in roots.paths() {
        let path = &root.path;
        match poll {
            Some(interval) => tracing::debug!(?path, ?interval, "files are compared at an interval"),
            None => tracing::debug!(?path, ?backend, ?detail, "the system reports changes of files"),
        }
    }
    let folders = Folders::new(watcher, backend);
    let stop = Arc::new(AtomicBool::new(false));
    let background = BackgroundReader::new(Arc::clone(&stop), outbox.clone());
    let publisher = Publisher::new(handler, name, Arc::clone(&roots));
    let spelling = Spelling::SYSTEM;
    let may_drop_events = backend.may_drop_events() && poll.is_none();
    let parts = Parts {
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
    };
    let mut state = WatchState::new(parts);
    state.watch_roots()?;
    let (scanned_tx, scanned_rx) = mpsc::channel::<()>();
    let stopped = Arc::clone(&stop);
    let thread = WorkerThread::start(
        "hot-watch",
        STOP_TIMEOUT,
        move || {
            stop.store(true, Ordering::Relaxed);
            outbox.send_stop();
        },
        move || {
            let mut waiting = Some(scanned_tx);
            let found = |files| {
                if files > MANY_FILES {
                    waiting = None;
                }
            };
            state.scan_first(begun, &inbox, &stopped, found);
            drop(waiting);
            run(&mut state, &inbox, &stopped);
        },
    );
    let thread = thread.map_err(|error| WatchError::System { path: None, source: Box::new(error) })?;
    // It disconnects at the end of the scan, or when that has found many files.
    let _ = scanned_rx.recv_timeout(START_TIMEOUT.saturating_sub(begun.elapsed()));
    Ok(thread)
}

fn watcher(detail: EventDetail, outbox: Outbox) -> notify::Result<RecommendedWatcher> {
    notify::recommended_watcher(move |event| convert(detail, event, |event| outbox.send_event(event)))
}

fn run<H: EventHandler>(state: &mut WatchState<H>, inbox: &Inbox, stop: &AtomicBool) {
    while !stop.load(Ordering::Relaxed) {
        state.run_due(inbox, stop);
        let deadline = state.deadline();
        if deadline <= Instant::now() {
            state.check(Instant::now());
        } else if let Ok(message) = inbox.recv_deadline(deadline) {
            state.apply(message);
        }
    }
}
