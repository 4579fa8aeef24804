//! The interfaces of the operating system that the watcher uses.

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

/// Device and inode number of a folder, or the volume and the index in it on Windows.
pub(super) fn folder_id(path: &Path) -> io::Result<Option<(u64, u64)>> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let metadata = fs::metadata(path)?;
        Ok(Some((metadata.dev(), metadata.ino())))
    }
    #[cfg(windows)]
    {
        let folder = winapi_util::file::information(winapi_util::Handle::from_path_any(path)?)?;
        Ok(Some((folder.volume_serial_number(), folder.file_index())))
    }
    #[cfg(not(any(unix, windows)))]
    fs::metadata(path).map(|_| None)
}

/// Returns true if another program has locked the file, which only Windows' programs do.
pub(super) fn is_locked(error: &io::Error) -> bool {
    // ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION, and ERROR_DELETE_PENDING: it was removed, and is still open.
    cfg!(windows) && matches!(error.raw_os_error(), Some(32 | 33 | 303))
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
