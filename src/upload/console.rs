//! Parsing of a page's problems and console lines from their JSON. Pure.

use std::time::SystemTime;

use serde::Deserialize;

use super::rejection::Rejection;
use crate::{
    console::{Entry, Kind, Level},
    json::well_formed,
};

/// The most entries that a page may send at once.
const MAX_ENTRIES: usize = 64;

/// Parses the entries of a page, `{"type":"console","entries":[{"page":"/","kind":"error","level":"error","text":"no"}]}`, and
/// the number of those that were left out. Entries of an unknown kind or level are ignored.
pub(super) fn from_page(body: &[u8], time: SystemTime) -> Result<(Vec<Entry>, u64), Rejection> {
    #[derive(Deserialize)]
    struct Sent {
        entries: Vec<SentEntry>,
        #[serde(default)]
        omitted: u32,
    }
    #[derive(Deserialize)]
    struct SentEntry {
        page: String,
        kind: String,
        level: String,
        text: String,
        place: Option<String>,
        #[serde(default)]
        count: u32,
    }
    // `serde_json` does not validate strings that it skips.
    std::str::from_utf8(body).map_err(Rejection::not_utf8)?;
    let Sent { entries, omitted } = serde_json::from_slice(&well_formed(body)).map_err(|error| {
        Rejection::malformed(
            &error,
            r#"{"type":"console","entries":[{"page":"/","kind":"error","level":"error","text":"no"}]}"#,
        )
    })?;
    let more = entries.len().saturating_sub(MAX_ENTRIES);
    let read = |SentEntry { page, kind, level, text, place, count }: SentEntry| {
        let (kind, level) = (Kind::parse(&kind)?, Level::parse(&level)?);
        Some(Entry { page, kind, level, text, place, time, count: count.max(1) })
    };
    let omitted = u64::from(omitted).saturating_add(more as u64);
    Ok((entries.into_iter().take(MAX_ENTRIES).filter_map(read).collect(), omitted))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<(Vec<Entry>, u64), Rejection> {
        from_page(body.as_bytes(), SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn entries_are_read_and_unknown_ones_ignored() {
        let sent = r#"{"type":"console","omitted":2,"entries":[
            {"page":"/cart","kind":"error","level":"error","text":"no","place":"src/a.ts:1:2","count":5},
            {"page":"/","kind":"console","level":"warn","text":"\ud800"},
            {"page":"/","kind":"dance","level":"warn","text":"x"},
            {"page":"/","kind":"error","level":"loud","text":"x"}
        ]}"#;
        let (entries, omitted) = read(sent).unwrap();
        let [first, second] = &entries[..] else { panic!("{entries:?}") };
        assert_eq!((first.page.as_str(), first.kind, first.count), ("/cart", Kind::Error, 5));
        assert_eq!(first.place.as_deref(), Some("src/a.ts:1:2"));
        assert_eq!((second.level, second.text.as_str(), second.count), (Level::Warn, "\u{fffd}", 1));
        assert_eq!(omitted, 2);
    }

    #[test]
    fn other_messages_are_no_entries() {
        for body in [
            "",
            "\u{ff}",
            r#"{"type":"console"}"#,
            r#"{"type":"console","entries":[7]}"#,
            r#"{"type":"console","entries":[],"omitted":-1}"#,
            r#"{"type":"console","entries":[{"page":"/","kind":"error","level":"error"}]}"#,
        ] {
            assert!(read(body).is_err(), "{body}");
        }
        let skipped = from_page(b"{\"x\":\"\xbf\",\"entries\":[]}", SystemTime::UNIX_EPOCH);
        assert!(skipped.unwrap_err().to_string().contains("from index 6"));
    }

    #[test]
    fn entries_beyond_the_bound_are_counted() {
        let many = vec![r#"{"page":"/","kind":"error","level":"error","text":"x"}"#; 100].join(",");
        let (entries, omitted) = read(&format!(r#"{{"type":"console","entries":[{many}]}}"#)).unwrap();
        assert_eq!((entries.len(), omitted), (MAX_ENTRIES, 36));
    }
}
