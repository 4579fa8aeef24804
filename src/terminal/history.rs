//! The saves of the last while, with the answers of the pages. Pure: the time is passed to each call.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use super::{
    receipt::{Outcome, Receipt, Tally},
    waiting::Receipts,
};
use crate::{escape::shorten, hub::Streams};

/// The most saves that are kept after their receipts are no longer counted.
const MOST: usize = 48;

/// A save, or a build that has failed.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) label: String,
    /// Number of the event; 0 if it has none.
    pub(crate) event: u64,
    pub(crate) added: Instant,
    /// Streams that it was sent to.
    pub(crate) streams: Streams,
    tally: Tally,
    /// The shortest and the longest time from the event in a page to the frame that shows it.
    pub(crate) paint: Option<(Duration, Duration)>,
    /// Number of errors of a build that has failed, and the first of them.
    pub(crate) failure: Option<(usize, String)>,
}

impl Record {
    pub(super) fn new(label: &str, event: u64, streams: Streams, added: Instant) -> Self {
        let (tally, label) = (Tally::default(), shorten(label));
        Self { label, event, added, streams, tally, paint: None, failure: None }
    }

    pub(super) fn failed(label: &str, event: u64, errors: usize, first: &str, added: Instant) -> Self {
        let failure = Some((errors, shorten(first)));
        Self { failure, ..Self::new(label, event, Streams::default(), added) }
    }

    pub(super) fn add(&mut self, receipt: &Receipt) {
        self.tally.add(receipt.outcome.clone(), receipt.took);
        if let (Outcome::Updated, Some(took)) = (&receipt.outcome, receipt.took) {
            let (shortest, longest) = self.paint.unwrap_or((took, took));
            self.paint = Some((shortest.min(took), longest.max(took)));
        }
    }

    pub(crate) fn receipts(&self) -> Receipts {
        Receipts::from(&self.tally)
    }

    /// The first reason for which a page was reloaded.
    pub(crate) fn reload_reason(&self) -> Option<&str> {
        self.tally.reload_reason.as_deref()
    }

    /// The URL of a file with the same name that a page has loaded.
    pub(crate) fn loaded(&self) -> Option<&str> {
        self.tally.loaded.as_deref()
    }
}

/// The saves before those whose receipts are counted.
#[derive(Debug, Default)]
pub(super) struct History(VecDeque<Record>);

impl History {
    pub(super) fn push(&mut self, record: Record) {
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(record);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Record> {
        self.0.iter()
    }
}
