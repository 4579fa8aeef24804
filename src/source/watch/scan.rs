//! Looking through folders: what is there, and that all of it is watched.

use super::error::WatchError;
use super::folders::Folders;
use super::ignore::{RULES_FILE, Rules};
use super::roots::Place;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// What a look at one place has found.
#[derive(Debug)]
pub(super) enum Sight {
    Folder {
        real: PathBuf,
    },
    File,
    /// Nothing that could be served: no file, or a pipe, a socket, a device.
    Nothing,
}

/// Looks at one place, links followed.
///
/// # Errors
///
/// When there may be something that can't be looked at, such as a link that leads to itself.
pub(super) fn look(place: &Place) -> io::Result<Sight> {
    match fs::metadata(&place.path) {
        Ok(metadata) if metadata.is_file() => Ok(Sight::File),
        Ok(metadata) if metadata.is_dir() => match fs::canonicalize(&place.path) {
            Ok(real) => Ok(Sight::Folder { real }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Sight::Nothing),
            Err(error) => Err(error),
        },
        Ok(_) => Ok(Sight::Nothing),
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(Sight::Nothing)
        }
        Err(error) => Err(error),
    }
}

/// Whether there is a symbolic link at `place`.
pub(super) fn is_link(place: &Place) -> bool {
    fs::symlink_metadata(&place.path).is_ok_and(|metadata| metadata.is_symlink())
}

/// What a walk through a folder has found.
#[derive(Debug, Default)]
pub(super) struct Walked {
    /// All files that are not ignored, also those that can't be read.
    pub(super) files: Vec<Place>,
    pub(super) folders: Vec<Place>,
    /// Folders that can't be looked into or watched.
    pub(super) errors: Vec<(Place, WalkError)>,
}

/// Why a folder is left out.
#[derive(Debug)]
pub(super) enum WalkError {
    Watch(notify::Error),
    Read(io::Error),
}

impl WalkError {
    /// Whether the folder has gone meanwhile: nothing to tell.
    pub(super) fn is_gone(&self) -> bool {
        match self {
            Self::Watch(error) => matches!(error.kind, notify::ErrorKind::PathNotFound),
            Self::Read(error) => error.kind() == io::ErrorKind::NotFound,
        }
    }

    /// What to tell the user about the folder at `path`.
    pub(super) fn told(&self, path: Option<&Path>) -> WatchError {
        match self {
            Self::Watch(error) => WatchError::from_notify(error, path),
            Self::Read(error) => WatchError::from_io(error, path.map(Path::to_owned)),
        }
    }
}

/// Walks through the folder at `place` and has it and those in it watched, each before it is read,
/// so that nothing is missed that happens from then on.
///
/// When `anew`, folders are given to the system that should be watched already.
pub(super) fn walk(
    place: &Place,
    real: PathBuf,
    folders: &mut Folders,
    rules: &mut Rules,
    anew: bool,
) -> Walked {
    let mut walk = Walk { folders, rules, anew, todo: vec![(place.clone(), real)], found: Walked::default() };
    while let Some((place, real)) = walk.todo.pop() {
        if let Err(error) = walk.folder(&place, &real) {
            walk.found.errors.push((place, error));
        }
    }
    walk.found
}

struct Walk<'a> {
    folders: &'a mut Folders,
    rules: &'a mut Rules,
    anew: bool,
    todo: Vec<(Place, PathBuf)>,
    found: Walked,
}

impl Walk<'_> {
    fn folder(&mut self, place: &Place, real: &Path) -> Result<(), WalkError> {
        self.folders.add(place, real, self.anew).map_err(WalkError::Watch)?;
        let entries = fs::read_dir(real).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let entries = entries.map_err(WalkError::Read)?;
        self.found.folders.push(place.clone());
        if self.rules.has_file(place) || entries.iter().any(|entry| entry.file_name() == RULES_FILE) {
            self.rules.read_file(place);
        }
        for entry in entries {
            let here = place.join(entry.file_name());
            // An entry without a kind is one that has gone meanwhile.
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_symlink() {
                self.link(here);
            } else if kind.is_file() {
                self.file(here);
            } else if kind.is_dir() && !self.rules.ignores(&here, true) {
                self.todo.push((here, real.join(entry.file_name())));
            }
        }
        Ok(())
    }

    fn file(&mut self, place: Place) {
        if !self.rules.ignores(&place, false) {
            self.found.files.push(place);
        }
    }

    fn link(&mut self, place: Place) {
        let is_folder = matches!(look(&place), Ok(Sight::Folder { .. }));
        if self.rules.ignores(&place, is_folder) {
            return;
        }
        if let Err(error) = self.folders.link(&place) {
            self.found.errors.push((place.clone(), WalkError::Watch(error)));
        }
        // What it leads to may have come before it was watched.
        match look(&place) {
            Ok(Sight::Folder { real }) if !self.folders.is_loop(&place, &real) => {
                self.todo.push((place, real));
            }
            // An error shows, and is told, when the file is read.
            Ok(Sight::File) | Err(_) => self.file(place),
            Ok(Sight::Folder { .. } | Sight::Nothing) => {}
        }
    }
}
