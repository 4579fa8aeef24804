//! The watcher's thread: its start, its loop and its end.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
        mpsc,
    },
    time::{Duration, Instant},
};

use notify::RecommendedWatcher;

use super::{
    super::thread::WorkerThread,
    error::WatchError,
    event_handler::EventHandler,
    folders::Folders,
    fs_event::{EventDetail, convert},
    ignore::Rules,
    message::{Inbox, Outbox, channel},
    options::{ResolvedConfig, Watch},
    publisher::Publisher,
    readers::BackgroundReader,
    roots::Roots,
    scan::{self, Kind, MAX_FILES, Scan, Scanner},
    state::{Parts, WatchState},
};

/// Longest wait of the start for the first scan. A small tree is known before the server starts, and a large one does
/// not delay it.
const START_TIMEOUT: Duration = Duration::from_millis(250);

/// Longest wait for the end of the thread, which stops between two blocks of a file.
const STOP_TIMEOUT: Duration = Duration::from_secs(2);

/// Starts a watch: sets up the system's watches, starts the thread, and waits a moment for the first scan.
pub(in crate::source) fn start(watch: Watch, handler: impl EventHandler) -> Result<WorkerThread, WatchError> {
    let begun = Instant::now();
    let ResolvedConfig { roots, mut rules, name, settle, poll } = watch.resolve()?;
    let detail = if poll.is_some() { EventDetail::Coarse } else { EventDetail::SYSTEM };
    let (outbox, inbox) = channel();
    let watcher = match poll {
        Some(_) => None,
        None => {
            let watcher = watcher(detail, outbox.clone());
            Some(watcher.map_err(|error| WatchError::from_notify(error, None))?)
        }
    };
    let mut folders = Folders::new(watcher);
    let Scan { files, errors, .. } = scan_roots(&roots, &mut folders, &mut rules)?;
    let stop = Arc::new(AtomicBool::new(false));
    let background = BackgroundReader::new(Arc::clone(&stop), outbox.clone());
    let publisher = Publisher::new(handler, name, Arc::clone(&roots));
    let parts = Parts { publisher, roots, rules, folders, detail, settle, poll, background };
    let mut state = WatchState::new(parts);
    for (path, error) in errors {
        state.report(error, Some(&path));
    }
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
            state.read_first(&files, begun, &inbox, &stopped);
            drop((files, scanned_tx));
            run(&mut state, &inbox, &stopped);
        },
    );
    let thread = thread.map_err(|error| WatchError::System { path: None, source: Box::new(error) })?;
    // It disconnects at the end of the scan.
    let _ = scanned_rx.recv_timeout(START_TIMEOUT.saturating_sub(begun.elapsed()));
    Ok(thread)
}

/// Scans all roots, and watches their folders. The errors are of paths that are left out.
fn scan_roots(roots: &Roots, folders: &mut Folders, rules: &mut Rules) -> Result<Scan, WatchError> {
    let mut all = Scan::default();
    for root in roots.paths() {
        let failed = |source| WatchError::Root { path: root.path.to_path_buf(), source };
        match scan::kind(&root).map_err(failed)? {
            Kind::Folder { real } => {
                let room = MAX_FILES.saturating_sub(all.files.len());
                let scan = Scanner::new(folders, rules, false, room).scan(&root, real);
                all.files.extend(scan.files);
                for (path, error) in scan.errors {
                    if path == root || error.is_shortage() {
                        return Err(error.at(Some(&path.path)));
                    }
                    all.errors.push((path, error));
                }
            }
            Kind::File => {
                folders.link(&root).map_err(|error| WatchError::from_notify(error, Some(&root.path)))?;
                all.files.push(root);
            }
            Kind::Nothing => return Err(failed(std::io::ErrorKind::NotFound.into())),
        }
    }
    // In the order of the tree, which is filled faster then.
    all.files.sort_unstable();
    Ok(all)
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
