//! The browsers' consoles: problems of the open pages and lines that they log, as lines for the developer.

mod entry;

use std::{
    collections::VecDeque,
    fmt,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use tracing::Level as Severity;

pub(crate) use self::entry::{Entry, Kind, Level};
use crate::notice;

/// The most entries that are kept, and the most bytes of their texts. The oldest make room.
const MAX_ENTRIES: usize = 200;
const MAX_BYTES: usize = 256 << 10;

/// Number of the latest entries that a new one is compared with.
const COMPARED: usize = 32;

/// Time after which a line is written again for an entry that keeps coming.
const AGAIN: Duration = Duration::from_secs(5);

/// The most lines, and bytes of them, of all pages at once, and in each second after that.
const LINES: Budget = Budget { at_once: 100.0, per_second: 20.0 };
const BYTES: Budget = Budget { at_once: 131_072.0, per_second: 32_768.0 };

/// Writes a line. Tests have one that keeps it.
type Print = Box<dyn Fn(Severity, &str) + Send + Sync>;

/// The latest entries of all pages.
pub(crate) struct ConsoleLog {
    print: Print,
    /// Methods of the console whose lines are taken.
    methods: Vec<&'static str>,
    /// Guards counting; nothing is written under the lock.
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    entries: VecDeque<Kept>,
    bytes: usize,
    lines_left: Bucket,
    bytes_left: Bucket,
    /// Number of entries that were left out, and of those since the last one that was not.
    omitted: u64,
    omitted_now: u64,
}

#[derive(Debug)]
struct Kept {
    entry: Entry,
    /// Its number in the last line about it, and the time of that.
    shown: u32,
    shown_at: Instant,
}

impl ConsoleLog {
    /// Creates the log, which takes lines of these methods of the console beside problems.
    pub(crate) fn new(methods: Vec<&'static str>) -> Self {
        Self::printing(methods, notice::of_page)
    }

    fn printing(methods: Vec<&'static str>, print: impl Fn(Severity, &str) + Send + Sync + 'static) -> Self {
        let now = Instant::now();
        let state = State {
            entries: VecDeque::new(),
            bytes: 0,
            lines_left: Bucket::full(LINES, now),
            bytes_left: Bucket::full(BYTES, now),
            omitted: 0,
            omitted_now: 0,
        };
        Self { print: Box::new(print), methods, state: Mutex::new(state) }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Receives what a page has reported; `omitted` is the number that it has left out itself.
    pub(crate) fn receive(&self, entries: Vec<Entry>, omitted: u64, now: Instant) {
        let mut lines = Vec::new();
        let mut state = self.lock();
        if omitted > 0 {
            state.omit(omitted, &mut lines);
        }
        for entry in entries {
            if entry.kind != Kind::Console || self.methods.contains(&entry.level.as_str()) {
                state.add(entry.bounded(), now, &mut lines);
            }
        }
        drop(state);
        for (severity, line) in lines {
            (self.print)(severity, &line);
        }
    }

    /// The latest entries, the oldest first.
    pub(crate) fn entries(&self) -> Vec<Entry> {
        self.lock().entries.iter().map(|kept| kept.entry.clone()).collect()
    }

    /// Number of entries that were left out, by pages and here.
    #[cfg(any(feature = "mcp", test))]
    pub(crate) fn omitted(&self) -> u64 {
        self.lock().omitted
    }
}

impl State {
    fn add(&mut self, entry: Entry, now: Instant, lines: &mut Vec<(Severity, String)>) {
        let known = self.entries.iter_mut().rev().take(COMPARED).find(|kept| kept.entry.is_like(&entry));
        if let Some(kept) = known {
            kept.entry.count = kept.entry.count.saturating_add(entry.count);
            kept.entry.time = entry.time;
            let is_due = now.saturating_duration_since(kept.shown_at) >= AGAIN;
            let has_doubled = kept.entry.count / 2 >= kept.shown.max(1);
            if (is_due || has_doubled)
                && has_room(&mut self.lines_left, &mut self.bytes_left, kept.entry.bytes(), now)
            {
                (kept.shown, kept.shown_at) = (kept.entry.count, now);
                lines.push((kept.entry.level.severity(), kept.entry.to_string()));
            }
            return;
        }
        let bytes = entry.bytes();
        if !has_room(&mut self.lines_left, &mut self.bytes_left, bytes, now) {
            return self.omit(u64::from(entry.count), lines);
        }
        if self.omitted_now > 0 {
            lines.push((Severity::WARN, format!("{} messages of pages were left out", self.omitted_now)));
            self.omitted_now = 0;
        }
        lines.push((entry.level.severity(), entry.to_string()));
        self.bytes += bytes;
        self.entries.push_back(Kept { shown: entry.count, shown_at: now, entry });
        while self.entries.len() > MAX_ENTRIES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.entries.pop_front() else { break };
            self.bytes -= oldest.entry.bytes();
        }
    }

    /// Counts entries that are left out. The first time, a line says so: there may be no later one with the number.
    fn omit(&mut self, count: u64, lines: &mut Vec<(Severity, String)>) {
        if self.omitted_now == 0 {
            let text = "pages report more than is shown here; messages are left out".to_owned();
            lines.push((Severity::WARN, text));
        }
        self.omitted_now = self.omitted_now.saturating_add(count);
        self.omitted = self.omitted.saturating_add(count);
    }
}

/// Takes the room for a line of this size.
#[allow(clippy::cast_precision_loss, reason = "some thousand")]
fn has_room(lines: &mut Bucket, bytes_left: &mut Bucket, bytes: usize, now: Instant) -> bool {
    lines.take(1.0, now) && bytes_left.take(bytes as f64, now)
}

/// An amount at once, and in each second after that.
#[derive(Clone, Copy, Debug)]
struct Budget {
    at_once: f64,
    per_second: f64,
}

/// A token bucket.
#[derive(Debug)]
struct Bucket {
    budget: Budget,
    left: f64,
    counted: Instant,
}

impl Bucket {
    fn full(budget: Budget, now: Instant) -> Self {
        Self { budget, left: budget.at_once, counted: now }
    }

    /// Takes an amount. Returns false if there is too little left.
    fn take(&mut self, amount: f64, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.counted).as_secs_f64();
        self.counted = self.counted.max(now);
        self.left = elapsed.mul_add(self.budget.per_second, self.left).min(self.budget.at_once);
        let is_enough = self.left >= amount;
        if is_enough {
            self.left -= amount;
        }
        is_enough
    }
}

impl fmt::Debug for ConsoleLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsoleLog").field("methods", &self.methods).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::{sync::mpsc, time::SystemTime};

    use super::*;

    fn log() -> (ConsoleLog, mpsc::Receiver<(Severity, String)>) {
        let (lines, written) = mpsc::channel();
        let print = move |level, line: &str| drop(lines.send((level, line.to_owned())));
        (ConsoleLog::printing(vec!["warn"], print), written)
    }

    fn entry(text: &str) -> Entry {
        Entry {
            page: "/".to_owned(),
            kind: Kind::Error,
            level: Level::Error,
            text: text.to_owned(),
            place: None,
            time: SystemTime::UNIX_EPOCH,
            count: 1,
        }
    }

    fn texts(written: &mpsc::Receiver<(Severity, String)>) -> Vec<String> {
        written.try_iter().map(|(_, line)| line).collect()
    }

    #[test]
    fn repetitions_are_folded_and_shown_as_their_number_doubles_or_after_a_while() {
        let (log, written) = log();
        let start = Instant::now();
        for _ in 0..9 {
            log.receive(vec![entry("a")], 0, start);
        }
        assert_eq!(texts(&written), ["/: a", "/: a ×2", "/: a ×4", "/: a ×8"]);
        log.receive(vec![entry("b"), Entry { count: 3, ..entry("a") }], 0, start);
        assert_eq!(texts(&written), ["/: b"]);
        log.receive(vec![entry("a")], 0, start + AGAIN);
        assert_eq!(texts(&written), ["/: a ×13"]);
        let kept: Vec<_> = log.entries().into_iter().map(|entry| (entry.text, entry.count)).collect();
        assert_eq!(kept, [("a".to_owned(), 13), ("b".to_owned(), 1)]);
    }

    #[test]
    fn repetitions_are_lines_within_the_same_number() {
        let (log, written) = log();
        let start = Instant::now();
        log.receive((0..64).map(|_| Entry { count: u32::MAX, ..entry("a") }).collect(), 0, start);
        assert_eq!(texts(&written).len(), 1, "no number is the double of the largest");
        for n in 0..200 {
            log.receive((0..3).map(|_| entry(&(n % 20).to_string())).collect(), 0, start);
        }
        assert!(texts(&written).len() <= 101);
    }

    #[test]
    fn lines_have_their_level_and_methods_that_are_not_asked_for_are_ignored() {
        let (log, written) = log();
        let line = |level| Entry { kind: Kind::Console, level, ..entry("x") };
        let warning = Entry { kind: Kind::Policy, level: Level::Warn, ..entry("p") };
        log.receive(vec![line(Level::Log), line(Level::Warn), warning], 0, Instant::now());
        let lines: Vec<_> = written.try_iter().collect();
        let expected = [
            (Severity::WARN, "/: console.warn: x".to_owned()),
            (Severity::WARN, "/: blocked by the policy: p".to_owned()),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn a_flood_is_cut_and_what_is_left_out_is_counted() {
        let (log, written) = log();
        let start = Instant::now();
        log.receive((0..1_000).map(|n| entry(&n.to_string())).collect(), 5, start);
        let lines = texts(&written);
        assert_eq!(lines[0], "pages report more than is shown here; messages are left out");
        assert_eq!(lines.len(), 1 + 1 + 100 + 1, "{lines:?}");
        assert_eq!((log.omitted(), log.entries().len()), (905, 100));
        log.receive(vec![entry("later")], 0, start + Duration::from_secs(1));
        assert_eq!(texts(&written), ["900 messages of pages were left out", "/: later"]);
    }

    #[test]
    fn the_entries_and_their_bytes_are_bounded() {
        let (log, _written) = log();
        let mut now = Instant::now();
        let large = "x".repeat(100_000);
        for n in 0..2_000 {
            now += Duration::from_secs(1);
            log.receive(vec![entry(&format!("{n} {large}"))], 0, now);
        }
        let entries = log.entries();
        let bytes: usize = entries.iter().map(Entry::bytes).sum();
        assert!(bytes <= MAX_BYTES && entries.len() <= MAX_ENTRIES, "{bytes} of {}", entries.len());
        assert!(entries.last().unwrap().text.starts_with("1999 ") && log.omitted() == 0);
        for n in 0..2_000 {
            now += Duration::from_secs(1);
            log.receive(vec![entry(&n.to_string())], 0, now);
        }
        assert_eq!(log.entries().len(), MAX_ENTRIES);
    }
}
