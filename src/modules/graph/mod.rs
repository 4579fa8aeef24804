//! The import graph, and the change that each module has run again for.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::atomic::{AtomicBool, Ordering},
};

use super::{
    declared::{Declared, Pages},
    facts::Facts,
    lexer,
};
use crate::build::Update;

/// The most modules of one update whose importers are listed, and the most importers in all. For more, pages reload.
const MOST: usize = 2_000;
const MOST_IMPORTERS: usize = 20_000;

/// The most modules that are known from pages of an earlier process alone.
const MOST_RESTORED: usize = 10_000;

/// The most stylesheets and images of one build that are looked at one by one. For more, modules run again that need not.
const MOST_SWAPPED: usize = 100;

#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: HashMap<Box<str>, Node>,
    pub(super) pages: Pages,
    /// Number of the last change.
    last: u64,
    /// Number of modules that only pages of an earlier process have told.
    restored: usize,
}

/// A module, or another file that a module imports.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// `None` if it is no module, as far as is known.
    pub(super) module: Option<Facts>,
    importers: BTreeSet<Box<str>>,
    /// The last change that it had to run again for; 0 if it runs under its own URL.
    pub(super) change: u64,
    /// The change of the instance that was invalidated last.
    invalidated: Option<u64>,
    /// True once a page has requested it under its own URL.
    is_plain: AtomicBool,
}

/// What has to run again for a change.
#[derive(Debug, Default)]
struct Reached {
    /// Each with those that import it.
    importers: BTreeMap<String, Vec<String>>,
    names: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// True if it depends on the page.
    is_unsure: bool,
    /// True if something that it reaches is accepted by nothing.
    is_unaccepted: bool,
}

impl Node {
    pub(super) fn is_imported(&self) -> bool {
        !self.importers.is_empty()
    }

    /// Notes that a page has this module under its own URL.
    pub(super) fn serve(&self) {
        self.is_plain.store(true, Ordering::Relaxed);
    }
}

impl Graph {
    pub(super) fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.get(id)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.nodes.is_empty()
    }

    /// The change in the URL under which a file is imported; 0 for none.
    pub(super) fn change_of(&self, id: &str) -> u64 {
        self.nodes.get(id).map_or(0, |node| node.change)
    }

    /// Replaces what is known of a module; `None` if it is gone or can't be read.
    pub(super) fn set(&mut self, id: &str, module: Option<&lexer::Module>) {
        let module = module.filter(|module| !module.imports.iter().any(|import| is_vites(&import.specifier)));
        let facts = module.map(|module| Facts::of(id, module, &self.pages));
        let before = std::mem::replace(&mut self.nodes.entry(id.into()).or_default().module, facts);
        self.link(id, &before.map(|facts| facts.imports.into_keys().collect()).unwrap_or_default());
    }

    /// Notes at the files that a module imports now that it does; `before` are those that it imported before.
    fn link(&mut self, id: &str, before: &BTreeSet<Box<str>>) {
        let module = self.nodes.get(id).and_then(|node| node.module.as_ref());
        let after: BTreeSet<_> =
            module.map(|facts| facts.imports.keys().cloned().collect()).unwrap_or_default();
        for import in before.difference(&after) {
            if let Some(node) = self.nodes.get_mut(import) {
                node.importers.remove(id);
            }
        }
        for import in after.difference(before) {
            self.nodes.entry(import.clone()).or_default().importers.insert(id.into());
        }
        // A file that no module imports, and that is none itself, would never be looked up.
        for import in before.iter().map(|import| &**import).chain([id]) {
            let is_lost =
                |node: &Node| node.module.is_none() && node.importers.is_empty() && node.change == 0;
            if self.nodes.get(import).is_some_and(is_lost) {
                self.nodes.remove(import);
            }
        }
    }

    /// Replaces what a page says about modules.
    pub(super) fn declare(&mut self, page: &str, declared: Declared) {
        if !self.pages.set(page, declared) {
            return;
        }
        let modules: Vec<_> =
            self.nodes.iter().filter(|(_, node)| node.module.is_some()).map(|(id, _)| id.clone()).collect();
        for id in modules {
            let Some(facts) = self.nodes.get_mut(&id).and_then(|node| node.module.as_mut()) else { continue };
            let before: BTreeSet<_> = facts.imports.keys().cloned().collect();
            facts.resolve(&id, &self.pages);
            self.link(&id, &before);
        }
    }

    /// Notes files that have changed, each with what it imports now if it is a module. The texts of
    /// those in `unreadable` do not parse: pages go on with the old ones. Returns what the change reaches, or `None` if no
    /// module has to do with it.
    pub(super) fn apply(
        &mut self,
        files: &[(&str, Option<&lexer::Module>)],
        unreadable: &[&str],
        milliseconds: u64,
    ) -> Option<Update> {
        let known: Vec<_> = files.iter().filter(|(id, _)| self.nodes.contains_key(*id)).collect();
        if known.is_empty() {
            for (id, module) in files.iter().filter(|(_, module)| module.is_some()) {
                self.set(id, *module);
            }
            return None;
        }
        let change = self.next(milliseconds);
        // What a page runs accepts changes, so what counts is what the modules were before.
        let ids = known.iter().map(|(id, _)| Box::from(*id));
        let (mut swapped, mut others): (Vec<Box<str>>, Vec<_>) = ids.partition(|id| is_swapped(id));
        if swapped.len() > MOST_SWAPPED {
            others.append(&mut swapped);
        }
        let mut all = Reached::default();
        for id in swapped {
            let mut reached = self.reach(vec![id.clone()]);
            if reached.is_unaccepted {
                // Pages replace it in place, so no module runs again.
                reached.importers.retain(|reached, _| **reached == *id);
                reached.is_unsure = false;
            } else {
                self.number(&reached, change);
            }
            all.add(reached);
        }
        let reached = self.reach(others);
        self.number(&reached, change);
        all.add(reached);
        let update = self.update(all, change);
        let read = files.iter().filter(|(id, module)| module.is_some() || !unreadable.contains(id));
        let imported: BTreeSet<Box<str>> = read
            .clone()
            .filter_map(|(id, _)| self.nodes.get(*id)?.module.as_ref())
            .flat_map(|facts| facts.imports.keys().cloned())
            .collect();
        for (id, module) in read {
            self.set(id, *module);
        }
        let is_pruned = |id: &str| self.nodes.get(id).is_none_or(|node| !node.is_imported());
        let pruned: Vec<_> = imported.into_iter().filter(|id| is_pruned(id)).collect();
        for id in &pruned {
            // What it has done is undone, so it has to run if it is imported again.
            if let Some(node) = self.nodes.get_mut(id).filter(|node| node.module.is_some()) {
                node.change = change;
            }
        }
        let pruned = pruned.into_iter().map(String::from).collect();
        Some(Update { pruned, ..update })
    }

    /// Passes a module's update on to those that import it, because the page can't apply it. `change` is that of the
    /// instance which says so. Returns `None` for a module that is unknown, or whose importers have that update
    /// already.
    pub(super) fn invalidate(&mut self, id: &str, change: u64, milliseconds: u64) -> Option<Update> {
        let node = self.nodes.get_mut(id)?;
        if node.change != change || node.invalidated.replace(change) == Some(change) {
            return None;
        }
        let importers: Vec<_> = node.importers.iter().cloned().collect();
        let change = self.next(milliseconds);
        let reached = self.reach(importers.clone());
        self.number(&reached, change);
        let invalidated = importers.into_iter().map(String::from).collect();
        Some(Update { invalidated, ..self.update(reached, change) })
    }

    /// Takes over the instances that a page has from an earlier process, so that later imports find them. Returns false, and
    /// takes none, if a page of this process has another instance of one of them.
    pub(super) fn restore(&mut self, instances: &[(Cow<'_, str>, u64)], milliseconds: u64) -> bool {
        let fits = |(id, change): &(Cow<'_, str>, u64)| {
            let node = self.nodes.get(&**id);
            // A change of this process is later than all of an earlier one.
            *change <= milliseconds
                && node.is_none_or(|node| {
                    node.change == *change || (node.change == 0 && !node.is_plain.load(Ordering::Relaxed))
                })
        };
        let unknown = instances.iter().filter(|(id, _)| !self.nodes.contains_key(&**id)).count();
        if !instances.iter().all(fits) || self.restored + unknown > MOST_RESTORED {
            return false;
        }
        self.restored += unknown;
        for (id, change) in instances {
            self.nodes.entry((**id).into()).or_default().change = *change;
            self.last = self.last.max(*change);
        }
        true
    }

    /// The number of the next change. The time makes it larger than any number of an earlier process, whose modules a
    /// page may still have.
    fn next(&mut self, milliseconds: u64) -> u64 {
        self.last = milliseconds.max(self.last + 1);
        self.last
    }

    fn number(&mut self, reached: &Reached, change: u64) {
        for id in reached.importers.keys() {
            if let Some(node) = self.nodes.get_mut(&**id) {
                node.change = change;
            }
        }
    }

    /// Returns the modules that a change reaches, unless there are too many.
    fn update(&self, reached: Reached, change: u64) -> Update {
        let Reached { importers, names, is_unsure, .. } = reached;
        let mut unresolved: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (id, node) in &self.nodes {
            let facts = node.module.iter();
            for specifier in facts.flat_map(|facts| facts.unresolved(|id| importers.contains_key(id))) {
                unresolved.entry(specifier.to_owned()).or_default().push(String::from(&**id));
            }
        }
        for importers in unresolved.values_mut() {
            importers.sort_unstable();
        }
        let listed: usize = importers.values().chain(unresolved.values()).map(Vec::len).sum();
        if is_unsure || importers.len() > MOST || listed > MOST_IMPORTERS {
            return Update { change, ..Update::default() };
        }
        Update { change, importers, names, unresolved, ..Update::default() }
    }

    /// Climbs from changed modules to those that accept them.
    fn reach(&self, mut left: Vec<Box<str>>) -> Reached {
        let mut reached = Reached::default();
        while let Some(id) = left.pop() {
            if reached.importers.contains_key(&*id) {
                continue;
            }
            let Some(node) = self.nodes.get(&id) else { continue };
            let above = node.importers.iter();
            reached.importers.insert((*id).into(), above.clone().map(|id| String::from(&**id)).collect());
            let facts = node.module.as_ref();
            if facts.is_some_and(|facts| facts.accepts_itself) {
                continue;
            }
            let exports = facts.and_then(|facts| facts.accepted_exports.as_ref());
            reached.is_unaccepted |= exports.is_none() && above.clone().next().is_none();
            for above in above {
                let Some(importer) = self.nodes.get(above).and_then(|node| node.module.as_ref()) else {
                    continue;
                };
                if importer.accepted.contains(&id) {
                    continue;
                }
                reached.is_unsure |= importer.unsure.contains(&id);
                if let (Some(exports), Some(Some(names))) = (exports, importer.imports.get(&id)) {
                    let of_module = reached.names.entry((*id).into()).or_default();
                    of_module.insert((**above).into(), names.iter().map(|name| (**name).into()).collect());
                    if names.is_subset(exports) {
                        continue;
                    }
                }
                left.push(above.clone());
            }
        }
        reached
    }
}

impl Reached {
    fn add(&mut self, other: Self) {
        self.importers.extend(other.importers);
        self.names.extend(other.names);
        self.is_unsure |= other.is_unsure;
    }
}

/// Returns true for a file that pages can replace in place: a stylesheet or an image.
fn is_swapped(id: &str) -> bool {
    const EXTENSIONS: [&str; 13] =
        ["css", "apng", "png", "jpg", "jpeg", "jfif", "gif", "webp", "avif", "svg", "ico", "bmp", "jxl"];
    let extension = id.rsplit_once('.').map_or("", |(_, extension)| extension);
    EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(extension))
}

/// Returns true for the import of a module that Vite's client updates.
fn is_vites(specifier: &str) -> bool {
    specifier.ends_with("/@vite/client")
}

#[cfg(test)]
mod tests;
