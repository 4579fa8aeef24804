//! A mark in the stream of the system's events: when it is told, so is all that was before it.

use std::fs::File;
use std::path::{Path, PathBuf};

/// A file that nobody else opens, so that an opening that is told is one of ours.
///
/// inotify keeps all events of one watcher in order, openings as well.
#[derive(Debug)]
pub(super) struct Barrier {
    path: PathBuf,
    /// It has no name; the path leads to it while it is open.
    _file: File,
}

impl Barrier {
    /// A barrier; none where the system offers no way to it.
    #[cfg(target_os = "linux")]
    pub(super) fn new() -> Option<Self> {
        use std::os::fd::AsRawFd;
        use std::sync::atomic::{AtomicU32, Ordering};

        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let named = std::env::temp_dir().join(format!(".hot-watch-{}-{count}", std::process::id()));
        let file = File::options().write(true).create_new(true).open(&named).ok()?;
        std::fs::remove_file(&named).ok()?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        Some(Self { path, _file: file })
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn new() -> Option<Self> {
        None
    }

    /// What to watch.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Sets a mark; says whether it could.
    pub(super) fn raise(&self) -> bool {
        File::open(&self.path).is_ok()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::Barrier;

    #[test]
    fn a_barrier_can_be_raised_and_leaves_no_file_behind() {
        let (one, other) = (Barrier::new().unwrap(), Barrier::new().unwrap());
        assert_ne!(one.path(), other.path());
        assert!(one.raise() && one.raise() && other.raise());
        let target = std::fs::read_link(one.path()).unwrap();
        assert!(!target.exists(), "{target:?}");
    }
}
