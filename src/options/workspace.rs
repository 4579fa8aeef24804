//! The check of a workspace of developer tools.

use std::path::{Path, PathBuf};

use crate::errors::OptionsError;

/// Returns the absolute path of a folder.
pub(super) fn absolute(folder: &Path) -> Result<PathBuf, OptionsError> {
    let invalid = |reason| OptionsError::DevtoolsWorkspace { folder: folder.to_owned(), reason };
    if !folder.is_dir() {
        return Err(invalid("is not a folder"));
    }
    let absolute = std::path::absolute(folder).map_err(|_| invalid("has no absolute path"))?;
    if absolute.to_str().is_none() { Err(invalid("is not UTF-8")) } else { Ok(absolute) }
}
