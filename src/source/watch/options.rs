//! Options of a watch.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use super::{
    error::WatchError,
    ignore::Rules,
    roots::{Purpose, Root, Roots, reload_label},
    urls,
};
use crate::editor::OpenableRoot;

/// Valid range of [`Watch::settle`].
const SETTLE: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(10));

/// Valid range of [`Watch::poll`].
const POLL: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(3_600));

/// Folders to watch: those that browsers load files from, and those that pages are rendered from.
///
/// [`HotMiddleware::watch`](crate::HotMiddleware::watch) checks everything, and returns a [`WatchError`] for an invalid
/// option.
///
/// ```
/// use tower_hot_middleware::{
///     HotMiddleware,
///     watch::{Watch, WatchError, WatchHandle},
/// };
///
/// fn watch(hot: &HotMiddleware) -> Result<WatchHandle, WatchError> {
///     hot.watch(
///         Watch::new()
///             .files("/", "static")
///             .files("/assets", "assets")
///             .reload("templates")
///             .ignore("*.map"),
///     )
/// }
/// ```
///
/// Files are read and hashed when the watch begins. A dev build hashes some 100 MB in a second, and thirty times as much
/// with this in `Cargo.toml`, which is worth it for sites of that size:
///
/// ```toml
/// [profile.dev.package.xxhash-rust]
/// opt-level = 3
/// ```
///
/// # Bounds
/// A watch holds 200,000 files at most. A folder that many symbolic links lead to has 16 places. A file of more than
/// 256 MiB is known by its size, its modification time and one MiB at both ends. Repeated reads of files of 1 MiB and
/// more, such as logs, take a fifth of a core at most. A `.gitignore` file of more than 1 MiB or 1,000 patterns is not
/// applied. Each bound that is exceeded is logged as a warning, and the rest is watched.
#[derive(Debug, Clone, Default)]
#[must_use = "a `Watch` does nothing until it is passed to `HotMiddleware::watch`"]
pub struct Watch {
    roots: Vec<(Option<String>, PathBuf)>,
    patterns: Vec<String>,
    name: String,
    settle: Option<Duration>,
    poll: Option<Duration>,
}

/// A [`Watch`] whose options are valid.
#[derive(Debug)]
pub(super) struct ResolvedConfig {
    pub(super) roots: Arc<Roots>,
    pub(super) rules: Rules,
    pub(super) name: String,
    /// Time for which a file must stay unchanged if the system does not report that it is complete.
    pub(super) settle: Duration,
    pub(super) poll: Option<Duration>,
}

impl Watch {
    /// Creates a watch without any folders.
    pub fn new() -> Self {
        Self::default()
    }

    /// Watches `path`, whose files the app serves under the URL path `prefix`.
    ///
    /// A change of one of them updates the pages that have loaded it, or reloads them. Browsers revalidate the files, see
    /// [`OptionsBuilder::revalidate_files`](crate::OptionsBuilder::revalidate_files). `path` is a folder, or a single file,
    /// which is then served at `prefix` itself. A relative path begins at the current directory. A folder may be served
    /// under several prefixes, and folders may contain each other. One that is missing is watched as soon as it is made.
    ///
    /// Symbolic links are followed, as tower-http's `ServeDir` follows them, even if they lead out of the folder: the
    /// text of a stylesheet outside reaches the page if a link with a name in `.css` leads to it.
    /// [`ignore`](Self::ignore) leaves a link out. A file with several hard links is a separate file under each name: a
    /// write is noticed under the name that was written to.
    ///
    /// A file system that is mounted or unmounted at `path` or above it is noticed within a second. Inside the folder
    /// that takes [`poll`](Self::poll).
    ///
    /// ```
    /// # use tower_hot_middleware::watch::Watch;
    /// let watch = Watch::new()
    ///     .files("/", "static")
    ///     .files("/favicon.ico", "icons/blue.ico");
    /// # drop(watch);
    /// ```
    pub fn files(mut self, prefix: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.roots.push((Some(prefix.into()), path.into()));
        self
    }

    /// Watches `path`, a folder or a file that pages are rendered from on the server: templates, content, data.
    ///
    /// After a change of one of its files, every page asks the app for itself again. It is updated in place where possible, and
    /// reloaded otherwise.
    pub fn reload(mut self, path: impl Into<PathBuf>) -> Self {
        self.roots.push((None, path.into()));
        self
    }

    /// Leaves out the files and folders that `pattern` matches.
    ///
    /// It is a line as in a `.gitignore` file at the top of every watched folder: `*.map`, `/drafts`, `cache/`. A pattern
    /// that begins with `!` includes what an earlier pattern, a `.gitignore` file or a default leaves out. The last
    /// pattern that matches decides. A `#` or `!` at the start of a name needs a backslash: `\\#*`.
    ///
    /// The defaults are
    /// - version control: `.git`, `.hg`, `.svn`, `.jj`, `.bzr`, `.pijul`, `_darcs`, `CVS`,
    ///   `.gitignore`
    /// - packages: `node_modules`
    /// - temporary files of editors and tools: `*~`, `.*.sw?`, `4913`, `.#*`, `#*#`,
    ///   `*___jb_tmp___`, `*___jb_old___`, `*.kate-swp`, `.goutputstream-*`, `*.bck`, and `sed`
    ///   with six letters or digits after it, and `*.sb-????????-??????`
    /// - files of the operating system: `.DS_Store`, `._*`, `.Spotlight-V100`, `.Trashes`,
    ///   `.fseventsd`, `Thumbs.db`, `desktop.ini`, `.directory`, `.Trash-*`, `.fuse_hidden*`,
    ///   `.nfs` with 24 characters after it
    ///
    /// and the patterns of the `.gitignore` files in the watched folder and below it, with or without a repository. Those
    /// above it do not count, as they often ignore the output of a build. Nor does one at the top of a watched folder
    /// that ignores all of it, such as the one in wasm-pack's `pkg`. Folders that are left out cost nothing: they are not
    /// read.
    ///
    /// ```
    /// # use tower_hot_middleware::watch::Watch;
    /// let watch = Watch::new()
    ///     .files("/", "static")
    ///     .ignore("*.map")
    ///     .ignore("!node_modules");
    /// # drop(watch);
    /// ```
    pub fn ignore(mut self, pattern: impl Into<String>) -> Self {
        self.patterns.push(pattern.into());
        self
    }

    /// Names the bundle of these files. The default is the empty name, `""`.
    ///
    /// Two watches on one handle need different names.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the time for which a file must stay unchanged to be complete, where the system does not report it: on other
    /// systems than Linux, and with [`poll`](Self::poll).
    ///
    /// The default is 10 ms; the range is 1 ms to 10 s. On Linux a file is complete when it is closed after writing, or
    /// renamed into place.
    pub fn settle(mut self, time: Duration) -> Self {
        self.settle = Some(time);
        self
    }

    /// Scans the folders in this interval instead of waiting for the system's events.
    ///
    /// The range is 10 ms to 1 h. Each scan reads the metadata of every file.
    ///
    /// On Linux, a folder given to this watch that is on a file system whose changes may come without events is scanned
    /// each second anyway, beside the events that there are: shared folders of virtual machines, WSL and Docker Desktop
    /// (9p, drvfs, virtiofs and others), network mounts (NFS, SMB and others) and FUSE. The log says so. Scans that take
    /// long come less often, so that they take a fifth of a core at most.
    pub fn poll(mut self, interval: Duration) -> Self {
        self.poll = Some(interval);
        self
    }

    /// The valid URL prefixes of folders that the app serves.
    pub(super) fn prefixes(&self) -> Vec<String> {
        self.roots.iter().filter_map(|(prefix, _)| urls::prefix(prefix.as_deref()?).ok()).collect()
    }

    /// The roots, as files below them may be opened in an editor.
    pub(super) fn openable(&self) -> Vec<OpenableRoot> {
        let openable = |(prefix, given): &(Option<String>, PathBuf)| {
            let path = std::path::absolute(given).ok()?.components().collect();
            let prefix = prefix.as_deref().map(urls::prefix).transpose().ok()?;
            Some(OpenableRoot { path, prefix })
        };
        self.roots.iter().filter_map(openable).collect()
    }

    /// Checks all options.
    pub(super) fn resolve(self) -> Result<ResolvedConfig, WatchError> {
        let settle =
            self.settle.map_or(Ok(Duration::from_millis(10)), |span| within("settle", span, SETTLE))?;
        let poll = self.poll.map(|span| within("poll", span, POLL)).transpose()?;
        if self.roots.is_empty() {
            return Err(WatchError::NoRoots);
        }
        let mut seen = Vec::new();
        let mut labels = Vec::new();
        let mut roots = Vec::new();
        for (prefix, given) in self.roots {
            let (path, real) = locate(&given)?;
            let purpose = match prefix {
                Some(given) => Purpose::Serve(url_prefix(given)?),
                None => Purpose::FullReload(reload_label(&given, &labels)),
            };
            let serves = matches!(purpose, Purpose::Serve(_)).then(|| purpose.clone());
            if seen.contains(&(serves.clone(), real.clone())) {
                return Err(WatchError::Twice { path: given });
            }
            seen.push((serves, real));
            if let Purpose::FullReload(label) = &purpose {
                labels.push(label.clone());
            }
            roots.push(Root::new(&path, &given, purpose));
        }
        let roots = Arc::new(Roots::new(roots));
        let rules = Rules::new(Arc::clone(&roots), &self.patterns)?;
        Ok(ResolvedConfig { roots, rules, name: self.name, settle, poll })
    }
}

fn within(
    option: &'static str,
    span: Duration,
    allowed: (Duration, Duration),
) -> Result<Duration, WatchError> {
    if (allowed.0..=allowed.1).contains(&span) {
        Ok(span)
    } else {
        Err(WatchError::Span { option, span, allowed })
    }
}

fn url_prefix(prefix: String) -> Result<String, WatchError> {
    urls::prefix(&prefix).map_err(|reason| WatchError::Prefix { prefix, reason })
}

/// Absolute path of a root, and its real one. What is missing may appear later.
fn locate(given: &Path) -> Result<(PathBuf, PathBuf), WatchError> {
    let wrong = |source| WatchError::Root { path: given.to_owned(), source };
    let path = std::path::absolute(given).map_err(wrong)?;
    let Some(real) = real(&path).map_err(wrong)? else {
        return Ok((path.clone(), path));
    };
    let metadata = fs::metadata(&real).map_err(wrong)?;
    if metadata.is_dir() || metadata.is_file() {
        Ok((path, real))
    } else {
        Err(WatchError::NotAFolder { path: given.to_owned() })
    }
}

/// The real path of a file or folder; `None` if it does not exist.
fn real(path: &Path) -> io::Result<Option<PathBuf>> {
    match fs::canonicalize(path) {
        Ok(real) => Ok(Some(real)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            // What is below a file is not found on Windows.
            let above = path.ancestors().skip(1).find_map(|folder| fs::metadata(folder).ok());
            if above.is_none_or(|above| above.is_dir()) {
                Ok(None)
            } else {
                Err(io::ErrorKind::NotADirectory.into())
            }
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::watch::testing::Dir;

    #[test]
    fn invalid_options_are_rejected_before_anything_is_watched() {
        let dir = Dir::new();
        dir.write("site/a.css", "");
        let site = dir.path().join("site");
        let served = || Watch::new().files("/", &site);
        let ms = Duration::from_millis;
        let below = format!("{:?}", site.join("a.css/x"));
        let cases: [(&str, Watch, &str); 13] = [
            ("no roots", Watch::new(), "nothing to watch"),
            ("empty path", Watch::new().files("/", ""), "\"\""),
            ("below a file", Watch::new().reload(site.join("a.css/x")), &below),
            ("relative prefix", Watch::new().files("assets", &site), "\"assets\""),
            ("prefix with query", Watch::new().files("/a?b", &site), "\"/a?b\""),
            ("twice", served().files("/", site.join("../site")), "twice"),
            ("twice but for a slash", served().files("/a", &site).files("/a/", &site), "twice"),
            ("reload twice", Watch::new().reload(&site).reload(&site), "twice"),
            ("pattern", served().ignore("a[z-b]"), "\"a[z-b]\""),
            ("no settle", served().settle(ms(0)), "bad settle of 0ns"),
            ("endless settle", served().settle(ms(60_000)), "bad settle of 60s"),
            ("no poll", served().poll(ms(0)), "bad poll of 0ns"),
            ("endless poll", served().poll(Duration::MAX), "bad poll of"),
        ];
        for (case, watch, part) in cases {
            let message = watch.resolve().expect_err(case).to_string();
            assert!(message.contains(part), "{case}: {message}");
        }
    }

    #[cfg(windows)]
    #[test]
    fn a_pattern_in_place_of_a_folder_is_an_error_with_the_remedy() {
        let message = Watch::new().reload("templates/*.html").resolve().unwrap_err().to_string();
        assert!(message.contains("templates/*.html") && message.contains("not a pattern"), "{message}");
    }

    #[test]
    fn valid_options_are_accepted() {
        let dir = Dir::new();
        dir.write("site/a.css", "");
        let site = dir.path().join("site");
        let watch = Watch::new()
            .files("/", &site)
            .files("/again", &site)
            .files("/a.css", site.join("a.css"))
            .reload(&site)
            .name("site")
            .poll(Duration::from_secs(1));
        let config = watch.resolve().unwrap();
        assert_eq!(config.roots.paths().count(), 4);
        assert_eq!((config.name.as_str(), config.settle), ("site", Duration::from_millis(10)));
        assert_eq!(config.poll, Some(Duration::from_secs(1)));
    }

    #[test]
    fn all_defaults_are_documented() {
        let docs = include_str!("options.rs");
        for pattern in crate::source::watch::ignore::DEFAULTS {
            let pattern = pattern.trim_start_matches('\\');
            let documented = if let Some((start, _)) = pattern.split_once("[A-Z") {
                format!("`{start}`\n    ///   with six")
            } else if let Some((start, _)) = pattern.split_once("?".repeat(24).as_str()) {
                format!("`{start}` with 24")
            } else {
                format!("`{pattern}`")
            };
            assert!(docs.contains(&documented), "{pattern}");
        }
    }
}
