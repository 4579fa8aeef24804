//! Names as the disk spells them.
//!
//! On Windows and macOS, most volumes find a file by a name in other letters, `Style.css` for `style.css`, or in another
//! normal form of Unicode, and Windows by a short name such as `STYLE~1.CSS` as well. Events may have any of these. One
//! file must not become two, and a file that is renamed from `style.css` to `Style.css` is no longer there under its first
//! name, although it can still be read by it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::roots::WatchedPath;

/// Resolves a path as [`fs::canonicalize`] does, with the names that the disk has.
pub(super) type Resolve = fn(&Path) -> io::Result<PathBuf>;

/// Looks names up on the disk.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spelling(Option<Resolve>);

impl Spelling {
    /// Every name is as it is given: names that differ are names of different files.
    pub(super) const EXACT: Self = Self(None);

    /// The spelling of the target system.
    pub(super) const SYSTEM: Self =
        if cfg!(any(windows, target_vendor = "apple")) { Self(Some(canonical)) } else { Self::EXACT };

    /// A spelling by another look-up.
    #[cfg(test)]
    pub(super) fn by(resolve: Resolve) -> Self {
        Self(Some(resolve))
    }

    /// The real `path` of an event as the disk spells it, if that is different. A link is not followed.
    pub(super) fn other(self, path: &Path) -> Option<PathBuf> {
        let resolve = self.0?;
        let of_folder = || Some(resolve(path.parent()?).ok()?.join(path.file_name()?));
        let spelled = if is_link(path) { of_folder() } else { resolve(path).ok().or_else(of_folder) };
        spelled.filter(|spelled| spelled != path)
    }

    /// Returns true if the disk has another name for `path`, or for a folder of it, within the last `depth` names. Only
    /// names up to a link are compared.
    pub(super) fn is_other(self, path: &WatchedPath, depth: usize) -> bool {
        let Some(real) = self.0.and_then(|resolve| resolve(&path.path).ok()) else { return false };
        let pairs = path.path.ancestors().zip(real.ancestors()).take(depth);
        let differs = |(given, real): &(&Path, &Path)| given.file_name() != real.file_name();
        pairs.into_iter().find(differs).is_some_and(|(given, _)| !is_link(given))
    }
}

fn canonical(path: &Path) -> io::Result<PathBuf> {
    fs::canonicalize(path)
}

fn is_link(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink())
}
