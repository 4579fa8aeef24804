//! The latest state of each bundle, bounded in number and in bytes over all of them.

use std::{mem, sync::Arc};

use crate::bundle::Bundle;

/// The largest number of bundles whose state is kept. Names come from outside, so they are bounded.
pub(super) const MAX_BUNDLES: usize = 256;

/// The most bytes of all bundles together, encoded events included.
pub(super) const MAX_BYTES: usize = 64 << 20;

/// All bundles, in the order of their first builds.
#[derive(Debug, Default)]
pub(super) struct Bundles {
    kept: Vec<Kept>,
    bytes: usize,
    builds: u64,
}

/// A bundle, and the sequence number of its latest build over all bundles.
#[derive(Debug)]
struct Kept {
    bundle: Arc<Bundle>,
    built: u64,
}

impl Bundles {
    pub(super) fn get(&self, key: (&str, usize)) -> Option<Arc<Bundle>> {
        self.kept.iter().find(|kept| kept.bundle.latest().key() == key).map(|kept| kept.bundle.clone())
    }

    pub(super) fn all(&self) -> Vec<Arc<Bundle>> {
        self.kept.iter().map(|kept| kept.bundle.clone()).collect()
    }

    /// Replaces a bundle's earlier state, and evicts the least recently built bundles while a bound is exceeded.
    /// Returns everything that was removed, to be dropped outside the lock.
    pub(super) fn put(&mut self, bundle: Arc<Bundle>) -> Vec<Arc<Bundle>> {
        self.builds += 1;
        self.bytes += bundle.weight();
        let kept = Kept { bundle, built: self.builds };
        let mut evicted = Vec::new();
        match self.kept.iter_mut().find(|other| other.bundle.latest().key() == kept.bundle.latest().key()) {
            Some(slot) => {
                let replaced = mem::replace(slot, kept);
                self.bytes -= replaced.bundle.weight();
                evicted.push(replaced.bundle);
            }
            None => self.kept.push(kept),
        }
        while self.kept.len() > MAX_BUNDLES || (self.bytes > MAX_BYTES && self.kept.len() > 1) {
            let Some(oldest) = (0..self.kept.len()).min_by_key(|&index| self.kept[index].built) else {
                break;
            };
            let oldest = self.kept.remove(oldest).bundle;
            self.bytes -= oldest.weight();
            evicted.push(oldest);
        }
        evicted
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> (usize, usize) {
        (self.kept.len(), self.bytes)
    }
}
