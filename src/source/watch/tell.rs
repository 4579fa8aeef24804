//! Telling the sink: when a build begins, what it has changed, and that it has changed nothing.

use super::gather::Gather;
use super::roots::{Place, Roots};
use super::settle::Settle;
use super::sink::{Rebuilt, Scanned, Sink};
use super::tree::Tree;
use std::sync::Arc;
use std::time::Instant;

/// The state of what has been told.
#[derive(Debug)]
pub(super) struct Teller<S> {
    sink: S,
    name: String,
    roots: Arc<Roots>,
    gather: Gather,
    /// Since when a build has been under way for the sink.
    building: Option<Instant>,
}

impl<S: Sink> Teller<S> {
    pub(super) fn new(sink: S, name: String, roots: Arc<Roots>) -> Self {
        Self { sink, name, roots, gather: Gather::default(), building: None }
    }

    /// The first scan is done.
    pub(super) fn scanned(&self, tree: &mut Tree, begun: Instant) {
        tree.take_changes();
        let modules = tree.modules(&self.roots, &[]);
        self.sink.scanned(Scanned {
            name: self.name.clone(),
            hash: tree.hash(),
            files: tree.versions(),
            modules,
            time: begun.elapsed(),
        });
    }

    /// The tree has changed at `place`; the first sign of it was at `since`.
    pub(super) fn changed(&mut self, place: &Place, since: Instant, now: Instant) {
        self.gather.changed(since, now);
        self.announce(place, now);
    }

    /// A build begins for the sake of `place`, unless one has begun.
    fn announce(&mut self, place: &Place, now: Instant) {
        if self.building.is_none() {
            self.building = Some(now);
            self.sink.building(&self.name, &self.roots.name(place));
        }
    }

    /// Tells what is due.
    pub(super) fn tell(&mut self, tree: &mut Tree, settle: &mut Settle, now: Instant) {
        if let Some(place) = settle.take_announcement().filter(|_| settle.has_announced()) {
            self.announce(&place, now);
        }
        if !tree.has_changes() {
            self.gather.take(now);
        }
        match self.gather.due(settle.has_brief()) {
            Some(due) if due <= now => self.build(tree, settle, now),
            Some(_) => {}
            None if settle.has_announced() => {}
            None => {
                if self.building.take().is_some() {
                    self.sink.unchanged(&self.name);
                }
            }
        }
    }

    fn build(&mut self, tree: &mut Tree, settle: &mut Settle, now: Instant) {
        let began = self.building.take().into_iter().chain(self.gather.take(now)).min();
        let changes = tree.take_changes();
        settle.built();
        self.sink.built(Rebuilt {
            name: self.name.clone(),
            hash: tree.hash(),
            time: began.map_or_else(Default::default, |began| began.elapsed()),
            modules: tree.modules(&self.roots, &changes.places),
            changes: changes.changes,
        });
    }

    /// When [`tell`](Self::tell) has something to do next.
    pub(super) fn due(&self, settle: &Settle) -> Option<Instant> {
        self.gather.due(settle.has_brief())
    }
}
