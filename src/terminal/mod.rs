//! The developer's terminal: a line at the start, one for each save, and one for each way in which pages can't get the
//! client.

mod history;
mod placement;
mod receipt;
mod saves;
mod waiting;

use std::{
    fmt,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Instant,
};

pub use self::waiting::{Receipts, WaitForError};
pub(crate) use self::{
    history::Record,
    placement::Fault,
    receipt::{Outcome, Receipt},
    saves::Save,
    waiting::Answer,
};
use self::{
    placement::Placement,
    receipt::Count,
    saves::Saves,
    waiting::{Wait, Waiter, Waiting},
};
use crate::notice;

/// A watched folder or file, as the line at the start names it.
#[cfg(any(feature = "watch", test))]
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WatchedRoot {
    /// The path, with `./` before a relative one.
    pub(crate) shown: String,
    /// The URL prefix of its files; `None` if pages are rendered from them.
    pub(crate) prefix: Option<String>,
    pub(crate) files: usize,
}

/// Writes a line. Tests have one that keeps it.
struct Printer(Box<dyn Fn(&str) + Send + Sync>);

impl fmt::Debug for Printer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Printer").finish_non_exhaustive()
    }
}

/// The lines of one middleware. Dropping it ends its thread.
#[derive(Debug)]
pub(crate) struct Terminal(Option<Arc<Inner>>);

#[derive(Debug)]
struct Inner {
    printer: Printer,
    placement: Placement,
    /// Guards counting and look-ups; nothing is written under the lock.
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    saves: Saves,
    waiting: Waiting,
    /// Time by which the browser of the first page should have requested the client.
    client_due: Option<Instant>,
    has_thread: bool,
    is_over: bool,
}

impl Terminal {
    /// Creates the terminal of a middleware; one that is off writes nothing and costs nothing.
    pub(crate) fn new(is_on: bool) -> Self {
        Self(is_on.then(|| Inner::new(notice::info)))
    }

    #[cfg(test)]
    fn keeping(print: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Some(Inner::new(print)))
    }

    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// A watch has begun.
    #[cfg(any(feature = "watch", test))]
    pub(crate) fn watching(&self, roots: &[WatchedRoot]) {
        let Some(inner) = &self.0 else { return };
        let described = roots.iter().map(|WatchedRoot { shown, prefix, files }| {
            let shown = short(shown);
            let purpose = match prefix.as_deref() {
                Some("") => "at /".to_owned(),
                Some(prefix) => format!("at {prefix}"),
                None => "reloads pages".to_owned(),
            };
            format!("{shown} ({purpose}, {})", Count(*files, "file"))
        });
        (inner.printer.0)(&format!("watching {}", described.collect::<Vec<_>>().join(" and ")));
    }

    /// Registers one who waits for the next build with a file; `None` if pages send no receipts.
    pub(crate) fn wait_for(&self, file: &str) -> Option<Wait> {
        Some(self.0.as_ref()?.lock().waiting.add(file))
    }

    /// Takes those who wait for a file of a build that is about to be published.
    pub(crate) fn take_waiting(&self, has: impl Fn(&str) -> bool) -> Vec<Waiter> {
        let Some(inner) = &self.0 else { return Vec::new() };
        let mut state = inner.lock();
        if state.waiting.is_empty() { Vec::new() } else { state.waiting.take(has) }
    }

    /// The build has changed nothing.
    pub(crate) fn still_waiting(&self, waiting: Vec<Waiter>) {
        if let Some(inner) = self.0.as_ref().filter(|_| !waiting.is_empty()) {
            inner.lock().waiting.put_back(waiting);
        }
    }

    /// A change was published. Its line follows once pages have answered, within a second.
    pub(crate) fn saved(&self, save: Save, waiting: Vec<Waiter>) {
        self.update(|state| state.saves.add(save, waiting, Instant::now()));
    }

    /// A page has answered.
    pub(crate) fn received(&self, page: &str, receipts: Vec<Receipt>) {
        self.update(|state| {
            let now = Instant::now();
            for receipt in receipts {
                state.saves.receive(page.to_owned(), receipt, now);
            }
        });
    }

    /// Returns the saves and failed builds of the last while, the latest last.
    pub(crate) fn records(&self) -> Vec<Record> {
        self.0.as_ref().map(|inner| inner.lock().saves.records()).unwrap_or_default()
    }

    /// A build has failed. `event` is the number of its event; 0 if there is none, as it fails in the same way as the last one.
    pub(crate) fn failed(&self, label: &str, event: u64, errors: usize, first: &str, waiting: Vec<Waiter>) {
        if let Some(inner) = &self.0 {
            inner.lock().saves.fail(label, event, errors, first, Instant::now());
            for waiter in waiting {
                waiter.answer(Err(WaitForError::Failed(first.to_owned())));
            }
            let first = first.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
            (inner.printer.0)(&format!(
                "{label} has {}, pages stay as they are: {first}",
                Count(errors, "error")
            ));
        }
    }

    /// A page can't load the client, for a reason that its response shows.
    pub(crate) fn misplaced(&self, path: &str, fault: &Fault) {
        if let Some(inner) = &self.0 {
            inner.placement.report(path, fault);
        }
    }

    /// A module that uses `import.meta.hot` was left as it is, because it has this content coding.
    #[cfg(feature = "watch")]
    pub(crate) fn module_encoded(&self, path: &str, coding: String) {
        if let Some(inner) = &self.0 {
            inner.placement.report_module(path, &Fault::Encoded { coding });
        }
    }

    /// A page was sent with the client's tag.
    pub(crate) fn page_sent(&self) {
        let Some(inner) = &self.0 else { return };
        if let Some(due) = inner.placement.page_sent() {
            self.update(|state| state.client_due = Some(due));
        }
    }

    /// A request for the client or the stream has reached the layer.
    pub(crate) fn client_requested(&self) {
        if let Some(inner) = &self.0 {
            inner.placement.client_requested();
        }
    }

    /// Changes the state, and sees to it that what is due then is written.
    fn update(&self, change: impl FnOnce(&mut State)) {
        let Some(inner) = &self.0 else { return };
        let mut state = inner.lock();
        change(&mut state);
        #[cfg(feature = "metrics")]
        let mut state = inner.count(state);
        if state.has_thread {
            drop(state);
            return inner.changed.notify_one();
        }
        state.has_thread = state.deadline().is_some_and(|deadline| deadline > Instant::now());
        let starts = state.has_thread;
        drop(state);
        if starts {
            let inner = inner.clone();
            let thread = thread::Builder::new().name("hot-terminal".to_owned());
            if thread.spawn(move || inner.run()).is_ok() {
                return;
            }
        }
        // Nothing is awaited, or no thread can be had to wait.
        inner.lock().has_thread = false;
        inner.write_due();
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let Some(inner) = &self.0 {
            inner.lock().is_over = true;
            inner.changed.notify_one();
        }
    }
}

impl Inner {
    fn new(print: impl Fn(&str) + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            printer: Printer(Box::new(print)),
            placement: Placement::default(),
            state: Mutex::default(),
            changed: Condvar::new(),
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Reports the receipts that were counted, outside of the lock: a recorder may be any code.
    #[cfg(feature = "metrics")]
    fn count<'a>(&'a self, mut state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
        let counted = state.saves.take_counted();
        if counted.is_empty() {
            return state;
        }
        drop(state);
        for (outcome, paint) in counted {
            crate::metrics::receipt(outcome, paint);
        }
        self.lock()
    }

    /// Writes lines when they are due, until none is awaited or the middleware is gone.
    fn run(&self) {
        loop {
            self.write_due();
            let mut state = self.lock();
            let Some(deadline) = state.deadline().filter(|_| !state.is_over) else {
                state.has_thread = false;
                return;
            };
            let wait = deadline.saturating_duration_since(Instant::now());
            drop(self.changed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn write_due(&self) {
        let now = Instant::now();
        let mut state = self.lock();
        let lines = state.saves.take_due(now);
        let misses_client = state.client_due.is_some_and(|due| due <= now);
        if misses_client {
            state.client_due = None;
        }
        drop(state);
        for line in lines {
            (self.printer.0)(&line);
        }
        if misses_client {
            self.placement.client_missed();
        }
    }
}

impl State {
    fn deadline(&self) -> Option<Instant> {
        self.saves.deadline().into_iter().chain(self.client_due).min()
    }
}

/// A path without the `./` before it.
pub(crate) fn short(path: &str) -> &str {
    path.strip_prefix("./").unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::Duration};

    use super::*;
    use crate::hub::Streams;

    fn terminal() -> (Terminal, mpsc::Receiver<String>) {
        let (lines, written) = mpsc::channel();
        (Terminal::keeping(move |line| drop(lines.send(line.to_owned()))), written)
    }

    fn save(event: u64, streams: Streams) -> Save {
        let (label, url) = ("static/a.css".to_owned(), Some("/static/a.css".to_owned()));
        Save { label, url, is_template: false, event, streams }
    }

    const PAGE: Streams = Streams { own: 1, others: 0 };
    const LONG: Duration = Duration::from_secs(20);

    #[test]
    fn the_first_line_names_what_is_watched() {
        let (terminal, written) = terminal();
        let root = |shown: &str, prefix: Option<&str>, files| WatchedRoot {
            shown: shown.to_owned(),
            prefix: prefix.map(str::to_owned),
            files,
        };
        terminal.watching(&[root("./static", Some("/static"), 3), root("./templates", None, 1)]);
        terminal.watching(&[root("../public", Some(""), 0)]);
        let lines: Vec<_> = written.try_iter().collect();
        assert_eq!(
            lines,
            [
                "watching static (at /static, 3 files) and templates (reloads pages, 1 file)",
                "watching ../public (at /, 0 files)",
            ]
        );
    }

    #[test]
    fn a_save_without_pages_is_reported_at_once_and_without_a_thread() {
        let (terminal, written) = terminal();
        terminal.saved(save(1, Streams::default()), Vec::new());
        assert_eq!(written.try_recv().unwrap(), "static/a.css → no page is open");
        assert!(!terminal.0.as_ref().unwrap().lock().has_thread);
    }

    #[test]
    fn lines_come_by_themselves_and_the_thread_ends() {
        let (terminal, written) = terminal();
        terminal.saved(save(1, PAGE), Vec::new());
        terminal.received("one", vec![Receipt { event: 1, outcome: Outcome::Updated, took: None }]);
        assert_eq!(written.recv_timeout(LONG).unwrap(), "static/a.css → 1 page");
        terminal.saved(save(2, PAGE), Vec::new());
        assert_eq!(written.recv_timeout(LONG).unwrap(), "static/a.css → sent to 1 client");
        terminal.saved(save(3, PAGE), Vec::new());
        drop(terminal);
        // The thread has the last reference to the sender.
        assert_eq!(written.recv_timeout(LONG), Err(mpsc::RecvTimeoutError::Disconnected));
    }

    #[test]
    fn a_failed_build_is_reported_by_its_first_error() {
        let (terminal, written) = terminal();
        terminal.failed("main", 0, 2, "\n  Can't resolve './x'\n at a.js", Vec::new());
        assert_eq!(
            written.try_recv().unwrap(),
            "main has 2 errors, pages stay as they are: Can't resolve './x'"
        );
    }

    #[test]
    fn a_terminal_that_is_off_says_nothing() {
        let terminal = Terminal::new(false);
        terminal.saved(save(1, PAGE), Vec::new());
        terminal.page_sent();
        assert!(!terminal.is_on() && terminal.0.is_none());
    }
}
