//! A page on its way to the browser.

use std::{
    fmt,
    mem::{self, size_of},
    sync::Arc,
};

use bytes::Bytes;

use super::{PageId, head::PageHead, store::Store};

/// Size of a chunk from which on it is kept as it is. A smaller one is copied: it may be a slice of a much larger buffer,
/// which it would keep alive.
const LARGE: usize = 16 << 10;

/// The chunks of a page that is being sent. Dropped before its end, it leaves nothing.
pub(crate) struct Capture {
    store: Arc<Store>,
    id: PageId,
    head: PageHead,
    /// The length of the whole body, if known.
    expected: Option<u64>,
    length: usize,
    chunks: Vec<Bytes>,
    /// Copies of the small chunks since the last large one.
    tail: Vec<u8>,
    /// Number of bytes that `chunks` keeps.
    in_chunks: usize,
    /// Number of bytes that the store has granted.
    granted: usize,
}

impl Capture {
    pub(super) fn new(store: Arc<Store>, id: PageId, head: PageHead, expected: Option<u64>) -> Self {
        let (chunks, tail) = Default::default();
        Self { store, id, head, expected, length: 0, chunks, tail, in_chunks: 0, granted: 0 }
    }

    pub(crate) fn id(&self) -> PageId {
        self.id
    }

    /// Notes a chunk. Returns false if the page can't be kept.
    #[must_use]
    pub(crate) fn push(&mut self, chunk: &Bytes) -> bool {
        self.length = self.length.saturating_add(chunk.len());
        if self.length > self.store.max_page() {
            return false;
        }
        if chunk.len() < LARGE {
            self.tail.extend_from_slice(chunk);
        } else {
            self.end_tail();
            self.in_chunks += chunk.len();
            self.chunks.push(chunk.clone());
        }
        let cost = self.in_chunks + self.tail.capacity() + self.chunks.capacity() * size_of::<Bytes>();
        if cost > self.granted {
            if !self.store.grant(cost - self.granted) {
                return false;
            }
            self.granted = cost;
        }
        true
    }

    /// Returns true if all of the body has come, as far as its length is known. A server need not poll it to its end then.
    pub(crate) fn is_complete(&self) -> bool {
        self.expected.is_some_and(|expected| u64::try_from(self.length) == Ok(expected))
    }

    /// Moves the page into the store at the body's end. One that has another length than expected was cut off.
    pub(crate) fn finish(mut self) {
        if self.length == 0 || self.expected.is_some() && !self.is_complete() {
            return;
        }
        self.end_tail();
        let chunks = mem::take(&mut self.chunks);
        let granted = mem::take(&mut self.granted);
        self.store.insert(self.id, self.head.clone(), chunks, self.length, granted);
    }

    fn end_tail(&mut self) {
        if !self.tail.is_empty() {
            self.in_chunks += self.tail.capacity();
            self.chunks.push(mem::take(&mut self.tail).into());
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.store.give_back(self.granted);
    }
}

impl fmt::Debug for Capture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Capture")
            .field("length", &self.length)
            .field("expected", &self.expected)
            .finish_non_exhaustive()
    }
}
