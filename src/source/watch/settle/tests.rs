use super::*;
use std::path::Path;

const STILL: Duration = Duration::from_millis(20);

/// A [`Settle`] with a clock in milliseconds.
struct Fixture {
    settle: Settle,
    start: Instant,
}

impl Fixture {
    fn new() -> Self {
        Self { settle: Settle::new(STILL), start: Instant::now() }
    }

    fn at(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }

    /// The files to be read; those that are only probed are found to differ.
    fn take(&mut self, ms: u64) -> Vec<Task> {
        let now = self.at(ms);
        let (probes, tasks) = self.settle.take(usize::MAX, now).into_iter().partition(|task| task.probe);
        for task in probes {
            self.settle.probed(&task, true, now);
        }
        tasks
    }

    /// The only task that there is.
    fn task(&mut self, ms: u64) -> Task {
        let mut tasks = self.take(ms);
        assert_eq!(tasks.len(), 1, "at {ms} ms");
        tasks.remove(0)
    }

    fn due(&mut self) -> Option<u128> {
        let start = self.start;
        self.settle.due().map(|due| due.duration_since(start).as_millis())
    }
}

fn place(name: &str) -> Place {
    Place::new(0, Path::new("/r").join(name))
}

/// Two different stamps of real files.
fn stamps() -> (Stamp, Stamp) {
    let program = Stamp::at(&std::env::current_exe().unwrap()).unwrap();
    let manifest = Stamp::at(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml")).unwrap();
    (program, manifest)
}

#[derive(Clone, Copy)]
enum Sign {
    Written,
    Closed,
    Complete,
    Seen,
    Touched,
    Gone,
}

#[test]
fn a_file_is_read_when_it_can_be_complete_and_not_before() {
    use Sign::{Closed, Complete, Gone, Seen, Touched, Written};
    // What is seen, at which ms; when the file is read.
    type Case = (&'static str, &'static [(u64, Sign)], Option<u64>);
    let cases: [Case; 17] = [
        ("written and closed", &[(0, Written), (3, Complete)], Some(3)),
        ("written and never closed", &[(0, Written), (500, Written)], None),
        ("written for a long time", &[(0, Written), (12_000, Written), (15_000, Complete)], Some(15_000)),
        ("written again after the close", &[(0, Complete), (0, Written), (9, Complete)], Some(9)),
        ("made, written and closed", &[(0, Written), (3, Closed)], Some(23)),
        ("made, closed, and written once more", &[(3, Closed), (9, Written), (12, Closed)], Some(32)),
        ("renamed into place", &[(7, Complete)], Some(7)),
        ("found, and still", &[(5, Seen)], Some(25)),
        ("found twice alike", &[(5, Seen), (15, Seen)], Some(25)),
        ("found, then closed", &[(5, Seen), (9, Complete)], Some(9)),
        ("found, then written", &[(5, Seen), (9, Written)], None),
        ("found while being written", &[(5, Written), (9, Seen)], None),
        ("written, but signs may have been lost", &[(5, Written), (9, Touched)], Some(29)),
        ("gone", &[(5, Gone)], Some(55)),
        ("gone and made again", &[(5, Gone), (6, Written), (8, Complete)], Some(8)),
        ("gone and found again", &[(5, Gone), (10, Seen)], Some(30)),
        ("closed and gone", &[(5, Complete), (5, Gone)], Some(55)),
    ];
    for (case, signs, expected) in cases {
        let mut fixture = Fixture::new();
        let (file, (stamp, _)) = (place("x"), stamps());
        let mut read = None;
        for ms in 0..20_000 {
            let now = fixture.at(ms);
            for (_, sign) in signs.iter().filter(|(at, _)| *at == ms) {
                match sign {
                    Written => fixture.settle.written(&file, now),
                    Closed => fixture.settle.closed(&file, false, now),
                    Complete => fixture.settle.complete(&file, now),
                    Seen => fixture.settle.seen(&file, stamp, now),
                    Touched => fixture.settle.touched(&file, stamp, now),
                    Gone => fixture.settle.gone(&file, true, now),
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
fn what_happens_during_the_reading_makes_it_void() {
    let file = place("x");
    for sign in ["written", "complete", "gone", "seen"] {
        let mut fixture = Fixture::new();
        let now = fixture.at(0);
        fixture.settle.complete(&file, now);
        let task = fixture.task(0);
        match sign {
            "written" => fixture.settle.written(&file, now),
            "complete" => fixture.settle.complete(&file, now),
            "seen" => fixture.settle.seen(&file, stamps().0, now),
            _ => fixture.settle.gone(&file, true, now),
        }
        assert!(!fixture.settle.finish(&task, Outcome::Plain, now), "{sign}");
        fixture.settle.complete(&file, now);
        let task = fixture.task(0);
        assert!(fixture.settle.finish(&task, Outcome::Plain, now), "{sign}");
        assert!(!fixture.settle.has_brief() && fixture.due().is_none(), "{sign}: nothing is left");
    }
}

#[test]
fn a_file_that_moves_must_be_still_from_then_on() {
    let mut fixture = Fixture::new();
    let (file, (one, two)) = (place("x"), stamps());
    let now = fixture.at(0);
    fixture.settle.seen(&file, one, now);
    let task = fixture.task(20);
    assert_eq!(task.expected, Some(one));
    let now = fixture.at(20);
    assert!(!fixture.settle.finish(&task, Outcome::Moved(two), now));
    assert_eq!(fixture.due(), Some(40));
    assert_eq!(fixture.task(40).expected, Some(two));
}

#[test]
fn nothing_where_something_was_is_believed_at_the_second_look() {
    let mut fixture = Fixture::new();
    let file = place("x");
    let now = fixture.at(0);
    fixture.settle.complete(&file, now);
    let task = fixture.task(0);
    assert!(!fixture.settle.finish(&task, Outcome::Doubtful, now));
    assert_eq!(fixture.settle.take_announcement(), Some(file));
    assert!(fixture.take(49).is_empty());
    let task = fixture.task(50);
    assert_eq!(task.since, now, "the change began with its first sign");
    let now = fixture.at(50);
    assert!(fixture.settle.finish(&task, Outcome::Doubtful, now));
}

#[test]
fn a_file_that_was_never_part_of_a_build_goes_unnoticed() {
    let mut fixture = Fixture::new();
    let (file, now) = (place("4913"), fixture.at(0));
    fixture.settle.written(&file, now);
    fixture.settle.closed(&file, false, now);
    assert!(!fixture.settle.has_brief(), "nothing waits for it");
    fixture.settle.gone(&file, false, now);
    assert_eq!(fixture.due(), None);
    assert_eq!(fixture.settle.take_announcement(), None);
    assert!(!fixture.settle.has_brief());
}

#[test]
fn a_slow_write_is_announced_once_holds_nothing_back_and_is_given_up_on_when_it_never_ends() {
    let mut fixture = Fixture::new();
    let (file, now) = (place("big"), fixture.at(0));
    fixture.settle.written(&file, now);
    assert!(fixture.take(19).is_empty());
    assert_eq!(fixture.settle.take_announcement(), None);
    assert!(fixture.settle.has_brief(), "it may be closed any moment");
    assert!(fixture.take(20).is_empty());
    assert_eq!(fixture.settle.take_announcement(), Some(file.clone()));
    assert!(!fixture.settle.has_brief() && fixture.settle.has_announced());

    fixture.settle.built();
    let now = fixture.at(30);
    fixture.settle.written(&file, now);
    assert!(fixture.take(1_000).is_empty());
    assert_eq!(fixture.settle.take_announcement(), None, "a build of other files does not repeat it");
    assert!(!fixture.settle.has_announced());

    let mut fixture = Fixture::new();
    let now = fixture.at(0);
    fixture.settle.written(&file, now);
    fixture.take(20);
    assert!(fixture.take(10_019).is_empty());
    assert!(fixture.settle.has_announced());
    assert!(fixture.take(10_020).is_empty());
    assert!(!fixture.settle.has_announced());
    let now = fixture.at(60_000);
    fixture.settle.complete(&file, now);
    assert_eq!(fixture.task(60_000).place, file, "its close still counts");
}

#[test]
fn a_write_that_has_changed_nothing_yet_is_not_announced() {
    let mut fixture = Fixture::new();
    let (file, start, later) = (place("x"), fixture.at(0), fixture.at(20));
    fixture.settle.written(&file, start);
    let probe = fixture.settle.take(1, later).remove(0);
    assert!(probe.probe);
    fixture.settle.probed(&probe, false, later);
    assert_eq!((fixture.due(), fixture.settle.take_announcement()), (None, None));

    fixture.settle.written(&file, start);
    let probe = fixture.settle.take(1, later).remove(0);
    fixture.settle.written(&file, later);
    fixture.settle.probed(&probe, false, later);
    assert_eq!(fixture.due(), Some(40), "what is written meanwhile counts");
}

#[test]
fn reading_a_large_file_holds_nothing_back() {
    let mut fixture = Fixture::new();
    let (file, now) = (place("big"), fixture.at(0));
    fixture.settle.complete(&file, now);
    let task = fixture.task(0);
    assert!(fixture.settle.has_brief());
    fixture.settle.is_large(&task);
    assert!(!fixture.settle.has_brief() && fixture.settle.has_announced());
    assert!(fixture.settle.finish(&task, Outcome::Plain, now));
    assert!(!fixture.settle.has_announced());
}

#[test]
fn tasks_come_in_portions_and_in_order() {
    let mut fixture = Fixture::new();
    let now = fixture.at(0);
    let files: Vec<_> = (0..5).map(|n| place(&n.to_string())).collect();
    for file in &files {
        fixture.settle.complete(file, now);
    }
    let mut taken = Vec::new();
    for expected in [2, 2, 1, 0] {
        let tasks = fixture.settle.take(2, now);
        assert_eq!(tasks.len(), expected);
        taken.extend(tasks.into_iter().map(|task| task.place));
    }
    assert_eq!(taken, files);
}
