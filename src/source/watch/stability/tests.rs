use std::path::Path;

use super::*;

const STABILITY: Duration = Duration::from_millis(20);

/// A [`Stability`] with a clock in milliseconds.
struct Fixture {
    stability: Stability,
    start: Instant,
}

impl Fixture {
    fn new() -> Self {
        Self { stability: Stability::new(STABILITY), start: Instant::now() }
    }

    fn at(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }

    /// The files to read.
    fn take(&mut self, ms: u64) -> Vec<ReadTask> {
        let now = self.at(ms);
        self.stability.take(usize::MAX, now)
    }

    /// The only task.
    fn task(&mut self, ms: u64) -> ReadTask {
        let mut tasks = self.take(ms);
        assert_eq!(tasks.len(), 1, "at {ms} ms");
        tasks.remove(0)
    }

    fn deadline(&mut self) -> Option<u128> {
        let start = self.start;
        self.stability.deadline().map(|deadline| deadline.duration_since(start).as_millis())
    }
}

fn path(name: &str) -> WatchedPath {
    WatchedPath::new(0, Path::new("/r").join(name))
}

/// Fingerprints of two real files.
fn fingerprints() -> (FileFingerprint, FileFingerprint) {
    let program = FileFingerprint::at(&std::env::current_exe().unwrap()).unwrap();
    let manifest = FileFingerprint::at(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    (program, manifest)
}

#[derive(Clone, Copy)]
enum Event {
    Written,
    Closed,
    Complete,
    Found,
    Modified,
    Removed,
}

#[test]
fn a_file_is_read_when_it_is_complete() {
    use Event::{Closed, Complete, Found, Modified, Removed, Written};
    // Events with their times in ms, and the time of the read.
    type Case = (&'static str, &'static [(u64, Event)], Option<u64>);
    let cases: [Case; 17] = [
        ("written and closed", &[(0, Written), (3, Complete)], Some(3)),
        ("written and never closed", &[(0, Written), (500, Written)], None),
        ("written for a long time", &[(0, Written), (12_000, Written), (15_000, Complete)], Some(15_000)),
        ("written again after the close", &[(0, Complete), (0, Written), (9, Complete)], Some(9)),
        ("made, written and closed", &[(0, Written), (3, Closed)], Some(23)),
        ("made, closed, and written once more", &[(3, Closed), (9, Written), (12, Closed)], Some(32)),
        ("renamed into place", &[(7, Complete)], Some(7)),
        ("found, and still", &[(5, Found)], Some(25)),
        ("found twice alike", &[(5, Found), (15, Found)], Some(25)),
        ("found, then closed", &[(5, Found), (9, Complete)], Some(9)),
        ("found, then written", &[(5, Found), (9, Written)], None),
        ("found while being written", &[(5, Written), (9, Found)], None),
        ("written, but events may be lost", &[(5, Written), (9, Modified)], Some(29)),
        ("gone", &[(5, Removed)], Some(55)),
        ("gone and made again", &[(5, Removed), (6, Written), (8, Complete)], Some(8)),
        ("gone and found again", &[(5, Removed), (10, Found)], Some(30)),
        ("closed and gone", &[(5, Complete), (5, Removed)], Some(55)),
    ];
    for (case, events, expected) in cases {
        let mut fixture = Fixture::new();
        let (file, (fingerprint, _)) = (path("x"), fingerprints());
        let mut read = None;
        for ms in 0..20_000 {
            let now = fixture.at(ms);
            for (_, event) in events.iter().filter(|(at, _)| *at == ms) {
                match event {
                    Written => fixture.stability.written(&file, now),
                    Closed => fixture.stability.closed(&file, false, now),
                    Complete => fixture.stability.complete(&file, now),
                    Found => fixture.stability.found(&file, fingerprint, now),
                    Modified => fixture.stability.modified(&file, fingerprint, now),
                    Removed => fixture.stability.removed(&file, true, now),
                }
            }
            if !fixture.take(ms).is_empty() {
                assert_eq!(read.replace(ms), None, "{case}: read twice");
            }
        }
        assert_eq!(read, expected, "{case}");
    }
}

#[test]
fn an_event_during_a_read_voids_it() {
    let file = path("x");
    for event in ["written", "complete", "removed", "found"] {
        let mut fixture = Fixture::new();
        let now = fixture.at(0);
        fixture.stability.complete(&file, now);
        let task = fixture.task(0);
        match event {
            "written" => fixture.stability.written(&file, now),
            "complete" => fixture.stability.complete(&file, now),
            "found" => fixture.stability.found(&file, fingerprints().0, now),
            _ => fixture.stability.removed(&file, true, now),
        }
        assert!(!fixture.stability.finish(&task, Finding::Definite, now), "{event}");
        fixture.stability.complete(&file, now);
        let task = fixture.task(0);
        assert!(fixture.stability.finish(&task, Finding::Definite, now), "{event}");
        assert!(
            !fixture.stability.has_short_waits() && fixture.deadline().is_none(),
            "{event}: nothing is left"
        );
    }
}

#[test]
fn a_file_that_changes_must_stay_unchanged_from_then_on() {
    let mut fixture = Fixture::new();
    let (file, (one, two)) = (path("x"), fingerprints());
    let now = fixture.at(0);
    fixture.stability.found(&file, one, now);
    let task = fixture.task(20);
    assert_eq!(task.expected, Some(one));
    let now = fixture.at(20);
    assert!(!fixture.stability.finish(&task, Finding::Changed(two), now));
    assert_eq!(fixture.deadline(), Some(40));
    assert_eq!(fixture.task(40).expected, Some(two));
}

#[test]
fn a_missing_file_counts_at_the_second_read() {
    let mut fixture = Fixture::new();
    let file = path("x");
    let now = fixture.at(0);
    fixture.stability.complete(&file, now);
    let task = fixture.task(0);
    assert!(!fixture.stability.finish(&task, Finding::Doubtful, now));
    assert_eq!(fixture.stability.take_announcement(), Some(file));
    assert!(fixture.take(49).is_empty());
    let task = fixture.task(50);
    assert_eq!(task.since, now, "the change begins with its first event");
    let now = fixture.at(50);
    assert!(fixture.stability.finish(&task, Finding::Doubtful, now));
}

#[test]
fn removing_a_file_that_was_never_part_of_a_build_is_ignored() {
    let mut fixture = Fixture::new();
    let (file, now) = (path("4913"), fixture.at(0));
    fixture.stability.written(&file, now);
    fixture.stability.closed(&file, false, now);
    assert!(!fixture.stability.has_short_waits(), "nothing waits for it");
    fixture.stability.removed(&file, false, now);
    assert_eq!(fixture.deadline(), None);
    assert_eq!(fixture.stability.take_announcement(), None);
    assert!(!fixture.stability.has_short_waits());
}

#[test]
fn a_slow_write_is_not_announced_holds_nothing_back_and_ends_with_its_close() {
    let mut fixture = Fixture::new();
    let (file, now) = (path("big"), fixture.at(0));
    fixture.stability.written(&file, now);
    assert!(fixture.take(19).is_empty());
    assert!(fixture.stability.has_short_waits(), "it may be closed any moment");
    assert!(fixture.take(20).is_empty());
    assert!(!fixture.stability.has_short_waits());
    assert_eq!((fixture.deadline(), fixture.stability.take_announcement()), (None, None));
    let now = fixture.at(60_000);
    fixture.stability.written(&file, now);
    assert_eq!(fixture.deadline(), None);
    fixture.stability.complete(&file, now);
    assert_eq!(fixture.task(60_000).file, file);
}

#[test]
fn a_postponed_read_holds_nothing_back_and_an_event_voids_it() {
    let mut fixture = Fixture::new();
    let (file, now, later) = (path("log"), fixture.at(0), fixture.at(500));
    fixture.stability.complete(&file, now);
    let task = fixture.task(0);
    fixture.stability.postpone(&task, later);
    assert!(!fixture.stability.has_short_waits() && fixture.take(499).is_empty());
    let task = fixture.task(500);
    assert_eq!(task.since, now, "the change begins with its first event");
    fixture.stability.complete(&file, later);
    fixture.stability.postpone(&task, later + SLOW);
    assert_eq!(fixture.deadline(), Some(500));
}

#[test]
fn a_long_read_holds_nothing_back() {
    let mut fixture = Fixture::new();
    let (file, now) = (path("big"), fixture.at(0));
    fixture.stability.complete(&file, now);
    let task = fixture.task(0);
    assert!(fixture.stability.has_short_waits());
    fixture.stability.read_is_long(&task);
    assert!(!fixture.stability.has_short_waits() && fixture.stability.has_announced());
    assert!(fixture.stability.finish(&task, Finding::Definite, now));
    assert!(!fixture.stability.has_announced());
}

#[test]
fn tasks_come_in_portions_and_in_order() {
    let mut fixture = Fixture::new();
    let now = fixture.at(0);
    let files: Vec<_> = (0..5).map(|n| path(&n.to_string())).collect();
    for file in &files {
        fixture.stability.complete(file, now);
    }
    let mut taken = Vec::new();
    for expected in [2, 2, 1, 0] {
        let tasks = fixture.stability.take(2, now);
        assert_eq!(tasks.len(), expected);
        taken.extend(tasks.into_iter().map(|task| task.file));
    }
    assert_eq!(taken, files);
}
