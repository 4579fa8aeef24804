//! The system's watches, and how they differ from each other.

use super::fs_event::EventDetail;

/// A kind of watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Backend {
    /// inotify(7): a watch for each folder, with exact events.
    Inotify,
    /// macOS: everything below a path. A change of the watched paths begins a new stream of events, and what happens
    /// between two streams is in neither.
    FsEvents,
    /// `ReadDirectoryChangesW`: everything below an open folder. Events that don't fit into its buffer are lost without
    /// notice, and `notify` may end the watch then.
    Windows,
    /// BSD: everything below a folder, by a descriptor for each file.
    Kqueue,
}

impl Backend {
    /// The one of the target system.
    pub(super) const SYSTEM: Self = if cfg!(any(target_os = "linux", target_os = "android")) {
        Self::Inotify
    } else if cfg!(target_vendor = "apple") {
        Self::FsEvents
    } else if cfg!(windows) {
        Self::Windows
    } else {
        Self::Kqueue
    };

    /// The detail of its events.
    pub(super) fn detail(self) -> EventDetail {
        if self == Self::Inotify { EventDetail::Exact } else { EventDetail::Coarse }
    }

    /// Returns true if one watch covers everything below a folder.
    pub(super) fn is_recursive(self) -> bool {
        self != Self::Inotify
    }

    /// Returns true if a change of the watched paths loses events.
    pub(super) fn restarts(self) -> bool {
        self == Self::FsEvents
    }

    /// Returns true if events are lost without notice when there are many at once.
    pub(super) fn may_drop_events(self) -> bool {
        self == Self::Windows
    }

    /// Returns true if a watch stays with the folder that it was made for when another takes its name. `FSEvents` goes by
    /// the path.
    pub(super) fn follows_folders(self) -> bool {
        self != Self::FsEvents
    }
}
