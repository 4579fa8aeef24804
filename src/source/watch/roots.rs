//! The watched folders and files (roots), and the ids and names of the files in them.

use std::{
    borrow::Cow,
    cmp::Ordering,
    collections::BTreeMap,
    hash::{Hash, Hasher},
    path::{self, Component, Path, PathBuf},
    sync::Arc,
};

use super::urls;
use crate::terminal::WatchedRoot;

/// Path of a file or folder below one of the roots.
///
/// It is absolute, and symbolic links in it are not resolved: a file that two links lead to has two watched paths.
#[derive(Debug, Clone)]
pub(super) struct WatchedPath {
    pub(super) root: usize,
    pub(super) path: Arc<Path>,
}

// Paths are compared very often, and `Path` compares by components, which takes ten times as long. All of them consist of
// a normalised root and names, so that comparing bytes gives the same result.
impl WatchedPath {
    fn key(&self) -> (usize, &[u8]) {
        (self.root, self.path.as_os_str().as_encoded_bytes())
    }
}

impl PartialEq for WatchedPath {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for WatchedPath {}

impl PartialOrd for WatchedPath {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for WatchedPath {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for WatchedPath {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl WatchedPath {
    pub(super) fn new(root: usize, path: impl Into<Arc<Path>>) -> Self {
        let path = path.into();
        Self { root, path }
    }

    /// Path of `name` in this folder.
    pub(super) fn join(&self, name: impl AsRef<Path>) -> Self {
        Self::new(self.root, self.path.join(name))
    }

    /// Returns true if this is `folder` itself or below it.
    pub(super) fn is_under(&self, folder: &Self) -> bool {
        let ((root, path), (of_root, folder)) = (self.key(), folder.key());
        let is_separator = |byte: &u8| path::is_separator(char::from(*byte));
        path.strip_prefix(folder).filter(|_| root == of_root).is_some_and(|below| {
            below.first().is_none_or(is_separator) || folder.last().is_some_and(is_separator)
        })
    }
}

/// Entries of a map at and below `folder`.
pub(super) fn under<'a, V>(
    map: &'a BTreeMap<WatchedPath, V>,
    folder: &'a WatchedPath,
) -> impl Iterator<Item = (&'a WatchedPath, &'a V)> {
    // Others may sort between a folder and its files, as `a.css` between `a` and `a/b`.
    let below = map.range(folder.join("")..).take_while(|(path, _)| path.is_under(folder));
    map.get_key_value(folder).into_iter().chain(below)
}

/// The uppermost of some paths: those that are below no other.
pub(super) fn uppermost(mut paths: Vec<WatchedPath>) -> Vec<WatchedPath> {
    paths.sort_unstable_by(|one, other| one.root.cmp(&other.root).then_with(|| one.path.cmp(&other.path)));
    // In the order of components, everything below a folder follows it.
    paths.dedup_by(|path, above| path.is_under(above));
    paths
}

/// Use of a root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Browsers load the files below this URL path, which has no trailing slash.
    Serve(String),
    /// Pages are rendered from the files on the server: ids begin with this label.
    FullReload(String),
}

/// A folder or file to watch.
#[derive(Debug)]
pub(super) struct Root {
    /// Absolute.
    pub(super) path: PathBuf,
    /// First part of names: `./static`, `../shared`, `.` for a folder elsewhere.
    shown: String,
    purpose: Purpose,
}

impl Root {
    /// A root at `path`. `given` is the path as the caller wrote it.
    pub(super) fn new(path: &Path, given: &Path, purpose: Purpose) -> Self {
        Self { path: path.components().collect(), shown: shown(given), purpose }
    }
}

/// All roots of one watch.
#[derive(Debug)]
pub(super) struct Roots(Vec<Root>);

impl Roots {
    pub(super) fn new(roots: Vec<Root>) -> Self {
        Self(roots)
    }

    /// Path of every root.
    pub(super) fn paths(&self) -> impl Iterator<Item = WatchedPath> + '_ {
        let path = |(root, at): (usize, &Root)| WatchedPath::new(root, at.path.as_path());
        self.0.iter().enumerate().map(path)
    }

    /// Describes the roots for the terminal; `count` returns the number of files below one.
    pub(super) fn describe(&self, count: impl Fn(usize) -> usize) -> Vec<WatchedRoot> {
        let describe = |(index, root): (usize, &Root)| WatchedRoot {
            shown: root.shown.clone(),
            prefix: match &root.purpose {
                Purpose::Serve(prefix) => Some(prefix.clone()),
                Purpose::FullReload(_) => None,
            },
            files: count(index),
        };
        self.0.iter().enumerate().map(describe).collect()
    }

    /// Returns true if a browser can load `file`.
    pub(super) fn is_served(&self, file: &WatchedPath) -> bool {
        matches!(self.0[file.root].purpose, Purpose::Serve(_))
    }

    /// Returns true if `path` is a root.
    pub(super) fn is_root(&self, path: &WatchedPath) -> bool {
        self.below(path).as_os_str().is_empty()
    }

    /// Path below the root; empty for the root itself.
    pub(super) fn below<'a>(&self, path: &'a WatchedPath) -> &'a Path {
        let root = &self.0[path.root].path;
        path.path.strip_prefix(root).unwrap_or(&path.path)
    }

    /// Id of a file on the wire: a URL path, or a path that begins with `./` or `../`.
    pub(super) fn id(&self, file: &WatchedPath) -> String {
        match &self.0[file.root].purpose {
            Purpose::Serve(prefix) => {
                let mut id = prefix.clone();
                urls::push_path(&mut id, self.below(file));
                id
            }
            Purpose::FullReload(label) => with_below(label, self.below(file)),
        }
    }

    /// Name of a file for messages: its path, which begins as the root was given.
    pub(super) fn name(&self, file: &WatchedPath) -> String {
        with_below(&self.0[file.root].shown, self.below(file))
    }
}

/// First part of the ids of a [`Purpose::FullReload`] folder, different from all in `taken`.
///
/// It does not depend on the location of an absolute folder, so that hashes agree between machines, and never starts
/// with `/`, as URLs do.
pub(super) fn reload_label(given: &Path, taken: &[String]) -> String {
    let base =
        if given.has_root() { shown(Path::new(given.file_name().unwrap_or_default())) } else { shown(given) };
    let numbered = (2..).map(|n| format!("{base}~{n}"));
    let free = std::iter::once(base.clone()).chain(numbered);
    free.into_iter().find(|label| !taken.contains(label)).unwrap_or(base)
}

/// A path for messages: with `/` between its components, and `./` before it.
///
/// An absolute one is relative to the current directory if it is below that, and otherwise left out: names are sent
/// to browsers, which need not know where a project is on the machine.
fn shown(given: &Path) -> String {
    if given.has_root() || matches!(given.components().next(), Some(Component::Prefix(_))) {
        let here = std::env::current_dir().ok();
        let below = here.and_then(|here| Some(plain(given).strip_prefix(plain(&here)).ok()?.to_owned()));
        return with_below(".", &below.unwrap_or_default());
    }
    if matches!(given.components().find(|c| *c != Component::CurDir), Some(Component::ParentDir)) {
        let given = given.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
        let trimmed = given.trim_end_matches('/');
        return trimmed.strip_prefix("./").unwrap_or(trimmed).to_owned();
    }
    with_below(".", given)
}

/// A path without the prefix that turns off Windows' own rules for paths, which [`std::fs::canonicalize`] adds:
/// `C:\static` for `\\?\C:\static`.
fn plain(path: &Path) -> Cow<'_, Path> {
    match path.to_str().and_then(without_verbatim_prefix) {
        Some(plain) if cfg!(windows) => Cow::Owned(plain.into()),
        _ => Cow::Borrowed(path),
    }
}

/// `\\?\C:\a` is `C:\a`, and `\\?\UNC\server\share\a` is `\\server\share\a`.
fn without_verbatim_prefix(path: &str) -> Option<String> {
    let rest = path.strip_prefix(r"\\?\")?;
    match (rest.strip_prefix(r"UNC\"), rest.as_bytes()) {
        (Some(share), _) => Some(format!(r"\\{share}")),
        (None, [drive, b':', b'\\', ..]) if drive.is_ascii_alphabetic() => Some(rest.to_owned()),
        // A volume or a device has no other name.
        _ => None,
    }
}

fn with_below(start: &str, below: &Path) -> String {
    let mut name = start.to_owned();
    for component in below.components().filter(|c| *c != Component::CurDir) {
        name.push('/');
        urls::push_text(&mut name, component.as_os_str());
    }
    name
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeMap,
        path::{Path, PathBuf},
    };

    use super::{
        Purpose, Root, Roots, WatchedPath, reload_label, shown, under, uppermost, without_verbatim_prefix,
    };

    /// The path with the system's separators, as all watched paths have them.
    fn native(path: &str) -> PathBuf {
        Path::new(path).components().collect()
    }

    fn roots(given: &str, purpose: Purpose) -> Roots {
        let path = Path::new("/project").join(given);
        Roots::new(vec![Root::new(&path, Path::new(given), purpose)])
    }

    #[test]
    fn the_id_of_a_served_file_is_its_url() {
        let cases = [
            ("at the top", "static", "", "a.css", "/a.css", "./static/a.css"),
            ("under a prefix", "static", "/assets", "x/a b.css", "/assets/x/a%20b.css", "./static/x/a b.css"),
            ("given with a dot", "./static/", "", "a.css", "/a.css", "./static/a.css"),
            ("the current directory", ".", "", "a.css", "/a.css", "./a.css"),
            ("from above", "../site", "", "a.css", "/a.css", "../site/a.css"),
            ("absolute", "/srv/site/", "", "x/a.css", "/x/a.css", "./x/a.css"),
            ("a file of its own", "icons/f.ico", "/favicon.ico", "", "/favicon.ico", "./icons/f.ico"),
        ];
        for (case, given, prefix, below, id, name) in cases {
            let roots = roots(given, Purpose::Serve(prefix.to_owned()));
            let root = roots.paths().next().expect("one root");
            let file = root.join(below);
            assert_eq!(roots.id(&file), id, "{case}");
            assert_eq!(roots.name(&file), name, "{case}");
            assert!(roots.is_served(&file), "{case}");
        }
    }

    #[test]
    fn the_id_of_a_template_is_its_path() {
        let roots = roots("templates", Purpose::FullReload("./templates".to_owned()));
        let file = WatchedPath::new(0, Path::new("/project/templates/base 1.html"));
        assert_eq!(roots.id(&file), "./templates/base 1.html");
        assert!(!roots.is_served(&file));
    }

    #[test]
    fn labels_are_relative_and_differ() {
        let cases = [
            ("relative", "templates", &[][..], "./templates"),
            ("absolute", "/home/me/site/templates", &[][..], "./templates"),
            ("taken", "/other/templates", &["./templates"][..], "./templates~2"),
            ("taken twice", "/a/templates", &["./templates", "./templates~2"][..], "./templates~3"),
            ("from above", "../templates", &[][..], "../templates"),
            ("the file system's root", "/", &[][..], "."),
        ];
        for (case, given, taken, label) in cases {
            let taken: Vec<String> = taken.iter().map(ToString::to_string).collect();
            assert_eq!(reload_label(Path::new(given), &taken), label, "{case}");
        }
    }

    #[test]
    fn verbatim_paths_of_windows_have_plain_forms() {
        for (path, plain) in [
            (r"\\?\C:\site\static", Some(r"C:\site\static")),
            (r"\\?\c:\", Some(r"c:\")),
            (r"\\?\UNC\server\share\static", Some(r"\\server\share\static")),
            (r"\\?\Volume{b75e2c83-0000-0000-0000-602f00000000}\static", None),
            (r"\\?\C:", None),
            (r"\\.\COM1", None),
            (r"\\server\share", None),
            (r"C:\site", None),
            ("/srv/site", None),
        ] {
            assert_eq!(without_verbatim_prefix(path).as_deref(), plain, "{path}");
        }
    }

    #[test]
    fn an_absolute_path_shows_no_more_than_its_part_below_the_current_directory() {
        let here = std::env::current_dir().unwrap();
        assert_eq!(shown(&here.join("web").join("static")), "./web/static");
        // On Windows it begins with `\\?\`.
        let canonical = std::fs::canonicalize("src").unwrap();
        assert_eq!(shown(&canonical), "./src");
        assert_eq!(reload_label(&canonical, &[]), "./src");
        assert_eq!(shown(&here.ancestors().last().unwrap().join("elsewhere")), ".");
    }

    #[cfg(windows)]
    #[test]
    fn neither_drives_nor_shares_nor_backslashes_are_shown() {
        for (given, name, label) in [
            (r"web\templates", "./web/templates", "./web/templates"),
            ("web/templates", "./web/templates", "./web/templates"),
            (r"..\templates", "../templates", "../templates"),
            (r"Q:\site\templates", ".", "./templates"),
            (r"\\?\Q:\site\templates", ".", "./templates"),
            (r"\\server\share\templates", ".", "./templates"),
            (r"\\?\UNC\server\share\templates", ".", "./templates"),
            (r"\templates", ".", "./templates"),
            (r"Q:templates", ".", "."),
            (r"Q:\", ".", "."),
        ] {
            assert_eq!(shown(Path::new(given)), name, "{given}");
            assert_eq!(reload_label(Path::new(given), &[]), label, "{given}");
        }
    }

    #[test]
    fn entries_below_a_folder_are_found_among_others() {
        let watched = |path: &str| WatchedPath::new(0, native(path));
        let paths = ["/a", "/a-b", "/a.css", "/a/b", "/a/b.css", "/a/b/c", "/ab", "/b"];
        let map: BTreeMap<_, _> = paths.iter().map(|path| (watched(path), *path)).collect();
        let under = |folder: &str| -> Vec<_> {
            let folder = watched(folder);
            under(&map, &folder).map(|(_, path)| path.to_string()).collect()
        };
        assert_eq!(under("/a"), ["/a", "/a/b", "/a/b.css", "/a/b/c"]);
        assert_eq!(under("/a/b"), ["/a/b", "/a/b/c"]);
        assert_eq!(under("/"), paths);
        assert!(under("/c").is_empty());
        assert!(!watched("/a/b").is_under(&WatchedPath::new(1, native("/a"))), "of another root");
        let upper = uppermost(map.keys().cloned().collect());
        assert_eq!(upper, ["/a", "/a-b", "/a.css", "/ab", "/b"].map(watched));
    }
}
