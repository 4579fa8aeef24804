//! File system events, reduced to what the watcher needs to know.

use std::{path::PathBuf, time::Duration};

use notify::event::{AccessKind, AccessMode, CreateKind, Event, EventKind, ModifyKind, RenameMode};

/// An event about a file or folder.
#[derive(Debug)]
pub(super) enum FsEvent {
    /// Closed after writing.
    Closed(PathBuf),
    /// Written to, and still open.
    Written(PathBuf),
    /// Created; content may follow.
    Created(PathBuf),
    /// Renamed to this path, or a new folder.
    MovedIn(PathBuf),
    /// Removed, or renamed from this path.
    Removed(PathBuf),
    /// Permissions, times or the like have changed, not the content.
    Attributes(PathBuf),
    /// The content or the attributes may have changed.
    Modified(PathBuf),
    /// It may have been created, removed or replaced.
    Replaced(PathBuf),
    /// Events were lost: anything may have changed.
    Overflow,
    /// The system's watcher reports an error.
    Error(notify::Error),
}

/// Level of detail of the system's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum EventDetail {
    /// inotify: a write is followed by a close, a rename by both its ends.
    Exact,
    /// Every other system: an event says that something has changed there.
    Coarse,
}

impl EventDetail {
    /// The coarsest step of a file system's modification times.
    pub(super) fn timestamp_step(self) -> Duration {
        match self {
            // A local disk under Linux, whose clock ticks at least 100 times a second.
            Self::Exact => Duration::from_millis(50),
            // FAT counts in steps of 2 s.
            Self::Coarse => Duration::from_secs(2),
        }
    }
}

/// Passes every [`FsEvent`] in a notify event to `send`. Most events hold one; a file that is only read, none.
pub(super) fn convert(detail: EventDetail, event: notify::Result<Event>, mut send: impl FnMut(FsEvent)) {
    let event = match event {
        Ok(event) => event,
        Err(error) => return send(FsEvent::Error(error)),
    };
    if event.need_rescan() {
        return send(FsEvent::Overflow);
    }
    let of_path: fn(PathBuf) -> FsEvent = match event.kind {
        kind if detail == EventDetail::Coarse => match kind {
            EventKind::Access(_) => return,
            EventKind::Modify(ModifyKind::Name(_)) => FsEvent::Replaced,
            EventKind::Modify(_) => FsEvent::Modified,
            _ => FsEvent::Replaced,
        },
        EventKind::Access(AccessKind::Close(AccessMode::Write)) => FsEvent::Closed,
        EventKind::Modify(ModifyKind::Data(_)) => FsEvent::Written,
        EventKind::Modify(ModifyKind::Metadata(_)) => FsEvent::Attributes,
        EventKind::Modify(ModifyKind::Name(RenameMode::From)) | EventKind::Remove(_) => FsEvent::Removed,
        // Arrives after the events of both ends.
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) | EventKind::Access(_) => return,
        // A new folder is scanned like a renamed one: it may have files already.
        EventKind::Modify(ModifyKind::Name(RenameMode::To)) | EventKind::Create(CreateKind::Folder) => {
            FsEvent::MovedIn
        }
        EventKind::Create(_) => FsEvent::Created,
        _ => FsEvent::Replaced,
    };
    event.paths.into_iter().map(of_path).for_each(send);
}

#[cfg(test)]
mod tests {
    use notify::event::{DataChange, Flag, MetadataKind, RemoveKind};

    use super::*;

    fn converted(detail: EventDetail, event: notify::Result<Event>) -> Vec<String> {
        let mut converted = Vec::new();
        convert(detail, event, |event| converted.push(format!("{event:?}")));
        converted
    }

    #[test]
    fn events_are_reduced_to_their_consequences() {
        let name = |mode| EventKind::Modify(ModifyKind::Name(mode));
        let cases = [
            ("close", EventKind::Access(AccessKind::Close(AccessMode::Write)), Some("Closed"), None),
            ("read", EventKind::Access(AccessKind::Close(AccessMode::Read)), None, None),
            ("open", EventKind::Access(AccessKind::Open(AccessMode::Any)), None, None),
            (
                "write",
                EventKind::Modify(ModifyKind::Data(DataChange::Any)),
                Some("Written"),
                Some("Modified"),
            ),
            (
                "chmod",
                EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any)),
                Some("Attributes"),
                Some("Modified"),
            ),
            ("rename from", name(RenameMode::From), Some("Removed"), Some("Replaced")),
            ("rename to", name(RenameMode::To), Some("MovedIn"), Some("Replaced")),
            ("rename, both", name(RenameMode::Both), None, Some("Replaced")),
            ("file made", EventKind::Create(CreateKind::File), Some("Created"), Some("Replaced")),
            ("folder made", EventKind::Create(CreateKind::Folder), Some("MovedIn"), Some("Replaced")),
            ("removed", EventKind::Remove(RemoveKind::File), Some("Removed"), Some("Replaced")),
            ("anything", EventKind::Any, Some("Replaced"), Some("Replaced")),
        ];
        for (case, kind, exact, coarse) in cases {
            for (detail, expected) in [(EventDetail::Exact, exact), (EventDetail::Coarse, coarse)] {
                let event = Event::new(kind).add_path(PathBuf::from("/x"));
                let expected: Vec<_> = expected.iter().map(|event| format!("{event}(\"/x\")")).collect();
                assert_eq!(converted(detail, Ok(event)), expected, "{case}, {detail:?}");
            }
        }
    }

    #[test]
    fn lost_events_and_errors_are_passed_on() {
        let overflow = Event::new(EventKind::Other).set_flag(Flag::Rescan).add_path("/x".into());
        assert_eq!(converted(EventDetail::Exact, Ok(overflow.clone())), ["Overflow"]);
        assert_eq!(converted(EventDetail::Coarse, Ok(overflow)), ["Overflow"]);
        let failed = converted(EventDetail::Exact, Err(notify::Error::generic("broken")));
        assert!(failed.len() == 1 && failed[0].contains("broken"), "{failed:?}");
    }
}
