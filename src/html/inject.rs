//! Injection of the tag into a response: first the head, then the body.

use std::mem;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, response::Parts};

use super::{
    Tag,
    script_tag::{is_sandboxed, nonce},
    tokenizer::{Scan, Step, Wide, loads_script},
};
use crate::header_values;

/// Header names without constants in `http`: digests of the body without the tag.
static DIGESTS: [HeaderName; 4] = [
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
    HeaderName::from_static("digest"),
];

/// Number of bytes after the tag's position that are searched for the page's own tag: more than most heads have, and less
/// than a large page.
const LOOKED_AT: usize = 4 << 10;

/// Marks a response with the tag, so that an outer layer leaves it unchanged.
#[derive(Debug, Clone, Copy)]
struct Injected;

/// Decides by a response's head whether its body gets the tag, and corrects the head.
///
/// `tag` is given the page's nonce and called only for a page. `exact_len` is the body's length
/// where it is known, against which a `Content-Length` is checked.
///
/// Every page grows by exactly the tag's length, and so does its `Content-Length`.
pub(crate) fn plan(
    head: &mut Parts,
    tag: impl FnOnce(Option<&str>) -> Tag,
    client_path: &str,
    exact_len: Option<u64>,
) -> Option<Injector> {
    if !is_page(head) || !is_open(head) {
        return None;
    }
    let tag = tag(nonce(&head.headers)).into_bytes();
    let length = content_length(&head.headers)
        .filter(|length| exact_len.is_none_or(|exact| exact == *length))
        .and_then(|length| length.checked_add(len(&tag)));
    match length {
        Some(length) => head.headers.insert(header::CONTENT_LENGTH, length.into()),
        None => head.headers.remove(header::CONTENT_LENGTH),
    };
    claim(head);
    Some(Injector {
        stage: Stage::Scanning(Scan::new()),
        held: Bytes::new(),
        tag,
        client_path: client_path.into(),
        is_without_tag: false,
    })
}

/// Removes headers that describe the body without the tag, and marks the response.
///
/// A browser that could revalidate would get a 304, keep a page with an old hash in it, and reload that for ever.
pub(super) fn claim(head: &mut Parts) {
    let headers = &mut head.headers;
    for name in [header::ETAG, header::LAST_MODIFIED, header::ACCEPT_RANGES] {
        headers.remove(name);
    }
    for name in &DIGESTS {
        headers.remove(name);
    }
    if !header_values::members(headers, header::CACHE_CONTROL)
        .any(|directive| directive.eq_ignore_ascii_case(b"no-store"))
    {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    }
    head.extensions.insert(Injected);
}

/// Returns true if a response is a whole HTML page in which browsers read the tag.
pub(super) fn is_page(head: &Parts) -> bool {
    let status = head.status;
    // Browsers don't show a redirect's body, and a part of a page or an empty body is not a document.
    let is_document = !status.is_informational()
        && !status.is_redirection()
        && ![StatusCode::NO_CONTENT, StatusCode::RESET_CONTENT, StatusCode::PARTIAL_CONTENT]
            .contains(&status);
    is_document && is_html(&head.headers)
}

/// Returns true if this layer may change a response's body: it is plain, whole, shown in place, of an origin that can load the
/// client, and not yet marked by another layer.
pub(super) fn is_open(head: &Parts) -> bool {
    let headers = &head.headers;
    head.extensions.get::<Injected>().is_none()
        && header_values::members(headers, header::CONTENT_ENCODING)
            .all(|coding| coding.eq_ignore_ascii_case(b"identity"))
        && !headers.contains_key(header::CONTENT_RANGE)
        && !is_sandboxed(headers)
        && !headers
            .get_all(header::CONTENT_DISPOSITION)
            .iter()
            .any(|value| header_values::essence(value.as_bytes()).eq_ignore_ascii_case(b"attachment"))
}

/// Returns true if the one `Content-Type` is HTML, in an ASCII-compatible charset.
pub(super) fn is_html(headers: &HeaderMap) -> bool {
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(value), None) = (types.next(), types.next()) else {
        return false;
    };
    let value = value.as_bytes();
    header_values::essence(value).eq_ignore_ascii_case(b"text/html")
        && header_values::parameter(value, "charset").all(is_ascii_compatible)
}

/// Of the Encoding standard's labels only UTF-16's are not, among them old names of UCS-2. UTF-7
/// and UTF-32 are no browser's charsets, but other software may read the page.
pub(super) fn is_ascii_compatible(label: &[u8]) -> bool {
    let label = label.to_ascii_lowercase();
    let names: [&[u8]; 4] = [b"unicode", b"unicodefeff", b"unicodefffe", b"csunicode"];
    let families: [&[u8]; 5] = [b"utf-16", b"utf-32", b"utf-7", b"ucs-", b"iso-10646-ucs-"];
    !names.contains(&&*label) && !families.iter().any(|family| label.starts_with(family))
}

/// Returns the `Content-Length`, if there is exactly one and it is a number.
pub(super) fn content_length(headers: &HeaderMap) -> Option<u64> {
    let mut lines = headers.get_all(header::CONTENT_LENGTH).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return None;
    };
    let digits = line.to_str().ok()?;
    // `parse` alone would take a plus sign.
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// Passes a body on, with the tag inserted.
///
/// Its output consists of slices of the input's chunks, at most four for one chunk. Only the few bytes of a name that a
/// chunk's end cuts are held back, never a tag or a comment.
#[derive(Debug)]
pub(crate) struct Injector {
    stage: Stage,
    /// The last bytes that were pushed, which the scan has not decided on. They go out before the next.
    held: Bytes,
    tag: Bytes,
    client_path: Box<str>,
    /// True once spaces were put in the tag's place.
    is_without_tag: bool,
}

#[derive(Debug)]
enum Stage {
    Scanning(Scan),
    /// A UTF-16 body, at whose end spaces go out for the tag.
    Wide(Wide),
    Done,
}

impl Injector {
    /// Passes a chunk of the body on.
    ///
    /// If the rest of this chunk loads the client by its own tag, spaces are inserted instead of the
    /// tag. A tag in a later chunk, or further off than [`LOOKED_AT`], is not seen; then the page has
    /// two, and the browser runs a module that is named twice by one URL only once.
    pub(crate) fn push(&mut self, mut chunk: Bytes, out: &mut impl Extend<Bytes>) {
        let Stage::Scanning(scan) = &mut self.stage else {
            return send(out, chunk);
        };
        match scan.feed(&chunk) {
            Step::More => {
                let undecided = scan.undecided();
                if undecided > chunk.len() {
                    self.held = [&*self.held, &*chunk].concat().into();
                } else {
                    send(out, mem::take(&mut self.held));
                    self.held = chunk.split_off(chunk.len() - undecided);
                    send(out, chunk);
                }
            }
            Step::Place(place) => {
                self.stage = Stage::Done;
                let held = mem::take(&mut self.held);
                let rest = chunk.split_off(place.saturating_sub(held.len()).min(chunk.len()));
                let mut tag = mem::take(&mut self.tag);
                if loads_script(&rest[..rest.len().min(LOOKED_AT)], &self.client_path) {
                    tag = spaces(b" ", tag.len());
                    self.is_without_tag = true;
                }
                // The position is before all held bytes or after them, never between them.
                let pieces = if place == 0 { [tag, held, chunk, rest] } else { [held, chunk, tag, rest] };
                for piece in pieces {
                    send(out, piece);
                }
            }
            Step::Wide(wide) => {
                self.stage = Stage::Wide(wide);
                self.is_without_tag = true;
                send(out, mem::take(&mut self.held));
                send(out, chunk);
            }
        }
    }

    /// Ends the body: returns the held bytes, and the tag if it has not been inserted yet.
    ///
    /// Called again, it adds nothing.
    pub(crate) fn finish(&mut self, out: &mut impl Extend<Bytes>) {
        let tag = mem::take(&mut self.tag);
        let last = match mem::replace(&mut self.stage, Stage::Done) {
            Stage::Scanning(_) => tag,
            Stage::Wide(wide) => spaces(&wide.space(), tag.len()),
            Stage::Done => Bytes::new(),
        };
        send(out, last);
        // After the tag: an incomplete name at the end would swallow it.
        send(out, mem::take(&mut self.held));
    }

    /// Returns true once it is certain that the page gets spaces instead of the tag.
    pub(crate) fn is_without_tag(&self) -> bool {
        self.is_without_tag
    }

    /// Number of bytes still to come beyond those still to be pushed. Both bounds of a body's size hint are raised by it.
    pub(crate) fn added(&self) -> u64 {
        // An inserted tag is empty here.
        len(&self.held) + len(&self.tag)
    }
}

/// As many bytes of spaces; `length` is even wherever one takes two bytes.
fn spaces(space: &[u8], length: usize) -> Bytes {
    space.iter().copied().cycle().take(length).collect()
}

fn len(bytes: &Bytes) -> u64 {
    bytes.len().try_into().unwrap_or(u64::MAX)
}

fn send(out: &mut impl Extend<Bytes>, piece: Bytes) {
    if !piece.is_empty() {
        out.extend([piece]);
    }
}
