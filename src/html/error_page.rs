//! An HTML page with an error's text, so that the tab has the client and recovers by itself.

use std::mem;

use bytes::Bytes;
use http::{HeaderValue, header, response::Parts};

use super::{
    Tag,
    inject::{claim, is_ascii_compatible, is_open},
    script_tag::nonce,
};
use crate::header_values;

/// The most bytes of an error's text that a page shows.
const MOST_TEXT: usize = 64 << 10;

/// Turns the body of an error, in plain text, JSON or empty, into an HTML page with the same text.
///
/// The text is escaped byte by byte, which is right in every charset that writes ASCII as ASCII; the page has that of the
/// text. It has no style that a policy could forbid.
#[derive(Debug)]
pub(crate) struct ErrorPage {
    /// The page up to the text, until it is sent.
    start: Bytes,
    /// The status line, shown where there is no text.
    status: String,
    /// Number of the text's bytes that may still be shown.
    left: usize,
    is_cut: bool,
    is_done: bool,
}

impl ErrorPage {
    /// Decides by a response's head whether it becomes such a page, and corrects the head.
    ///
    /// `tag` receives the policy's nonce.
    pub(crate) fn plan(head: &mut Parts, tag: impl FnOnce(Option<&str>) -> Tag) -> Option<Self> {
        let is_error = head.status.is_client_error() || head.status.is_server_error();
        if !is_error || !is_open(head) {
            return None;
        }
        let content_type = content_type(head)?;
        let tag = tag(nonce(&head.headers)).into_bytes();
        head.headers.insert(header::CONTENT_TYPE, content_type);
        head.headers.remove(header::CONTENT_LENGTH);
        claim(head);
        let status = head.status.to_string();
        let mut start = Vec::with_capacity(tag.len() + 256);
        for piece in [
            b"<!doctype html>\n<html>\n<head>".as_slice(),
            &*tag,
            b"<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
            status.as_bytes(),
            b"</title>\n</head>\n<body>\n<pre>",
        ] {
            start.extend_from_slice(piece);
        }
        Some(Self { start: start.into(), status, left: MOST_TEXT, is_cut: false, is_done: false })
    }

    pub(crate) fn push(&mut self, chunk: &[u8], out: &mut impl Extend<Bytes>) {
        if chunk.is_empty() || self.is_done {
            return;
        }
        out.extend(self.take_start());
        let shown = &chunk[..chunk.len().min(self.left)];
        let mut text = Vec::with_capacity(shown.len() + 64);
        for byte in shown {
            match byte {
                b'<' => text.extend_from_slice(b"&lt;"),
                b'>' => text.extend_from_slice(b"&gt;"),
                b'&' => text.extend_from_slice(b"&amp;"),
                byte => text.push(*byte),
            }
        }
        if shown.len() < chunk.len() && !mem::replace(&mut self.is_cut, true) {
            text.extend_from_slice(b"&hellip;");
        }
        self.left -= shown.len();
        if !text.is_empty() {
            out.extend([Bytes::from(text)]);
        }
    }

    pub(crate) fn finish(&mut self, out: &mut impl Extend<Bytes>) {
        if mem::replace(&mut self.is_done, true) {
            return;
        }
        if let Some(start) = self.take_start() {
            out.extend([start, mem::take(&mut self.status).into()]);
        }
        out.extend([Bytes::from_static(b"</pre>\n</body>\n</html>\n")]);
    }

    fn take_start(&mut self) -> Option<Bytes> {
        Some(mem::take(&mut self.start)).filter(|start| !start.is_empty())
    }
}

/// Returns the `Content-Type` of the page; `None` for a response that is not text.
fn content_type(head: &Parts) -> Option<HeaderValue> {
    let mut types = head.headers.get_all(header::CONTENT_TYPE).iter();
    let value = match (types.next(), types.next()) {
        (None, _) => return Some(HeaderValue::from_static("text/html;charset=utf-8")),
        (Some(value), None) => value.as_bytes(),
        _ => return None,
    };
    let essence = header_values::essence(value).to_ascii_lowercase();
    let is_json = essence == b"application/json" || essence.ends_with(b"+json");
    if essence != b"text/plain" && !is_json {
        return None;
    }
    let mut charsets = header_values::parameter(value, "charset");
    match charsets.next().filter(|_| !is_json) {
        None => Some(HeaderValue::from_static("text/html;charset=utf-8")),
        Some(label) if is_ascii_compatible(label) && label.iter().copied().all(is_label_byte) => {
            HeaderValue::from_bytes(&[b"text/html;charset=", label].concat()).ok()
        }
        Some(_) => None,
    }
}

/// Returns true if a byte may be in a charset's name, which then needs no quotes.
fn is_label_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-_.:+".contains(&byte)
}
