//! The watcher's thread: how it starts, what it waits for, and how it ends.

use super::barrier::Barrier;
use super::error::WatchError;
use super::folders::Folders;
use super::ignore::Rules;
use super::options::{Plan, Watch};
use super::reading::{Background, Done};
use super::roots::Roots;
use super::scan::{self, Sight, Walked};
use super::signal::{Events, Signal, signals};
use super::sink::Sink;
use super::tell::Teller;
use super::worker::Worker;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

/// How long the start waits for the first scan: a small tree is known before the server starts,
/// and a large one holds nothing up.
const START: Duration = Duration::from_millis(250);

/// How long the end waits for the thread, which stops between two blocks of a file.
const END: Duration = Duration::from_secs(2);

/// What the thread hears.
#[derive(Debug)]
pub(super) enum Message {
    Signal(Signal),
    /// A large file has been read.
    Read(Box<Done>),
    /// The guard is gone; its flag says so, too.
    Stop,
}

/// Keeps a watch going; dropping it ends the watch.
///
/// Given by [`HotMiddleware::watch`](crate::HotMiddleware::watch). The drop waits for the watcher's
/// thread, at most 2 s, and commonly a few milliseconds.
#[must_use = "dropping it ends the watch"]
pub struct WatchGuard {
    stop: Arc<AtomicBool>,
    inbox: Sender<Message>,
    /// Never sent to: it disconnects when the thread ends. The mutex makes the guard `Sync`.
    ended: Mutex<Receiver<()>>,
    thread: Option<JoinHandle<()>>,
}

impl fmt::Debug for WatchGuard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self.thread.as_ref().is_some_and(|thread| !thread.is_finished());
        f.debug_struct("WatchGuard").field("runs", &runs).finish_non_exhaustive()
    }
}

impl WatchGuard {
    /// A guard with nothing to end.
    pub(super) fn of_nothing() -> Self {
        let (inbox, _) = mpsc::channel();
        let (_, ended) = mpsc::channel();
        Self { stop: Arc::default(), inbox, ended: Mutex::new(ended), thread: None }
    }
}

impl Drop for WatchGuard {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        let _ = self.inbox.send(Message::Stop);
        let ended = self.ended.get_mut().unwrap_or_else(PoisonError::into_inner);
        let timed_out = matches!(ended.recv_timeout(END), Err(mpsc::RecvTimeoutError::Timeout));
        if let Some(thread) = self.thread.take().filter(|_| !timed_out) {
            // A panic has been reported by the panic hook.
            let _ = thread.join();
        }
    }
}

/// Begins to watch: sets up the system's watches, starts the thread, and waits a moment for the
/// first scan.
pub(crate) fn start(watch: Watch, sink: impl Sink) -> Result<WatchGuard, WatchError> {
    let begun = Instant::now();
    let Plan { roots, mut rules, name, settle, poll } = watch.plan()?;
    let events = if poll.is_some() { Events::Vague } else { Events::SYSTEM };
    let (outbox, inbox) = mpsc::channel();
    let mut barrier = Barrier::new().filter(|_| events == Events::Exact);
    let watcher = match poll {
        Some(_) => None,
        None => Some(
            watcher(events, &mut barrier, outbox.clone())
                .map_err(|error| WatchError::from_notify(&error, None))?,
        ),
    };
    let mut folders = Folders::new(watcher);
    let Walked { files, errors, .. } = find(&roots, &mut folders, &mut rules)?;
    let stop = Arc::new(AtomicBool::new(false));
    let background = Background::new(Arc::clone(&stop), outbox.clone());
    let (scanned_tx, scanned) = mpsc::channel::<()>();
    let (ended_tx, ended) = mpsc::channel::<()>();
    let teller = Teller::new(sink, name, Arc::clone(&roots));
    let mut worker = Worker::new(teller, roots, rules, folders, (events, settle, barrier), background);
    for (at, error) in errors {
        worker.complain(&error, Some(&at));
    }
    let stopped = Arc::clone(&stop);
    let work = move || {
        let _ended = ended_tx;
        worker.first_scan(&files, begun, &inbox, &stopped);
        drop((files, scanned_tx));
        run(&mut worker, &inbox, poll, &stopped);
    };
    let thread = thread::Builder::new().name("hot-watch".to_owned()).spawn(work);
    let thread = thread.map_err(|error| WatchError::System { path: None, message: error.to_string() })?;
    // It disconnects when the scan is done.
    let _ = scanned.recv_timeout(START.saturating_sub(begun.elapsed()));
    Ok(WatchGuard { stop, inbox: outbox, ended: Mutex::new(ended), thread: Some(thread) })
}

/// Finds all files and has their folders watched; among the errors are the folders that are left out.
fn find(roots: &Roots, folders: &mut Folders, rules: &mut Rules) -> Result<Walked, WatchError> {
    let mut found = Walked::default();
    for place in roots.places() {
        let failed = |source| WatchError::Root { path: place.path.to_path_buf(), source };
        match scan::look(&place).map_err(failed)? {
            Sight::Folder { real } => {
                let walked = scan::walk(&place, real, folders, rules, false);
                found.files.extend(walked.files);
                found.folders.extend(walked.folders);
                for (at, error) in walked.errors {
                    let told = error.told(Some(&at.path));
                    if at == place || told.is_limit() {
                        return Err(told);
                    }
                    found.errors.push((at, error));
                }
            }
            Sight::File => {
                folders.link(&place).map_err(|error| WatchError::from_notify(&error, Some(&place.path)))?;
                found.files.push(place);
            }
            Sight::Nothing => return Err(failed(std::io::ErrorKind::NotFound.into())),
        }
    }
    // The order in which the tree keeps them, so that neighbours are filled one after the other.
    found.files.sort_unstable();
    Ok(found)
}

fn watcher(
    events: Events,
    barrier: &mut Option<Barrier>,
    outbox: Sender<Message>,
) -> notify::Result<RecommendedWatcher> {
    let path = barrier.as_ref().map(|barrier| barrier.path().to_owned());
    let marks = path.clone().unwrap_or_default();
    let mut watcher = notify::recommended_watcher(move |event| {
        signals(events, &marks, event, |signal| {
            // It fails when the thread has ended, and the watcher is about to.
            let _ = outbox.send(Message::Signal(signal));
        });
    })?;
    if path.is_some_and(|path| watcher.watch(&path, RecursiveMode::NonRecursive).is_err()) {
        *barrier = None;
    }
    Ok(watcher)
}

fn run<S: Sink>(
    worker: &mut Worker<S>,
    inbox: &Receiver<Message>,
    poll: Option<Duration>,
    stop: &AtomicBool,
) {
    while !stop.load(Ordering::Relaxed) {
        worker.work(inbox, stop);
        let now = Instant::now();
        if worker.look_at <= now {
            worker.look_around(poll, now);
        } else if let Ok(message) = inbox.recv_timeout(worker.due().saturating_duration_since(now)) {
            worker.hear(message);
        }
    }
}
