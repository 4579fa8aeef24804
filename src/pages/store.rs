//! The store of pages, and the thread that compresses them.

use std::{
    collections::{HashMap, VecDeque},
    fmt, mem,
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::{Duration, Instant},
};

use bytes::Bytes;

use super::{
    PageId,
    content::{Content, Reading, compress, cost},
    head::PageHead,
};

/// Time after which a page is compressed.
const DELAY: Duration = Duration::from_millis(500);

/// Number of bytes that a page takes besides its content.
const OVERHEAD: usize = 512;

/// The pages, within a number of bytes.
pub(super) struct Store {
    limit: usize,
    /// Guards counting, look-ups and moves; no page is compressed or freed under the lock.
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    pages: HashMap<PageId, Page>,
    /// The pages from the oldest to the newest.
    order: VecDeque<PageId>,
    /// Number of bytes of these pages.
    kept: usize,
    /// Number of bytes of the pages that are being sent.
    arriving: usize,
    /// The pages that are not compressed yet, and the time for it.
    waiting: VecDeque<PageId>,
    due: Option<Instant>,
    has_thread: bool,
    is_over: bool,
}

struct Page {
    head: PageHead,
    content: Arc<Content>,
    length: usize,
    cost: usize,
}

impl Store {
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Number of bytes of the largest page, before it is compressed.
    pub(super) fn max_page(&self) -> usize {
        self.limit / 4
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Grants bytes to a page that is being sent. All of these have half of the store: bodies that never end must not replace
    /// all complete pages.
    pub(super) fn grant(&self, bytes: usize) -> bool {
        let mut state = self.lock();
        let arriving = state.arriving.saturating_add(bytes);
        if arriving > self.limit / 2 {
            return false;
        }
        state.arriving = arriving;
        let freed = state.make_room(self.limit);
        drop(state);
        drop(freed);
        true
    }

    /// Takes back what was granted.
    pub(super) fn give_back(&self, bytes: usize) {
        if bytes > 0 {
            self.lock().arriving -= bytes;
        }
    }

    /// Adds a page that was sent completely, whose chunks take the granted bytes.
    pub(super) fn insert(
        self: &Arc<Self>,
        id: PageId,
        head: PageHead,
        chunks: Vec<Bytes>,
        length: usize,
        granted: usize,
    ) {
        let cost = granted + OVERHEAD + head.cost();
        let page = Page { head, content: Arc::new(Content::Chunks(chunks)), length, cost };
        let mut state = self.lock();
        state.arriving -= granted;
        state.kept += cost;
        state.pages.insert(id, page);
        state.order.push_back(id);
        state.waiting.push_back(id);
        state.due.get_or_insert_with(|| Instant::now() + DELAY);
        let freed = state.make_room(self.limit);
        let starts = !mem::replace(&mut state.has_thread, true);
        drop(state);
        drop(freed);
        if starts {
            let store = self.clone();
            let thread = thread::Builder::new().name("hot-pages".to_owned());
            if thread.spawn(move || store.run()).is_err() {
                // They stay as they are, and count so.
                self.lock().has_thread = false;
            }
        }
    }

    pub(super) fn get(&self, id: &PageId) -> Option<(PageHead, Reading)> {
        let state = self.lock();
        let Page { head, content, length, .. } = state.pages.get(id)?;
        Some((head.clone(), Reading::new(content.clone(), *length)))
    }

    /// Ends the thread.
    pub(super) fn stop(&self) {
        self.lock().is_over = true;
        self.changed.notify_one();
    }

    /// Compresses pages when they are due, until none waits or the middleware is gone.
    fn run(&self) {
        loop {
            let mut state = self.lock();
            let Some(due) = state.due.filter(|_| !state.is_over) else {
                state.has_thread = false;
                return;
            };
            let wait = due.saturating_duration_since(Instant::now());
            if wait.is_zero() {
                drop(state);
                self.compress_waiting();
            } else {
                drop(self.changed.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner));
            }
        }
    }

    /// Compresses all pages that wait.
    pub(super) fn compress_waiting(&self) {
        loop {
            let next = self.lock().next_waiting();
            let Some((id, content)) = next else { return };
            let Content::Chunks(chunks) = &*content else { continue };
            let blocks = compress(chunks);
            let mut state = self.lock();
            // It may have made room for others meanwhile.
            let Some(page) = state.pages.get_mut(&id) else { continue };
            let compressed = cost(&blocks) + OVERHEAD + page.head.cost();
            let before = mem::replace(&mut page.cost, compressed);
            page.content = Arc::new(Content::Blocks(blocks));
            state.kept = state.kept - before + compressed;
            let freed = state.make_room(self.limit);
            drop(state);
            drop(freed);
        }
    }

    /// Number of bytes that all pages take.
    #[cfg(test)]
    pub(super) fn taken(&self) -> usize {
        let state = self.lock();
        state.kept + state.arriving
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().pages.len()
    }

    #[cfg(test)]
    pub(super) fn has_thread(&self) -> bool {
        self.lock().has_thread
    }
}

impl State {
    /// Removes the oldest pages until all take no more than the limit. They are returned to be freed without the lock.
    #[must_use]
    fn make_room(&mut self, limit: usize) -> Vec<Page> {
        let mut freed = Vec::new();
        while self.kept + self.arriving > limit {
            let Some(id) = self.order.pop_front() else { break };
            if let Some(page) = self.pages.remove(&id) {
                self.kept -= page.cost;
                freed.push(page);
            }
            if self.waiting.front() == Some(&id) {
                self.waiting.pop_front();
            }
        }
        freed
    }

    /// Takes the next page to compress. Without one, nothing is due.
    fn next_waiting(&mut self) -> Option<(PageId, Arc<Content>)> {
        while let Some(id) = self.waiting.pop_front() {
            if let Some(page) = self.pages.get(&id) {
                return Some((id, page.content.clone()));
            }
        }
        self.due = None;
        None
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store").field("limit", &self.limit).finish_non_exhaustive()
    }
}
