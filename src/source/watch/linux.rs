//! The interfaces of Linux that the watcher uses, and their nearest equivalent on other systems.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

/// Opens a file for reading without waiting for a writer, in case that a pipe has replaced it.
pub(super) fn open(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(libc::O_NONBLOCK);
    }
    options.open(path)
}

/// Returns true if the process or the system has no free file descriptor.
pub(super) fn is_out_of_descriptors(error: &io::Error) -> bool {
    #[cfg(unix)]
    let codes = [libc::EMFILE, libc::ENFILE];
    #[cfg(not(unix))]
    let codes = [];
    error.raw_os_error().is_some_and(|code| codes.contains(&code))
}

/// Returns true if the same call may succeed later: descriptors or memory are used up.
pub(super) fn is_out_of_resources(error: &io::Error) -> bool {
    is_out_of_descriptors(error) || error.kind() == io::ErrorKind::OutOfMemory
}

/// Current value of a limit of inotify(7).
pub(super) fn inotify_limit(name: &str) -> Option<u64> {
    fs::read_to_string(Path::new("/proc/sys/fs/inotify").join(name)).ok()?.trim().parse().ok()
}

/// A mark in the stream of file system events: everything before it has been received when it arrives.
///
/// inotify keeps the events of one instance in order, and reports that a file was opened. Only this process opens the
/// barrier's file. Without it, a file that is written twice in a row would be published half written: its first
/// close is followed by a read, and the events of the second write arrive after that.
#[derive(Debug)]
pub(super) struct Barrier {
    path: PathBuf,
    /// The file has no name; the path leads to it while it is open.
    _file: File,
}

impl Barrier {
    /// Creates a barrier, or `None` where the system offers no way to do it.
    #[cfg(target_os = "linux")]
    pub(super) fn new() -> Option<Self> {
        use std::os::fd::AsRawFd;
        use std::sync::atomic::{AtomicU32, Ordering};

        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let named = std::env::temp_dir().join(format!(".hot-watch-{}-{count}", std::process::id()));
        let file = File::options().write(true).create_new(true).open(&named).ok()?;
        fs::remove_file(&named).ok()?;
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        Some(Self { path, _file: file })
    }

    #[cfg(not(target_os = "linux"))]
    pub(super) fn new() -> Option<Self> {
        None
    }

    /// Path to watch.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Sets a mark. Returns false if that is impossible.
    pub(super) fn raise(&self) -> bool {
        File::open(&self.path).is_ok()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_barrier_can_be_raised_and_leaves_no_file_behind() {
        let (one, other) = (Barrier::new().unwrap(), Barrier::new().unwrap());
        assert_ne!(one.path(), other.path());
        assert!(one.raise() && one.raise() && other.raise());
        let target = fs::read_link(one.path()).unwrap();
        assert!(!target.exists(), "{target:?}");
    }

    #[test]
    fn used_up_resources_are_distinguished_from_other_errors() {
        let cases = [
            (libc::EMFILE, true, true),
            (libc::ENFILE, true, true),
            (libc::ENOMEM, false, true),
            (libc::ENOENT, false, false),
            (libc::EACCES, false, false),
            (libc::EAGAIN, false, false),
        ];
        for (code, descriptors, resources) in cases {
            let error = io::Error::from_raw_os_error(code);
            assert_eq!(is_out_of_descriptors(&error), descriptors, "{error}");
            assert_eq!(is_out_of_resources(&error), resources, "{error}");
        }
    }
}
