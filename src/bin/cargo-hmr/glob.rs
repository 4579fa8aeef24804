//! Patterns of `--ignore`.

use std::path::{Path, PathBuf};

/// Patterns for paths below a folder. A pattern without a slash matches a name in any folder.
#[derive(Debug, Default)]
pub(crate) struct Globs {
    base: PathBuf,
    patterns: Vec<String>,
}

impl Globs {
    pub(crate) fn new(base: &Path, patterns: impl IntoIterator<Item = String>) -> Self {
        let absolute =
            |pattern: String| if pattern.contains('/') { pattern } else { format!("**/{pattern}") };
        Self { base: base.to_owned(), patterns: patterns.into_iter().map(absolute).collect() }
    }

    pub(crate) fn matches(&self, path: &Path) -> bool {
        let relative = path.strip_prefix(&self.base).unwrap_or(path);
        let text = relative.to_string_lossy();
        self.patterns
            .iter()
            .any(|pattern| fast_glob::glob_match(pattern.trim_start_matches('/'), text.as_ref()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_match_anywhere_and_paths_from_the_base() {
        let globs = Globs::new(Path::new("/w"), ["*.bk", "src/generated/**", "/build.rs"].map(str::to_owned));
        let cases = [
            ("/w/a.bk", true),
            ("/w/src/b/a.bk", true),
            ("/w/src/generated/x.rs", true),
            ("/w/src/x.rs", false),
            ("/w/build.rs", true),
            ("/w/sub/build.rs", false),
            ("/elsewhere/a.bk", true),
        ];
        for (path, expected) in cases {
            assert_eq!(globs.matches(Path::new(path)), expected, "{path}");
        }
        assert!(!Globs::default().matches(Path::new("/w/a")));
    }
}
