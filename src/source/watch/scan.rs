//! Scans: reading folders, each of which is watched before it is read.

use std::{
    collections::VecDeque,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    error::WatchError,
    folders::{Folders, MAX_PATHS},
    ignore::{RULES_FILE, Rules},
    roots::WatchedPath,
    system,
};

/// Number of files of one watch, each of which takes some 740 bytes of memory.
pub(super) const MAX_FILES: usize = 200_000;

/// Kind of what is at a path.
#[derive(Debug)]
pub(super) enum Kind {
    Folder {
        real: PathBuf,
    },
    File,
    /// Nothing to serve: no file, or a pipe, a socket, a device.
    Nothing,
}

/// Returns the kind of what is at a path, links followed.
///
/// # Errors
///
/// If there may be something that can't be read, such as a link to itself.
pub(super) fn kind(path: &WatchedPath) -> io::Result<Kind> {
    match fs::metadata(&path.path) {
        Ok(metadata) if metadata.is_file() => Ok(Kind::File),
        Ok(metadata) if metadata.is_dir() => match fs::canonicalize(&path.path) {
            Ok(real) => Ok(Kind::Folder { real }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Kind::Nothing),
            Err(error) => Err(error),
        },
        Ok(_) => Ok(Kind::Nothing),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(Kind::Nothing)
        }
        Err(error) => Err(error),
    }
}

/// Returns true if there is a symbolic link at `path`.
pub(super) fn is_link(path: &WatchedPath) -> bool {
    fs::symlink_metadata(&path.path).is_ok_and(|metadata| metadata.is_symlink())
}

/// Result of a scan.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// All files that are not ignored, including those that can't be read.
    pub(super) files: Vec<WatchedPath>,
    pub(super) folders: Vec<WatchedPath>,
    /// Folders and links that are left out.
    pub(super) errors: Vec<(WatchedPath, ScanError)>,
}

/// Reason why a folder or link is left out.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScanError {
    #[error(transparent)]
    Watch(#[from] notify::Error),
    #[error(transparent)]
    Read(#[from] io::Error),
    /// The folder has too many paths.
    #[error("it is one of more than {MAX_PATHS} links to a folder")]
    TooManyLinks,
    /// The watch has too many files.
    #[error("more than {MAX_FILES} files are watched")]
    TooManyFiles,
}

impl ScanError {
    /// Returns true if the folder was removed meanwhile. That needs no report.
    pub(super) fn is_gone(&self) -> bool {
        match self {
            Self::Watch(error) => matches!(error.kind, notify::ErrorKind::PathNotFound),
            Self::Read(error) => error.kind() == io::ErrorKind::NotFound,
            Self::TooManyLinks | Self::TooManyFiles => false,
        }
    }

    /// Returns true if the same may succeed later, without any event.
    pub(super) fn is_shortage(&self) -> bool {
        match self {
            Self::Watch(error) => match &error.kind {
                notify::ErrorKind::MaxFilesWatch => true,
                notify::ErrorKind::Io(error) => system::is_out_of_resources(error),
                _ => false,
            },
            Self::Read(error) => system::is_out_of_resources(error),
            Self::TooManyLinks | Self::TooManyFiles => false,
        }
    }

    /// The error with the path that it is about.
    pub(super) fn at(self, path: Option<&Path>) -> WatchError {
        let owned = path.map(Path::to_owned);
        match self {
            Self::Watch(error) => WatchError::from_notify(error, path),
            Self::Read(error) => WatchError::from_io(error, owned),
            error => WatchError::System { path: owned, source: Box::new(error) },
        }
    }
}

/// Reads folders.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    folders: &'a mut Folders,
    rules: &'a mut Rules,
    rewatch: bool,
    /// Number of files that there is room for.
    room: usize,
    todo: VecDeque<Todo>,
    scan: Scan,
}

#[derive(Debug)]
struct Todo {
    path: WatchedPath,
    real: PathBuf,
    is_link: bool,
}

impl<'a> Scanner<'a> {
    /// A scanner for up to `room` files. With `rewatch`, folders are watched again even if they are watched already.
    pub(super) fn new(folders: &'a mut Folders, rules: &'a mut Rules, rewatch: bool, room: usize) -> Self {
        Self { folders, rules, rewatch, room, todo: VecDeque::new(), scan: Scan::default() }
    }

    /// Reads the folder at `path` and everything below it. Each folder is watched before it is read, so that no change
    /// is missed from then on.
    ///
    /// Links come after all folders, those through fewer links first: where one folder has too many paths, the short
    /// ones stay.
    pub(super) fn scan(self, path: &WatchedPath, real: PathBuf) -> Scan {
        self.scan_while(path, real, |_| true)
    }

    /// The same as long as `go_on` returns true. It is called after each folder, with the number of files so far.
    pub(super) fn scan_while(
        mut self,
        path: &WatchedPath,
        real: PathBuf,
        mut go_on: impl FnMut(usize) -> bool,
    ) -> Scan {
        self.todo.push_back(Todo { path: path.clone(), real, is_link: false });
        while let Some(todo) = self.todo.pop_front().filter(|_| go_on(self.scan.files.len())) {
            if let Err(error) = self.folder(&todo) {
                if matches!(error, ScanError::TooManyFiles) {
                    self.todo.clear();
                }
                self.scan.errors.push((todo.path, error));
            }
        }
        self.scan
    }

    fn folder(&mut self, Todo { path, real, is_link }: &Todo) -> Result<(), ScanError> {
        if *is_link && self.folders.is_full(path, real) {
            return Err(ScanError::TooManyLinks);
        }
        self.folders.add(path, real, self.rewatch)?;
        let entries = fs::read_dir(real)?;
        if let Err(error) = self.rules.read_file(path) {
            self.scan.errors.push((path.join(RULES_FILE), error.into()));
        }
        for entry in entries {
            let entry = entry?;
            let here = path.join(entry.file_name());
            // An entry without a type was removed meanwhile.
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_symlink() {
                self.link(here)?;
            } else if kind.is_file() {
                self.file(here)?;
            } else if kind.is_dir() && !self.rules.ignores(&here, true) {
                let real = real.join(entry.file_name());
                self.todo.push_front(Todo { path: here, real, is_link: false });
            }
        }
        self.scan.folders.push(path.clone());
        Ok(())
    }

    fn file(&mut self, path: WatchedPath) -> Result<(), ScanError> {
        if !self.rules.ignores(&path, false) {
            self.room = self.room.checked_sub(1).ok_or(ScanError::TooManyFiles)?;
            self.scan.files.push(path);
        }
        Ok(())
    }

    fn link(&mut self, path: WatchedPath) -> Result<(), ScanError> {
        let is_folder = matches!(kind(&path), Ok(Kind::Folder { .. }));
        if self.rules.ignores(&path, is_folder) {
            return Ok(());
        }
        if let Err(error) = self.folders.link(&path) {
            self.scan.errors.push((path.clone(), error.into()));
        }
        // The target may have appeared before it was watched.
        match kind(&path) {
            Ok(Kind::Folder { real }) if !self.folders.is_loop(&path, &real) => {
                self.todo.push_back(Todo { path, real, is_link: true });
            }
            // An error is reported when the file is read.
            Ok(Kind::File) | Err(_) => self.file(path)?,
            Ok(Kind::Folder { .. } | Kind::Nothing) => {}
        }
        Ok(())
    }
}
