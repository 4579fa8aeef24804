//! The files that may be opened: those below watched folders, and those that the errors of the latest builds name.

use std::{
    collections::HashMap,
    env, fmt, fs,
    path::{Component, Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use percent_encoding::percent_decode_str;

use super::names::named;
use crate::stop::Stop;

/// The longest name in a request, in bytes.
const MAX_NAME: usize = 1_024;

/// The most bundles whose errors are known.
const MAX_BUNDLES: usize = 256;

/// A watched folder or file.
#[derive(Clone, Debug)]
pub(crate) struct OpenableRoot {
    /// Absolute.
    pub(crate) path: PathBuf,
    /// URL prefix of its files, percent-encoded; `None` if pages are rendered from them.
    pub(crate) prefix: Option<String>,
}

/// All that is known of files, as the sources report it.
#[derive(Default)]
pub(crate) struct KnownFiles(Mutex<Known>);

#[derive(Default)]
struct Known {
    /// The roots of each watch, as long as it runs.
    watches: Vec<(Arc<dyn Stop>, Vec<OpenableRoot>)>,
    /// Names in the errors of the latest build of each bundle.
    named: HashMap<(String, usize), Vec<String>>,
}

impl KnownFiles {
    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A watch has begun.
    pub(crate) fn watching(&self, watch: Arc<dyn Stop>, roots: Vec<OpenableRoot>) {
        let mut known = self.lock();
        known.watches.retain(|(watch, _)| watch.is_running());
        known.watches.push((watch, roots));
    }

    /// Returns true while something is watched.
    pub(crate) fn is_watching(&self) -> bool {
        self.lock().watches.iter().any(|(watch, _)| watch.is_running())
    }

    /// A build of a bundle is done.
    pub(crate) fn built(&self, bundle: &str, nth: usize, errors: &[String]) {
        let names = named(errors);
        let mut known = self.lock();
        let key = (bundle.to_owned(), nth);
        if names.is_empty() {
            known.named.remove(&key);
        } else if known.named.len() < MAX_BUNDLES || known.named.contains_key(&key) {
            known.named.insert(key, names);
        }
    }

    /// Returns the real path of the file that a request names, if it may be opened. What is opened is made of a root, or
    /// named by a build: the request only selects it.
    pub(super) fn resolve(&self, name: &str) -> Result<PathBuf, NotOpenable> {
        if name.is_empty() || name.len() > MAX_NAME || name.contains(char::is_control) {
            return Err(NotOpenable::Name);
        }
        let known = self.lock();
        let roots: Vec<_> = known
            .watches
            .iter()
            .filter(|(watch, _)| watch.is_running())
            .flat_map(|(_, roots)| roots.iter().cloned())
            .collect();
        let is_it = |other: &&String| short(other) == short(name);
        let by_build = known.named.values().flatten().find(is_it).cloned();
        drop(known);
        if roots.is_empty() {
            return Err(NotOpenable::NothingWatched);
        }
        if let Some(named) = by_build {
            let here = env::current_dir().unwrap_or_default();
            if let Some(file) = real_file(&here.join(short(&named))) {
                return plain(file).ok_or(NotOpenable::Name);
            }
        }
        if name.contains('\\') {
            return Err(NotOpenable::Name);
        }
        let mut is_there = false;
        for root in &roots {
            for candidate in root.candidates(name)? {
                let (Some(file), Ok(top)) = (real_file(&candidate), fs::canonicalize(&root.path)) else {
                    continue;
                };
                is_there = true;
                if file.starts_with(&top) {
                    return plain(file).ok_or(NotOpenable::Name);
                }
            }
        }
        Err(if is_there { NotOpenable::Outside } else { NotOpenable::Unknown })
    }
}

impl OpenableRoot {
    /// The paths below this root that a name may mean.
    fn candidates(&self, name: &str) -> Result<Vec<PathBuf>, NotOpenable> {
        let mut candidates = Vec::new();
        if let Some(prefix) = self.prefix.as_deref().filter(|_| name.starts_with('/')) {
            if let Some(rest) =
                name.strip_prefix(prefix).filter(|rest| rest.is_empty() || rest.starts_with('/'))
            {
                candidates.push(self.below(&rest.split('/').map(decoded).collect::<Result<Vec<_>, _>>()?)?);
            }
        }
        let parts: Vec<_> = name.split('/').map(str::to_owned).collect();
        if name.starts_with('/') {
            // An absolute path in a source map.
            if let Ok(rest) = Path::new(name).strip_prefix(&self.path) {
                let rest: Vec<_> =
                    rest.components().map(|part| part.as_os_str().to_string_lossy().into_owned()).collect();
                candidates.push(self.below(&rest)?);
            }
            return Ok(candidates);
        }
        let parts = if parts.first().is_some_and(|first| first == ".") { &parts[1..] } else { &parts[..] };
        candidates.push(self.below(parts)?);
        // `static/a.css` in the root `/project/static`.
        for at in 1..parts.len().min(32) {
            if self.path.ends_with(parts[..at].iter().collect::<PathBuf>()) {
                candidates.push(self.below(&parts[at..])?);
            }
        }
        Ok(candidates)
    }

    /// A path below the root, of plain names alone.
    fn below(&self, parts: &[String]) -> Result<PathBuf, NotOpenable> {
        let mut path = self.path.clone();
        for part in parts.iter().filter(|part| !part.is_empty()) {
            let mut components = Path::new(part).components();
            let is_plain =
                matches!(components.next(), Some(Component::Normal(name)) if name == part.as_str());
            if !is_plain || components.next().is_some() || part.contains(char::is_control) || is_special(part)
            {
                return Err(NotOpenable::Name);
            }
            path.push(part);
        }
        Ok(path)
    }
}

/// A name without the `./` before it.
fn short(name: &str) -> &str {
    name.strip_prefix("./").unwrap_or(name)
}

fn decoded(segment: &str) -> Result<String, NotOpenable> {
    let text = percent_decode_str(segment).decode_utf8().map_err(|_| NotOpenable::Name)?;
    if text.contains(['/', '\\']) { Err(NotOpenable::Name) } else { Ok(text.into_owned()) }
}

/// Returns true for names that mean something else than a file on Windows: a device, or the stream of a file.
fn is_special(name: &str) -> bool {
    cfg!(windows) && (name.contains(':') || is_device(name))
}

/// Returns true for the names of Windows' devices, with any ending ("Naming Files, Paths, and Namespaces").
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default().trim_end().to_ascii_uppercase();
    let numbered = stem.strip_prefix("COM").or_else(|| stem.strip_prefix("LPT"));
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$")
        || numbered
            .is_some_and(|number| number.chars().count() == 1 && !number.starts_with(char::is_alphabetic))
}

/// The real path of an existing ordinary file, without links in it.
fn real_file(path: &Path) -> Option<PathBuf> {
    let real = fs::canonicalize(path).ok()?;
    fs::metadata(&real).is_ok_and(|metadata| metadata.is_file()).then_some(real)
}

/// A path without the prefix that Windows' own rules for paths are turned off by, which editors don't know; `None` for a
/// share.
fn plain(path: PathBuf) -> Option<PathBuf> {
    if !cfg!(windows) {
        return Some(path);
    }
    let text = path.to_str()?;
    let Some(rest) = text.strip_prefix(r"\\?\") else {
        return (!text.starts_with(r"\\")).then_some(path.clone());
    };
    (rest.as_bytes().get(1) == Some(&b':')).then(|| PathBuf::from(rest))
}

/// The reason for which a file is not opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotOpenable {
    Name,
    NothingWatched,
    Unknown,
    Outside,
}

impl fmt::Display for NotOpenable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "is not the name of a file that can be opened: send one as it is on the overlay",
            Self::NothingWatched => "can't be opened, as nothing is watched: only files below a watched folder can",
            Self::Unknown => {
                "is not below a watched folder, and no error of the latest builds names it: add its folder to a Watch"
            }
            Self::Outside => "leads out of its watched folder by a link: add the folder that it is in to a Watch",
        })
    }
}

impl fmt::Debug for KnownFiles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let known = self.lock();
        f.debug_struct("KnownFiles").field("watches", &known.watches.len()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_known_by_their_names() {
        for name in ["con", "NUL", "nul.txt", "Aux.js", "COM1", "lpt9.css", "com¹", "CONIN$", "prn .x"] {
            assert!(is_device(name), "{name}");
        }
        for name in ["console.js", "com.js", "com10", "null", "a.con", "lpt"] {
            assert!(!is_device(name), "{name}");
        }
    }

    #[test]
    fn a_name_has_candidates_below_its_root_alone() {
        let root = OpenableRoot { path: "/p/static".into(), prefix: Some("/s".to_owned()) };
        let shown = |name: &str| {
            root.candidates(name).map(|paths| {
                paths
                    .iter()
                    .map(|path| path.display().to_string().replace('\\', "/"))
                    .collect::<Vec<_>>()
                    .join(" ")
            })
        };
        for (name, paths) in [
            ("/s/a.css", "/p/static/a.css"),
            ("/s/a%20b.css", "/p/static/a b.css"),
            ("/static/a.css", ""),
            ("/sa.css", ""),
            ("a.css", "/p/static/a.css"),
            ("./static/b/a.css", "/p/static/static/b/a.css /p/static/b/a.css"),
            ("p/static/a.css", "/p/static/p/static/a.css /p/static/a.css"),
            ("//evil.test/share/a.js", ""),
        ] {
            assert_eq!(shown(name).unwrap(), paths, "{name}");
        }
        for name in [
            "/s/../a",
            "/s/%2e%2e/a",
            "/s/..%2fa",
            "/s/a%00",
            "/s/%5c%5cevil/a",
            "../a",
            "a/../../b",
            "./../a",
            "/s/%ff",
        ] {
            assert_eq!(shown(name), Err(NotOpenable::Name), "{name}");
        }
    }
}
