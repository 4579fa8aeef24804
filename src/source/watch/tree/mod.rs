//! State of the watched tree: files, their versions, the hash over all of them, and the changes since the last build.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
    time::{Duration, SystemTime},
};

use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

use super::{
    content::{FileContent, FileFingerprint},
    event_handler::Changed,
    readers::LARGE,
    roots::{self, Roots, WatchedPath},
    wanted::TEXT_LIMIT,
};
use crate::modules::Module;

/// Number of served files above which `modules` names only those that a build has changed.
pub(super) const MANY_MODULES: usize = 1_000;

/// Size of all texts of one build together, in bytes.
const TEXTS_LIMIT: u64 = 2 * TEXT_LIMIT;

/// The state of all files. The cost of an operation depends on the size of the change, not of the tree.
#[derive(Debug, Default)]
pub(super) struct Tree {
    files: BTreeMap<WatchedPath, KnownFile>,
    /// The files of each id, almost always one. Two roots may have a file for one URL. The app decides which of them it
    /// serves, so a change of either counts.
    by_id: HashMap<Arc<str>, Vec<WatchedPath>>,
    served: usize,
    /// Sum of a hash of every id and its version. The order makes no difference, and a change is one subtraction and
    /// one addition.
    sum: u128,
    changes: BTreeMap<Arc<str>, Change>,
    texts: u64,
}

/// A file as it was read last.
#[derive(Debug)]
pub(super) struct KnownFile {
    id: Arc<str>,
    pub(super) version: u64,
    pub(super) fingerprint: FileFingerprint,
    /// Time of the read.
    pub(super) read: SystemTime,
    /// Its time was set by a program, and does not tell one save from another.
    is_backdated: bool,
}

impl KnownFile {
    /// Returns true if the file with this fingerprint need not be read again. `step`: resolution of the file system's
    /// timestamps.
    pub(super) fn is_same(&self, fingerprint: &FileFingerprint, step: Duration) -> bool {
        // Large files are not read in every scan for that.
        let is_sure = !self.is_backdated || fingerprint.len >= LARGE;
        self.fingerprint == *fingerprint && is_sure && !fingerprint.is_fresh(self.read, step)
    }
}

/// An id that differs from the last build.
#[derive(Debug)]
struct Change {
    before: Option<u64>,
    file: WatchedPath,
    text: Option<String>,
    module: Option<Module>,
}

/// The changes of the next build.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) changes: Vec<Changed>,
    /// The paths of those that exist, in the same order.
    pub(super) paths: Vec<WatchedPath>,
}

impl Tree {
    /// Number of files.
    pub(super) fn len(&self) -> usize {
        self.files.len()
    }

    /// Sets the content of a file. Returns true if that changes the tree.
    pub(super) fn set(
        &mut self,
        roots: &Roots,
        file: &WatchedPath,
        content: FileContent,
        read: SystemTime,
    ) -> bool {
        let FileContent { version, fingerprint, text, module } = content;
        let (id, before) = self.insert(roots, file, version, fingerprint, read);
        self.changed(&id, file, before, text, module)
    }

    /// Sets the content of a file that the first scan has found. It does not count as a change.
    pub(super) fn set_initial(
        &mut self,
        roots: &Roots,
        file: &WatchedPath,
        content: &FileContent,
        read: SystemTime,
    ) {
        let (id, before) = self.insert(roots, file, content.version, content.fingerprint, read);
        self.update_sum(&id, before);
    }

    /// Returns the file's id, and the version of that id before.
    fn insert(
        &mut self,
        roots: &Roots,
        file: &WatchedPath,
        version: u64,
        fingerprint: FileFingerprint,
        read: SystemTime,
    ) -> (Arc<str>, Option<u64>) {
        let (id, is_backdated): (Arc<str>, _) = match self.files.get(file) {
            Some(known) if known.fingerprint == fingerprint => (Arc::clone(&known.id), known.is_backdated),
            Some(known) => (Arc::clone(&known.id), fingerprint.is_backdated(known.read)),
            None => (roots.id(file).into(), false),
        };
        let before = self.version_of(&id);
        let known = KnownFile { id: Arc::clone(&id), version, fingerprint, read, is_backdated };
        if self.files.insert(file.clone(), known).is_none() {
            self.by_id.entry(Arc::clone(&id)).or_default().push(file.clone());
            self.served += usize::from(roots.is_served(file));
        }
        (id, before)
    }

    /// Removes a file. Returns true if that changes the tree.
    pub(super) fn remove(&mut self, roots: &Roots, file: &WatchedPath) -> bool {
        let Some(known) = self.files.get(file) else {
            return false;
        };
        let before = self.version_of(&known.id);
        let Some(known) = self.files.remove(file) else {
            return false;
        };
        self.served -= usize::from(roots.is_served(file));
        if let Some(files) = self.by_id.get_mut(&known.id) {
            files.retain(|other| other != file);
            if files.is_empty() {
                self.by_id.remove(&known.id);
            }
        }
        self.changed(&known.id, file, before, None, None)
    }

    /// Updates the sum after a change to the files with this id. Returns their version now.
    fn update_sum(&mut self, id: &str, before: Option<u64>) -> Option<u64> {
        let after = self.version_of(id);
        if before != after {
            let term = |version: Option<u64>| version.map_or(0, |version| term(id, version));
            self.sum = self.sum.wrapping_sub(term(before)).wrapping_add(term(after));
        }
        after
    }

    /// Updates the sum and the changes after a change to the files with this id.
    fn changed(
        &mut self,
        id: &Arc<str>,
        file: &WatchedPath,
        before: Option<u64>,
        text: Option<String>,
        module: Option<Module>,
    ) -> bool {
        let after = self.update_sum(id, before);
        if before == after {
            return false;
        }
        let change = self.changes.entry(Arc::clone(id)).or_insert_with(|| Change {
            before,
            file: file.clone(),
            text: None,
            module: None,
        });
        change.file = file.clone();
        change.module = module;
        self.texts -= change.text.take().map_or(0, |text| text.len() as u64);
        if change.before == after {
            self.changes.remove(id);
            return true;
        }
        // With two files for one URL, it is unknown which text a browser would get.
        let alone = self.by_id.get(id).is_some_and(|files| files.len() == 1);
        if let Some(text) = text.filter(|text| alone && self.texts + text.len() as u64 <= TEXTS_LIMIT) {
            self.texts += text.len() as u64;
            change.text = Some(text);
        }
        true
    }

    /// Version of an id: that of its file, or a hash of those of all its files.
    fn version_of(&self, id: &str) -> Option<u64> {
        let files = self.by_id.get(id)?;
        let version = |file: &WatchedPath| self.files.get(file).map(|known| known.version);
        if let [file] = &files[..] {
            return version(file);
        }
        let mut files: Vec<_> = files.iter().collect();
        files.sort_unstable();
        let versions: Vec<u8> = files.into_iter().filter_map(version).flat_map(u64::to_le_bytes).collect();
        Some(xxh3_64(&versions))
    }

    /// The file as it was read last.
    pub(super) fn known(&self, file: &WatchedPath) -> Option<&KnownFile> {
        self.files.get(file)
    }

    /// Number of files below the root with this index.
    pub(super) fn count(&self, root: usize) -> usize {
        self.files.keys().filter(|file| file.root == root).count()
    }

    /// All files at or below `folder`.
    pub(super) fn under<'a>(&'a self, folder: &'a WatchedPath) -> impl Iterator<Item = &'a WatchedPath> {
        roots::under(&self.files, folder).map(|(file, _)| file)
    }

    /// 20 hex digits over all ids and versions.
    pub(super) fn hash(&self) -> String {
        let mut bytes = [0; 24];
        bytes[..16].copy_from_slice(&self.sum.to_le_bytes());
        bytes[16..].copy_from_slice(&(self.by_id.len() as u64).to_le_bytes());
        format!("{:020x}", xxh3_128(&bytes) >> 48)
    }

    /// Id and version of every file, sorted by id.
    pub(super) fn versions(&self) -> Vec<(String, String)> {
        let mut versions: Vec<_> =
            self.files.values().map(|known| (known.id.to_string(), hex(known.version))).collect();
        // Almost sorted, as paths are.
        versions.sort();
        versions.dedup_by(|(id, _), (same, version)| {
            let shared = id == same;
            if let Some(of_all) = shared.then(|| self.version_of(id)).flatten() {
                *version = hex(of_all);
            }
            shared
        });
        versions
    }

    /// Id and name of the served files: of all, or of the `changed` ones if there are too many.
    pub(super) fn modules(&self, roots: &Roots, changed: &[WatchedPath]) -> Vec<(String, String)> {
        let module = |file: &WatchedPath| (roots.id(file), roots.name(file));
        let served = |file: &&WatchedPath| roots.is_served(file);
        let mut modules: Vec<_> = if self.served > MANY_MODULES {
            changed.iter().filter(served).map(module).collect()
        } else {
            self.files.keys().filter(served).map(module).collect()
        };
        modules.sort_unstable();
        modules.dedup_by(|one, other| one.0 == other.0);
        modules
    }

    /// Returns true if anything differs from the last build.
    pub(super) fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// Takes the differences from the last build. The next ones are relative to this call.
    pub(super) fn take_changes(&mut self) -> Changes {
        self.texts = 0;
        let mut taken = Changes { changes: Vec::new(), paths: Vec::new() };
        for (id, change) in std::mem::take(&mut self.changes) {
            let version = self.version_of(&id);
            if version.is_some() {
                taken.paths.push(change.file);
            }
            taken.changes.push(Changed {
                id: id.to_string(),
                version: version.map(hex),
                text: change.text,
                module: change.module,
            });
        }
        taken
    }
}

/// Summand of one file.
fn term(id: &str, version: u64) -> u128 {
    let mut bytes = Vec::with_capacity(id.len() + 8);
    bytes.extend_from_slice(&version.to_le_bytes());
    bytes.extend_from_slice(id.as_bytes());
    xxh3_128(&bytes)
}

fn hex(version: u64) -> String {
    format!("{version:016x}")
}

#[cfg(test)]
mod tests;
