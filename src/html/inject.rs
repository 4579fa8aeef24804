//! The tag into an answer: what the head must say, then the bytes.

use std::{mem, ops::RangeInclusive};

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header, response::Parts};

use super::{
    NavigationRequest, Tag,
    script_tag::{is_sandboxed, nonce},
    tokenizer::{Scan, Step, Wide, loads_script},
};
use crate::header_values;

/// Header names that `http` has no constants for: digests of bytes that will not go out.
static DIGESTS: [HeaderName; 4] = [
    HeaderName::from_static("content-md5"),
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
    HeaderName::from_static("digest"),
];

/// How many bytes after the tag's place are looked through for a tag of the page's own: a head, whatever is in it,
/// and not all of a large page.
const LOOKED_AT: usize = 4 << 10;

/// Marks an answer that gets the tag, so that a second layer around the first leaves it alone.
#[derive(Debug, Clone, Copy)]
struct Injected;

/// Decides by an answer's head whether its body gets the tag, and makes the head say so.
///
/// `tag` is given the page's nonce and called only for a page. `exact_len` is the body's length
/// where it is known, against which a `Content-Length` is checked.
///
/// A certain load gains exactly the tag's length, whatever the body turns out to be, and its
/// `Content-Length` grows by that. For an uncertain one the body decides when the head has gone,
/// so it loses its `Content-Length`; [`Injector::added`] is what keeps the server from making one
/// up. Validators and digests go, for they speak of other bytes: a browser that could revalidate
/// would get a 304, keep a page with an old hash in it, and load that for ever.
pub(crate) fn plan(
    load: NavigationRequest,
    head: &mut Parts,
    tag: impl FnOnce(Option<&str>) -> Tag,
    client_path: &str,
    exact_len: Option<u64>,
) -> Option<Injector> {
    if !is_page(head) {
        return None;
    }
    let tag = tag(nonce(&head.headers)).into_bytes();
    let length = content_length(&head.headers)
        .filter(|length| load == NavigationRequest::Certain && exact_len.is_none_or(|exact| exact == *length))
        .and_then(|length| length.checked_add(len(&tag)));
    let headers = &mut head.headers;
    match length {
        Some(length) => headers.insert(header::CONTENT_LENGTH, length.into()),
        None => headers.remove(header::CONTENT_LENGTH),
    };
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
    Some(Injector {
        stage: Stage::Scanning(Scan::new()),
        held: Bytes::new(),
        tag,
        promised: load == NavigationRequest::Certain,
        client_path: client_path.into(),
    })
}

/// Whether an answer is a whole HTML page that the tag can be read in.
fn is_page(head: &Parts) -> bool {
    let headers = &head.headers;
    head.status == StatusCode::OK
        && head.extensions.get::<Injected>().is_none()
        && is_html(headers)
        && header_values::members(headers, header::CONTENT_ENCODING)
            .all(|coding| coding.eq_ignore_ascii_case(b"identity"))
        && !headers.contains_key(header::CONTENT_RANGE)
        && !is_sandboxed(headers)
        && !headers
            .get_all(header::CONTENT_DISPOSITION)
            .iter()
            .any(|value| header_values::essence(value.as_bytes()).eq_ignore_ascii_case(b"attachment"))
}

/// Whether the one `Content-Type` says HTML, in a charset that writes ASCII as ASCII.
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
fn is_ascii_compatible(label: &[u8]) -> bool {
    let label = label.to_ascii_lowercase();
    let names: [&[u8]; 4] = [b"unicode", b"unicodefeff", b"unicodefffe", b"csunicode"];
    let families: [&[u8]; 5] = [b"utf-16", b"utf-32", b"utf-7", b"ucs-", b"iso-10646-ucs-"];
    !names.contains(&&*label) && !families.iter().any(|family| label.starts_with(family))
}

/// The `Content-Length`, if there is one and only one and it is a number.
fn content_length(headers: &HeaderMap) -> Option<u64> {
    let mut lines = headers.get_all(header::CONTENT_LENGTH).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else {
        return None;
    };
    let digits = line.to_str().ok()?;
    // `parse` alone would take a plus sign.
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok()).flatten()
}

/// A body's bytes in, the same bytes and the tag out.
///
/// The pieces that go out are slices of the chunks that came in: at most four for one chunk. Only
/// the few bytes of a name that is cut by a chunk's end are held back, never a tag or a comment.
#[derive(Debug)]
pub(crate) struct Injector {
    stage: Stage,
    /// What the scan has not decided on: the last of what was pushed, to go out before the next.
    held: Bytes,
    tag: Bytes,
    /// Whether the tag's length is in the head, so that as many bytes go out in any case.
    promised: bool,
    client_path: Box<str>,
}

#[derive(Debug)]
enum Stage {
    Scanning(Scan),
    /// A UTF-16 body, at whose end spaces go out for the tag, if it was promised.
    Wide(Wide),
    Done,
}

impl Injector {
    /// Passes a chunk of the body on.
    ///
    /// Where what follows in this chunk loads the client by a tag of its own, spaces go out for the
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
                let wanted = self.promised || scan.is_document();
                self.stage = Stage::Done;
                let held = mem::take(&mut self.held);
                let rest = chunk.split_off(place.saturating_sub(held.len()).min(chunk.len()));
                let mut tag = mem::take(&mut self.tag);
                if !wanted {
                    tag.clear();
                } else if loads_script(&rest[..rest.len().min(LOOKED_AT)], &self.client_path) {
                    tag = spaces(b" ", if self.promised { tag.len() } else { 0 });
                }
                // The place is before all that was held or after it, never within.
                let pieces = if place == 0 { [tag, held, chunk, rest] } else { [held, chunk, tag, rest] };
                for piece in pieces {
                    send(out, piece);
                }
            }
            Step::Wide(wide) => {
                self.stage = Stage::Wide(wide);
                send(out, mem::take(&mut self.held));
                send(out, chunk);
            }
        }
    }

    /// Ends the body: what was held back goes out, and the tag if it has not yet.
    ///
    /// Called again, it adds nothing.
    pub(crate) fn finish(&mut self, out: &mut impl Extend<Bytes>) {
        let tag = mem::take(&mut self.tag);
        let last = match mem::replace(&mut self.stage, Stage::Done) {
            Stage::Scanning(scan) if self.promised || scan.is_document() => tag,
            Stage::Wide(wide) if self.promised => spaces(&wide.space(), tag.len()),
            _ => Bytes::new(),
        };
        send(out, last);
        // After the tag: a name that the end has cut short would swallow it.
        send(out, mem::take(&mut self.held));
    }

    /// How many bytes are still to come beyond those still to be pushed: at least and at most.
    ///
    /// Both bounds of a body's size hint are to be raised by these. They are one number for a
    /// certain load. For an uncertain one they differ until it is decided: there the hint must
    /// not be exact, or the server would make a `Content-Length` of it.
    pub(crate) fn added(&self) -> RangeInclusive<u64> {
        let held = len(&self.held);
        let tag = match (&self.stage, self.promised) {
            (Stage::Done, _) | (Stage::Wide(_), false) => return held..=held,
            _ => len(&self.tag),
        };
        let least = if self.promised { tag } else { 0 };
        held + least..=held + tag
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
