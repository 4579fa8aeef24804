//! The files of the binary, as listed in cargo's dep-info file, and the classification of file events.

use std::{
    collections::{HashMap, HashSet},
    env, fs,
    hash::{DefaultHasher, Hasher},
    path::{MAIN_SEPARATOR, Path, PathBuf},
    time::SystemTime,
};

use crate::{event::FsEvent, glob::Globs, project::Project};

/// Maximum number of folders searched for sources before the first build.
const MAX_FOLDERS: usize = 2_000;

/// Files by which rustup chooses the toolchain.
const TOOLCHAIN_FILES: [&str; 2] = ["rust-toolchain.toml", "rust-toolchain"];

/// Meaning of a file event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// No change: the file is not part of the binary, or its content is the same.
    Nothing,
    /// A file of the binary was saved.
    Save(PathBuf),
    /// A new file that may be part of the next build. Pages show that build only if it compiles something.
    New,
}

/// The files of the binary.
#[derive(Debug)]
pub(crate) struct Files {
    /// Known files, with the hash of their content if it could be read.
    known: HashMap<PathBuf, Option<u64>>,
    /// Folders followed with all their contents.
    trees: HashSet<PathBuf>,
    /// Folders that contain known files.
    folders: HashSet<PathBuf>,
    /// Files next to known ones that the last build did not read.
    others: HashSet<PathBuf>,
    ignore: Globs,
    /// Paths of `--watch`: the app restarts when one changes.
    extra: Vec<PathBuf>,
    /// Paths that are always followed: manifests, and those of `extra`.
    always: Vec<PathBuf>,
    target_dir: PathBuf,
}

impl Files {
    pub(crate) fn new(project: &Project, watch: &[PathBuf], ignore: &[String]) -> Self {
        let mut files = Self {
            known: HashMap::new(),
            trees: HashSet::new(),
            folders: HashSet::new(),
            others: HashSet::new(),
            ignore: Globs::default(),
            extra: Vec::new(),
            always: Vec::new(),
            target_dir: PathBuf::new(),
        };
        files.configure(project, watch, ignore);
        files.set(sources(project));
        files
    }

    /// Applies the options and the settings in Cargo.toml. New paths are followed after the next build.
    pub(crate) fn configure(&mut self, project: &Project, watch: &[PathBuf], ignore: &[String]) {
        let here = env::current_dir().unwrap_or_default();
        let mut always: Vec<PathBuf> = watch.iter().map(|path| here.join(path)).collect();
        always.extend(project.settings.watch.iter().map(|path| project.folder().join(path)));
        self.extra = always.iter().map(|path| real(path)).collect();
        always.extend(manifests(project));
        self.always = always;
        let ignore = ignore.iter().chain(&project.settings.ignore).cloned();
        self.ignore = Globs::new(&real(project.folder()), ignore);
        self.target_dir = real(&project.target_dir);
    }

    /// Sets the files that a build has read. Files that are already known keep their hash; the others are returned.
    pub(crate) fn set(&mut self, files: impl IntoIterator<Item = PathBuf>) -> Vec<PathBuf> {
        let before = std::mem::take(&mut self.known);
        self.trees.clear();
        self.folders.clear();
        for path in files.into_iter().chain(self.always.clone()) {
            self.insert(&path, &before);
        }
        self.others = self
            .folders
            .iter()
            .flat_map(fs::read_dir)
            .flatten()
            .flatten()
            .map(|entry| entry.path())
            .collect();
        self.known.keys().filter(|path| !before.contains_key(*path)).cloned().collect()
    }

    /// Adds files, such as those with errors.
    pub(crate) fn add(&mut self, files: &[PathBuf]) {
        for path in files.iter().filter(|path| path.exists()) {
            let before = HashMap::new();
            if !self.known.contains_key(&real(path)) {
                self.insert(path, &before);
            }
        }
    }

    fn insert(&mut self, path: &Path, before: &HashMap<PathBuf, Option<u64>>) {
        let given = path;
        let path = real(path);
        if path.starts_with(&self.target_dir) {
            return;
        }
        // A file that is a link changes with its target.
        if let Some(target) = given.canonicalize().ok().filter(|target| *target != path) {
            self.insert(&target, before);
        }
        if path.is_dir() {
            self.trees.insert(path);
            return;
        }
        if let Some(folder) = path.parent() {
            self.folders.insert(folder.to_owned());
        }
        let hash = before.get(&path).copied().flatten().or_else(|| hash(&path));
        // The manifest of a path dependency is followed like its sources.
        if path.extension().is_some_and(|extension| extension == "rs") {
            let manifest =
                path.ancestors().skip(1).map(|folder| folder.join("Cargo.toml")).find(|path| path.is_file());
            if let Some(manifest) = manifest.filter(|manifest| !self.known.contains_key(manifest)) {
                let hash = before.get(&manifest).copied().flatten().or_else(|| self::hash(&manifest));
                self.folders.extend(manifest.parent().map(Path::to_owned));
                self.known.insert(manifest, hash);
            }
        }
        self.known.insert(path, hash);
    }

    /// Folders to watch; the flag is set for recursive ones.
    pub(crate) fn watched(&self) -> HashSet<(PathBuf, bool)> {
        let flat = self.folders.iter().filter(|folder| folder.is_dir()).map(|folder| (folder.clone(), false));
        flat.chain(self.trees.iter().map(|folder| (folder.clone(), true))).collect()
    }

    /// Classifies an event. `failed` is set after a failed build, when any file next to known ones may be the one that
    /// it lacked.
    pub(crate) fn classify(&mut self, event: &FsEvent, failed: bool) -> Meaning {
        let (path, is_whole) = match event {
            FsEvent::Arrived(path) => (path, true),
            FsEvent::Changed(path) => (path, false),
            FsEvent::Lost => return self.rescan(),
        };
        if self.ignore.matches(path) || path.starts_with(&self.target_dir) {
            return Meaning::Nothing;
        }
        if self.known.contains_key(path) {
            return if self.refresh(path) { Meaning::Save(path.clone()) } else { Meaning::Nothing };
        }
        if path.is_dir() {
            let is_beside = path.parent().is_some_and(|folder| self.folders.contains(folder));
            // `mod name;` may be in its own folder.
            return if is_beside && self.folders.insert(path.clone()) {
                Meaning::New
            } else {
                Meaning::Nothing
            };
        }
        if self.trees.iter().any(|tree| path.starts_with(tree)) {
            // A temporary file that is already gone is no change.
            return if path.exists() || self.others.remove(path) {
                Meaning::Save(path.clone())
            } else {
                Meaning::Nothing
            };
        }
        let is_beside = path.parent().is_some_and(|folder| self.folders.contains(folder));
        let is_new = is_whole && is_beside && self.others.insert(path.clone());
        if is_beside && (is_new || failed) && self.is_kind_of_known(path) {
            Meaning::New
        } else {
            Meaning::Nothing
        }
    }

    /// Returns true for a path of `--watch`, which the app may read at startup.
    pub(crate) fn is_extra(&self, path: &Path) -> bool {
        self.extra.iter().any(|extra| path.starts_with(extra))
    }

    /// Rereads a known file. Returns true if its content has changed.
    pub(crate) fn refresh(&mut self, path: &Path) -> bool {
        let now = hash(path);
        self.known.get_mut(path).is_some_and(|known| std::mem::replace(known, now) != now)
    }

    /// Rereads all known files. Returns the first one that has changed.
    fn rescan(&mut self) -> Meaning {
        let changed = self.known.iter_mut().filter_map(|(path, known)| {
            let now = hash(path);
            (std::mem::replace(known, now) != now).then_some(path)
        });
        // All of them, as a hash that stays behind would hide a later save.
        changed.min().map_or(Meaning::Nothing, |path| Meaning::Save(path.clone()))
    }

    /// Returns true if a known file has the same extension.
    fn is_kind_of_known(&self, path: &Path) -> bool {
        let extension = path.extension();
        extension.is_some() && self.known.keys().any(|known| known.extension() == extension)
    }
}

/// The hash of a file's content; `None` while it can't be read.
fn hash(path: &Path) -> Option<u64> {
    let mut hasher = DefaultHasher::new();
    hasher.write(&fs::read(path).ok()?);
    Some(hasher.finish())
}

/// The time at which a file was written.
pub(crate) fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().ok()?.modified().ok()
}

/// Resolves a path as in the system's events. The file itself may be missing for a moment, so its folder is resolved.
fn real(path: &Path) -> PathBuf {
    if let Ok(real) = path.canonicalize() {
        if real.is_dir() {
            return real;
        }
    }
    match (path.parent().and_then(|folder| folder.canonicalize().ok()), path.file_name()) {
        (Some(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

/// A path for messages: relative to the workspace, with `/` between its components.
pub(crate) fn shown(path: &Path, workspace: &Path) -> String {
    // A workspace may be given by a link, and events have verbatim paths (`\\?\`) on Windows.
    let below = path.strip_prefix(workspace).or_else(|_| path.strip_prefix(real(workspace)));
    match below {
        Ok(below) => format!("./{}", below.display().to_string().replace(MAIN_SEPARATOR, "/")),
        Err(_) => path.display().to_string(),
    }
}

/// Returns true for a file by which rustup chooses the toolchain.
pub(crate) fn is_toolchain_file(path: &Path) -> bool {
    TOOLCHAIN_FILES.iter().any(|name| path.ends_with(name))
}

/// Files other than sources that cargo reads.
fn manifests(project: &Project) -> Vec<PathBuf> {
    let workspace = &project.workspace;
    let names = ["Cargo.toml", "Cargo.lock", ".cargo/config.toml"].iter().chain(&TOOLCHAIN_FILES);
    let mut files: Vec<_> = names.map(|name| workspace.join(name)).filter(|path| path.exists()).collect();
    files.push(project.folder().join("Cargo.toml"));
    files
}

/// Rust files of the workspace, which are followed until a build succeeds.
fn sources(project: &Project) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders: Vec<PathBuf> = project.packages.clone();
    let mut seen = 0;
    while let Some(folder) = folders.pop() {
        seen += 1;
        if seen > MAX_FOLDERS {
            break;
        }
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            let name = name.to_string_lossy();
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => {
                    let is_left_out = name.starts_with('.') || name == "node_modules";
                    folders.extend(Some(path).filter(|path| !is_left_out && *path != project.target_dir));
                }
                _ if name.ends_with(".rs") => files.push(path),
                _ => {}
            }
        }
    }
    files
}

/// Reads the dep-info file next to an executable: the files of path dependencies that rustc read, and the dependencies of
/// their build scripts (The Cargo Book, "Build cache").
pub(crate) fn of_executable(executable: &Path, workspace: &Path) -> Option<Vec<PathBuf>> {
    let name = executable.file_name()?.to_str()?;
    let name = name.strip_suffix(env::consts::EXE_SUFFIX).unwrap_or(name);
    let text = fs::read_to_string(executable.with_file_name(format!("{name}.d"))).ok()?;
    // A target's name may contain a colon, but not one followed by a space.
    let (_, files) = text.lines().next()?.split_once(": ")?;
    Some(split(files).into_iter().map(|file| workspace.join(file)).collect())
}

/// Splits at unescaped spaces.
fn split(text: &str) -> Vec<PathBuf> {
    let mut files = vec![String::new()];
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '\\' if chars.peek() == Some(&' ') => {
                chars.next();
                files.last_mut().into_iter().for_each(|file| file.push(' '));
            }
            ' ' => files.push(String::new()),
            char => files.last_mut().into_iter().for_each(|file| file.push(char)),
        }
    }
    files.into_iter().filter(|file| !file.is_empty()).map(PathBuf::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_shown_below_the_workspace() {
        let given = env::current_dir().unwrap();
        let folder = given.canonicalize().unwrap();
        for (case, path, expected) in [
            ("as given", given.join("src").join("a.rs"), "./src/a.rs".to_owned()),
            ("as in events", folder.join("src").join("a.rs"), "./src/a.rs".to_owned()),
            ("elsewhere", PathBuf::from("/x/a.rs"), PathBuf::from("/x/a.rs").display().to_string()),
        ] {
            assert_eq!(shown(&path, &given), expected, "{case}");
        }
    }

    #[test]
    fn names_with_blanks_are_kept_whole() {
        let files = split("/a/b.rs /a/with\\ blank.rs  C:\\x\\y.rs");
        assert_eq!(files, ["/a/b.rs", "/a/with blank.rs", "C:\\x\\y.rs"].map(PathBuf::from));
    }
}
