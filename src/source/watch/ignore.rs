//! Which files and folders are not looked at.

use super::error::WatchError;
use super::pattern::Patterns;
use super::roots::{Place, Roots};
use crate::escape::Escaped;
use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// The name of the files that hold rules.
pub(super) const RULES_FILE: &str = ".gitignore";

/// What is ignored unless [`Watch::ignore`](crate::Watch::ignore) or a `.gitignore` takes it back.
///
/// Kept in step with the list in the documentation of `Watch::ignore`.
pub(super) const DEFAULTS: &[&str] = &[
    // Version control, and what it reads.
    ".git",
    ".hg",
    ".svn",
    ".jj",
    ".bzr",
    ".pijul",
    "_darcs",
    "CVS",
    RULES_FILE,
    // Packages.
    "node_modules",
    // vim: backup, swap file, the probe for whether a folder can be written to.
    "*~",
    ".*.sw?",
    "4913",
    // emacs: lock and auto-save.
    ".#*",
    "\\#*#",
    // JetBrains, Kate, and what GLib writes before it renames.
    "*___jb_tmp___",
    "*___jb_old___",
    "*.kate-swp",
    ".goutputstream-*",
    // sed -i, before it renames.
    "sed[A-Za-z0-9][A-Za-z0-9][A-Za-z0-9][A-Za-z0-9][A-Za-z0-9][A-Za-z0-9]",
    // What systems drop into folders.
    ".DS_Store",
    "._*",
    ".Spotlight-V100",
    ".Trashes",
    ".fseventsd",
    "Thumbs.db",
    "desktop.ini",
    ".directory",
    ".Trash-*",
    ".fuse_hidden*",
    ".nfs????????????????????????",
];

/// All rules: the defaults, the `.gitignore` files, and the user's own, later ones going first.
#[derive(Debug)]
pub(super) struct Rules {
    roots: Arc<Roots>,
    defaults: Patterns,
    /// By root, then by the folder that the file is in.
    files: Vec<HashMap<Arc<Path>, RulesFile>>,
    own: Patterns,
}

/// A `.gitignore` file that has been read.
#[derive(Debug)]
struct RulesFile {
    text: Vec<u8>,
    rules: Patterns,
}

impl Rules {
    /// The rules without any `.gitignore` file.
    ///
    /// # Errors
    ///
    /// If one of the user's `patterns` is none.
    pub(super) fn new(roots: Arc<Roots>, patterns: &[String]) -> Result<Self, WatchError> {
        Ok(Self {
            files: roots.places().map(|_| HashMap::new()).collect(),
            roots,
            defaults: compile(DEFAULTS.iter().copied())?,
            own: compile(patterns.iter().map(String::as_str))?,
        })
    }

    /// Whether `place` itself is ignored; that none of the folders above it is, the caller knows.
    pub(super) fn ignores(&self, place: &Place, is_folder: bool) -> bool {
        let below = self.roots.below(place);
        if below.as_os_str().is_empty() {
            return false;
        }
        if let Some(ignored) = self.own.ignores(below, is_folder) {
            return ignored;
        }
        let files = &self.files[place.root];
        if !files.is_empty() {
            for folder in place.path.ancestors().skip(1) {
                let path = place.path.strip_prefix(folder).ok();
                let decides = |(file, path): (&RulesFile, _)| file.rules.ignores(path, is_folder);
                if let Some(ignored) = files.get(folder).zip(path).and_then(decides) {
                    return ignored;
                }
            }
        }
        self.defaults.ignores(below, is_folder).unwrap_or(false)
    }

    /// Whether the file at `place` or a folder that it is in, down from `folder`, is ignored.
    pub(super) fn ignores_below(&self, folder: &Place, place: &Place) -> bool {
        let above = place.path.ancestors().skip(1).take_while(|above| above.starts_with(&folder.path));
        self.ignores(place, false)
            || above.into_iter().any(|above| self.ignores(&Place::new(place.root, above), true))
    }

    /// Whether `folder` has rules of its own.
    pub(super) fn has_file(&self, folder: &Place) -> bool {
        self.files[folder.root].contains_key(&*folder.path)
    }

    /// Reads the `.gitignore` of `folder` again, and says whether it is another one now.
    ///
    /// A line that is no pattern is passed over, as git does it.
    pub(super) fn read_file(&mut self, folder: &Place) -> bool {
        let path = folder.path.join(RULES_FILE);
        // A pipe of this name would block.
        let text = match fs::metadata(&path) {
            Ok(metadata) if metadata.is_file() => fs::read(&path),
            Ok(_) => Err(io::ErrorKind::NotFound.into()),
            Err(error) => Err(error),
        };
        let files = &mut self.files[folder.root];
        let Ok(text) = text else {
            return files.remove(&*folder.path).is_some();
        };
        if files.get(&*folder.path).is_some_and(|file| file.text == text) {
            return false;
        }
        let mut rules = Patterns::default();
        for line in text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text).split(|&byte| byte == b'\n') {
            if let Err(error) = rules.add(line.strip_suffix(b"\r").unwrap_or(line)) {
                let line = String::from_utf8_lossy(line);
                tracing::warn!("{}: {line:?} is passed over: {error}", Escaped(path.display()));
            }
        }
        files.insert(Arc::clone(&folder.path), RulesFile { text, rules });
        true
    }

    /// Forgets the `.gitignore` files at and below `folder`, which is gone.
    pub(super) fn forget(&mut self, folder: &Place) {
        self.files[folder.root].retain(|at, _| !at.starts_with(&folder.path));
    }
}

fn compile<'a>(lines: impl Iterator<Item = &'a str>) -> Result<Patterns, WatchError> {
    let mut patterns = Patterns::default();
    for pattern in lines {
        patterns.add(pattern.as_bytes()).map_err(|error| WatchError::Pattern {
            pattern: pattern.to_owned(),
            reason: error.to_string(),
        })?;
    }
    Ok(patterns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::watch::roots::{Purpose, Root};
    use crate::source::watch::testing::Dir;

    fn rules(at: &Path, patterns: &[&str]) -> Result<Rules, WatchError> {
        let root = Root::new(at, Path::new("static"), Purpose::Serve(String::new()));
        let patterns: Vec<_> = patterns.iter().map(ToString::to_string).collect();
        Rules::new(Arc::new(Roots::new(vec![root])), &patterns)
    }

    /// Whether `path`, a folder if it ends in a slash, is ignored, or a folder that it is in.
    fn ignored(rules: &Rules, at: &Path, path: &str) -> bool {
        let root = Place::new(0, at);
        let place = root.join(path.trim_end_matches('/'));
        rules.ignores(&place, path.ends_with('/')) || rules.ignores_below(&root, &place)
    }

    #[test]
    fn defaults_are_what_tools_leave_behind() {
        let root = Path::new("/node_modules/p");
        let rules = rules(root, &[]).unwrap();
        let left_behind = [
            ".git/",
            ".git/config",
            "a/.hg/",
            "node_modules/",
            "a/node_modules/x/y.js",
            "x.css~",
            ".x.css.swp",
            ".x.css.swo",
            "4913",
            "a/4913",
            ".#x.css",
            "#x.css#",
            "x.css___jb_tmp___",
            "x.css___jb_old___",
            ".goutputstream-AB12CD",
            ".x.css.kate-swp",
            "sedAb3xZ9",
            ".DS_Store",
            "a/Thumbs.db",
            "._x.css",
            ".gitignore",
            ".nfs000000000004a1b200000001",
            ".fuse_hidden0000000100000002",
        ];
        for path in left_behind {
            assert!(ignored(&rules, root, path), "{path}");
        }
        let wanted = [
            "x.css",
            "a/b.js",
            "sed.js",
            "sedan.css",
            "sediment.css",
            "4913.html",
            ".well-known/x",
            "x#y.css",
            "swp",
            "git/x",
            "a~b.css",
            "target/x.js",
            "dist/x.js",
            ".htaccess",
            "x.tmp",
        ];
        for path in wanted {
            assert!(!ignored(&rules, root, path), "{path}");
        }
    }

    #[test]
    fn patterns_go_by_the_root_and_take_defaults_back() {
        let root = Path::new("/r");
        let rules =
            rules(root, &["*.map", "/drafts", "cache/", "!node_modules", "!keep.map", "a/*/z"]).unwrap();
        let cases = [
            ("x/y.map", true),
            ("keep.map", false),
            ("drafts/x.html", true),
            ("blog/drafts/x.html", false),
            ("x/cache/y", true),
            ("x/cache", false),
            ("node_modules/x.js", false),
            ("a/b/z", true),
            ("a/b/c/z", false),
        ];
        for (path, expected) in cases {
            assert_eq!(ignored(&rules, root, path), expected, "{path}");
        }
    }

    #[test]
    fn a_pattern_that_is_none_is_named() {
        let error = rules(Path::new("/r"), &["fine", "a[z"]).unwrap_err().to_string();
        assert!(error.contains("\"a[z\""), "{error}");
    }

    #[test]
    fn rules_files_count_from_the_inside_out_and_the_users_own_first() {
        let dir = Dir::new();
        let root = Place::new(0, dir.path());
        dir.write(".gitignore", "# made\n*.out\n/top.txt\nbuilt/\n!node_modules\n");
        dir.write("sub/.gitignore", "\u{feff}!kept.out\n/top.txt\n*.js\r\n");
        let mut rules = rules(dir.path(), &["!own.out"]).unwrap();
        assert!(!rules.has_file(&root));
        assert!(rules.read_file(&root) && rules.read_file(&root.join("sub")));
        let cases = [
            ("a.out", true),
            ("own.out", false),
            ("sub/own.out", false),
            ("sub/a.out", true),
            ("sub/kept.out", false),
            ("kept.out", true),
            ("top.txt", true),
            ("sub/top.txt", true),
            ("sub/deep/top.txt", false),
            ("x.js", false),
            ("sub/deep/x.js", true),
            ("built/x", true),
            ("node_modules/x.css", false),
            ("subway/kept.out", true),
        ];
        for (path, expected) in cases {
            assert_eq!(ignored(&rules, dir.path(), path), expected, "{path}");
        }
        rules.forget(&root.join("sub"));
        assert!(ignored(&rules, dir.path(), "sub/kept.out"));
    }

    #[test]
    fn a_rules_file_that_is_read_again_is_compared() {
        let dir = Dir::new();
        let root = Place::new(0, dir.path());
        let mut rules = rules(dir.path(), &[]).unwrap();
        assert!(!rules.read_file(&root), "none");
        dir.write(".gitignore", "*.out\n[z\n*.log\n");
        assert!(rules.read_file(&root), "new");
        assert!(ignored(&rules, dir.path(), "x.out") && ignored(&rules, dir.path(), "x.log"));
        assert!(!rules.read_file(&root), "the same");
        dir.remove(".gitignore");
        assert!(rules.read_file(&root), "gone");
        assert!(!ignored(&rules, dir.path(), "x.out"));
    }
}
