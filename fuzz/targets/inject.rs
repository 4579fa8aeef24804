//! The client's tag in any page, and what the client parses of it: the first byte selects the chunks, the others are the page.
#![no_main]

use std::sync::LazyLock;

use bytes::Bytes;
use http::{Request, Response, header};
use libfuzzer_sys::fuzz_target;
use tower_hot_middleware::HotMiddleware;
use tower_hot_middleware_fuzz::{Chunks, PATH, ask, hot, options, pieces, respond};

/// Keeps no page, so that all tags are the same.
static HOT: LazyLock<HotMiddleware> = LazyLock::new(|| hot(options().kept_pages_bytes(0)));

static KEEPING: LazyLock<HotMiddleware> = LazyLock::new(|| hot(options()));

/// The tag, as it is in an empty page.
static TAG: LazyLock<Vec<u8>> = LazyLock::new(|| inject(0, Chunks::default()));

/// The headers of a browser that navigates, and of the client that parses its page.
const BROWSER: (&str, &str) = ("sec-fetch-dest", "document");
const PARSER: (&str, &str) = ("hot-middleware-navigation", "document");

fuzz_target!(|input: &[u8]| {
    let Some((&first, page)) = input.split_first() else { return };
    let size = usize::from(first / 2);
    let pass = |chunks| inject(page.len(), chunks);

    let whole = pass(Chunks::by(page.len(), page));
    let whole_places = places(page, &whole);
    assert!(!whole_places.is_empty(), "more than the tag was added, or something is missing");
    assert!(whole.len() == page.len() + TAG.len(), "a page gets as many bytes as its length promised");

    let names_client = contains(page, b"__webpack_hmr/client.js");
    for (cut, chunks) in [
        ("byte by byte", Chunks::by(1, page)),
        ("by size", Chunks::by(size, page)),
        ("in two", Chunks::cut(size, page)),
    ] {
        let out = pass(chunks);
        if names_client {
            // A tag of the page's own is only seen in the same chunk as the position; the position is the
            // same.
            let places = places(page, &out);
            assert!(places.iter().any(|place| whole_places.contains(place)), "{cut}: {places:?}");
        } else {
            assert!(out == whole, "{cut}: {} and whole {}", out.escape_ascii(), whole.escape_ascii());
        }
    }
    check_parsed(page, &whole, size);
});

/// Checks what the client parses: the page when it asks for it, and the one that was kept. In any chunks, only names of
/// elements differ from the page.
fn check_parsed(page: &[u8], whole: &[u8], size: usize) {
    let ask = |chunks| load(&HOT, PARSER, page.len(), chunks);
    let asked = ask(Chunks::by(page.len(), page));
    assert!(folded(&asked) == folded(whole), "{}", asked.escape_ascii());
    let kept = kept(page, Chunks::by(size, page));
    for (cut, chunks) in [("byte by byte", Chunks::by(1, page)), ("by size", Chunks::by(size, page))] {
        let cut_up = ask(chunks);
        // A tag of the page's own is only seen in the same chunk as the position.
        assert!(cut_up.len() == asked.len(), "{cut}");
        if let Some(kept) = &kept {
            let places = places(kept, &cut_up);
            assert!(!places.is_empty(), "{cut}: {} and kept {}", cut_up.escape_ascii(), kept.escape_ascii());
        }
    }
    if let Some(kept) = kept {
        assert!(folded(&kept) == folded(page), "kept {}", kept.escape_ascii());
    }
}

/// Returns the page that is kept after a browser has loaded it in these chunks.
fn kept(page: &[u8], chunks: Chunks) -> Option<Vec<u8>> {
    const KEY: &[u8] = br#""page":""#;
    let html = load(&KEEPING, BROWSER, page.len(), chunks);
    let tag = html.windows(KEY.len()).position(|window| window == KEY)? + KEY.len();
    let id = std::str::from_utf8(html.get(tag..tag + 32)?).ok()?;
    let request = Request::get(format!("{PATH}/pages/{id}")).body(Chunks::default()).ok()?;
    let response = ask(&KEEPING, request);
    (response.status() == 200).then(|| {
        pieces(response.into_body()).into_iter().map(|(_, piece)| piece).collect::<Vec<Bytes>>().concat()
    })
}

/// HTML in which `noscript` and `noframes` are the same.
fn folded(html: &[u8]) -> Vec<u8> {
    let mut html = html.to_ascii_lowercase();
    while let Some(at) = html.windows(8).position(|window| window == b"noframes") {
        html[at..at + 8].copy_from_slice(b"noscript");
    }
    html
}

/// Returns the response for a page of this length in these chunks. Asserts that each size hint holds.
fn inject(length: usize, page: Chunks) -> Vec<u8> {
    load(&HOT, BROWSER, length, page)
}

/// The same for a request with this header.
fn load(
    hot: &HotMiddleware,
    (name, value): (&'static str, &'static str),
    length: usize,
    page: Chunks,
) -> Vec<u8> {
    let mut request = Request::new(Chunks::default());
    request.headers_mut().insert(name, header::HeaderValue::from_static(value));
    let mut page = Response::new(page);
    page.headers_mut().insert(header::CONTENT_TYPE, header::HeaderValue::from_static("text/html"));
    page.headers_mut().insert(header::CONTENT_LENGTH, length.into());
    let (head, body) = respond(hot, request, page).into_parts();
    let announced =
        head.headers.get(header::CONTENT_LENGTH).map(|length| length.to_str().expect("digits").to_owned());
    let pieces = pieces(body);
    let mut left: u64 = pieces.iter().map(|(_, piece)| piece.len() as u64).sum();
    assert!(announced.is_none_or(|length| length == left.to_string()));
    for (hint, piece) in &pieces {
        assert!(!piece.is_empty() || length == 0, "an empty chunk");
        assert!(
            hint.lower() <= left && hint.upper().is_none_or(|upper| left <= upper),
            "{left}, not {hint:?}"
        );
        left -= piece.len() as u64;
    }
    pieces.into_iter().map(|(_, piece)| piece).collect::<Vec<Bytes>>().concat()
}

/// Returns the positions in a page at which inserting the tag, spaces or nothing has this result.
fn places(page: &[u8], out: &[u8]) -> Vec<usize> {
    let Some(added) = out.len().checked_sub(page.len()) else { return Vec::new() };
    let is_filling = |placeholders: &[u8]| {
        placeholders.is_empty()
            || placeholders == &TAG[..]
            || placeholders.len() == TAG.len() && placeholders.iter().all(|byte| matches!(byte, b' ' | 0))
    };
    let same =
        |one: &[u8], other: &[u8]| one.iter().zip(other).take_while(|(one, other)| one == other).count();
    let first = page.len() - same_from_the_end(page, out);
    (first..=same(page, out)).filter(|&place| is_filling(&out[place..place + added])).collect()
}

/// Returns the length of the longest common suffix.
fn same_from_the_end(one: &[u8], other: &[u8]) -> usize {
    one.iter().rev().zip(other.iter().rev()).take_while(|(one, other)| one == other).count()
}

fn contains(text: &[u8], part: &[u8]) -> bool {
    text.windows(part.len()).any(|window| window == part)
}
