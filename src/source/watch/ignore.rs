//! Rules for the files and folders to leave out.

use std::{
    collections::HashMap,
    fs,
    io::{self, Read},
    path::Path,
    sync::Arc,
};

use super::{
    error::WatchError,
    pattern::Patterns,
    roots::{Roots, WatchedPath},
    system,
};
use crate::{escape::Escaped, notice::warning};

/// Name of the files with rules.
pub(super) const RULES_FILE: &str = ".gitignore";

/// Size of a rules file, in bytes, and number of its patterns, above which it is not applied: each file is compared
/// with each pattern.
pub(super) const MAX_RULES_SIZE: u64 = 1024 * 1024;
pub(super) const MAX_PATTERNS: usize = 1_000;

/// Patterns to ignore unless [`Watch::ignore`](crate::Watch::ignore) or a `.gitignore` file says otherwise.
///
/// The documentation of `Watch::ignore` has the same list.
pub(super) const DEFAULTS: &[&str] = &[
    // Version control, and its rules.
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
    // vim: backup, swap file, the test of write permission.
    "*~",
    ".*.sw?",
    "4913",
    // emacs: lock and auto-save.
    ".#*",
    "\\#*#",
    // JetBrains, Kate, GLib's temporary file.
    "*___jb_tmp___",
    "*___jb_old___",
    "*.kate-swp",
    ".goutputstream-*",
    // Helix: the backup while it saves.
    "*.bck",
    // sed -i, before it renames.
    "sed[A-Za-z0-9][A-Za-z0-9][A-Za-z0-9][A-Za-z0-9][A-Za-z0-9][A-Za-z0-9]",
    // macOS: the new file of a save, beside the old one.
    "*.sb-????????-??????",
    // Files of the operating system.
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

/// All rules: the defaults, the `.gitignore` files, and the user's own. Later ones override earlier ones.
#[derive(Debug)]
pub(super) struct Rules {
    roots: Arc<Roots>,
    defaults: Patterns,
    /// By root, then by the folder that the file is in.
    files: Vec<HashMap<Arc<Path>, RulesFile>>,
    own: Patterns,
}

/// A `.gitignore` file.
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
    /// If one of the user's `patterns` is invalid.
    pub(super) fn new(roots: Arc<Roots>, patterns: &[String]) -> Result<Self, WatchError> {
        Ok(Self {
            files: roots.paths().map(|_| HashMap::new()).collect(),
            roots,
            defaults: compile(DEFAULTS.iter().copied())?,
            own: compile(patterns.iter().map(String::as_str))?,
        })
    }

    /// Returns true if `path` itself is ignored. The caller knows that no folder above it is.
    pub(super) fn ignores(&self, path: &WatchedPath, is_folder: bool) -> bool {
        let below = self.roots.below(path);
        if below.as_os_str().is_empty() {
            return false;
        }
        if let Some(ignored) = self.own.ignores(below, is_folder) {
            return ignored;
        }
        let decided = self.files_ignore(path, is_folder);
        decided.or_else(|| self.defaults.ignores(below, is_folder)).unwrap_or(false)
    }

    /// Matches `path` against the `.gitignore` files: ignored, included again, or neither.
    fn files_ignore(&self, path: &WatchedPath, is_folder: bool) -> Option<bool> {
        let files = &self.files[path.root];
        if files.is_empty() {
            return None;
        }
        path.path.ancestors().skip(1).find_map(|folder| {
            let relative = path.path.strip_prefix(folder).ok()?;
            files.get(folder)?.rules.ignores(relative, is_folder)
        })
    }

    /// Returns true if `root`, which has no files to watch, would have some without its own rules file.
    pub(super) fn empties(&self, root: &WatchedPath) -> bool {
        let is_left_out = |entry: fs::DirEntry| {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let path = root.join(entry.file_name());
            self.ignores(&path, is_folder) && self.files_ignore(&path, is_folder) == Some(true)
        };
        let mut entries = fs::read_dir(&root.path).into_iter().flatten().flatten();
        self.has_file(root) && entries.any(is_left_out)
    }

    /// Returns true if a file, or a folder between `folder` and it, is ignored.
    pub(super) fn ignores_below(&self, folder: &WatchedPath, path: &WatchedPath) -> bool {
        let above = path.path.ancestors().skip(1).take_while(|above| above.starts_with(&folder.path));
        self.ignores(path, false)
            || above.into_iter().any(|above| self.ignores(&WatchedPath::new(path.root, above), true))
    }

    /// Returns true if `folder` has a rules file.
    pub(super) fn has_file(&self, folder: &WatchedPath) -> bool {
        self.files[folder.root].contains_key(&*folder.path)
    }

    /// Reads the `.gitignore` of `folder` again. Returns true if the rules have changed.
    ///
    /// A line that is not a pattern is skipped, as git does it, and so is a file that is too large.
    ///
    /// # Errors
    ///
    /// If there is a file that can't be read. The rules stay as they are.
    pub(super) fn read_file(&mut self, folder: &WatchedPath) -> io::Result<bool> {
        let path = folder.path.join(RULES_FILE);
        let text = match read_regular(&path) {
            Ok(text) => text,
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                return Ok(self.files[folder.root].remove(&*folder.path).is_some());
            }
            Err(error) => return Err(error),
        };
        let files = &mut self.files[folder.root];
        if files.get(&*folder.path).is_some_and(|file| file.text == text) {
            return Ok(false);
        }
        let mut rules = compile_file(&path, &text);
        if self.roots.is_root(folder) && rules.ignore_everything(RULES_FILE) {
            tracing::info!(
                "{path:?} ignores everything beside it and is not applied, as its folder is to be watched"
            );
            rules = Patterns::default();
        }
        files.insert(Arc::clone(&folder.path), RulesFile { text, rules });
        Ok(true)
    }

    /// Forgets the `.gitignore` files at and below `folder`, which is gone.
    pub(super) fn forget(&mut self, folder: &WatchedPath) {
        self.files[folder.root].retain(|at, _| !at.starts_with(&folder.path));
    }
}

/// Reads a regular file, up to a byte more than [`MAX_RULES_SIZE`].
fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    // Opening a device can have effects of its own.
    if !fs::metadata(path)?.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let mut text = Vec::new();
    system::open(path)?.take(MAX_RULES_SIZE + 1).read_to_end(&mut text)?;
    Ok(text)
}

/// The patterns of a `.gitignore` file; none if there are too many.
fn compile_file(path: &Path, text: &[u8]) -> Patterns {
    if text.len() as u64 > MAX_RULES_SIZE {
        warning!("{path:?} is larger than {MAX_RULES_SIZE} bytes and is not applied; shorten it");
        return Patterns::default();
    }
    let mut rules = Patterns::default();
    for line in text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text).split(|&byte| byte == b'\n') {
        if let Err(error) = rules.add(line.strip_suffix(b"\r").unwrap_or(line)) {
            let line = String::from_utf8_lossy(line);
            warning!("{path:?}: line {line:?} is skipped: {}", Escaped(error));
        }
        if rules.len() > MAX_PATTERNS {
            warning!("{path:?} has more than {MAX_PATTERNS} patterns and is not applied; shorten it");
            return Patterns::default();
        }
    }
    rules
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
    use crate::source::watch::{
        roots::{Purpose, Root},
        testing::Dir,
    };

    fn rules(at: &Path, patterns: &[&str]) -> Result<Rules, WatchError> {
        let root = Root::new(at, Path::new("static"), Purpose::Serve(String::new()));
        let patterns: Vec<_> = patterns.iter().map(ToString::to_string).collect();
        Rules::new(Arc::new(Roots::new(vec![root])), &patterns)
    }

    /// Returns true if `path`, a folder if it ends in a slash, or a folder that it is in, is ignored.
    fn ignored(rules: &Rules, at: &Path, path: &str) -> bool {
        let root = WatchedPath::new(0, at);
        let file = root.join(path.trim_end_matches('/'));
        rules.ignores(&file, path.ends_with('/')) || rules.ignores_below(&root, &file)
    }

    #[test]
    fn defaults_are_temporary_files_of_tools() {
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
            "x.cssAb3xZ9.bck",
            "sedAb3xZ9",
            "x.css.sb-1a2b3c4d-Xy9z0A",
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
    fn an_invalid_pattern_is_named() {
        let error = rules(Path::new("/r"), &["fine", "a[z"]).unwrap_err().to_string();
        assert!(error.contains("\"a[z\""), "{error}");
    }

    #[test]
    fn inner_rules_override_outer_ones_and_the_users_own_all() {
        let dir = Dir::new();
        let root = WatchedPath::new(0, dir.path());
        dir.write(".gitignore", "# made\n*.out\n/top.txt\nbuilt/\n!node_modules\n");
        dir.write("sub/.gitignore", "\u{feff}!kept.out\n/top.txt\n*.js\r\n");
        let mut rules = rules(dir.path(), &["!own.out"]).unwrap();
        assert!(!rules.has_file(&root));
        assert!(rules.read_file(&root).unwrap() && rules.read_file(&root.join("sub")).unwrap());
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
        let root = WatchedPath::new(0, dir.path());
        let mut rules = rules(dir.path(), &[]).unwrap();
        assert!(!rules.read_file(&root).unwrap(), "none");
        dir.write(".gitignore", "*.out\n[z\n*.log\n");
        assert!(rules.read_file(&root).unwrap(), "new");
        assert!(ignored(&rules, dir.path(), "x.out") && ignored(&rules, dir.path(), "x.log"));
        assert!(!rules.read_file(&root).unwrap(), "the same");
        dir.remove(".gitignore");
        assert!(rules.read_file(&root).unwrap(), "gone");
        assert!(!ignored(&rules, dir.path(), "x.out"));
    }

    #[test]
    fn a_rules_file_out_of_bounds_is_not_applied() {
        let dir = Dir::new();
        let root = WatchedPath::new(0, dir.path());
        let mut rules = rules(dir.path(), &[]).unwrap();
        let long_line = "x".repeat(usize::try_from(MAX_RULES_SIZE).unwrap() - "*.out\n".len());
        let cases = [
            ("largest", format!("*.out\n{long_line}"), true),
            ("too large", format!("*.out\n{long_line}x"), false),
            ("most patterns", "*.out\n".repeat(MAX_PATTERNS), true),
            ("too many patterns", "*.out\n".repeat(MAX_PATTERNS + 1), false),
            ("comments are no patterns", format!("*.out\n{}", "#\n".repeat(MAX_PATTERNS)), true),
        ];
        for (case, text, applied) in cases {
            dir.write(".gitignore", text);
            rules.read_file(&root).unwrap();
            assert_eq!(ignored(&rules, dir.path(), "x.out"), applied, "{case}");
        }
        // Sparse: a file of this size would not fit into memory.
        let file = fs::File::options().write(true).open(dir.path().join(".gitignore")).unwrap();
        file.set_len(1 << 40).unwrap();
        rules.read_file(&root).unwrap();
        assert_eq!(rules.files[0][dir.path()].text.len() as u64, MAX_RULES_SIZE + 1);
    }

    #[cfg(unix)]
    #[test]
    fn rules_that_can_not_be_read_stay_and_special_files_are_missing() {
        let dir = Dir::new();
        let root = WatchedPath::new(0, dir.path());
        let mut rules = rules(dir.path(), &[]).unwrap();
        dir.write(".gitignore", "*.out\n");
        rules.read_file(&root).unwrap();
        dir.remove(".gitignore");
        dir.link(".gitignore", ".gitignore");
        assert!(rules.read_file(&root).is_err(), "a link to itself");
        assert!(ignored(&rules, dir.path(), "x.out"));
        for target in ["/dev/zero", "pipe", "."] {
            dir.remove(".gitignore");
            if target == "pipe" {
                dir.pipe(".gitignore");
            } else {
                dir.link(target, ".gitignore");
            }
            rules.read_file(&root).unwrap();
            assert!(!rules.has_file(&root), "{target}");
        }
    }
}
