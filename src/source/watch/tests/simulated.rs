//! The watches of macOS and Windows, simulated: the disk is real, and the events are those of the test.
//!
//! `FSEvents` behaves as `notify` drives it: its stream begins again with each change of the watched paths, without the
//! events that were not delivered until then.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use notify::{
    Config, Event, EventKind, RecursiveMode, Watcher, WatcherKind,
    event::{CreateKind, DataChange, Flag, MetadataKind, ModifyKind, RemoveKind, RenameMode},
};

use super::{
    super::{
        backend::Backend,
        folders::Folders,
        fs_event::{EventDetail, convert},
        message::Outbox,
        spelling::Spelling,
    },
    alone::{Alone, Setting},
    *,
};

/// The flags of an event, of which one event may have all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Is {
    Created,
    Removed,
    Renamed,
    Attributes,
    Modified,
    MustScan,
}

#[derive(Debug, Default)]
struct Stream {
    watched: Vec<(PathBuf, RecursiveMode)>,
    pending: Vec<Event>,
    starts: usize,
}

/// The system's watches, by which a test reports events.
#[derive(Debug, Clone, Default)]
struct Source(Arc<Mutex<Stream>>);

impl Source {
    /// One event with these flags, as `notify` divides it.
    fn report(&self, path: impl AsRef<Path>, flags: &[Is]) {
        let kinds = [
            (Is::MustScan, EventKind::Other),
            (Is::Created, EventKind::Create(CreateKind::File)),
            (Is::Removed, EventKind::Remove(RemoveKind::File)),
            (Is::Renamed, EventKind::Modify(ModifyKind::Name(RenameMode::Any))),
            (Is::Attributes, EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any))),
            (Is::Modified, EventKind::Modify(ModifyKind::Data(DataChange::Content))),
        ];
        let mut stream = self.0.lock().unwrap();
        for (flag, kind) in kinds.iter().filter(|(flag, _)| flags.contains(flag)) {
            let event = Event::new(*kind).add_path(path.as_ref().to_owned());
            stream.pending.push(if *flag == Is::MustScan { event.set_flag(Flag::Rescan) } else { event });
        }
    }

    /// Delivers the events that are below a watched path.
    fn deliver(&self, outbox: &Outbox) {
        let mut stream = self.0.lock().unwrap();
        let Stream { watched, pending, .. } = &mut *stream;
        for event in std::mem::take(pending) {
            let path = &event.paths[0];
            let covers = |(folder, mode): &(PathBuf, RecursiveMode)| match mode {
                RecursiveMode::Recursive => path.starts_with(folder),
                RecursiveMode::NonRecursive => path == folder || path.parent() == Some(folder),
            };
            if watched.iter().any(covers) {
                convert(EventDetail::Coarse, Ok(event), |event| outbox.send_event(event));
            }
        }
    }

    /// Ends all watches without notice, as an overflow on Windows does.
    fn end(&self) {
        let mut stream = self.0.lock().unwrap();
        stream.watched.clear();
        stream.pending.clear();
    }

    fn starts(&self) -> usize {
        self.0.lock().unwrap().starts
    }

    fn restart(&self, change: impl FnOnce(&mut Vec<(PathBuf, RecursiveMode)>)) {
        let mut stream = self.0.lock().unwrap();
        change(&mut stream.watched);
        stream.pending.clear();
        stream.starts += 1;
    }
}

impl Watcher for Source {
    fn new<F: notify::EventHandler>(_: F, _: Config) -> notify::Result<Self> {
        Ok(Self::default())
    }

    fn watch(&mut self, path: &Path, mode: RecursiveMode) -> notify::Result<()> {
        self.restart(|watched| watched.push((path.to_owned(), mode)));
        Ok(())
    }

    fn unwatch(&mut self, path: &Path) -> notify::Result<()> {
        self.restart(|watched| watched.retain(|(other, _)| other != path));
        Ok(())
    }

    fn kind() -> WatcherKind {
        WatcherKind::Fsevent
    }
}

/// A watch whose events come from a [`Source`].
struct Simulated {
    alone: Alone,
    source: Source,
    outbox: Outbox,
}

impl Simulated {
    fn serving(dir: &Dir) -> Self {
        Self::of(Watch::new().files("/", dir.path()))
    }

    fn of(watch: Watch) -> Self {
        Self::on(Backend::FsEvents, watch)
    }

    fn on(backend: Backend, watch: Watch) -> Self {
        let source = Source::default();
        let mut outbox = None;
        let alone = Alone::new(watch, |messages| {
            outbox = Some(messages);
            Setting {
                folders: Folders::new(Some(Box::new(source.clone())), backend),
                detail: backend.detail(),
                may_drop_events: backend.may_drop_events(),
                spelling: Spelling::by(insensitive),
            }
        });
        Self { alone, source, outbox: outbox.unwrap() }
    }

    /// Delivers what was reported, and returns the changes of the next build.
    fn changes(&mut self) -> Vec<String> {
        self.source.deliver(&self.outbox);
        self.alone.changes()
    }

    /// Delivers what was reported, and returns everything that is published.
    fn rest(&mut self) -> Vec<Published> {
        self.source.deliver(&self.outbox);
        self.alone.rest()
    }
}

/// A resolution as on a volume that knows a name in any letters, and in both normal forms of `é`.
fn insensitive(path: &Path) -> io::Result<PathBuf> {
    let folded = |name: &std::ffi::OsStr| name.to_string_lossy().replace("e\u{301}", "\u{e9}").to_lowercase();
    let mut real = PathBuf::from("/");
    for name in path.components().skip(1) {
        let name = name.as_os_str();
        let entries = fs::read_dir(&real)?.filter_map(|entry| Some(entry.ok()?.file_name()));
        let mut same = entries.filter(|entry| folded(entry) == folded(name)).collect::<Vec<_>>();
        same.sort_by_key(|entry| entry != name);
        real.push(same.first().ok_or(io::ErrorKind::NotFound)?);
    }
    fs::canonicalize(real)
}

#[test]
fn one_event_for_many_changes_counts_as_the_last_of_them() {
    let dir = Dir::new();
    for name in ["kept", "gone", "saved"] {
        dir.write(format!("{name}.css"), "1");
    }
    let mut mac = Simulated::serving(&dir);
    // All that has happened to a file within some seconds is in the flags of its next event.
    let all = [Is::Created, Is::Removed, Is::Renamed, Is::Attributes, Is::Modified];
    dir.remove("gone.css");
    dir.write("saved.css", "2");
    dir.write("new.css", "1");
    for name in ["kept", "gone", "saved", "new", "never"] {
        mac.source.report(dir.path().join(format!("{name}.css")), &all);
    }
    let mut changes = Vec::new();
    while changes.len() < 3 {
        changes.extend(mac.changes());
    }
    changes.sort();
    assert_eq!(changes, ["-/gone.css", "/new.css", "/saved.css"]);
    assert_eq!(mac.rest(), []);
}

#[test]
fn late_events_and_those_of_before_the_watch_change_nothing() {
    let dir = Dir::new();
    dir.write("sub/a.css", "1");
    let mut mac = Simulated::serving(&dir);
    let starts = mac.source.starts();
    for path in ["", "sub", "sub/a.css", "sub/removed-before.css", "removed-before"] {
        let path = if path.is_empty() { dir.path().to_owned() } else { dir.path().join(path) };
        mac.source.report(&path, &[Is::Created, Is::Modified]);
        mac.source.report(&path, &[Is::Removed, Is::Renamed]);
    }
    assert_eq!(mac.rest(), []);
    assert_eq!(mac.source.starts(), starts, "the stream goes on");
    dir.write("sub/a.css", "2");
    mac.source.report(dir.path().join("sub/a.css"), &[Is::Created, Is::Modified]);
    assert_eq!(mac.changes(), ["/sub/a.css"]);
    // The same event again, long after it was read.
    mac.source.report(dir.path().join("sub/a.css"), &[Is::Created, Is::Modified]);
    assert_eq!(mac.rest(), []);
}

#[test]
fn a_file_that_is_written_on_after_its_event_is_published_whole() {
    let dir = Dir::new();
    dir.write("a.css", "1");
    let mut mac = Simulated::serving(&dir);
    dir.write("a.css", "a{");
    mac.source.report(dir.path().join("a.css"), &[Is::Modified]);
    mac.source.deliver(&mac.outbox);
    mac.alone.apply_waiting();
    // No event of its own: it was coalesced with the first one.
    dir.write("a.css", "a{}");
    assert_eq!(mac.changes(), ["/a.css"]);
    assert_eq!(mac.alone.version("/a.css"), version("a{}"));
}

#[test]
fn what_happens_while_the_stream_begins_again_is_found() {
    let (dir, outside) = (Dir::new(), Dir::new());
    dir.write("a.css", "1");
    outside.write("linked/b.css", "1");
    let mut mac = Simulated::serving(&dir);
    let starts = mac.source.starts();
    dir.link(outside.path().join("linked"), "link");
    mac.source.report(dir.path().join("link"), &[Is::Created]);
    mac.source.deliver(&mac.outbox);
    // The target of the link is another path to watch, so this event is in neither stream.
    dir.write("a.css", "2");
    mac.source.report(dir.path().join("a.css"), &[Is::Modified]);
    let mut changes = Vec::new();
    while changes.len() < 2 {
        changes.extend(mac.alone.changes());
    }
    changes.sort();
    assert_eq!(changes, ["/a.css", "/link/b.css"]);
    assert!(mac.source.starts() > starts);
    let starts = mac.source.starts();
    assert_eq!(mac.rest(), []);
    assert_eq!(mac.source.starts(), starts, "it goes on from then");
}

#[test]
fn dropped_events_are_made_up_for() {
    let dir = Dir::new();
    dir.write("a/b.css", "1");
    let mut mac = Simulated::serving(&dir);
    dir.write("a/b.css", "2");
    mac.source.report(dir.path().join("a"), &[Is::MustScan]);
    assert_eq!(mac.changes(), ["/a/b.css"]);
}

#[test]
fn names_in_other_letters_or_forms_are_those_of_the_disk() {
    let dir = Dir::new();
    dir.write("css/style.css", "1");
    dir.write("caf\u{e9}.css", "1");
    let mut mac = Simulated::serving(&dir);
    for (given, name, id) in [
        ("css/STYLE.css", "css/style.css", "/css/style.css"),
        ("CSS/Style.css", "css/style.css", "/css/style.css"),
        ("cafe\u{301}.css", "caf\u{e9}.css", "/caf%C3%A9.css"),
    ] {
        for (content, flag) in [("2", Is::Modified), ("3", Is::Renamed), ("1", Is::Created)] {
            dir.write(name, content);
            mac.source.report(dir.path().join(given), &[flag]);
            assert_eq!(mac.changes(), [id], "{given:?} {flag:?}");
        }
    }
    assert_eq!(mac.rest(), []);
}

#[test]
fn a_name_that_changes_its_letters_alone_is_another_one() {
    let dir = Dir::new();
    dir.write("style.css", "1");
    dir.write("css/a.css", "1");
    let mut mac = Simulated::serving(&dir);
    for (from, to, expected) in [
        ("style.css", "Style.css", ["-/style.css", "/Style.css"]),
        ("css", "CSS", ["-/css/a.css", "/CSS/a.css"]),
    ] {
        dir.rename(from, to);
        for name in [from, to] {
            mac.source.report(dir.path().join(name), &[Is::Renamed]);
        }
        let mut changes = Vec::new();
        while changes.len() < 2 {
            changes.extend(mac.changes());
        }
        changes.sort();
        assert_eq!(changes, expected);
    }
    assert_eq!(mac.rest(), []);
}

#[test]
fn links_above_a_root_are_resolved_as_the_events_are() {
    let dir = Dir::new();
    dir.write("private/var/site/a.css", "1");
    dir.link("private/var", "var");
    let mut mac = Simulated::of(Watch::new().files("/", dir.path().join("var/site")));
    dir.write("private/var/site/a.css", "2");
    mac.source.report(dir.path().join("private/var/site/a.css"), &[Is::Modified]);
    assert_eq!(mac.changes(), ["/a.css"]);
}

#[test]
fn atomic_saves_are_one_change_of_one_file() {
    let (dir, aside) = (Dir::new(), Dir::new());
    dir.write("a.css", "1");
    let mut mac = Simulated::serving(&dir);
    let path = dir.path().join("a.css");
    // A file beside it, renamed over it.
    dir.write("a.css.sb-1a2b3c4d-Xy9z0A", "2");
    mac.source.report(dir.path().join("a.css.sb-1a2b3c4d-Xy9z0A"), &[Is::Created, Is::Modified]);
    dir.rename("a.css.sb-1a2b3c4d-Xy9z0A", "a.css");
    mac.source.report(dir.path().join("a.css.sb-1a2b3c4d-Xy9z0A"), &[Is::Created, Is::Modified, Is::Renamed]);
    mac.source.report(&path, &[Is::Renamed]);
    assert_eq!(mac.changes(), ["/a.css"]);
    // The old file moved away first, and the new one from another folder of the volume.
    aside.write("saved", "3");
    fs::rename(&path, aside.path().join("backup")).unwrap();
    mac.source.report(&path, &[Is::Renamed]);
    mac.source.deliver(&mac.outbox);
    mac.alone.apply_waiting();
    fs::rename(aside.path().join("saved"), &path).unwrap();
    mac.source.report(&path, &[Is::Renamed, Is::Attributes]);
    assert_eq!(mac.changes(), ["/a.css"]);
    assert_eq!(mac.alone.version("/a.css"), version("3"));
    assert_eq!(mac.rest(), []);
}

#[test]
fn a_watch_that_has_ended_by_an_overflow_begins_again() {
    let dir = Dir::new();
    for name in ["a", "b"] {
        dir.write(format!("{name}.css"), "1");
    }
    let mut windows = Simulated::on(Backend::Windows, Watch::new().files("/", dir.path()));
    for content in ["2", "3"] {
        dir.write("a.css", content);
        windows.source.report(dir.path().join("a.css"), &[Is::Modified]);
        assert_eq!(windows.changes(), ["/a.css"]);
        // Its event was lost, and with it the watch.
        windows.source.end();
        dir.write("b.css", content);
        assert_eq!(windows.changes(), ["/b.css"], "found by the scan");
        dir.write("b.css", format!("{content} again"));
        windows.source.report(dir.path().join("b.css"), &[Is::Modified]);
        assert_eq!(windows.changes(), ["/b.css"], "the new watch reports it");
    }
}
