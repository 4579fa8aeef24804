//! What is watched: the roots, and how a file below one is called on the wire and in messages.

use super::urls;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::hash::{Hash, Hasher};
use std::path::{self, Component, Path, PathBuf};
use std::sync::Arc;

/// Where a file or folder stands: below which root, at which path.
///
/// The path is absolute and as the tree shows it: symbolic links in it are not resolved, so one
/// file that two links lead to has two places.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) root: usize,
    pub(super) path: Arc<Path>,
}

// Places are compared very often, and `Path` compares by components, which takes ten times as long. All paths are
// made from their root's, which is normalised, and names, so bytes tell the same.
impl Place {
    fn key(&self) -> (usize, &[u8]) {
        (self.root, self.path.as_os_str().as_encoded_bytes())
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Place {}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl Hash for Place {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.key().hash(state);
    }
}

impl Place {
    pub(super) fn new(root: usize, path: impl Into<Arc<Path>>) -> Self {
        let path = path.into();
        Self { root, path }
    }

    /// The place of `name` in this folder.
    pub(super) fn join(&self, name: impl AsRef<Path>) -> Self {
        Self::new(self.root, self.path.join(name))
    }

    /// Whether this is `folder` itself or somewhere below it.
    pub(super) fn is_under(&self, folder: &Self) -> bool {
        let ((root, path), (of_root, folder)) = (self.key(), folder.key());
        let is_separator = |byte: &u8| path::is_separator(char::from(*byte));
        path.strip_prefix(folder).filter(|_| root == of_root).is_some_and(|below| {
            below.first().is_none_or(is_separator) || folder.last().is_some_and(is_separator)
        })
    }
}

/// What a map has at `folder` and below it.
pub(super) fn under<'a, V>(
    map: &'a BTreeMap<Place, V>,
    folder: &'a Place,
) -> impl Iterator<Item = (&'a Place, &'a V)> {
    // Between a folder and what is in it there may be others, as `a.css` between `a` and `a/b`.
    let below = map.range(folder.join("")..).take_while(|(place, _)| place.is_under(folder));
    map.get_key_value(folder).into_iter().chain(below)
}

/// The uppermost of some places: those that are below no other.
pub(super) fn uppermost(mut places: Vec<Place>) -> Vec<Place> {
    places.sort_unstable_by(|one, other| one.root.cmp(&other.root).then_with(|| one.path.cmp(&other.path)));
    // By components all that is below a folder comes right after it.
    places.dedup_by(|place, above| place.is_under(above));
    places
}

/// What a root is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Browsers load the files below this URL path, which has no trailing slash.
    Serve(String),
    /// Pages are made of the files: ids begin with this label.
    Reload(String),
}

/// One folder or file that is watched.
#[derive(Debug)]
pub(super) struct Root {
    /// Absolute.
    pub(super) path: PathBuf,
    /// What names begin with: `./static`, `../shared`, `.` for a folder elsewhere.
    shown: String,
    purpose: Purpose,
}

impl Root {
    /// A root at `path`, which was `given` by the user.
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

    /// The place of every root.
    pub(super) fn places(&self) -> impl Iterator<Item = Place> + '_ {
        let place = |(root, at): (usize, &Root)| Place::new(root, at.path.as_path());
        self.0.iter().enumerate().map(place)
    }

    /// Whether a browser can load what is at `place`.
    pub(super) fn is_served(&self, place: &Place) -> bool {
        matches!(self.0[place.root].purpose, Purpose::Serve(_))
    }

    /// The path of `place` below its root; empty for the root itself.
    pub(super) fn below<'a>(&self, place: &'a Place) -> &'a Path {
        let root = &self.0[place.root].path;
        place.path.strip_prefix(root).unwrap_or(&place.path)
    }

    /// What `place` is called on the wire: a URL path, or what begins with `./` or `../`.
    pub(super) fn id(&self, place: &Place) -> String {
        match &self.0[place.root].purpose {
            Purpose::Serve(prefix) => {
                let mut id = prefix.clone();
                urls::push_path(&mut id, self.below(place));
                id
            }
            Purpose::Reload(label) => with_below(label, self.below(place)),
        }
    }

    /// What `place` is called for people, on the wire: its path, beginning as the root was given.
    pub(super) fn name(&self, place: &Place) -> String {
        with_below(&self.0[place.root].shown, self.below(place))
    }
}

/// A label for the ids of a folder that pages are made of, other than all those in `taken`.
///
/// It says nothing of where an absolute folder is, so that hashes agree between machines, and it
/// never starts with `/`, which is the mark of a URL.
pub(super) fn reload_label(given: &Path, taken: &[String]) -> String {
    let base = if given.is_absolute() {
        shown(Path::new(given.file_name().unwrap_or_default()))
    } else {
        shown(given)
    };
    let numbered = (2..).map(|n| format!("{base}~{n}"));
    let free = std::iter::once(base.clone()).chain(numbered);
    free.into_iter().find(|label| !taken.contains(label)).unwrap_or(base)
}

/// A path for people: `/` between its parts, and `./` before it.
///
/// An absolute one is told from the current directory where it lies below that, and otherwise not at
/// all: names go out to browsers, which need not know where on the machine a project is.
fn shown(given: &Path) -> String {
    if given.is_absolute() {
        let here = std::env::current_dir().ok();
        let below = here.and_then(|here| given.strip_prefix(here).ok().map(Path::to_owned));
        return with_below(".", &below.unwrap_or_default());
    }
    if matches!(given.components().find(|c| *c != Component::CurDir), Some(Component::ParentDir)) {
        let given = given.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/");
        let trimmed = given.trim_end_matches('/');
        return trimmed.strip_prefix("./").unwrap_or(trimmed).to_owned();
    }
    with_below(".", given)
}

fn with_below(start: &str, below: &Path) -> String {
    let mut name = start.to_owned();
    for component in below.components().filter(|c| *c != Component::CurDir) {
        name.push('/');
        name.push_str(&component.as_os_str().to_string_lossy());
    }
    name
}

#[cfg(test)]
mod tests {
    use super::{Place, Purpose, Root, Roots, reload_label, under, uppermost};
    use std::{collections::BTreeMap, path::Path};

    fn roots(given: &str, purpose: Purpose) -> Roots {
        let path = Path::new("/project").join(given);
        Roots::new(vec![Root::new(&path, Path::new(given), purpose)])
    }

    #[test]
    fn a_served_file_is_called_by_its_url() {
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
            let root = roots.places().next().expect("one root");
            let place = root.join(below);
            assert_eq!(roots.id(&place), id, "{case}");
            assert_eq!(roots.name(&place), name, "{case}");
            assert!(roots.is_served(&place), "{case}");
        }
    }

    #[test]
    fn a_file_that_pages_are_made_of_is_called_by_its_path() {
        let roots = roots("templates", Purpose::Reload("./templates".to_owned()));
        let place = Place::new(0, Path::new("/project/templates/base 1.html"));
        assert_eq!(roots.id(&place), "./templates/base 1.html");
        assert!(!roots.is_served(&place));
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
    fn what_is_below_a_folder_is_found_among_others() {
        let place = |path: &str| Place::new(0, Path::new(path));
        let paths = ["/a", "/a-b", "/a.css", "/a/b", "/a/b.css", "/a/b/c", "/ab", "/b"];
        let map: BTreeMap<_, _> = paths.iter().map(|path| (place(path), *path)).collect();
        let under = |folder: &str| -> Vec<_> {
            let folder = place(folder);
            under(&map, &folder).map(|(_, path)| path.to_string()).collect()
        };
        assert_eq!(under("/a"), ["/a", "/a/b", "/a/b.css", "/a/b/c"]);
        assert_eq!(under("/a/b"), ["/a/b", "/a/b/c"]);
        assert_eq!(under("/"), paths);
        assert!(under("/c").is_empty());
        assert!(!place("/a/b").is_under(&Place::new(1, Path::new("/a"))), "of another root");
        let upper = uppermost(map.keys().cloned().collect());
        assert_eq!(upper, ["/a", "/a-b", "/a.css", "/ab", "/b"].map(place));
    }
}
