//! The HTML of the pages that were sent, kept for the pages' own clients, which compare a later version with it.
//!
//! The flow of a page: [`Pages::begin`] draws its id, a [`Capture`] notes the body's chunks as they are sent, and its end moves
//! them into the store. A thread compresses them half a second later: a page that has just been sent is being loaded, and the
//! browser needs the processor more. All pages together take a limited number of bytes, and the oldest make room.

mod capture;
mod content;
mod head;
mod id;
mod store;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use self::store::Store;
pub(crate) use self::{capture::Capture, content::Reading, head::PageHead, id::PageId};

/// The pages of one middleware. Dropping it ends its thread.
#[derive(Debug)]
pub(crate) struct Pages(Option<Arc<Store>>);

impl Pages {
    /// Creates a store for this number of bytes; 0 keeps nothing.
    pub(crate) fn new(limit: usize) -> Self {
        Self((limit > 0).then(|| Arc::new(Store::new(limit))))
    }

    /// Returns true if pages are kept at all.
    pub(crate) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Begins to keep a page whose body has this length, if that is known. Returns `None` if it can't be kept: it is too
    /// large, or the system has no random bytes for its id.
    pub(crate) fn begin(&self, head: PageHead, length: Option<u64>) -> Option<Capture> {
        let store = self.0.as_ref()?;
        let fits = |length: u64| usize::try_from(length).is_ok_and(|length| length <= store.max_page());
        if !length.is_none_or(fits) {
            return None;
        }
        Some(Capture::new(store.clone(), PageId::random()?, head, length))
    }

    /// Returns the head and the content of a page that was sent completely.
    pub(crate) fn get(&self, id: &PageId) -> Option<(PageHead, Reading)> {
        self.0.as_ref()?.get(id)
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        if let Some(store) = &self.0 {
            store.stop();
        }
    }
}
