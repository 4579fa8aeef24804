//! What to watch, and how.

use super::error::WatchError;
use super::ignore::Rules;
use super::roots::{Purpose, Root, Roots, reload_label};
use super::urls;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// The settle time that is taken.
const SETTLE: (Duration, Duration) = (Duration::from_millis(1), Duration::from_secs(10));

/// The intervals of polling that are taken.
const POLL: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(3_600));

/// What to watch: the folders that browsers load from, and those that pages are made of.
///
/// Nothing is checked before [`HotMiddleware::watch`](crate::HotMiddleware::watch), which gives a
/// [`WatchError`] for what is wrong.
///
/// ```
/// use tower_hot_middleware::{HotMiddleware, Watch, WatchError, WatchGuard};
///
/// fn watch(hot: &HotMiddleware) -> Result<WatchGuard, WatchError> {
///     hot.watch(
///         Watch::new()
///             .serve("/", "static")
///             .serve("/assets", "assets")
///             .reload("templates")
///             .ignore("*.map"),
///     )
/// }
/// ```
///
/// Files are read and hashed when the watch begins. A dev build hashes some 100 MB in a second, and
/// thirty times as much with this in `Cargo.toml`, which pays for sites of that size:
///
/// ```toml
/// [profile.dev.package.xxhash-rust]
/// opt-level = 3
/// ```
#[derive(Debug, Clone, Default)]
#[must_use = "it does nothing until it is given to `HotMiddleware::watch`"]
pub struct Watch {
    roots: Vec<(Option<String>, PathBuf)>,
    patterns: Vec<String>,
    name: String,
    settle: Option<Duration>,
    poll: Option<Duration>,
}

/// A [`Watch`] that has been found to be all right.
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) roots: Arc<Roots>,
    pub(super) rules: Rules,
    pub(super) name: String,
    /// How long a file must stay as it is where the system does not say that it is complete.
    pub(super) settle: Duration,
    pub(super) poll: Option<Duration>,
}

impl Watch {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Watches `path`, whose files the app serves under the URL path `prefix`.
    ///
    /// When one of them changes, pages that have loaded it take it in, or are loaded again. `path`
    /// is a folder, or a single file, which is then served at `prefix` itself. A relative path
    /// begins at the current directory. A folder may be served under several prefixes, and folders
    /// may lie within each other. Symbolic links are followed, also out of the folder.
    ///
    /// ```
    /// # use tower_hot_middleware::Watch;
    /// let watch = Watch::new()
    ///     .serve("/", "static")
    ///     .serve("/favicon.ico", "icons/blue.ico");
    /// # drop(watch);
    /// ```
    pub fn serve(mut self, prefix: impl Into<String>, path: impl Into<PathBuf>) -> Self {
        self.roots.push((Some(prefix.into()), path.into()));
        self
    }

    /// Watches `path`, a folder or a file that pages are made of on the server: templates,
    /// content, data.
    ///
    /// When one of its files changes, every page is loaded again.
    pub fn reload(mut self, path: impl Into<PathBuf>) -> Self {
        self.roots.push((None, path.into()));
        self
    }

    /// Leaves out the files and folders that `pattern` matches.
    ///
    /// It is a line as in a `.gitignore` file at the top of every watched folder: `*.map`,
    /// `/drafts`, `cache/`. One that begins with `!` takes back what an earlier pattern, a
    /// `.gitignore` file or a default leaves out. Of several that match, the last counts. A `#` or
    /// `!` that is part of the name at the start of a pattern takes a backslash: `\\#*`.
    ///
    /// Left out by default are
    /// - version control: `.git`, `.hg`, `.svn`, `.jj`, `.bzr`, `.pijul`, `_darcs`, `CVS`,
    ///   `.gitignore`
    /// - packages: `node_modules`
    /// - what editors and tools leave for a moment: `*~`, `.*.sw?`, `4913`, `.#*`, `#*#`,
    ///   `*___jb_tmp___`, `*___jb_old___`, `*.kate-swp`, `.goutputstream-*`, and `sed` with six
    ///   letters or digits after it
    /// - what systems drop into folders: `.DS_Store`, `._*`, `.Spotlight-V100`, `.Trashes`,
    ///   `.fseventsd`, `Thumbs.db`, `desktop.ini`, `.directory`, `.Trash-*`, `.fuse_hidden*`,
    ///   `.nfs` with 24 characters after it
    ///
    /// and what the `.gitignore` files in the watched folder and below it say, whether there is a
    /// repository or not. Those above it have no say, as what a build puts out is often ignored
    /// there. Folders that are left out cost nothing: they are not even looked into.
    ///
    /// ```
    /// # use tower_hot_middleware::Watch;
    /// let watch = Watch::new()
    ///     .serve("/", "static")
    ///     .ignore("*.map")
    ///     .ignore("!node_modules");
    /// # drop(watch);
    /// ```
    pub fn ignore(mut self, pattern: impl Into<String>) -> Self {
        self.patterns.push(pattern.into());
        self
    }

    /// Names the bundle that these files make up; the default is no name, `""`.
    ///
    /// Two watches on one handle need different names.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// How long a file must stay as it is before it counts as complete, where the system does not
    /// say so: elsewhere than on Linux, and with [`poll`](Self::poll).
    ///
    /// The default is 10 ms; 1 ms to 10 s are taken. On Linux a file is complete when it is closed
    /// after writing, or renamed into place.
    pub fn settle(mut self, time: Duration) -> Self {
        self.settle = Some(time);
        self
    }

    /// Looks through the folders in this interval instead of waiting for the system's events,
    /// which network mounts and some containers' shared folders do not send.
    ///
    /// 10 ms to 1 h are taken. Each time costs a look at the metadata of every file.
    pub fn poll(mut self, interval: Duration) -> Self {
        self.poll = Some(interval);
        self
    }

    /// Checks everything.
    pub(super) fn plan(self) -> Result<Plan, WatchError> {
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
                None => Purpose::Reload(reload_label(&given, &labels)),
            };
            let serves = matches!(purpose, Purpose::Serve(_)).then(|| purpose.clone());
            if seen.contains(&(serves.clone(), real.clone())) {
                return Err(WatchError::Twice { path: given });
            }
            seen.push((serves, real));
            if let Purpose::Reload(label) = &purpose {
                labels.push(label.clone());
            }
            roots.push(Root::new(&path, &given, purpose));
        }
        let roots = Arc::new(Roots::new(roots));
        let rules = Rules::new(Arc::clone(&roots), &self.patterns)?;
        Ok(Plan { roots, rules, name: self.name, settle, poll })
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

/// A root's absolute path, and its real one.
fn locate(given: &Path) -> Result<(PathBuf, PathBuf), WatchError> {
    let wrong = |source| WatchError::Root { path: given.to_owned(), source };
    let path = std::path::absolute(given).map_err(wrong)?;
    let real = fs::canonicalize(&path).map_err(wrong)?;
    let metadata = fs::metadata(&real).map_err(wrong)?;
    if metadata.is_dir() || metadata.is_file() {
        Ok((path, real))
    } else {
        Err(WatchError::NotAFolder { path: given.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::watch::testing::Dir;

    #[test]
    fn what_is_wrong_is_told_before_anything_is_watched() {
        let dir = Dir::new();
        dir.write("site/a.css", "");
        let site = dir.path().join("site");
        let served = || Watch::new().serve("/", &site);
        let ms = Duration::from_millis;
        let cases: [(&str, Watch, &str); 15] = [
            ("no roots", Watch::new(), "nothing to watch"),
            ("missing", Watch::new().reload(dir.path().join("none")), "none"),
            ("relative and missing", Watch::new().serve("/", "no-such-folder"), "\"no-such-folder\""),
            ("empty path", Watch::new().serve("/", ""), "\"\""),
            ("below a file", Watch::new().reload(site.join("a.css/x")), "a.css/x"),
            ("relative prefix", Watch::new().serve("assets", &site), "\"assets\""),
            ("prefix with query", Watch::new().serve("/a?b", &site), "\"/a?b\""),
            ("twice", served().serve("/", site.join("../site")), "twice"),
            ("twice but for a slash", served().serve("/a", &site).serve("/a/", &site), "twice"),
            ("reload twice", Watch::new().reload(&site).reload(&site), "twice"),
            ("pattern", served().ignore("a[z-b]"), "\"a[z-b]\""),
            ("no settle", served().settle(ms(0)), "bad settle of 0ns"),
            ("endless settle", served().settle(ms(60_000)), "bad settle of 60s"),
            ("no poll", served().poll(ms(0)), "bad poll of 0ns"),
            ("endless poll", served().poll(Duration::MAX), "bad poll of"),
        ];
        for (case, watch, part) in cases {
            let message = watch.plan().expect_err(case).to_string();
            assert!(message.contains(part), "{case}: {message}");
        }
    }

    #[test]
    fn what_is_right_is_taken() {
        let dir = Dir::new();
        dir.write("site/a.css", "");
        let site = dir.path().join("site");
        let watch = Watch::new()
            .serve("/", &site)
            .serve("/again", &site)
            .serve("/a.css", site.join("a.css"))
            .reload(&site)
            .name("site")
            .poll(Duration::from_secs(1));
        let plan = watch.plan().unwrap();
        assert_eq!(plan.roots.places().count(), 4);
        assert_eq!((plan.name.as_str(), plan.settle), ("site", Duration::from_millis(10)));
        assert_eq!(plan.poll, Some(Duration::from_secs(1)));
    }

    #[test]
    fn the_documented_defaults_are_all_of_them() {
        let docs = include_str!("options.rs");
        for pattern in crate::source::watch::ignore::DEFAULTS {
            let pattern = pattern.trim_start_matches('\\');
            let documented = if let Some((start, _)) = pattern.split_once("[A-Z") {
                format!("`{start}` with six")
            } else if let Some((start, _)) = pattern.split_once("????") {
                format!("`{start}` with 24")
            } else {
                format!("`{pattern}`")
            };
            assert!(docs.contains(&documented), "{pattern}");
        }
    }
}
