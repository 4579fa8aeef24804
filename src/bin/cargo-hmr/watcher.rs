//! File events of the system.

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::mpsc::Sender,
};

use notify::{
    EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode, CreateKind, ModifyKind, RenameMode},
};

use crate::event::{Event, FsEvent};

pub(crate) struct Watcher {
    notify: RecommendedWatcher,
    watched: HashSet<(PathBuf, bool)>,
}

impl Watcher {
    pub(crate) fn new(events: Sender<Event>) -> notify::Result<Self> {
        let handler = move |event: notify::Result<notify::Event>| {
            for event in read(event) {
                // Sending fails when the runner has ended.
                let _ = events.send(Event::Fs(event));
            }
        };
        Ok(Self { notify: notify::recommended_watcher(handler)?, watched: HashSet::new() })
    }

    /// Watches exactly these folders; the flag is set for recursive ones. Returns the errors.
    pub(crate) fn set(&mut self, folders: HashSet<(PathBuf, bool)>) -> Vec<String> {
        for (gone, _) in self.watched.difference(&folders) {
            // Also fails if the folder is gone.
            let _ = self.notify.unwatch(gone);
        }
        let new: Vec<_> = folders.difference(&self.watched).cloned().collect();
        self.watched = folders;
        new.iter().filter_map(|folder| self.add(folder)).collect()
    }

    /// Watches a folder that was removed and created again. Returns false if it is not watched.
    pub(crate) fn renew(&mut self, folder: &Path) -> bool {
        let found: Vec<_> =
            self.watched.iter().filter(|(path, _)| path.starts_with(folder)).cloned().collect();
        for folder in &found {
            let _ = self.notify.unwatch(&folder.0);
            let _ = self.add(folder);
        }
        !found.is_empty()
    }

    fn add(&mut self, (folder, is_deep): &(PathBuf, bool)) -> Option<String> {
        let mode = if *is_deep { RecursiveMode::Recursive } else { RecursiveMode::NonRecursive };
        self.notify.watch(folder, mode).err().map(|error| {
            let remedy = match error.kind {
                notify::ErrorKind::MaxFilesWatch => "; raise fs.inotify.max_user_watches",
                _ => "",
            };
            format!("failed to watch {}: {error}{remedy}", folder.display())
        })
    }
}

/// Converts an event of the system.
fn read(event: notify::Result<notify::Event>) -> Vec<FsEvent> {
    let Ok(event) = event else { return vec![FsEvent::Lost] };
    if event.need_rescan() {
        return vec![FsEvent::Lost];
    }
    let is_exact = cfg!(target_os = "linux");
    let make: fn(PathBuf) -> FsEvent = match event.kind {
        // There a file is complete once its writer closes it; until then it may be empty. Both ends of a renaming come
        // as well as the whole.
        EventKind::Create(CreateKind::File)
        | EventKind::Modify(
            ModifyKind::Data(_) | ModifyKind::Name(RenameMode::Both) | ModifyKind::Metadata(_),
        ) if is_exact => {
            return Vec::new();
        }
        EventKind::Access(AccessKind::Close(AccessMode::Write))
        | EventKind::Create(_)
        | EventKind::Modify(ModifyKind::Name(RenameMode::To)) => FsEvent::Arrived,
        EventKind::Access(_) => return Vec::new(),
        _ => FsEvent::Changed,
    };
    event.paths.into_iter().map(make).collect()
}

#[cfg(test)]
mod tests {
    use notify::event::{DataChange, MetadataKind, RemoveKind};

    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn a_file_counts_when_it_is_complete() {
        let path = || PathBuf::from("/x");
        let name = |mode| EventKind::Modify(ModifyKind::Name(mode));
        let cases = [
            ("made", EventKind::Create(CreateKind::File), vec![]),
            ("written", EventKind::Modify(ModifyKind::Data(DataChange::Any)), vec![]),
            ("chmod", EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any)), vec![]),
            ("read", EventKind::Access(AccessKind::Open(AccessMode::Any)), vec![]),
            (
                "closed",
                EventKind::Access(AccessKind::Close(AccessMode::Write)),
                vec![FsEvent::Arrived(path())],
            ),
            ("renamed to", name(RenameMode::To), vec![FsEvent::Arrived(path())]),
            ("renamed from", name(RenameMode::From), vec![FsEvent::Changed(path())]),
            ("a folder", EventKind::Create(CreateKind::Folder), vec![FsEvent::Arrived(path())]),
            ("removed", EventKind::Remove(RemoveKind::File), vec![FsEvent::Changed(path())]),
        ];
        for (case, kind, expected) in cases {
            assert_eq!(read(Ok(notify::Event::new(kind).add_path(path()))), expected, "{case}");
        }
        assert_eq!(read(Err(notify::Error::generic("x"))), [FsEvent::Lost]);
    }
}
