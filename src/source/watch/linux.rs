//! The interfaces of Linux that the watcher uses, and their nearest equivalent on other systems.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

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

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

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
