//! Temporary folders for tests.

use std::{
    fs, io,
    path::{Path, PathBuf},
    process,
    sync::atomic::{AtomicU32, Ordering},
};
#[cfg(windows)]
use std::{thread, time::Duration};

/// A folder for one test, removed at its end.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // Canonical, because the system's temporary folder may be a link.
        let parent = fs::canonicalize(std::env::temp_dir()).unwrap();
        loop {
            let name = format!("hot-it-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
            let path = parent.join(name);
            match fs::create_dir(&path) {
                // Left by a killed process that had the same id.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => break made.map(|()| Self(path)).unwrap(),
            }
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    /// Writes a file, and creates its folders.
    pub(crate) fn write(&self, name: &str, content: &str) {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap_or_default()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // Best effort: a leftover folder does no harm.
        let _ = remove(&self.0);
    }
}

#[cfg(unix)]
fn remove(folder: &Path) -> io::Result<()> {
    fs::remove_dir_all(folder)
}

/// Removes a folder that may still be watched. It keeps its name until the watch is closed, and under Wine
/// [`fs::remove_dir_all`] would open it again and again until then. This gives up after a second.
#[cfg(windows)]
fn remove(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove(&entry.path())?;
        } else {
            fs::remove_file(entry.path())?;
        }
    }
    for _ in 0..100 {
        match fs::remove_dir(folder) {
            // ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_DIR_NOT_EMPTY
            Err(error) if matches!(error.raw_os_error(), Some(5 | 32 | 145)) => {
                thread::sleep(Duration::from_millis(10));
            }
            done => return done,
        }
    }
    fs::remove_dir(folder)
}
