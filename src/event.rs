//! Events as they go over the wire: each is encoded once, however many clients there are.

#[cfg(feature = "websocket")]
use std::sync::Arc;

use bytes::Bytes;
use serde::Serialize;
#[cfg(feature = "websocket")]
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::build::{Change, to_json};
#[cfg(feature = "websocket")]
use crate::payload::Payload;

/// How an event's text ends: the JSON object's brace, and the blank line that dispatches it.
pub(crate) const END: &[u8] = b"}\n\n";

/// One encoded event. A clone is a reference count.
///
/// What only our own client asks for is kept apart, so that both kinds of client are sent slices of one
/// encoding: everybody gets `data`; our client gets `data` up to [`END`], then `further`, then [`END`].
#[derive(Clone, Debug)]
pub(crate) struct Frame {
    data: Bytes,
    further: Option<Bytes>,
    /// What it is on Vite's wire.
    #[cfg(feature = "websocket")]
    payload: Arc<Payload>,
}

impl Frame {
    /// An event with these bytes of JSON as its data.
    pub(crate) fn new(json: &[u8]) -> Self {
        let mut data = Vec::with_capacity(json.len() + 8);
        data.extend_from_slice(b"data: ");
        data.extend_from_slice(json);
        // Raw JSON may hold line breaks between its tokens, where a blank means the same. In an event stream
        // they would end the field (HTML standard, section 9.2.5).
        for line_break in *b"\n\r" {
            if data.contains(&line_break) {
                data.iter_mut().filter(|byte| **byte == line_break).for_each(|byte| *byte = b' ');
            }
        }
        data.extend_from_slice(b"\n\n");
        Self {
            data: data.into(),
            further: None,
            #[cfg(feature = "websocket")]
            payload: Arc::default(),
        }
    }

    /// An event of these bytes, its beginning and end included.
    #[cfg(test)]
    pub(crate) fn raw(data: Bytes) -> Self {
        Self { data, ..Self::new(b"") }
    }

    /// Has every page loaded again, because of `file` where that is known.
    pub(crate) fn reload(file: Option<&str>) -> Self {
        let frame = Self::of(&Event::Reload { file });
        #[cfg(feature = "websocket")]
        let frame = frame.payload(Payload::reload(file));
        frame
    }

    /// Says what the event is on Vite's wire, where that is not what its JSON says.
    #[cfg(feature = "websocket")]
    pub(crate) fn payload(mut self, payload: Payload) -> Self {
        self.payload = Arc::new(payload);
        self
    }

    /// The event's messages on Vite's wire, written when they are first asked for.
    #[cfg(feature = "websocket")]
    pub(crate) fn messages(&self, base: &str) -> &[Utf8Bytes] {
        let json = b"data: ".len()..self.data.len() - b"\n\n".len();
        self.payload.messages(|| self.data.slice(json), base)
    }

    /// An event of this crate's own.
    pub(crate) fn of(event: &impl Serialize) -> Self {
        Self::new(&to_json(event))
    }

    /// Adds keys for our own client, as a JSON object's text without its braces and with a leading comma.
    pub(crate) fn further(mut self, keys: Option<Bytes>) -> Self {
        self.further = keys;
        self
    }

    /// What the event takes up in the log.
    pub(crate) fn len(&self) -> usize {
        let bytes = self.data.len() + self.further.as_ref().map_or(0, Bytes::len);
        #[cfg(feature = "websocket")]
        let bytes = bytes + self.payload.weight();
        bytes
    }

    /// The event as everybody gets it.
    pub(crate) fn data(&self) -> &Bytes {
        &self.data
    }

    /// Appends the event's bytes for a client.
    pub(crate) fn write(&self, with_changes: bool, out: &mut impl Extend<Bytes>) {
        match &self.further {
            Some(further) if with_changes => out.extend([
                self.data.slice(..self.data.len() - END.len()),
                further.clone(),
                Bytes::from_static(END),
            ]),
            _ => out.extend([self.data.clone()]),
        }
    }
}

/// The keys of one field as [`Frame::further`] takes them.
pub(crate) fn further(key: &str, value: &impl Serialize, out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"");
    out.extend_from_slice(key.as_bytes());
    out.extend_from_slice(b"\":");
    out.extend_from_slice(&to_json(value));
}

/// The key `changes` as [`Frame::further`] takes it.
pub(crate) fn further_changes(changes: &[Change], out: &mut Vec<u8>) {
    out.extend_from_slice(b",\"changes\":[");
    for (n, change) in changes.iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        out.extend_from_slice(&to_json(change));
        if let Some(text) = &change.text {
            out.truncate(out.len() - 1);
            out.extend_from_slice(b",\"text\":");
            write_string(text, out);
            out.push(b'}');
        }
    }
    out.push(b']');
}

/// Appends a string as JSON (RFC 8259, section 7), as `JSON.stringify` writes it (ECMA-262, `QuoteJSONString`).
///
/// A stylesheet's text is long, and this runs in unoptimised builds, where `serde_json` takes 50 ns for each
/// byte and this takes 6.
pub(crate) fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    let bytes = text.as_bytes();
    let mut written = 0;
    for (at, &byte) in bytes.iter().enumerate() {
        if byte >= b' ' && byte != b'"' && byte != b'\\' {
            continue;
        }
        out.extend_from_slice(&bytes[written..at]);
        written = at + 1;
        match byte {
            b'\x08' => out.extend_from_slice(b"\\b"),
            b'\x0c' => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
            _ => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
    }
    out.extend_from_slice(&bytes[written..]);
    out.push(b'"');
}

/// A named event of the app's own, as both wires have it.
#[derive(Debug, Serialize)]
pub(crate) struct Custom<'a, T> {
    r#type: &'static str,
    event: &'a str,
    data: &'a T,
}

impl<'a, T> Custom<'a, T> {
    pub(crate) fn new(event: &'a str, data: &'a T) -> Self {
        Self { r#type: "custom", event, data }
    }
}

/// The crate's own events beside `built` and `sync`.
#[derive(Debug, Serialize)]
#[serde(tag = "action", rename_all = "lowercase")]
pub(crate) enum Event<'a> {
    Building {
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<&'a str>,
    },
    Reload {
        #[serde(skip_serializing_if = "Option::is_none")]
        file: Option<&'a str>,
    },
    Lagged {
        missed: u64,
    },
    Connected {
        #[serde(skip_serializing_if = "Option::is_none")]
        server: Option<&'a str>,
        heartbeat: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(frame: &Frame, with_changes: bool) -> String {
        let mut out = Vec::<Bytes>::new();
        frame.write(with_changes, &mut out);
        String::from_utf8(out.concat()).unwrap()
    }

    #[test]
    fn only_a_client_that_asked_gets_further_keys() {
        let mut keys = Vec::new();
        further("previous", &"h0", &mut keys);
        let frame = Frame::new(br#"{"hash":"h1"}"#).further(Some(keys.into()));
        assert_eq!(text(&frame, false), "data: {\"hash\":\"h1\"}\n\n");
        assert_eq!(text(&frame, true), "data: {\"hash\":\"h1\",\"previous\":\"h0\"}\n\n");
    }

    #[test]
    fn a_change_carries_its_text() {
        let mut out = Vec::new();
        further_changes(&[Change::new("/a").text("a{}\n"), Change::removed("/b")], &mut out);
        let written = String::from_utf8(out).unwrap();
        assert_eq!(written, r#","changes":[{"id":"/a","text":"a{}\n"},{"id":"/b"}]"#);
    }

    #[test]
    fn a_text_is_written_as_serde_json_writes_it() {
        let every_byte: String = (0..=0x7f_u8).map(char::from).collect();
        for text in ["", "a{}", "\"", "é💓\n", "\\\\\"\r\n\t", &every_byte] {
            let mut out = Vec::new();
            write_string(text, &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), serde_json::to_string(text).unwrap());
        }
    }

    #[test]
    fn a_line_break_between_tokens_does_not_end_the_data() {
        assert_eq!(text(&Frame::new(b"{\"a\":\r\n1}"), false), "data: {\"a\":  1}\n\n");
    }

    #[test]
    fn unknown_values_are_left_out() {
        let cases = [
            (Event::Building { name: None, file: None }, r#"{"action":"building"}"#),
            (
                Event::Building { name: Some("n"), file: Some("./a") },
                r#"{"action":"building","name":"n","file":"./a"}"#,
            ),
            (Event::Reload { file: None }, r#"{"action":"reload"}"#),
            (Event::Lagged { missed: 3 }, r#"{"action":"lagged","missed":3}"#),
        ];
        for (event, json) in cases {
            assert_eq!(text(&Frame::of(&event), true), format!("data: {json}\n\n"));
        }
    }
}
