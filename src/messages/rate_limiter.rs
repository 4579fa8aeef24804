//! Limits of messages: their number in a second, and their bytes at a time.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use futures_util::lock::{Mutex as AsyncMutex, OwnedMutexLockFuture};

use super::byte_pool::{BytePool, ByteShare};
use crate::access::Sender;

/// Maximum number of bytes of bodies at a time: of all pages, and of all reports.
const MAX_PAGES_BYTES: usize = 8 << 20;
const MAX_REPORTS_BYTES: usize = 64 << 20;

/// A token bucket that fills up within a second, and the resources that concurrent messages share.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    per_second: f64,
    /// Tokens in the bucket, and the time at which they were counted.
    left: Mutex<(f64, Instant)>,
    pages: Arc<BytePool>,
    reports: Arc<BytePool>,
    /// Held by the one large report that is being parsed.
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

    /// A share of the bytes that all senders of this kind may have in flight.
    pub(crate) fn share(&self, sender: Sender) -> ByteShare {
        match sender {
            Sender::Page | Sender::Reader => self.pages.share(),
            Sender::Build => self.reports.share(),
        }
    }

    /// The turn of a large report. Large reports are parsed one after another, as each takes several times its bytes.
    pub(crate) fn turn(&self) -> OwnedMutexLockFuture<()> {
        self.large.clone().lock_owned()
    }

    /// Takes a token. Returns false if the bucket is empty.
    pub(crate) fn try_acquire(&self, now: Instant) -> bool {
        let mut left = self.left.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = now.saturating_duration_since(left.1).as_secs_f64();
        let filled = elapsed.mul_add(self.per_second, left.0).min(self.per_second);
        let has_token = filled >= 1.0;
        *left = (if has_token { filled - 1.0 } else { filled }, left.1.max(now));
        has_token
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_empties_the_bucket_and_time_refills_it() {
        let rate = RateLimiter::new(10);
        let start = Instant::now();
        let admitted = |at: Instant| (0..100).filter(|_| rate.try_acquire(at)).count();
        assert_eq!(admitted(start), 10);
        assert_eq!(admitted(start + Duration::from_millis(350)), 3);
        assert_eq!(admitted(start), 0, "an earlier clock refills nothing");
        assert_eq!(admitted(start + Duration::from_secs(3600)), 10, "the bucket has a bound");
    }
}
