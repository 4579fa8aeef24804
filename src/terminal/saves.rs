//! The saves whose receipts are awaited, and their lines. Pure: the time is passed to each call.

use std::{
    collections::{HashSet, VecDeque},
    time::{Duration, Instant},
};

use super::{
    history::{History, Record},
    receipt::{Count, Outcome, Receipt, Tally},
    waiting::{Receipts, Waiter},
};
use crate::hub::Streams;

/// Time after a save's first receipt in which those of other pages are awaited.
const MORE: Duration = Duration::from_millis(250);

/// Longest wait for a save's first receipt.
const PATIENCE: Duration = Duration::from_secs(1);

/// The most saves whose receipts are counted. Receipts for earlier ones are ignored.
const MAX_SAVES: usize = 16;

/// The most pages whose receipts are counted for a save.
const MAX_PAGES: usize = 1_024;

/// The most receipts that are kept until their save is reported here.
const MAX_EARLY: usize = 64;

/// The line after the first change of a template that has changed no page.
const COMPILED_IN: &str = "if that template is compiled into the app (askama, maud, include_str!), it shows after a rebuild: \
     `cargo hmr` rebuilds the app on each save";

/// A change that was published.
#[derive(Clone, Debug)]
pub(crate) struct Save {
    /// Its name: a file's, or a bundle's.
    pub(crate) label: String,
    /// The URL of the file, if browsers load it.
    pub(crate) url: Option<String>,
    /// True if pages are rendered from it.
    pub(crate) is_template: bool,
    /// Number of the event.
    pub(crate) event: u64,
    pub(crate) streams: Streams,
}

/// The latest saves.
#[derive(Debug, Default)]
pub(super) struct Saves {
    latest: VecDeque<Pending>,
    /// Lines of saves that had to make room.
    overdue: Vec<String>,
    /// Receipts that came before their save was reported.
    early: VecDeque<(String, Receipt)>,
    /// Set once a line about templates that are compiled in was written.
    has_hinted: bool,
    /// The saves before the latest, and the builds that have failed.
    history: History,
    /// Receipts that were counted and are not reported to the recorder yet.
    #[cfg(feature = "metrics")]
    counted: Vec<(&'static str, Option<Duration>)>,
}

#[derive(Debug)]
struct Pending {
    save: Save,
    /// Time of its line; `None` once it was written and nothing has come since.
    due: Option<Instant>,
    is_written: bool,
    tally: Tally,
    /// All receipts so far; `tally` has those that no line has yet.
    record: Record,
    pages: HashSet<String>,
    /// Those who wait for its receipts.
    waiting: Vec<Waiter>,
}

impl Saves {
    pub(super) fn add(&mut self, save: Save, waiting: Vec<Waiter>, now: Instant) {
        let wait = if save.streams.own == 0 { Duration::ZERO } else { PATIENCE };
        let event = save.event;
        if self.latest.len() == MAX_SAVES {
            if let Some(mut oldest) = self.latest.pop_front() {
                if oldest.due.is_some() {
                    self.overdue.push(oldest.write());
                }
                self.history.push(oldest.record);
            }
        }
        let record = Record::new(&save.label, event, save.streams, now);
        let (tally, pages) = Default::default();
        self.latest.push_back(Pending {
            save,
            due: Some(now + wait),
            is_written: false,
            tally,
            record,
            pages,
            waiting,
        });
        let (early, later) =
            std::mem::take(&mut self.early).into_iter().partition(|(_, receipt)| receipt.event == event);
        self.early = later;
        let early: VecDeque<_> = early;
        for (page, receipt) in early {
            self.receive(page, receipt, now);
        }
    }

    /// Counts a page's receipt, unless it has sent one for the same save.
    pub(super) fn receive(&mut self, page: String, receipt: Receipt, now: Instant) {
        let event = receipt.event;
        let Some(pending) = self.latest.iter_mut().find(|pending| pending.save.event == event) else {
            if self.latest.back().is_none_or(|latest| latest.save.event < event) {
                if self.early.len() == MAX_EARLY {
                    self.early.pop_front();
                }
                self.early.push_back((page, receipt));
            }
            return;
        };
        if pending.pages.len() == MAX_PAGES || !pending.pages.insert(page) {
            return;
        }
        pending.record.add(&receipt);
        #[cfg(feature = "metrics")]
        self.counted
            .push((receipt.outcome.name(), receipt.took.filter(|_| receipt.outcome == Outcome::Updated)));
        let Receipt { outcome, took, .. } = receipt;
        // After the line, only what adds to it is news.
        if pending.is_written && matches!(outcome, Outcome::Unused { .. }) {
            return;
        }
        if pending.tally.is_empty() {
            let more = now + MORE;
            pending.due =
                Some(if pending.is_written { more } else { pending.due.map_or(more, |due| due.min(more)) });
        }
        pending.tally.add(outcome, took);
    }

    /// Notes a build that has failed.
    pub(super) fn fail(&mut self, label: &str, event: u64, errors: usize, first: &str, now: Instant) {
        self.history.push(Record::failed(label, event, errors, first, now));
    }

    /// Returns the saves and failed builds of the last while, the latest last.
    pub(super) fn records(&self) -> Vec<Record> {
        let latest = self.latest.iter().map(|pending| &pending.record);
        let mut records: Vec<_> = self.history.iter().chain(latest).cloned().collect();
        records.sort_by_key(|record| record.added);
        records
    }

    /// Takes the receipts that are to be reported to the recorder.
    #[cfg(feature = "metrics")]
    pub(super) fn take_counted(&mut self) -> Vec<(&'static str, Option<Duration>)> {
        std::mem::take(&mut self.counted)
    }

    /// Time of the next line.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.latest.iter().filter_map(|pending| pending.due).min()
    }

    /// Takes the lines that are due.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<String> {
        let due = self.latest.iter_mut().filter(|pending| pending.due.is_some_and(|due| due <= now));
        let mut lines = std::mem::take(&mut self.overdue);
        for pending in due {
            let is_without_effect = pending.save.is_template && pending.tally.is_same();
            lines.push(pending.write());
            if is_without_effect && !std::mem::replace(&mut self.has_hinted, true) {
                lines.push(COMPILED_IN.to_owned());
            }
        }
        lines
    }
}

impl Pending {
    fn write(&mut self) -> String {
        let Save { label, url, streams, .. } = &self.save;
        let tally = std::mem::take(&mut self.tally);
        for waiter in self.waiting.drain(..) {
            waiter.answer(Ok(Receipts::from(&tally)));
        }
        let mut parts = Vec::new();
        tally.describe(url.as_deref(), &mut parts);
        if !self.is_written {
            // Pages of an earlier process of the app can't answer, and some are frozen.
            let silent = streams.others + if parts.is_empty() { streams.own } else { 0 };
            match (silent, parts.is_empty()) {
                (0, true) => parts.push("no page is open".to_owned()),
                (0, false) => {}
                (silent, true) => parts.push(format!("sent to {}", Count(silent, "client"))),
                (silent, false) => parts.push(format!("sent to {}", Count(silent, "other client"))),
            }
        }
        self.due = None;
        self.is_written = true;
        format!("{label} → {}", parts.join("; "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: Streams = Streams { own: 1, others: 0 };

    fn save(event: u64, label: &str, streams: Streams) -> Save {
        let is_template = label.starts_with("templates");
        let url = (!is_template).then(|| format!("/{label}"));
        Save { label: label.to_owned(), url, is_template, event, streams }
    }

    fn unused(loaded: Option<&str>) -> Outcome {
        Outcome::Unused { loaded: loaded.map(str::to_owned) }
    }

    /// The line of a save with these receipts, each from a page of its own.
    fn line(label: &str, streams: Streams, outcomes: &[Outcome]) -> String {
        let (mut saves, now) = (Saves::default(), Instant::now());
        saves.add(save(1, label, streams), Vec::new(), now);
        for (page, outcome) in outcomes.iter().enumerate() {
            saves.receive(page.to_string(), Receipt { event: 1, outcome: outcome.clone(), took: None }, now);
        }
        saves.take_due(now + PATIENCE).concat()
    }

    #[test]
    fn a_line_says_what_became_of_a_save() {
        use Outcome::{Failed, Reloaded, Same, Updated};
        let reason = Some("app.js threw".to_owned());
        let reloaded = || Reloaded { reason: None };
        let script = || Reloaded { reason: Some("an inline script changed".to_owned()) };
        for (streams, outcomes, end) in [
            (Streams::default(), &[][..], "no page is open"),
            (PAGE, &[], "sent to 1 client"),
            (Streams { own: 0, others: 2 }, &[], "sent to 2 clients"),
            (Streams { own: 1, others: 1 }, &[Updated], "1 page; sent to 1 other client"),
            (PAGE, &[Updated], "1 page"),
            (PAGE, &[Updated, unused(None), Updated], "2 pages"),
            (PAGE, &[reloaded()], "reload, 1 page"),
            (PAGE, &[Updated, reloaded(), reloaded()], "1 page; reload, 2 pages"),
            (PAGE, &[script()], "reload, 1 page (an inline script changed)"),
            (PAGE, &[reloaded(), script()], "reload, 2 pages (an inline script changed)"),
            (PAGE, &[Same, unused(None)], "unchanged, 1 page"),
            (
                PAGE,
                &[Same, script(), Same, Updated],
                "1 page; unchanged, 2 pages; reload, 1 page (an inline script changed)",
            ),
            (PAGE, &[Failed { reason }], "1 page failed: app.js threw"),
            (PAGE, &[unused(None), unused(None)], "no page uses /a.css"),
            (
                PAGE,
                &[unused(None), unused(Some("/static/a.css"))],
                "no page uses /a.css, but one has loaded /static/a.css: is that the prefix for Watch::files?",
            ),
        ] {
            assert_eq!(line("a.css", streams, outcomes), format!("a.css → {end}"));
        }
        assert_eq!(line("templates/a.html", PAGE, &[unused(None)]), "templates/a.html → no page uses it");
    }

    #[test]
    fn a_template_that_changes_no_page_has_a_hint_once() {
        use Outcome::{Same, Updated};
        let (mut saves, now) = (Saves::default(), Instant::now());
        let mut lines = |event, label, outcomes: &[Outcome]| {
            saves.add(save(event, label, PAGE), Vec::new(), now);
            for (page, outcome) in outcomes.iter().enumerate() {
                saves.receive(page.to_string(), Receipt { event, outcome: outcome.clone(), took: None }, now);
            }
            saves.take_due(now + PATIENCE)
        };
        assert_eq!(lines(1, "a.css", &[Same]).len(), 1, "not a template");
        assert_eq!(lines(2, "templates/a.html", &[]).len(), 1, "nobody has answered");
        assert_eq!(
            lines(3, "templates/a.html", &[Same, Updated]),
            ["templates/a.html → 1 page; unchanged, 1 page"]
        );
        let unchanged = "templates/a.html → unchanged, 2 pages";
        assert_eq!(lines(4, "templates/a.html", &[Same, Same]), [unchanged, COMPILED_IN]);
        assert_eq!(lines(5, "templates/a.html", &[Same, Same]), [unchanged]);
    }

    #[test]
    fn a_line_waits_for_receipts_and_not_for_long() {
        let (mut saves, start) = (Saves::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        let receipt = |event| Receipt { event, outcome: Outcome::Updated, took: None };
        saves.add(save(1, "a.css", Streams::default()), Vec::new(), start);
        assert_eq!(saves.take_due(start), ["a.css → no page is open"]);
        assert_eq!(saves.deadline(), None);

        saves.add(save(2, "b.css", PAGE), Vec::new(), start);
        assert_eq!(saves.deadline(), Some(at(1_000)));
        saves.receive("one".to_owned(), receipt(2), at(9));
        saves.receive("one".to_owned(), receipt(2), at(10));
        saves.receive("two".to_owned(), receipt(2), at(100));
        assert_eq!((saves.deadline(), saves.take_due(at(258)).len()), (Some(at(259)), 0));
        assert_eq!(saves.take_due(at(259)), ["b.css → 2 pages"], "a page counts once");
        saves.add(save(3, "c.css", PAGE), Vec::new(), at(0));
        saves.receive("one".to_owned(), receipt(3), at(900));
        assert_eq!(saves.deadline(), Some(at(1_000)), "a late receipt does not make it later");
    }

    #[test]
    fn what_comes_after_a_line_has_a_line_of_its_own_if_it_is_news() {
        let (mut saves, now) = (Saves::default(), Instant::now());
        saves.add(save(1, "a.js", PAGE), Vec::new(), now);
        assert_eq!(saves.take_due(now + PATIENCE), ["a.js → sent to 1 client"]);
        let late = now + 3 * PATIENCE;
        saves.receive("one".to_owned(), Receipt { event: 1, outcome: unused(None), took: None }, late);
        assert_eq!(saves.deadline(), None);
        saves.receive("two".to_owned(), Receipt { event: 1, outcome: Outcome::Updated, took: None }, late);
        assert_eq!(saves.take_due(late + MORE), ["a.js → 1 page"]);
    }

    #[test]
    fn a_receipt_may_come_before_its_save_is_reported() {
        let (mut saves, now) = (Saves::default(), Instant::now());
        saves.receive("one".to_owned(), Receipt { event: 7, outcome: Outcome::Updated, took: None }, now);
        saves.add(save(6, "a.css", PAGE), Vec::new(), now);
        saves.add(save(7, "b.css", PAGE), Vec::new(), now);
        assert_eq!(saves.take_due(now + MORE), ["b.css → 1 page"]);
    }

    #[test]
    fn memory_is_bounded_whatever_pages_send() {
        let (mut saves, now) = (Saves::default(), Instant::now());
        let receipt = |event| Receipt { event, outcome: Outcome::Updated, took: None };
        for event in 1..=100 {
            saves.add(save(event, "a.css", PAGE), Vec::new(), now);
        }
        for page in 0..3_000 {
            for event in [1, 100, 101] {
                saves.receive(page.to_string(), receipt(event), now);
            }
        }
        assert_eq!((saves.latest.len(), saves.early.len()), (MAX_SAVES, MAX_EARLY));
        assert_eq!(saves.latest.iter().map(|pending| pending.pages.len()).max(), Some(MAX_PAGES));
        let lines = saves.take_due(now + PATIENCE);
        assert!(lines.contains(&format!("a.css → {MAX_PAGES} pages")));
        assert_eq!(lines.len(), 100, "each save has its line, also those that had to make room");
    }

    #[test]
    fn saves_are_remembered_with_their_receipts_and_bounded() {
        let (mut saves, start) = (Saves::default(), Instant::now());
        let at = |ms| start + Duration::from_millis(ms);
        let took = |ms| Some(Duration::from_millis(ms));
        saves.add(save(1, "a.css", PAGE), Vec::new(), at(0));
        saves.fail("main", 0, 2, "no such module", at(1));
        saves.add(save(2, "b.css", PAGE), Vec::new(), at(2));
        for (page, took) in [("one", took(9)), ("two", took(4)), ("one", took(1))] {
            saves.receive(page.to_owned(), Receipt { event: 1, outcome: Outcome::Updated, took }, at(3));
        }
        assert_eq!(saves.take_due(at(9_000))[0], "a.css → 2 pages, 9 ms", "the slowest");
        let late = Receipt { event: 1, outcome: unused(None), took: took(1) };
        saves.receive("three".to_owned(), late, at(9_000));
        let records = saves.records();
        let labels: Vec<_> = records.iter().map(|record| record.label.as_str()).collect();
        assert_eq!(labels, ["a.css", "main", "b.css"]);
        let (first, failed) = (&records[0], &records[1]);
        assert_eq!((first.receipts().updated, first.receipts().unused), (2, 1));
        assert_eq!(first.paint, took(4).zip(took(9)), "of pages that show it");
        assert_eq!(failed.failure, Some((2, "no such module".to_owned())));
        for event in 3..1_000 {
            saves.add(save(event, &"x".repeat(9_000), PAGE), Vec::new(), at(event));
        }
        let records = saves.records();
        assert_eq!((records.len(), records.last().map(|record| record.event)), (64, Some(999)));
        assert!(records.iter().all(|record| record.label.chars().count() <= 201));
    }
}
