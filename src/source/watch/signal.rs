//! The system's events, as far as they matter here.

use notify::event::{AccessKind, AccessMode, CreateKind, Event, EventKind, ModifyKind, RenameMode};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Something that the system says about a file or folder.
#[derive(Debug)]
pub(super) enum Signal {
    /// Closed after writing.
    Closed(PathBuf),
    /// Written to, and still open.
    Written(PathBuf),
    /// Made; content may follow.
    Created(PathBuf),
    /// Renamed to this, or a folder that was made.
    Arrived(PathBuf),
    /// Removed, or renamed from this.
    Left(PathBuf),
    /// Permissions, times or the like have changed, not the content.
    Attributes(PathBuf),
    /// The content or the attributes may have changed.
    Touched(PathBuf),
    /// It may have come, gone, or become another.
    Moved(PathBuf),
    /// The barrier was raised.
    Barrier,
    /// Events were lost: anything may have happened.
    Lost,
    /// The watching itself has met an error.
    Failed(notify::Error),
}

/// Which promises the system's events keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Events {
    /// inotify: a write is followed by a close, a rename by both its ends.
    Exact,
    /// Everything else: an event says that something has happened there.
    Vague,
}

impl Events {
    /// What the system that this is compiled for offers.
    pub(super) const SYSTEM: Self =
        if cfg!(any(target_os = "linux", target_os = "android")) { Self::Exact } else { Self::Vague };
}

impl Events {
    /// The coarsest clock by which a file system may tell when a file was written.
    pub(super) fn tick(self) -> Duration {
        match self {
            // A local disk under Linux, whose clock ticks at least 100 times a second.
            Self::Exact => Duration::from_millis(50),
            // FAT counts in steps of 2 s.
            Self::Vague => Duration::from_secs(2),
        }
    }
}

/// Gives every signal in `event` to `send`; most events hold one, a file that is only read none.
///
/// An opening of `barrier` is told, too.
pub(super) fn signals(
    events: Events,
    barrier: &Path,
    event: notify::Result<Event>,
    mut send: impl FnMut(Signal),
) {
    let event = match event {
        Ok(event) => event,
        Err(error) => return send(Signal::Failed(error)),
    };
    if event.need_rescan() {
        return send(Signal::Lost);
    }
    let signal: fn(PathBuf) -> Signal = match event.kind {
        kind if events == Events::Vague => match kind {
            EventKind::Access(_) => return,
            EventKind::Modify(ModifyKind::Name(_)) => Signal::Moved,
            EventKind::Modify(_) => Signal::Touched,
            _ => Signal::Moved,
        },
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => Signal::Closed,
        EventKind::Modify(ModifyKind::Data(_)) => Signal::Written,
        EventKind::Modify(ModifyKind::Metadata(_)) => Signal::Attributes,
        EventKind::Modify(ModifyKind::Name(RenameMode::From)) | EventKind::Remove(_) => Signal::Left,
        EventKind::Access(AccessKind::Open(_)) if event.paths.iter().any(|path| path == barrier) => {
            return send(Signal::Barrier);
        }
        // Comes after both of its ends have come.
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) | EventKind::Access(_) => return,
        // A new folder is looked through as one that was renamed is: there may be files in it.
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) | EventKind::Create(CreateKind::Folder) => {
            Signal::Arrived
        }
        EventKind::Create(_) => Signal::Created,
        _ => Signal::Moved,
    };
    event.paths.into_iter().map(signal).for_each(send);
}

#[cfg(test)]
mod tests {
    use super::*;
    use notify::event::{DataChange, Flag, MetadataKind, RemoveKind};

    fn told(events: Events, event: notify::Result<Event>) -> Vec<String> {
        let mut told = Vec::new();
        signals(events, Path::new("/b"), event, |signal| told.push(format!("{signal:?}")));
        told
    }

    #[test]
    fn events_are_told_by_what_follows_from_them() {
        let name = |mode| EventKind::Modify(ModifyKind::Name(mode));
        let cases = [
            ("close", EventKind::Access(AccessKind::Close(AccessMode::Write)), Some("Closed"), None),
            ("read", EventKind::Access(AccessKind::Close(AccessMode::Read)), None, None),
            ("open", EventKind::Access(AccessKind::Open(AccessMode::Any)), None, None),
            ("write", EventKind::Modify(ModifyKind::Data(DataChange::Any)), Some("Written"), Some("Touched")),
            (
                "chmod",
                EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any)),
                Some("Attributes"),
                Some("Touched"),
            ),
            ("rename from", name(RenameMode::From), Some("Left"), Some("Moved")),
            ("rename to", name(RenameMode::To), Some("Arrived"), Some("Moved")),
            ("rename, both", name(RenameMode::Both), None, Some("Moved")),
            ("file made", EventKind::Create(CreateKind::File), Some("Created"), Some("Moved")),
            ("folder made", EventKind::Create(CreateKind::Folder), Some("Arrived"), Some("Moved")),
            ("removed", EventKind::Remove(RemoveKind::File), Some("Left"), Some("Moved")),
            ("anything", EventKind::Any, Some("Moved"), Some("Moved")),
        ];
        for (case, kind, exact, vague) in cases {
            for (events, expected) in [(Events::Exact, exact), (Events::Vague, vague)] {
                let event = Event::new(kind).add_path(PathBuf::from("/x"));
                let expected: Vec<_> = expected.iter().map(|signal| format!("{signal}(\"/x\")")).collect();
                assert_eq!(told(events, Ok(event)), expected, "{case}, {events:?}");
            }
        }
    }

    #[test]
    fn the_barrier_is_told_when_it_is_opened() {
        let open = |path: &str| {
            let opened = EventKind::Access(AccessKind::Open(AccessMode::Any));
            told(Events::Exact, Ok(Event::new(opened).add_path(path.into())))
        };
        assert_eq!(open("/b"), ["Barrier"]);
        assert!(open("/b/x").is_empty() && open("/").is_empty());
    }

    #[test]
    fn lost_events_and_errors_are_told() {
        let overflow =
            Event::new(EventKind::Other).set_flag(Flag::Rescan).add_path(Path::new("/x").to_owned());
        assert_eq!(told(Events::Exact, Ok(overflow.clone())), ["Lost"]);
        assert_eq!(told(Events::Vague, Ok(overflow)), ["Lost"]);
        let failed = told(Events::Exact, Err(notify::Error::generic("broken")));
        assert!(failed.len() == 1 && failed[0].contains("broken"), "{failed:?}");
    }
}
