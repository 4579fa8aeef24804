//! Parsing of receipts from their JSON. Pure.

use std::time::Duration;

use serde::Deserialize;

use super::rejection::Rejection;
use crate::{
    escape::shorten,
    json::well_formed,
    terminal::{Outcome, Receipt},
};

/// The most receipts that a page may send at once.
const MAX_RECEIPTS: usize = 64;

/// The longest time in milliseconds that a page may have taken.
const MAX_MS: f64 = 600_000.0;

/// A page's receipts, and what it says about itself.
#[derive(Debug, Default, PartialEq)]
pub(super) struct FromPage {
    pub(super) receipts: Vec<Receipt>,
    /// The path that it has now.
    pub(super) path: Option<String>,
    /// True if it is being closed, or goes to another page.
    pub(super) has_left: bool,
}

/// Parses a page's receipts, `{"type":"receipt","receipts":[{"event":ID,"outcome":"updated"}]}`. Receipts that are
/// invalid, or for events of another process, are left out.
pub(super) fn from_page(body: &[u8], number: impl Fn(&str) -> Option<u64>) -> Result<FromPage, Rejection> {
    #[derive(Deserialize)]
    struct Sent {
        r#type: String,
        receipts: Vec<SentReceipt>,
        page: Option<String>,
        #[serde(default)]
        left: bool,
    }
    #[derive(Deserialize)]
    struct SentReceipt {
        event: String,
        outcome: String,
        text: Option<String>,
        ms: Option<f64>,
    }
    // `serde_json` does not validate strings that it skips.
    std::str::from_utf8(body).map_err(Rejection::not_utf8)?;
    let Sent { r#type, receipts, page: path, left: has_left } = serde_json::from_slice(&well_formed(body))
        .map_err(|error| {
            Rejection::malformed(
                &error,
                r#"{"type":"receipt","receipts":[{"event":"an id","outcome":"updated"}]}"#,
            )
        })?;
    if r#type != "receipt" {
        return Err(Rejection::unknown_type(
            &r#type,
            "\"receipt\", \"console\" or \"instances\" with this key",
        ));
    }
    let read = |SentReceipt { event, outcome, text, ms }: SentReceipt| {
        let text = text.as_deref().map(shorten);
        let outcome = match outcome.as_str() {
            "updated" => Outcome::Updated,
            "same" => Outcome::Same,
            "reloaded" => Outcome::Reloaded { reason: text },
            "unused" => Outcome::Unused { loaded: text },
            "failed" => Outcome::Failed { reason: text },
            _ => return None,
        };
        let took =
            ms.filter(|ms| (0.0..=MAX_MS).contains(ms)).map(|ms| Duration::from_secs_f64(ms / 1_000.0));
        Some(Receipt { event: number(&event)?, outcome, took })
    };
    let receipts = receipts.into_iter().take(MAX_RECEIPTS).filter_map(read).collect();
    Ok(FromPage { receipts, path, has_left })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Vec<Receipt>, Rejection> {
        from_page(body.as_bytes(), |id| id.strip_prefix("boot-")?.parse().ok()).map(|sent| sent.receipts)
    }

    #[test]
    fn receipts_are_read() {
        let sent = r#"{"type":"receipt","receipts":[
            {"event":"boot-1","outcome":"updated"},
            {"event":"boot-2","outcome":"reloaded","more":1},
            {"event":"boot-3","outcome":"unused","text":"/static/a.css"},
            {"event":"boot-4","outcome":"failed"},
            {"event":"boot-5","outcome":"same"},
            {"event":"boot-6","outcome":"reloaded","text":"an inline script changed"}
        ]}"#;
        let outcomes = [
            Outcome::Updated,
            Outcome::Reloaded { reason: None },
            Outcome::Unused { loaded: Some("/static/a.css".to_owned()) },
            Outcome::Failed { reason: None },
            Outcome::Same,
            Outcome::Reloaded { reason: Some("an inline script changed".to_owned()) },
        ];
        let expected: Vec<_> =
            (1..).zip(outcomes).map(|(event, outcome)| Receipt { event, outcome, took: None }).collect();
        assert_eq!(read(sent), Ok(expected));
    }

    #[test]
    fn other_messages_are_no_receipts() {
        let skipped = from_page(b"{\"x\":\"\xbf\",\"type\":\"receipt\",\"receipts\":[]}", |_| None);
        assert!(skipped.unwrap_err().to_string().contains("from index 6"));
        for body in [
            r#"{"type":"custom","event":"receipt"}"#,
            r#"{"type":"custom","event":"e","receipts":[]}"#,
            r#"{"type":"receipt"}"#,
            r#"{"type":"receipt","receipts":[7]}"#,
            "",
            "\u{ff}",
        ] {
            assert!(read(body).is_err(), "{body}");
        }
    }

    #[test]
    fn invalid_receipts_are_left_out_and_texts_cut() {
        let sent = r#"{"type":"receipt","receipts":[
            {"event":"other-1","outcome":"updated"},
            {"event":"boot-1","outcome":"danced"},
            {"event":"boot-2","outcome":"updated"}
        ]}"#;
        assert_eq!(read(sent), Ok(vec![Receipt { event: 2, outcome: Outcome::Updated, took: None }]));
        let many = vec![r#"{"event":"boot-1","outcome":"updated"}"#; 1_000].join(",");
        assert_eq!(
            read(&format!(r#"{{"type":"receipt","receipts":[{many}]}}"#)).map(|read| read.len()),
            Ok(MAX_RECEIPTS)
        );
        let long = format!(r#"{{"event":"boot-1","outcome":"failed","text":"{}"}}"#, "x".repeat(9_000));
        let read = read(&format!(r#"{{"type":"receipt","receipts":[{long}]}}"#)).unwrap();
        let Outcome::Failed { reason: Some(reason) } = &read[0].outcome else { panic!("{read:?}") };
        assert!(reason.len() < 300, "{reason}");
    }

    #[test]
    fn a_page_says_how_long_it_took_and_where_it_is() {
        for (ms, expected) in [
            ("12.5", Some(Duration::from_micros(12_500))),
            ("0", Some(Duration::ZERO)),
            ("-1", None),
            ("600001", None),
            ("1e300", None),
            ("null", None),
        ] {
            let sent = format!(
                r#"{{"type":"receipt","page":"/a","receipts":[{{"event":"boot-1","outcome":"updated","ms":{ms}}}]}}"#
            );
            let sent = from_page(sent.as_bytes(), |_| Some(1)).unwrap();
            assert_eq!((sent.receipts[0].took, sent.path.as_deref()), (expected, Some("/a")), "{ms}");
            assert!(!sent.has_left);
        }
        let left = br#"{"type":"receipt","receipts":[],"left":true}"#;
        let expected = FromPage { has_left: true, ..FromPage::default() };
        assert_eq!(from_page(left, |_| None), Ok(expected));
    }
}
