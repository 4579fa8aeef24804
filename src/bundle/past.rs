//! The versions of a bundle's files, and the changes of its earlier builds. Pure.
//!
//! Persistent: a copy costs a few reference counts and shares its contents. So a reader takes a copy under
//! the hub's lock and compares outside it, and a build is applied to a copy, which then replaces the
//! original.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use rpds::HashTrieMapSync;

use crate::build::{Build, Change};

/// The most files and bytes that a `sync` lists: above them, the list would cost more than reloading a page.
pub(super) const MAX_FILES_LISTED: usize = 4096;
pub(super) const MAX_LISTED_BYTES: usize = 2 << 20;

/// Length of the history: in builds, in changes, and in bytes.
pub(super) const MAX_STEPS: u64 = 1024;
pub(super) const MAX_STEP_CHANGES: usize = 16_384;
const MAX_STEP_BYTES: usize = 4 << 20;

/// The most bytes of versions that are kept: those of some 140,000 files.
pub(super) const MAX_VERSION_BYTES: usize = 32 << 20;

/// Approximate bytes of one version besides its texts: a node of the map, and two allocations.
const VERSION_OVERHEAD: usize = 160;
/// The same for one change of a step.
const CHANGE_OVERHEAD: usize = 64;
/// The same for a step: a node in each of two maps.
const STEP_OVERHEAD: usize = 256;

type Text = Arc<str>;

#[derive(Clone, Debug, Default)]
pub(super) struct Past {
    /// True if `versions` has all files, false if it only has those that some build changed.
    complete: bool,
    versions: HashTrieMapSync<Text, Text>,
    version_bytes: usize,
    /// The builds that can be undone, by number.
    steps: HashTrieMapSync<u64, Arc<Step>>,
    /// The latest step that replaced each hash.
    by_hash: HashTrieMapSync<Text, u64>,
    /// Number of the next step, and the total size of all steps so far: the kept size is a difference of two
    /// totals.
    next: Total,
}

/// One build in a form that can be undone: the hash before it, and the earlier version of each changed file.
#[derive(Debug)]
struct Step {
    hash: Text,
    before: Vec<(Text, Option<Text>)>,
    /// The totals before it.
    at: Total,
}

/// A position in the history.
#[derive(Clone, Copy, Debug, Default)]
struct Total {
    steps: u64,
    changes: usize,
    bytes: usize,
}

impl Past {
    /// Returns the past after a build that replaces one with this hash.
    pub(super) fn after(&self, build: &Build, replaced: Option<&str>) -> Self {
        let mut past = self.clone();
        let same_hash = build.hash.is_some() && build.hash.as_deref() == replaced;
        if let Some(files) = &build.files {
            past.set_files(files, replaced, same_hash);
        } else if let Some(changes) = &build.changes {
            let hash: Text = build.hash.as_deref().unwrap_or_default().into();
            let before = changes.iter().map(|change| past.apply(change, &hash)).collect();
            past.remember(before, replaced);
        } else if !same_hash {
            past = Self::default();
        }
        if past.version_bytes > MAX_VERSION_BYTES {
            // Many names were added and never removed, such as those of hashed files. The set starts over.
            past = Self::default();
        }
        past
    }

    /// Keeps the files and forgets all earlier builds.
    pub(super) fn without_history(self) -> Self {
        Self {
            complete: self.complete,
            versions: self.versions,
            version_bytes: self.version_bytes,
            ..Self::default()
        }
    }

    fn set_files(&mut self, files: &[(String, String)], replaced: Option<&str>, same_hash: bool) {
        let mut new = Self { complete: true, ..Self::default() };
        for (id, version) in files {
            new.insert(id.as_str().into(), version.as_str().into());
        }
        let before = self.complete.then(|| self.differences_from(&new));
        (self.complete, self.versions, self.version_bytes) = (true, new.versions, new.version_bytes);
        match before {
            Some(before) => self.remember(before, replaced),
            None if same_hash => {}
            None => self.forget(),
        }
    }

    /// Returns the old versions of all files that differ in `new`.
    fn differences_from(&self, new: &Self) -> Vec<(Text, Option<Text>)> {
        let gone = self.versions.iter().filter(|(id, _)| !new.versions.contains_key(*id));
        let gone = gone.map(|(id, version)| (id.clone(), Some(version.clone())));
        let other = new.versions.iter().filter(|(id, version)| self.versions.get(*id) != Some(version));
        gone.chain(other.map(|(id, _)| (id.clone(), self.versions.get(id).cloned()))).collect()
    }

    /// Applies a change and returns the change that undoes it.
    fn apply(&mut self, change: &Change, hash: &Text) -> (Text, Option<Text>) {
        let id: Text = change.id.as_str().into();
        let old = if change.removed {
            self.remove(&id)
        } else {
            let version = change.version.as_deref().map_or_else(|| hash.clone(), Text::from);
            self.insert(id.clone(), version)
        };
        (id, old)
    }

    fn insert(&mut self, id: Text, version: Text) -> Option<Text> {
        let old = self.remove(&id);
        self.version_bytes += version_weight(&id, &version);
        self.versions.insert_mut(id, version);
        old
    }

    fn remove(&mut self, id: &Text) -> Option<Text> {
        let old = self.versions.get(id).cloned()?;
        self.version_bytes -= version_weight(id, &old);
        self.versions.remove_mut(id);
        Some(old)
    }

    fn remember(&mut self, before: Vec<(Text, Option<Text>)>, replaced: Option<&str>) {
        let Some(hash) = replaced.map(Text::from) else { return self.forget() };
        let (changes, bytes) =
            (before.len(), STEP_OVERHEAD + hash.len() + before.iter().map(change_weight).sum::<usize>());
        let step = Step { hash: hash.clone(), before, at: self.next };
        self.steps.insert_mut(self.next.steps, Arc::new(step));
        self.by_hash.insert_mut(hash, self.next.steps);
        self.next.steps += 1;
        self.next.changes += changes;
        self.next.bytes += bytes;
        while let Some(oldest) = self.oldest() {
            let Total { steps, changes, bytes } = oldest.at;
            let kept = (self.next.steps - steps, self.next.changes - changes, self.next.bytes - bytes);
            if kept.0 <= MAX_STEPS && kept.1 <= MAX_STEP_CHANGES && kept.2 <= MAX_STEP_BYTES {
                break;
            }
            let oldest = oldest.clone();
            self.steps.remove_mut(&steps);
            if self.by_hash.get(&oldest.hash) == Some(&steps) {
                self.by_hash.remove_mut(&oldest.hash);
            }
        }
    }

    fn forget(&mut self) {
        *self = std::mem::take(self).without_history();
    }

    fn oldest(&self) -> Option<&Arc<Step>> {
        self.steps.get(&(self.next.steps - self.steps.size() as u64))
    }

    /// Returns the approximate number of bytes of memory.
    pub(super) fn bytes(&self) -> usize {
        self.version_bytes + self.oldest().map_or(0, |oldest| self.next.bytes - oldest.at.bytes)
    }

    /// Finds the step of an earlier hash, and subtracts the cost of comparing with it from a budget of bytes;
    /// `None` if the hash is unknown or the budget is too small.
    pub(super) fn find(&self, hash: &str, budget: &mut usize) -> Option<u64> {
        let &number = self.by_hash.get(hash)?;
        let cost = self.next.bytes - self.steps.get(&number)?.at.bytes;
        *budget = budget.checked_sub(cost)?;
        Some(number)
    }

    /// Returns what differs between now and the state before the step with this number, by name.
    pub(super) fn changes_since(&self, number: u64) -> Vec<Change> {
        let mut then: HashMap<&str, Option<&str>> = HashMap::new();
        for step in (number..self.next.steps).rev().filter_map(|number| self.steps.get(&number)) {
            then.extend(step.before.iter().map(|(id, version)| (&**id, version.as_deref())));
        }
        let mut changes: Vec<_> = then
            .into_iter()
            // If the set is incomplete, an unlisted file may still have existed.
            .filter(|&(id, then)| self.version(id) != then || (then.is_none() && !self.complete))
            .map(|(id, _)| match self.version(id) {
                Some(version) => Change::new(id).version(version),
                None => Change::removed(id),
            })
            .collect();
        changes.sort_unstable_by(|a, b| a.id.cmp(&b.id));
        changes
    }

    fn version(&self, id: &str) -> Option<&str> {
        self.versions.get(id).map(|version| &**version)
    }

    /// Returns all files by name, if they are known and few enough to be listed.
    pub(super) fn files(&self) -> Option<BTreeMap<&str, &str>> {
        self.is_listed().then(|| self.versions.iter().map(|(id, version)| (&**id, &**version)).collect())
    }

    pub(super) fn is_listed(&self) -> bool {
        self.complete && self.versions.size() <= MAX_FILES_LISTED && self.version_bytes <= MAX_LISTED_BYTES
    }

    #[cfg(test)]
    pub(super) fn kept(&self) -> (usize, usize) {
        (self.steps.size(), self.steps.values().map(|step| step.before.len()).sum())
    }
}

pub(super) fn version_weight(id: &str, version: &str) -> usize {
    id.len() + version.len() + VERSION_OVERHEAD
}

fn change_weight((id, version): &(Text, Option<Text>)) -> usize {
    id.len() + version.as_deref().map_or(0, str::len) + CHANGE_OVERHEAD
}
