//! A bound on the bytes of incoming messages from all senders together.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// A number of bytes that all senders share.
#[derive(Debug)]
pub(crate) struct BytePool {
    max: usize,
    used: AtomicUsize,
}

impl BytePool {
    pub(crate) fn new(max: usize) -> Arc<Self> {
        Arc::new(Self { max, used: AtomicUsize::new(0) })
    }

    /// An empty share of the pool.
    pub(crate) fn share(self: &Arc<Self>) -> ByteShare {
        ByteShare { pool: self.clone(), bytes: 0 }
    }

    pub(crate) fn max(&self) -> usize {
        self.max
    }
}

/// The bytes of one message. Dropping the share returns them to the pool.
#[derive(Debug)]
pub(crate) struct ByteShare {
    pool: Arc<BytePool>,
    bytes: usize,
}

impl ByteShare {
    /// Grows the share to this many bytes. Returns false if the pool has too few left.
    pub(crate) fn grow_to(&mut self, bytes: usize) -> bool {
        let more = bytes.saturating_sub(self.bytes);
        let fits = |used: usize| used.checked_add(more).filter(|used| *used <= self.pool.max);
        let grown = self.pool.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok();
        self.bytes += if grown { more } else { 0 };
        grown
    }

    pub(crate) fn pool(&self) -> &BytePool {
        &self.pool
    }
}

impl Drop for ByteShare {
    fn drop(&mut self) {
        self.pool.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_taken_as_long_as_there_is_enough_and_given_back() {
        let pool = BytePool::new(10);
        let (mut first, mut second) = (pool.share(), pool.share());
        assert!(first.grow_to(6) && first.grow_to(6) && first.grow_to(2));
        assert!(second.grow_to(4) && !second.grow_to(5));
        assert!(!first.grow_to(7) && !first.grow_to(usize::MAX));
        drop(first);
        assert!(second.grow_to(10));
        drop(second);
        assert_eq!(pool.used.load(Ordering::Relaxed), 0);
    }
}
