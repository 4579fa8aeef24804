//! Symbolic links: everything on the disk that decides where one leads.

use std::{
    ffi::OsString,
    fs, io,
    path::{Component, Path, PathBuf},
};

/// A folder and a name in it.
pub(super) type Step = (PathBuf, OsString);

/// Number of links that Linux follows in one path.
const MAX_LINKS: usize = 40;

/// Number of components to resolve. The longest path, of 4,096 bytes, has no more.
const MAX_COMPONENTS: usize = 2_048;

/// Steps that decide which file `path` leads to: its own folder, and one folder for each component of each link on
/// the way, resolved as `path_resolution(7)` has it.
///
/// The steps end at the target or at the first component that is missing, in the nearest folder that exists. Folders
/// above `path` itself are left out, as far as they exist: the tree notices when one of them is moved.
pub(super) fn steps(path: &Path) -> Vec<Step> {
    let Some((folder, pending)) = nearest_folder(path) else { return Vec::new() };
    let mut steps: Vec<Step> = Vec::new();
    let mut links = 0;
    let mut at = folder.clone();
    let mut pending = pending;
    for _ in 0..MAX_COMPONENTS {
        let Some(name) = pending.pop() else { break };
        if name == ".." {
            at.pop();
            continue;
        }
        let here = at.join(&name);
        let step = (at.clone(), name);
        if !folder.starts_with(&here) && !steps.contains(&step) {
            steps.push(step);
        }
        let Ok(metadata) = fs::symlink_metadata(&here) else { break };
        if metadata.is_symlink() {
            let Ok(target) = fs::read_link(&here) else { break };
            links += 1;
            if links > MAX_LINKS {
                break;
            }
            pending.extend(components(&target).rev());
            if target.is_absolute() {
                let root = target.ancestors().last().unwrap_or(&target);
                // Windows has several names for it, of which all real paths begin with one.
                at = fs::canonicalize(root).unwrap_or_else(|_| root.to_owned());
            } else if target.has_root() {
                // Of this drive.
                at = at.ancestors().last().unwrap_or(&at).to_owned();
            }
        } else if metadata.is_dir() {
            at = here;
        } else {
            break;
        }
    }
    steps
}

/// The real path of the nearest existing folder above `path`, and a stack of the components from there: the next one is
/// the last.
fn nearest_folder(path: &Path) -> Option<(PathBuf, Vec<OsString>)> {
    let mut pending = Vec::new();
    for (folder, at) in path.ancestors().skip(1).zip(path.ancestors()) {
        pending.push(at.file_name()?.to_owned());
        match fs::canonicalize(folder) {
            Ok(folder) => return Some((folder, pending)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(_) => return None,
        }
    }
    None
}

fn components(target: &Path) -> impl DoubleEndedIterator<Item = OsString> + '_ {
    target.components().filter_map(|component| match component {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        Component::CurDir | Component::RootDir | Component::Prefix(_) => None,
    })
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::source::watch::testing::Dir;

    /// The steps of `link`, each as a path from the test's folder.
    fn steps_in(dir: &Dir, link: &str) -> Vec<String> {
        let steps = steps(&dir.path().join(link)).into_iter();
        let inside = steps.map(|(folder, name)| folder.join(name));
        inside
            .map(|step| step.strip_prefix(dir.path()).expect("a path inside").display().to_string())
            .collect()
    }

    #[test]
    fn each_component_of_each_link_is_a_step() {
        let dir = Dir::new();
        dir.write("dist/out/app.css", "");
        dir.folder("site");
        dir.link("dist", "alias");
        let absolute = dir.path().join("dist/out/app.css");
        let cases = [
            ("relative", "../dist/out/app.css".into(), &["dist", "dist/out", "dist/out/app.css"][..]),
            ("absolute", absolute, &["dist", "dist/out", "dist/out/app.css"]),
            ("through a link", "../alias/out".into(), &["alias", "dist", "dist/out"]),
            ("back and forth", "../dist/../dist/./out".into(), &["dist", "dist/out"]),
            ("missing file", "../dist/out/none".into(), &["dist", "dist/out", "dist/out/none"]),
            ("missing folder", "../none/out/app.css".into(), &["none"]),
            ("below a file", "../dist/out/app.css/x".into(), &["dist", "dist/out", "dist/out/app.css"]),
            ("to itself", "link".into(), &[]),
            ("to the folder above", "..".into(), &[]),
        ];
        for (case, target, expected) in cases {
            let target: PathBuf = target;
            dir.link(target, "site/link");
            let expected: Vec<_> = std::iter::once("site/link").chain(expected.iter().copied()).collect();
            assert_eq!(steps_in(&dir, "site/link"), expected, "{case}");
            dir.remove("site/link");
        }
    }

    #[test]
    fn a_missing_path_waits_in_the_nearest_folder() {
        let dir = Dir::new();
        dir.folder("there");
        dir.link("there/gone", "link");
        for (path, expected) in [
            ("none", &["none"][..]),
            ("none/of/these", &["none"]),
            ("there/none/of/these", &["there/none"]),
            ("link/of/these", &["link", "there", "there/gone"]),
        ] {
            assert_eq!(steps_in(&dir, path), expected, "{path}");
        }
    }

    #[test]
    fn links_to_each_other_end() {
        let dir = Dir::new();
        dir.link("two", "one");
        dir.link("one", "two");
        assert_eq!(steps_in(&dir, "one"), ["one", "two"]);
    }
}
