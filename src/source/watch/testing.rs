//! Folders for tests.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::Duration,
};

/// A folder of its own, removed in the end.
#[derive(Debug)]
pub(crate) struct Dir(PathBuf);

impl Dir {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        // Canonical, as the system's folder for such things may be a link.
        let parent = fs::canonicalize(std::env::temp_dir()).expect("the folder for temporary files");
        let path = loop {
            let name = format!("hot-watch-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
            let path = parent.join(name);
            match fs::create_dir(&path) {
                // Left by a killed process that had the same id.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                made => break made.map(|()| path).expect("a new folder"),
            }
        };
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file, and creates its folders.
    pub(crate) fn write(&self, name: impl AsRef<Path>, content: impl AsRef<[u8]>) {
        let path = self.0.join(name);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).expect("a folder");
        }
        fs::write(path, content).expect("a file");
    }

    pub(crate) fn folder(&self, name: &str) {
        fs::create_dir_all(self.0.join(name)).expect("a folder");
    }

    pub(crate) fn rename(&self, from: impl AsRef<Path>, to: impl AsRef<Path>) {
        let (from, to) = (self.0.join(from), self.0.join(to));
        patiently(|| fs::rename(&from, &to)).expect("a rename");
    }

    pub(crate) fn remove(&self, name: impl AsRef<Path>) {
        fs::remove_file(self.0.join(name)).expect("a file to remove");
    }

    pub(crate) fn remove_folder(&self, name: impl AsRef<Path>) {
        let path = self.0.join(name);
        remove_tree(&path).expect("a folder to remove");
    }

    #[cfg(unix)]
    pub(crate) fn link(&self, target: impl AsRef<Path>, name: &str) {
        std::os::unix::fs::symlink(target, self.0.join(name)).expect("a link");
    }

    #[cfg(unix)]
    pub(crate) fn pipe(&self, name: &str) {
        let made = std::process::Command::new("mkfifo").arg(self.0.join(name)).status();
        assert!(made.expect("mkfifo").success());
    }
}

/// Removes a folder with all that is in it.
///
/// A removed folder keeps its name until everyone has closed it. Under Wine it can be opened meanwhile, and then
/// [`fs::remove_dir_all`] opens it again and again, so that it is never closed by all at once. This holds nothing open.
fn remove_tree(folder: &Path) -> io::Result<()> {
    if !cfg!(windows) {
        return fs::remove_dir_all(folder);
    }
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_tree(&entry.path())?;
        } else {
            patiently(|| fs::remove_file(entry.path()))?;
        }
    }
    patiently(|| fs::remove_dir(folder))
}

/// Does what Windows denies while another program has one of the files open, as its programs do: again, for some seconds.
fn patiently(act: impl Fn() -> io::Result<()>) -> io::Result<()> {
    // ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, and ERROR_DIR_NOT_EMPTY for names that are about to go.
    for _ in 0..500 {
        match act() {
            Err(error) if cfg!(windows) && matches!(error.raw_os_error(), Some(5 | 32 | 145)) => {
                thread::sleep(Duration::from_millis(10));
            }
            done => return done,
        }
    }
    act()
}

impl Drop for Dir {
    fn drop(&mut self) {
        // Best effort: a leftover folder harms no test.
        let _ = remove_tree(&self.0);
    }
}
