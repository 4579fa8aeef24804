//! Publishing for sources: builds and reloads go to the hub, and to the developer's terminal.

#[cfg(feature = "watch")]
use std::{
    collections::BTreeMap,
    convert::Infallible,
    time::{SystemTime, UNIX_EPOCH},
};
use std::{fmt, sync::Arc};

use crate::{
    build::{Build, Change, stats::Stats},
    escape::Escaped,
    hub::{Applied, Hub},
    journal::Journal,
    metrics,
    terminal::{Save, Terminal, short},
};
#[cfg(feature = "watch")]
use crate::{
    editor::KnownFiles,
    modules::{Modules, UnknownModule},
    wire::{Event, Frame},
};

/// Publishes what sources report. Clones share the hub and the terminal.
#[derive(Clone, Debug)]
pub(crate) struct Publisher {
    hub: Arc<Hub>,
    terminal: Arc<Terminal>,
    journal: Arc<Journal>,
    #[cfg(feature = "watch")]
    modules: Arc<Modules>,
    /// The files that may be opened in an editor.
    #[cfg(feature = "watch")]
    files: Arc<KnownFiles>,
}

impl Publisher {
    pub(crate) fn new(hub: Arc<Hub>, terminal: Arc<Terminal>) -> Self {
        Self {
            hub,
            terminal,
            journal: Arc::default(),
            #[cfg(feature = "watch")]
            modules: Arc::default(),
            #[cfg(feature = "watch")]
            files: Arc::default(),
        }
    }

    /// A publisher without readers and lines.
    #[cfg(all(test, feature = "command"))]
    pub(crate) fn alone() -> Self {
        Self::new(Hub::new(std::num::NonZeroUsize::MIN, 4096), Arc::new(Terminal::new(false)))
    }

    pub(crate) fn hub(&self) -> &Arc<Hub> {
        &self.hub
    }

    /// The modules of the folders that are watched.
    #[cfg(feature = "watch")]
    pub(crate) fn modules(&self) -> &Modules {
        &self.modules
    }

    /// The files that may be opened in an editor.
    #[cfg(feature = "watch")]
    pub(crate) fn files(&self) -> &Arc<KnownFiles> {
        &self.files
    }

    pub(crate) fn journal(&self) -> &Arc<Journal> {
        &self.journal
    }

    pub(crate) fn terminal(&self) -> &Terminal {
        &self.terminal
    }

    /// Publishes that a build of a bundle has begun, because of `file` where that is known.
    pub(crate) fn building(&self, name: &str, file: Option<&str>) {
        tracing::debug!(name, file, "building");
        self.hub.building(Some(name), file);
    }

    /// Publishes the builds of a compiler, one event for each bundle.
    pub(crate) fn built(&self, stats: Stats) {
        for mut build in stats.builds {
            tracing::debug!("built {}", Escaped(Summary(&build)));
            #[cfg(feature = "watch")]
            self.files.built(&build.name, build.nth, &build.errors);
            metrics::built(!build.errors.is_empty());
            for change in build.changes.iter_mut().flatten() {
                match change {
                    Change { removed: true, version, text, .. } => (*version, *text) = (None, None),
                    Change { version: version @ None, .. } => version.clone_from(&build.hash),
                    Change { .. } => {}
                }
            }
            self.build(build);
        }
    }

    fn build(&self, build: Build) {
        // A build without a hash is a command's, whose output is a bundle of its own.
        if !self.terminal.is_on() || build.hash.is_none() {
            self.hub.built(build);
            return;
        }
        let (label, url, is_template) = (label(&build), url(&build), is_template(&build));
        let streams = self.hub.streams();
        let (errors, first) = (build.errors.len(), build.errors.first().cloned());
        let waiting = self.terminal.take_waiting(|file| has(&build, file));
        let terminal = self.terminal.clone();
        let report = move |applied| {
            if let Some(first) = first {
                let event = if let Applied::Changed(event) = applied { event } else { 0 };
                terminal.failed(&label, event, errors, &first, waiting);
            } else if let Applied::Changed(event) = applied {
                terminal.saved(Save { label, url, is_template, event, streams }, waiting);
            } else {
                terminal.still_waiting(waiting);
            }
        };
        #[cfg(feature = "redis")]
        self.hub.built_then(build, report);
        #[cfg(not(feature = "redis"))]
        report(self.hub.built(build));
    }

    /// Passes the update of a module on to those that import it, as a page asks; nothing if that was done before.
    #[cfg(feature = "watch")]
    pub(crate) fn invalidate(
        &self,
        path: &str,
        change: u64,
        message: Option<&str>,
    ) -> Result<(), UnknownModule> {
        let Some(update) = self.modules.invalidate(path, change, now())? else { return Ok(()) };
        tracing::debug!("{}", Escaped(format_args!("{path} can't be updated by itself")));
        let event = Event::Invalidate { path, message, update: &update };
        let Ok(()) = self.hub.publish(|| Ok::<_, Infallible>(Frame::of(&event)));
        Ok(())
    }

    /// Takes over the instances of modules that a page has from an earlier process. Returns false if pages of this one have
    /// others.
    #[cfg(feature = "watch")]
    pub(crate) fn restore(&self, instances: &BTreeMap<String, u64>) -> bool {
        self.modules.restore(instances, now())
    }

    /// Reloads every page; `file` is the reason, if known.
    pub(crate) fn reload(&self, file: Option<&str>) {
        tracing::debug!(file, "reload");
        let streams = self.hub.streams();
        let label = file.map_or("HotMiddleware::reload", short).to_owned();
        let waiting = self.terminal.take_waiting(|other| short(other) == label);
        let terminal = self.terminal.clone();
        let report = move |applied| {
            let event = if let Applied::Changed(event) = applied { event } else { 0 };
            terminal.saved(Save { label, url: None, is_template: false, event, streams }, waiting);
        };
        #[cfg(feature = "redis")]
        self.hub.reload_then(file, report);
        #[cfg(not(feature = "redis"))]
        report(Applied::Changed(self.hub.reload(file)));
    }
}

/// The time in milliseconds, by which changes of modules are numbered.
#[cfg(feature = "watch")]
pub(crate) fn now() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(now.as_millis()).unwrap_or_default()
}

/// The name of a build in the terminal: that of its first change, or its bundle's.
fn label(build: &Build) -> String {
    let Some([first, others @ ..]) = build.changes.as_deref() else {
        return if build.name.is_empty() { "a build".to_owned() } else { build.name.clone() };
    };
    let name = build.modules.name_of(&first.id).unwrap_or(&first.id);
    match others.len() {
        0 if first.removed => format!("{} (removed)", short(name)),
        0 => short(name).to_owned(),
        others => format!("{} and {others} more", short(name)),
    }
}

/// Returns true if a build has changed a file, which is given by its URL or its path, or is of the bundle with that name.
fn has(build: &Build, file: &str) -> bool {
    let is_of = |name: &str| short(name) == short(file);
    match build.changes.as_deref() {
        Some(changes) => {
            changes.iter().any(|Change { id, .. }| is_of(id) || build.modules.name_of(id).is_some_and(is_of))
        }
        None => is_of(&build.name),
    }
}

/// The URL of the one file that a build has changed.
fn url(build: &Build) -> Option<String> {
    match build.changes.as_deref() {
        Some([only]) if only.id.starts_with('/') => Some(only.id.clone()),
        _ => None,
    }
}

/// Returns true if pages are rendered from all that a build has changed.
fn is_template(build: &Build) -> bool {
    build.changes.as_deref().is_some_and(|changes| {
        !changes.is_empty() && changes.iter().all(|change| !change.id.starts_with('/'))
    })
}

/// Displays a build in one log line: its name, hash, duration and changes.
struct Summary<'a>(&'a Build);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let build = self.0;
        if !build.name.is_empty() {
            write!(f, "{} ", build.name)?;
        }
        write!(f, "{}", build.hash.as_deref().unwrap_or("(no hash)"))?;
        if let Some(time) = &build.time {
            write!(f, " in {time} ms")?;
        }
        match build.changes.as_deref() {
            Some([first]) => write!(f, ": {}", first.id)?,
            Some([first, others @ ..]) => write!(f, ": {} and {} more", first.id, others.len())?,
            Some([]) | None => {}
        }
        match build.errors.len() {
            0 => Ok(()),
            errors => write!(f, ", {errors} errors"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_build_is_summarized_in_a_line() {
        let cases = [
            (Build::default(), "(no hash)"),
            (
                Build::new("h").name("n").time(Duration::from_millis(3)).error("e").error("f"),
                "n h in 3 ms, 2 errors",
            ),
            (Build::new("h").change(Change::new("/a")), "h: /a"),
            (Build::new("h").changes(["/a", "/b", "/c"].map(Change::new)), "h: /a and 2 more"),
        ];
        for (build, line) in cases {
            assert_eq!(Summary(&build).to_string(), line);
        }
    }

    #[test]
    fn a_build_is_named_by_its_file_or_its_bundle() {
        let served = Build::new("h").module("/static/a.css", "./public/a.css");
        let cases = [
            (Build::new("h"), "a build", None, false),
            (Build::new("h").name("main"), "main", None, false),
            (Build::new("h").changes([]), "a build", None, false),
            (
                served.clone().change(Change::new("/static/a.css")),
                "public/a.css",
                Some("/static/a.css"),
                false,
            ),
            (served.change(Change::removed("/b.css")), "/b.css (removed)", Some("/b.css"), false),
            (Build::new("h").change(Change::new("./templates/a.html")), "templates/a.html", None, true),
            (Build::new("h").changes(["./t/a", "/b"].map(Change::new)), "t/a and 1 more", None, false),
            (Build::new("h").changes(["/a", "/b", "/c"].map(Change::new)), "/a and 2 more", None, false),
        ];
        for (build, name, expected, renders) in cases {
            assert_eq!((label(&build).as_str(), url(&build).as_deref()), (name, expected));
            assert_eq!(is_template(&build), renders, "{name}");
        }
    }
}
