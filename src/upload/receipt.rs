//! Parsing of receipts from their JSON. Pure.

use serde::Deserialize;

use super::rejection::Rejection;
use crate::{
    escape::shorten,
    json::well_formed,
    terminal::{Outcome, Receipt},
};

/// The most receipts that a page may send at once.
const MAX_RECEIPTS: usize = 64;

/// Parses a page's receipts, `{"type":"receipt","receipts":[{"event":ID,"outcome":"updated"}]}`. Receipts that are
/// invalid, or for events of another process, are left out.
pub(super) fn from_page(
    body: &[u8],
    number: impl Fn(&str) -> Option<u64>,
) -> Result<Vec<Receipt>, Rejection> {
    #[derive(Deserialize)]
    struct Sent {
        r#type: String,
        receipts: Vec<SentReceipt>,
    }
    #[derive(Deserialize)]
    struct SentReceipt {
        event: String,
        outcome: String,
        text: Option<String>,
    }
    // `serde_json` does not validate strings that it skips.
    std::str::from_utf8(body).map_err(Rejection::not_utf8)?;
    let Sent { r#type, receipts } = serde_json::from_slice(&well_formed(body)).map_err(|error| {
        Rejection::malformed(
            &error,
            r#"{"type":"receipt","receipts":[{"event":"an id","outcome":"updated"}]}"#,
        )
    })?;
    if r#type != "receipt" {
        return Err(Rejection::unknown_type(&r#type));
    }
    let read = |SentReceipt { event, outcome, text }: SentReceipt| {
        let text = text.as_deref().map(shorten);
        let outcome = match outcome.as_str() {
            "updated" => Outcome::Updated,
            "same" => Outcome::Same,
            "reloaded" => Outcome::Reloaded { reason: text },
            "unused" => Outcome::Unused { loaded: text },
            "failed" => Outcome::Failed { reason: text },
            _ => return None,
        };
        Some(Receipt { event: number(&event)?, outcome })
    };
    Ok(receipts.into_iter().take(MAX_RECEIPTS).filter_map(read).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Vec<Receipt>, Rejection> {
        from_page(body.as_bytes(), |id| id.strip_prefix("boot-")?.parse().ok())
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
            (1..).zip(outcomes).map(|(event, outcome)| Receipt { event, outcome }).collect();
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
        assert_eq!(read(sent), Ok(vec![Receipt { event: 2, outcome: Outcome::Updated }]));
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
}
