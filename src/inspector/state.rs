//! The state that the inspector shows and tools read, bounded in number and in bytes.

use std::time::{Duration, Instant, SystemTime};

use serde::Serialize;

use crate::{
    build::Build,
    console::Entry,
    hub::{Fill, Logged},
    journal::{Carrier, OpenPage, milliseconds},
    shared::Shared,
    terminal::Record,
};

/// The longest text of an event, and of an error or a warning, in bytes.
const MOST_TEXT: usize = 2_000;

/// The most bundles that are listed, and the most errors and the most warnings of one.
const MOST_BUNDLES: usize = 64;
const MOST_PROBLEMS: usize = 10;

/// The most bytes of all errors and warnings together.
const MOST_PROBLEM_BYTES: usize = 256 << 10;

/// Time in which a page should answer a save.
const PATIENCE: Duration = Duration::from_secs(2);

/// All that is known about a middleware. Times are milliseconds since 1970.
#[derive(Debug, Serialize)]
pub(crate) struct State {
    /// Identifies the process: another one counts events from 1 again.
    boot: String,
    /// The version of this crate.
    version: &'static str,
    now: u64,
    /// Number of open streams and sockets.
    clients: usize,
    /// False if pages send no receipts.
    receipts: bool,
    buffer: Buffer,
    pub(crate) pages: Vec<Page>,
    pub(crate) bundles: Vec<Bundle>,
    saves: Vec<Save>,
    events: Vec<Event>,
    refusals: Vec<Refusal>,
    output: Vec<Output>,
    pub(crate) console: Vec<ConsoleLine>,
}

/// What a page has reported.
#[derive(Debug, Serialize)]
pub(crate) struct ConsoleLine {
    at: u64,
    /// `error`, `rejection`, `resource`, `policy` or `console`.
    kind: &'static str,
    level: &'static str,
    page: String,
    /// The place in the source, if that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    text: String,
    /// Number of times that it came in a row.
    count: u32,
}

/// The fill of the replay buffer.
#[derive(Debug, Serialize)]
struct Buffer {
    events: usize,
    bytes: usize,
    most_events: usize,
    most_bytes: usize,
}

#[derive(Debug, Serialize)]
pub(crate) struct Page {
    path: Option<String>,
    agent: String,
    carrier: &'static str,
    since: u64,
    /// True if it has not answered the latest save.
    silent: bool,
}

#[derive(Debug, Serialize)]
pub(crate) struct Bundle {
    name: String,
    hash: Option<String>,
    /// Milliseconds that the build has taken.
    time: Option<serde_json::Number>,
    modules: usize,
    /// Number of all errors and warnings; the lists have the first of them.
    error_count: usize,
    warning_count: usize,
    pub(crate) errors: Vec<String>,
    warnings: Vec<String>,
}

/// A save with the answers of the pages, or a build that has failed.
#[derive(Debug, Serialize)]
struct Save {
    event: u64,
    at: u64,
    label: String,
    /// Number of streams of this crate's client, and of others.
    own: usize,
    others: usize,
    updated: usize,
    unchanged: usize,
    reloaded: usize,
    unused: usize,
    failed: usize,
    /// The first reason of a page that keeps an old version, and of one that was reloaded.
    failure: Option<String>,
    reason: Option<String>,
    loaded: Option<String>,
    /// The shortest and longest milliseconds until a page has shown it.
    paint: Option<(f64, f64)>,
    /// Number of errors of a build that has failed, and the first of them.
    errors: usize,
    error: Option<String>,
}

#[derive(Debug, Serialize)]
struct Event {
    number: u64,
    /// The number by which receipts name it.
    #[serde(rename = "event")]
    receipts: u64,
    at: u64,
    bytes: usize,
    text: String,
}

#[derive(Debug, Serialize)]
struct Refusal {
    text: String,
    at: u64,
    count: u64,
}

#[derive(Debug, Serialize)]
struct Output {
    name: String,
    text: String,
}

impl State {
    /// Puts the state together, with the events after this number.
    pub(crate) fn of(shared: &Shared, after: u64) -> Self {
        let (hub, journal) = (shared.hub(), shared.journal());
        let now = SystemTime::now();
        let records = shared.terminal().records();
        let instant = Instant::now();
        let time_of = |record: &Record| now - instant.saturating_duration_since(record.added);
        let latest_save =
            records.iter().rev().find(|record| record.event > 0 && record.failure.is_none()).map(time_of);
        let Fill { events, bytes, most_events, most_bytes } = hub.fill();
        let mut budget = MOST_PROBLEM_BYTES;
        Self {
            boot: hub.boot().to_owned(),
            version: env!("CARGO_PKG_VERSION"),
            now: milliseconds(now),
            clients: hub.client_count(),
            receipts: shared.terminal().is_on(),
            buffer: Buffer { events, bytes, most_events, most_bytes },
            pages: journal.pages.list().into_iter().map(|page| Page::of(page, latest_save, now)).collect(),
            bundles: hub
                .latest()
                .iter()
                .take(MOST_BUNDLES)
                .map(|latest| Bundle::of(latest.build(), &mut budget))
                .collect(),
            saves: records.iter().map(|record| Save::of(record, time_of(record))).collect(),
            events: hub.recent(after).into_iter().map(Event::of).collect(),
            refusals: shared
                .access()
                .refusals()
                .into_iter()
                .map(|refused| Refusal {
                    text: refused.text,
                    at: milliseconds(refused.at),
                    count: refused.count,
                })
                .collect(),
            output: journal
                .outputs
                .list()
                .into_iter()
                .map(|(name, text)| Output { name, text: plain(&text) })
                .collect(),
            console: shared
                .console()
                .map(|log| log.entries().into_iter().map(ConsoleLine::of).collect())
                .unwrap_or_default(),
        }
    }
}

impl ConsoleLine {
    fn of(entry: Entry) -> Self {
        let Entry { page, kind, level, text, place, time, count } = entry;
        let (kind, level) = (kind.as_str(), level.as_str());
        Self { at: milliseconds(time), kind, level, page, place, text, count }
    }
}

impl Page {
    fn of(page: OpenPage, latest_save: Option<SystemTime>, now: SystemTime) -> Self {
        let OpenPage { path, agent, carrier, since, answered } = page;
        let sends_receipts = matches!(carrier, Carrier::Own | Carrier::Shared);
        let silent = latest_save.is_some_and(|save| {
            sends_receipts
                && save > since
                && answered.is_none_or(|answered| answered < save)
                && now.duration_since(save).is_ok_and(|passed| passed > PATIENCE)
        });
        Self { path, agent, carrier: carrier.name(), since: milliseconds(since), silent }
    }
}

impl Bundle {
    fn of(build: &Build, budget: &mut usize) -> Self {
        let mut list = |texts: &[String]| {
            let cut = |text: &String| {
                let text = shortened(text, MOST_TEXT.min(*budget));
                *budget -= text.len().min(*budget);
                text
            };
            texts.iter().take(MOST_PROBLEMS).map(cut).collect::<Vec<_>>()
        };
        let (errors, warnings) = (list(&build.errors), list(&build.warnings));
        Self {
            name: shortened(&build.name, MOST_TEXT),
            hash: build.hash.as_deref().map(|hash| shortened(hash, MOST_TEXT)),
            time: build.time.clone(),
            modules: build.modules.count(),
            error_count: build.errors.len(),
            warning_count: build.warnings.len(),
            errors,
            warnings,
        }
    }
}

impl Save {
    fn of(record: &Record, at: SystemTime) -> Self {
        let receipts = record.receipts();
        let milliseconds_of = |time: Duration| time.as_secs_f64() * 1_000.0;
        let (errors, error) = record.failure.clone().map_or((0, None), |(count, text)| (count, Some(text)));
        Self {
            event: record.event,
            at: milliseconds(at),
            label: record.label.clone(),
            own: record.streams.own,
            others: record.streams.others,
            updated: receipts.updated,
            unchanged: receipts.unchanged,
            reloaded: receipts.reloaded,
            unused: receipts.unused,
            failed: receipts.failed,
            failure: receipts.failure,
            reason: record.reload_reason().map(str::to_owned),
            loaded: record.loaded().map(str::to_owned),
            paint: record
                .paint
                .map(|(shortest, longest)| (milliseconds_of(shortest), milliseconds_of(longest))),
            errors,
            error,
        }
    }
}

impl Event {
    fn of(Logged { number, event, frame }: Logged) -> Self {
        let json = frame.json();
        let text = String::from_utf8_lossy(&json[..json.len().min(MOST_TEXT + 4)]);
        Self {
            number,
            receipts: event,
            at: milliseconds(frame.made()),
            bytes: frame.len(),
            text: shortened(&text, MOST_TEXT),
        }
    }
}

/// The start of a text, up to this many bytes.
fn shortened(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let end = (0..=most).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    format!("{}…", &text[..end])
}

/// Output without the escape sequences for colours.
#[cfg(any(feature = "command", feature = "websocket"))]
fn plain(text: &str) -> String {
    crate::escape::without_colours(text)
}

/// No command can run without the feature.
#[cfg(not(any(feature = "command", feature = "websocket")))]
fn plain(text: &str) -> String {
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn problems_are_bounded_over_all_bundles() {
        let build = (0..1_000).fold(Build::new("h"), |build, _| build.error("é".repeat(9_000)).warning("w"));
        let mut budget = 3 * MOST_TEXT;
        let first = Bundle::of(&build, &mut budget);
        assert_eq!((first.errors.len(), first.error_count, first.warning_count), (10, 1_000, 1_000));
        assert!(first.errors[0].len() <= MOST_TEXT + 3 && first.errors[0].ends_with("é…"));
        let bytes: usize = first.errors.iter().map(String::len).sum();
        assert!(bytes <= 3 * MOST_TEXT + 30, "{bytes}");
        assert_eq!(budget, 0);
    }

    #[test]
    fn a_page_is_silent_if_it_has_not_answered_a_save() {
        let start = SystemTime::UNIX_EPOCH + Duration::from_secs(100);
        let at = |seconds| start + Duration::from_secs(seconds);
        let is_silent = |carrier, answered: Option<u64>, save: Option<u64>, now| {
            let (path, agent, answered) = (None, String::new(), answered.map(at));
            let page = OpenPage { path, agent, carrier, since: start, answered };
            Page::of(page, save.map(at), at(now)).silent
        };
        assert!(!is_silent(Carrier::Own, None, None, 9), "nothing was saved");
        assert!(is_silent(Carrier::Own, None, Some(1), 9));
        assert!(is_silent(Carrier::Shared, Some(1), Some(2), 9));
        assert!(!is_silent(Carrier::Shared, Some(3), Some(2), 9));
        assert!(!is_silent(Carrier::Own, None, Some(1), 2), "it may still answer");
        assert!(!is_silent(Carrier::Own, None, Some(0), 9), "it was opened then");
        assert!(!is_silent(Carrier::Other, None, Some(1), 9), "others never answer");
    }
}
