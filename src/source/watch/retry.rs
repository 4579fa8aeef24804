//! Paths that could not be read or watched for want of descriptors, memory or watches, and locked files, to be tried again.
//!
//! Pure: the time is passed to each call.

use std::{
    collections::{BTreeSet, HashMap},
    time::{Duration, Instant},
};

use super::roots::{WatchedPath, uppermost};

/// Delay of the first retry. Each further one doubles it, up to [`MAX_DELAY`].
const MIN_DELAY: Duration = Duration::from_millis(250);
const MAX_DELAY: Duration = Duration::from_secs(4);

/// The paths to try again.
#[derive(Debug, Default)]
pub(super) struct Retry {
    paths: BTreeSet<WatchedPath>,
    at: Option<Instant>,
    delay: Duration,
    last: Option<Instant>,
}

impl Retry {
    /// Adds a path. Returns true if it is the first of a new shortage.
    pub(super) fn add(&mut self, path: &WatchedPath, now: Instant) -> bool {
        self.paths.insert(path.clone());
        if self.at.is_some() {
            return false;
        }
        let is_new = self.last.is_none_or(|last| now > last + 2 * MAX_DELAY);
        self.delay = if is_new { MIN_DELAY } else { (self.delay * 2).min(MAX_DELAY) };
        self.at = Some(now + self.delay);
        is_new
    }

    /// Time of the next retry.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.at
    }

    /// The uppermost paths to try now.
    pub(super) fn take(&mut self, now: Instant) -> Vec<WatchedPath> {
        if self.at.is_none_or(|at| now < at) {
            return Vec::new();
        }
        self.at = None;
        self.last = Some(now);
        uppermost(std::mem::take(&mut self.paths).into_iter().collect())
    }
}

/// The files that another program has locked. Each has a delay of its own, as each lock ends by itself.
#[derive(Debug, Default)]
pub(super) struct Locked(HashMap<WatchedPath, Lock>);

#[derive(Debug)]
struct Lock {
    /// Time of the next try, until that is taken.
    at: Option<Instant>,
    delay: Duration,
}

impl Locked {
    /// Adds a file. Returns true if it was added before, and not removed since.
    pub(super) fn add(&mut self, file: &WatchedPath, now: Instant) -> bool {
        let Some(lock) = self.0.get_mut(file) else {
            self.0.insert(file.clone(), Lock { at: Some(now + MIN_DELAY), delay: MIN_DELAY });
            return false;
        };
        if lock.at.is_none() {
            lock.delay = (lock.delay * 2).min(MAX_DELAY);
            lock.at = Some(now + lock.delay);
        }
        true
    }

    /// The file is not locked any more, or gone.
    pub(super) fn remove(&mut self, file: &WatchedPath) {
        self.0.remove(file);
    }

    /// Time of the next try.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.0.values().filter_map(|lock| lock.at).min()
    }

    /// The files to try now.
    pub(super) fn take(&mut self, now: Instant) -> Vec<WatchedPath> {
        let mut due = Vec::new();
        for (file, lock) in &mut self.0 {
            if lock.at.take_if(|at| *at <= now).is_some() {
                due.push(file.clone());
            }
        }
        due
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn retries_back_off_until_the_shortage_is_over() {
        let (file, start) = (WatchedPath::new(0, Path::new("/a")), Instant::now());
        let mut retry = Retry::default();
        assert!(retry.add(&file, start) && !retry.add(&file, start));
        let mut delays = Vec::new();
        let mut now = start;
        for _ in 0..6 {
            let at = retry.deadline().unwrap();
            delays.push((at - now).as_millis());
            assert_eq!(retry.take(now), [], "not yet");
            now = at;
            assert_eq!(retry.take(now), std::slice::from_ref(&file));
            assert!(retry.deadline().is_none());
            assert!(!retry.add(&file, now), "the same shortage");
        }
        assert_eq!(delays, [250, 500, 1_000, 2_000, 4_000, 4_000]);
        now += MAX_DELAY;
        retry.take(now);
        now += Duration::from_secs(60);
        assert!(retry.add(&file, now), "another shortage");
        assert_eq!(retry.deadline(), Some(now + MIN_DELAY));
    }

    #[test]
    fn locked_files_have_delays_of_their_own() {
        let [busy, saved] = ["/a", "/b"].map(|path| WatchedPath::new(0, Path::new(path)));
        let mut locked = Locked::default();
        let mut now = Instant::now();
        assert!(!locked.add(&busy, now));
        for delay in [250, 500, 1_000, 2_000, 4_000, 4_000] {
            assert!(locked.add(&busy, now), "it was locked before, and its time stays");
            assert_eq!(locked.deadline(), Some(now + Duration::from_millis(delay)));
            assert_eq!(locked.take(now), []);
            // Another file is tried soon, however often it was locked before.
            assert!(!locked.add(&saved, now));
            assert_eq!(locked.deadline(), Some(now + MIN_DELAY));
            now += Duration::from_millis(delay);
            let mut due = locked.take(now);
            due.sort();
            assert_eq!(due, [busy.clone(), saved.clone()]);
            locked.remove(&saved);
            assert_eq!(locked.deadline(), None);
            assert!(locked.add(&busy, now));
        }
        locked.remove(&busy);
        assert_eq!(locked.deadline(), None);
        assert!(!locked.add(&busy, now));
        assert_eq!(locked.deadline(), Some(now + MIN_DELAY), "another lock");
    }
}
