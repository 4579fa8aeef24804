//! Publishing: the start of a build, and its end with or without changes.

use std::{sync::Arc, time::Instant};

use super::{
    batch::Batch,
    event_handler::{EventHandler, Rebuilt, Scanned},
    roots::{Roots, WatchedPath},
    stability::Stability,
    tree::Tree,
};
use crate::modules::Module;

/// The state of the builds that are published to an [`EventHandler`].
#[derive(Debug)]
pub(super) struct Publisher<H> {
    handler: H,
    name: String,
    roots: Arc<Roots>,
    batch: Batch,
    /// Start of the build that was announced and has not ended.
    building: Option<Instant>,
}

impl<H: EventHandler> Publisher<H> {
    pub(super) fn new(handler: H, name: String, roots: Arc<Roots>) -> Self {
        Self { handler, name, roots, batch: Batch::default(), building: None }
    }

    /// Publishes the result of the first scan.
    pub(super) fn publish_scan(&self, tree: &mut Tree, imports: Vec<(String, Module)>, begun: Instant) {
        tree.take_changes();
        let modules = tree.modules(&self.roots, &[]);
        self.handler.scanned(Scanned {
            name: self.name.clone(),
            hash: tree.hash(),
            files: tree.versions(),
            modules,
            imports,
            roots: self.roots.describe(|root| tree.count(root)),
            time: begun.elapsed(),
        });
    }

    /// The tree has changed at `file`, whose first event was at `since`.
    pub(super) fn changed(&mut self, file: &WatchedPath, since: Instant, now: Instant) {
        self.batch.changed(since, now);
        self.announce(file, now);
    }

    /// Announces a build for `file`, unless one has begun.
    fn announce(&mut self, file: &WatchedPath, now: Instant) {
        if self.building.is_none() {
            self.building = Some(now);
            self.handler.building(&self.name, &self.roots.name(file));
        }
    }

    /// Publishes everything that is due.
    pub(super) fn publish(&mut self, tree: &mut Tree, stability: &mut Stability, now: Instant) {
        if let Some(file) = stability.take_announcement().filter(|_| stability.has_announced()) {
            self.announce(&file, now);
        }
        if !tree.has_changes() {
            self.batch.take(now);
        }
        match self.deadline(stability) {
            Some(deadline) if deadline <= now => self.publish_build(tree, stability, now),
            Some(_) => {}
            None if stability.has_announced() => {}
            None => {
                if self.building.take().is_some() {
                    self.handler.unchanged(&self.name);
                }
            }
        }
    }

    fn publish_build(&mut self, tree: &mut Tree, stability: &mut Stability, now: Instant) {
        let began = self.building.take().into_iter().chain(self.batch.take(now)).min();
        let changes = tree.take_changes();
        stability.built();
        self.handler.built(Rebuilt {
            name: self.name.clone(),
            hash: tree.hash(),
            time: began.map_or_else(Default::default, |began| began.elapsed()),
            modules: tree.modules(&self.roots, &changes.paths),
            changes: changes.changes,
        });
    }

    /// Time of the next [`publish`](Self::publish).
    pub(super) fn deadline(&self, stability: &Stability) -> Option<Instant> {
        self.batch.deadline(stability.has_short_waits())
    }
}
