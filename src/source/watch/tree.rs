//! What the watched tree is made of: files, their versions, the hash over all, and what has changed.

use super::content::{Content, Stamp, TEXT_LIMIT};
use super::roots::{self, Place, Roots};
use super::sink::Changed;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::SystemTime;
use xxhash_rust::xxh3::{xxh3_64, xxh3_128};

/// A tree of more served files than this names in `modules` only what a build has changed.
pub(super) const MANY_MODULES: usize = 1_000;

/// All texts of one build together are at most this many bytes.
const TEXTS_LIMIT: u64 = 2 * TEXT_LIMIT;

/// The state of all files. Every operation costs what it changes, however large the tree is.
#[derive(Debug, Default)]
pub(super) struct Tree {
    files: BTreeMap<Place, Known>,
    /// By id, the files that bear it: almost always one. Two roots may lay claim to one URL; which
    /// of them wins is the app's affair, so a change of either counts.
    bearers: HashMap<Arc<str>, Vec<Place>>,
    /// Places of one file that has several names.
    names: HashMap<(u64, u64), Vec<Place>>,
    served: usize,
    /// The sum of a hash for every id and its version: the order makes no difference, and one
    /// change is one subtraction and one addition.
    sum: u128,
    changes: BTreeMap<Arc<str>, Change>,
    texts: u64,
}

/// A file as it was last read.
#[derive(Debug)]
pub(super) struct Known {
    id: Arc<str>,
    pub(super) version: u64,
    pub(super) stamp: Stamp,
    /// When it was read.
    pub(super) read: SystemTime,
}

/// An id that differs from the last build.
#[derive(Debug)]
struct Change {
    before: Option<u64>,
    place: Place,
    text: Option<String>,
}

/// What the next build is made of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Changes {
    pub(super) changes: Vec<Changed>,
    /// The places of those that still exist, in the same order.
    pub(super) places: Vec<Place>,
}

impl Tree {
    /// Takes a file in as it was read, and says whether the tree is another for it.
    pub(super) fn set(&mut self, roots: &Roots, place: &Place, content: Content, read: SystemTime) -> bool {
        let Content { version, stamp, text } = content;
        let (id, before) = self.insert(roots, place, version, stamp, read);
        self.changed(&id, place, before, text)
    }

    /// Takes in a file that has been there from the start: no build is made for it.
    pub(super) fn load(&mut self, roots: &Roots, place: &Place, content: &Content, read: SystemTime) {
        let (id, before) = self.insert(roots, place, content.version, content.stamp, read);
        self.sum_up(&id, before);
    }

    /// Gives the file's id, and the version that stood for that before.
    fn insert(
        &mut self,
        roots: &Roots,
        place: &Place,
        version: u64,
        stamp: Stamp,
        read: SystemTime,
    ) -> (Arc<str>, Option<u64>) {
        let id: Arc<str> = match self.files.get(place) {
            Some(known) => Arc::clone(&known.id),
            None => roots.id(place).into(),
        };
        let before = self.version_of(&id);
        let known = Known { id: Arc::clone(&id), version, stamp, read };
        if let Some(old) = self.files.insert(place.clone(), known) {
            self.forget_name(place, &old.stamp);
        } else {
            self.bearers.entry(Arc::clone(&id)).or_default().push(place.clone());
            self.served += usize::from(roots.is_served(place));
        }
        if let Some(file) = stamp.shared() {
            self.names.entry(file).or_default().push(place.clone());
        }
        (id, before)
    }

    /// Takes a file out, and says whether the tree is another for it.
    pub(super) fn remove(&mut self, roots: &Roots, place: &Place) -> bool {
        let Some(known) = self.files.get(place) else {
            return false;
        };
        let before = self.version_of(&known.id);
        let Some(known) = self.files.remove(place) else {
            return false;
        };
        self.forget_name(place, &known.stamp);
        self.served -= usize::from(roots.is_served(place));
        if let Some(bearers) = self.bearers.get_mut(&known.id) {
            bearers.retain(|bearer| bearer != place);
            if bearers.is_empty() {
                self.bearers.remove(&known.id);
            }
        }
        self.changed(&known.id, place, before, None)
    }

    fn forget_name(&mut self, place: &Place, stamp: &Stamp) {
        let Some(file) = stamp.shared() else { return };
        if let Some(names) = self.names.get_mut(&file) {
            names.retain(|name| name != place);
            if names.is_empty() {
                self.names.remove(&file);
            }
        }
    }

    /// Brings the sum up to date after the files with this id have changed, and gives the version that stands for it
    /// now.
    fn sum_up(&mut self, id: &str, before: Option<u64>) -> Option<u64> {
        let after = self.version_of(id);
        if before != after {
            let term = |version: Option<u64>| version.map_or(0, |version| term(id, version));
            self.sum = self.sum.wrapping_sub(term(before)).wrapping_add(term(after));
        }
        after
    }

    /// Brings sum and changes up to date after the files with this id have changed.
    fn changed(&mut self, id: &Arc<str>, place: &Place, before: Option<u64>, text: Option<String>) -> bool {
        let after = self.sum_up(id, before);
        if before == after {
            return false;
        }
        let change = self.changes.entry(Arc::clone(id)).or_insert_with(|| Change {
            before,
            place: place.clone(),
            text: None,
        });
        change.place = place.clone();
        self.texts -= change.text.take().map_or(0, |text| text.len() as u64);
        if change.before == after {
            self.changes.remove(id);
            return true;
        }
        // With two files for one URL, nobody here knows whose text a browser would get.
        let alone = self.bearers.get(id).is_some_and(|bearers| bearers.len() == 1);
        if let Some(text) = text.filter(|text| alone && self.texts + text.len() as u64 <= TEXTS_LIMIT) {
            self.texts += text.len() as u64;
            change.text = Some(text);
        }
        true
    }

    /// The version that stands for an id: its file's, or one made of all its files'.
    fn version_of(&self, id: &str) -> Option<u64> {
        let bearers = self.bearers.get(id)?;
        let version = |place: &Place| self.files.get(place).map(|known| known.version);
        if let [place] = &bearers[..] {
            return version(place);
        }
        let mut places: Vec<_> = bearers.iter().collect();
        places.sort_unstable();
        let versions: Vec<u8> = places.into_iter().filter_map(version).flat_map(u64::to_le_bytes).collect();
        Some(xxh3_64(&versions))
    }

    /// What is known of the file at `place`.
    pub(super) fn known(&self, place: &Place) -> Option<&Known> {
        self.files.get(place)
    }

    /// All files at or below `folder`.
    pub(super) fn under<'a>(&'a self, folder: &'a Place) -> impl Iterator<Item = (&'a Place, &'a Known)> {
        roots::under(&self.files, folder)
    }

    /// The other places of the file at `place` that were last read in another state.
    pub(super) fn other_names(&self, place: &Place) -> Vec<Place> {
        let Some(known) = self.files.get(place) else {
            return Vec::new();
        };
        let names = known.stamp.shared().and_then(|file| self.names.get(&file));
        let differs = |name: &&Place| self.files.get(*name).is_some_and(|other| other.stamp != known.stamp);
        names.into_iter().flatten().filter(differs).cloned().collect()
    }

    /// 20 hex digits over all ids and versions.
    pub(super) fn hash(&self) -> String {
        let mut bytes = [0; 24];
        bytes[..16].copy_from_slice(&self.sum.to_le_bytes());
        bytes[16..].copy_from_slice(&(self.bearers.len() as u64).to_le_bytes());
        format!("{:020x}", xxh3_128(&bytes) >> 48)
    }

    /// Id and version of every file, by id.
    pub(super) fn versions(&self) -> Vec<(String, String)> {
        let mut versions: Vec<_> =
            self.files.values().map(|known| (known.id.to_string(), hex(known.version))).collect();
        // Almost sorted: by place.
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

    /// Id and name of the served files: of all, or of those at `changed` where all are too many.
    pub(super) fn modules(&self, roots: &Roots, changed: &[Place]) -> Vec<(String, String)> {
        let module = |place: &Place| (roots.id(place), roots.name(place));
        let served = |place: &&Place| roots.is_served(place);
        let mut modules: Vec<_> = if self.served > MANY_MODULES {
            changed.iter().filter(served).map(module).collect()
        } else {
            self.files.keys().filter(served).map(module).collect()
        };
        modules.sort_unstable();
        modules.dedup_by(|one, other| one.0 == other.0);
        modules
    }

    /// Whether anything differs from the last build.
    pub(super) fn has_changes(&self) -> bool {
        !self.changes.is_empty()
    }

    /// What differs from the last build; from now on, this is the last build.
    pub(super) fn take_changes(&mut self) -> Changes {
        self.texts = 0;
        let mut taken = Changes { changes: Vec::new(), places: Vec::new() };
        for (id, change) in std::mem::take(&mut self.changes) {
            let version = self.version_of(&id);
            if version.is_some() {
                taken.places.push(change.place);
            }
            taken.changes.push(Changed { id: id.to_string(), version: version.map(hex), text: change.text });
        }
        taken
    }
}

/// What one file adds to the sum.
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
