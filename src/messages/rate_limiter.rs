//! How many messages are taken in a second, and how many bytes of them at once.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use futures_util::lock::{Mutex as AsyncMutex, OwnedMutexLockFuture};

use super::byte_pool::{BytePool, ByteShare};
use crate::access::Sender;

/// The most bytes of bodies at once: of all pages, and of all reports.
const MAX_PAGES_BYTES: usize = 8 << 20;
const MAX_REPORTS_BYTES: usize = 64 << 20;

/// A bucket that holds so many messages and fills up again within a second; and what messages at once share.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    per_second: f64,
    /// What is left in the bucket, and when that was counted.
    left: Mutex<(f64, Instant)>,
    pages: Arc<BytePool>,
    reports: Arc<BytePool>,
    /// Held by the one large report that is worked on.
    large: Arc<AsyncMutex<()>>,
}

impl RateLimiter {
    pub(crate) fn new(per_second: u32) -> Self {
        let per_second = f64::from(per_second);
        Self {
            per_second,
            left: Mutex::new((per_second, Instant::now())),
            pages: BytePool::new(MAX_PAGES_BYTES),
            reports: BytePool::new(MAX_REPORTS_BYTES),
            large: Arc::default(),
        }
    }

    /// A share of the bytes that all senders of this kind have on their way.
    pub(crate) fn share(&self, sender: Sender) -> ByteShare {
        match sender {
            Sender::Page => self.pages.share(),
            Sender::Build => self.reports.share(),
        }
    }

    /// The turn of a large report. They are worked on one after another, as each takes up several times its bytes.
    pub(crate) fn turn(&self) -> OwnedMutexLockFuture<()> {
        self.large.clone().lock_owned()
    }

    /// Whether one more message is taken now.
    pub(crate) fn admits(&self, now: Instant) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = now.saturating_duration_since(left.1).as_secs_f64();
        let filled = elapsed.mul_add(self.per_second, left.0).min(self.per_second);
        let admits = filled >= 1.0;
        *left = (if admits { filled - 1.0 } else { filled }, left.1.max(now));
        admits
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_is_taken_and_then_as_many_as_come_back() {
        let rate = RateLimiter::new(10);
        let start = Instant::now();
        let admitted = |at: Instant| (0..100).filter(|_| rate.admits(at)).count();
        assert_eq!(admitted(start), 10);
        assert_eq!(admitted(start + Duration::from_millis(350)), 3);
        assert_eq!(admitted(start), 0, "a clock that was read earlier gives nothing back");
        assert_eq!(admitted(start + Duration::from_secs(3600)), 10, "no more than a bucket is saved up");
    }
}
