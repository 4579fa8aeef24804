use std::path::{Path, PathBuf};

use super::*;
use crate::source::watch::roots::{Purpose, Root};

fn roots(from: &str) -> Roots {
    let root = |folder: &str, purpose| Root::new(&Path::new(from).join(folder), Path::new(folder), purpose);
    Roots::new(vec![
        root("static", Purpose::Serve(String::new())),
        root("assets", Purpose::Serve("/assets".to_owned())),
        root("templates", Purpose::FullReload("./templates".to_owned())),
    ])
}

fn file(root: usize, path: &str) -> WatchedPath {
    let folder = ["static", "assets", "templates"][root];
    let path = Path::new("/p").join(folder).join(path);
    // With the system's separators, as all watched paths have them.
    WatchedPath::new(root, path.components().collect::<PathBuf>())
}

/// A fingerprint of this program, as fingerprints come from the file system alone.
fn fingerprint() -> FileFingerprint {
    FileFingerprint::at(&std::env::current_exe().unwrap()).unwrap()
}

fn content(text: &str) -> FileContent {
    FileContent {
        version: xxh3_64(text.as_bytes()),
        fingerprint: fingerprint(),
        text: Some(text.to_owned()),
        module: None,
    }
}

struct Fixture {
    roots: Roots,
    tree: Tree,
}

impl Fixture {
    fn new(files: &[(usize, &str, &str)]) -> Self {
        let mut fixture = Self { roots: roots("/p"), tree: Tree::default() };
        for (root, path, text) in files {
            fixture.set(&file(*root, path), text);
        }
        fixture.tree.take_changes();
        fixture
    }

    fn set(&mut self, file: &WatchedPath, text: &str) -> bool {
        self.tree.set(&self.roots, file, content(text), SystemTime::UNIX_EPOCH)
    }

    fn remove(&mut self, file: &WatchedPath) -> bool {
        self.tree.remove(&self.roots, file)
    }

    /// Id, existence and text of each change.
    fn taken(&mut self) -> Vec<(String, bool, Option<String>)> {
        let taken = self.tree.take_changes().changes.into_iter();
        taken.map(|change| (change.id, change.version.is_some(), change.text)).collect()
    }
}

/// Root, path and content.
type Files = &'static [(usize, &'static str, &'static str)];

static THREE: [(usize, &str, &str); 3] = [(0, "a.css", "a"), (1, "b.js", "b"), (2, "c.html", "c")];

#[test]
fn the_hash_depends_on_ids_and_contents_alone() {
    let three = Fixture::new(&THREE).tree.hash();
    assert_eq!(three.len(), 20);
    let mut backwards = THREE;
    backwards.reverse();
    assert_eq!(Fixture::new(&backwards).tree.hash(), three, "in any order");

    let mut elsewhere = Tree::default();
    for (root, path, text) in THREE {
        let below = file(root, path).path.strip_prefix("/p").unwrap().to_owned();
        let file = WatchedPath::new(root, Path::new("/other").join(below));
        elsewhere.set(&roots("/other"), &file, content(text), SystemTime::now());
    }
    assert_eq!(elsewhere.hash(), three, "in another place, at another time");

    let others: [(&str, Files); 5] = [
        ("nothing", &[]),
        ("one less", &THREE[..2]),
        ("other content", &[(0, "a.css", "a"), (1, "b.js", "b"), (2, "c.html", "d")]),
        ("other name", &[(0, "a.css", "a"), (1, "b.js", "b"), (2, "d.html", "c")]),
        ("contents swapped", &[(0, "a.css", "b"), (1, "b.js", "a"), (2, "c.html", "c")]),
    ];
    for (case, files) in others {
        assert_ne!(Fixture::new(files).tree.hash(), three, "{case}");
    }
}

#[test]
fn changes_that_are_undone_leave_the_hash_and_no_change() {
    let mut fixture = Fixture::new(&THREE);
    let hash = fixture.tree.hash();
    let (a, new) = (file(0, "a.css"), file(0, "new.css"));
    assert!(!fixture.set(&a, "a"), "the same content");
    assert!(fixture.set(&a, "changed") && fixture.set(&new, "n"));
    assert_ne!(fixture.tree.hash(), hash);
    assert!(fixture.tree.has_changes());
    assert!(fixture.set(&a, "a") && fixture.remove(&new));
    assert!(!fixture.remove(&new), "gone already");
    assert_eq!(fixture.tree.hash(), hash);
    assert!(!fixture.tree.has_changes());
    assert_eq!(fixture.taken(), []);
}

#[test]
fn changes_are_since_the_last_build() {
    let mut fixture = Fixture::new(&THREE);
    fixture.set(&file(0, "a.css"), "one");
    fixture.set(&file(0, "a.css"), "two");
    fixture.remove(&file(2, "c.html"));
    let expected =
        [("./templates/c.html".to_owned(), false, None), ("/a.css".to_owned(), true, Some("two".to_owned()))];
    assert_eq!(fixture.taken(), expected);
    assert_eq!(fixture.taken(), [], "and no longer after it");
}

#[test]
fn the_texts_of_a_build_have_a_common_bound() {
    let mut fixture = Fixture::new(&[]);
    let text = |letter: &str| letter.repeat(usize::try_from(TEXT_LIMIT).unwrap());
    fixture.set(&file(0, "a.css"), &text("a"));
    fixture.set(&file(0, "a.css"), &text("b"));
    fixture.set(&file(0, "b.css"), &text("b"));
    fixture.set(&file(0, "c.css"), "c");
    let with_text: Vec<_> = fixture.taken().into_iter().map(|(id, _, text)| (id, text.is_some())).collect();
    let expected = [("/a.css".to_owned(), true), ("/b.css".to_owned(), true), ("/c.css".to_owned(), false)];
    assert_eq!(with_text, expected, "an older text of the same file does not count");
    fixture.set(&file(0, "c.css"), "d");
    assert_eq!(fixture.taken()[0].2.as_deref(), Some("d"), "each build has its own bound");
}

#[test]
fn a_url_of_two_files_changes_with_either() {
    let mut fixture = Fixture::new(&[(0, "assets/x.css", "low"), (1, "x.css", "high")]);
    assert_eq!(fixture.tree.versions().len(), 1);
    for (root, path) in [(0, "assets/x.css"), (1, "x.css")] {
        assert!(fixture.set(&file(root, path), "new"));
        assert_eq!(fixture.taken(), [("/assets/x.css".to_owned(), true, None)], "root {root}");
    }
    assert!(fixture.remove(&file(1, "x.css")));
    assert_eq!(fixture.taken(), [("/assets/x.css".to_owned(), true, None)], "the other is still there");
    let alone = Fixture::new(&[(0, "assets/x.css", "new")]).tree.hash();
    assert_eq!(fixture.tree.hash(), alone);
}

#[test]
fn modules_are_the_served_files_or_in_a_large_tree_the_changed_ones() {
    let mut fixture = Fixture::new(&THREE);
    let module = |id: &str, name: &str| (id.to_owned(), name.to_owned());
    let all = [module("/a.css", "./static/a.css"), module("/assets/b.js", "./assets/b.js")];
    assert_eq!(fixture.tree.modules(&fixture.roots, &[]), all);
    for n in 2..MANY_MODULES {
        fixture.set(&file(0, &format!("{n}.js")), "x");
    }
    assert_eq!(fixture.tree.modules(&fixture.roots, &[]).len(), MANY_MODULES);
    fixture.set(&file(0, "one-more.js"), "x");
    let changed = [file(2, "c.html"), file(1, "b.js")];
    assert_eq!(fixture.tree.modules(&fixture.roots, &changed), all[1..]);
}

#[test]
fn what_is_below_a_folder_is_not_what_has_a_longer_name() {
    let fixture =
        Fixture::new(&[(0, "css/a.css", ""), (0, "css.bak/a.css", ""), (0, "css/x/b.css", ""), (0, "a", "")]);
    let folder = file(0, "css");
    let under: Vec<_> = fixture.tree.under(&folder).map(|file| fixture.roots.id(file)).collect();
    assert_eq!(under, ["/css/a.css", "/css/x/b.css"]);
}
