//! The store of pages: what is kept, and its bounds.

use std::{
    fmt::Write,
    sync::Arc,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue,
    header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE},
};

use super::{Capture, PageHead, PageId, Pages};

const LIMIT: usize = 8 << 20;

/// Longest wait for the thread.
const PATIENCE: Duration = Duration::from_secs(20);

fn html() -> PageHead {
    let content_type = HeaderValue::from_static("text/html;charset=utf-8");
    PageHead { content_type, policy: None }
}

fn begin(pages: &Pages, length: Option<u64>) -> Capture {
    pages.begin(html(), length).unwrap()
}

/// Keeps a page of these chunks.
fn keep<'a>(pages: &Pages, chunks: impl IntoIterator<Item = &'a [u8]>) -> PageId {
    let mut capture = begin(pages, None);
    for chunk in chunks {
        assert!(capture.push(&Bytes::copy_from_slice(chunk)));
    }
    let id = capture.id();
    capture.finish();
    id
}

fn read(pages: &Pages, id: PageId) -> Option<Vec<u8>> {
    let (head, mut reading) = pages.get(&id)?;
    assert_eq!(head.content_type, html().content_type);
    let page: Vec<u8> = std::iter::from_fn(|| reading.next()).flatten().collect();
    assert_eq!(page.len(), reading.len());
    Some(page)
}

fn compress(pages: &Pages) {
    pages.0.as_ref().unwrap().compress_waiting();
}

fn taken(pages: &Pages) -> usize {
    pages.0.as_ref().unwrap().taken()
}

/// Marsaglia's xorshift: the same numbers in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// A page as a template renders it from a table of orders: 100 kB, with a token in each row.
fn orders(random: &mut Random) -> String {
    const NAMES: [&str; 6] = ["Schmidt & Sohn", "Miller", "Okafor", "Ångström AB", "Holm", "Haddad"];
    let mut page = String::from(
        "<!doctype html>\n<html lang=en>\n<head><title>Orders</title></head>\n<body>\n<table>\n",
    );
    for row in 0.. {
        if page.len() > 100_000 {
            break;
        }
        let name = NAMES[usize::try_from(random.next() % 6).unwrap()];
        let (cents, day, token) = (random.next() % 100_000, 1 + random.next() % 28, random.next());
        write!(
            page,
            "<tr id=\"order-{row}\" class=\"order\">\n  <td><a href=\"/orders/{row}\">{name}</a></td>\n  \
             <td class=\"number\">{}.{:02} €</td>\n  <td><time datetime=\"2026-11-{day:02}\">Nov {day}</time></td>\n  \
             <td><form method=\"post\"><input type=\"hidden\" name=\"csrf\" value=\"{token:016x}\">\
             <button>Cancel</button></form></td>\n</tr>\n",
            cents / 100,
            cents % 100,
        )
        .unwrap();
    }
    page.push_str("</table>\n</body>\n</html>\n");
    page
}

#[test]
fn a_page_is_kept_as_it_was_sent() {
    let pages = Pages::new(LIMIT);
    let text = orders(&mut Random(1)).repeat(3);
    let bytes = text.as_bytes();
    let mixed = [&bytes[..10], &[], &bytes[10..40_000], &bytes[40_000..200_000], &bytes[200_000..]];
    let ids = [
        keep(&pages, [bytes]),
        keep(&pages, bytes.chunks(7)),
        keep(&pages, bytes.chunks(20_000)),
        keep(&pages, mixed),
        keep(&pages, [&bytes[..1]]),
        keep(&pages, bytes[..128 << 10].chunks(64 << 10)),
    ];
    for state in ["as it came", "compressed"] {
        for id in &ids[..4] {
            assert_eq!(read(&pages, *id).as_deref(), Some(bytes), "{state}");
        }
        assert_eq!(read(&pages, ids[4]).as_deref(), Some(&bytes[..1]), "{state}");
        assert_eq!(read(&pages, ids[5]).as_deref(), Some(&bytes[..128 << 10]), "{state}");
        compress(&pages);
    }
}

#[test]
fn only_a_complete_page_is_kept() {
    let pages = Pages::new(LIMIT);
    let chunk = Bytes::from(vec![b'x'; 50_000]);
    let mut abandoned = begin(&pages, None);
    assert!(abandoned.push(&chunk) && !abandoned.is_complete());
    let id = abandoned.id();
    assert!(read(&pages, id).is_none(), "not yet complete");
    drop(abandoned);
    assert!(read(&pages, id).is_none() && taken(&pages) == 0);

    for (length, is_kept) in [(50_000, true), (49_999, false), (50_001, false)] {
        let mut capture = begin(&pages, Some(length));
        assert!(capture.push(&chunk));
        assert_eq!(capture.is_complete(), is_kept, "{length}");
        let id = capture.id();
        capture.finish();
        assert_eq!(read(&pages, id).is_some(), is_kept, "{length}");
    }
    let empty = begin(&pages, None);
    let id = empty.id();
    empty.finish();
    assert!(read(&pages, id).is_none());
}

#[test]
fn a_page_over_the_bound_is_not_kept() {
    let pages = Pages::new(LIMIT);
    let most = LIMIT / 4;
    assert!(pages.begin(html(), Some(most as u64)).is_some());
    assert!(pages.begin(html(), Some(most as u64 + 1)).is_none());
    assert!(pages.begin(html(), Some(u64::MAX)).is_none());
    let mut capture = begin(&pages, None);
    let chunk = Bytes::from(vec![b'x'; most / 4]);
    assert!((0..4).all(|_| capture.push(&chunk)));
    assert!(!capture.push(&Bytes::from_static(b"x")), "one byte more");
    drop(capture);
    assert_eq!(taken(&pages), 0);
    let off = Pages::new(0);
    assert!(!off.is_on() && off.begin(html(), None).is_none());
}

#[test]
fn fifty_pages_of_100_kb_take_less_than_2_mb() {
    let pages = Pages::new(LIMIT);
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    let texts: Vec<_> = (0..50).map(|_| orders(&mut random)).collect();
    let ids: Vec<_> = texts.iter().map(|text| keep(&pages, text.as_bytes().chunks(32 << 10))).collect();
    assert!(taken(&pages) > 5_000_000);
    compress(&pages);
    let taken = taken(&pages);
    assert!(taken < 2_000_000, "{taken} bytes");
    for (id, text) in ids.iter().zip(&texts) {
        assert!(read(&pages, *id).as_deref() == Some(text.as_bytes()));
    }
}

#[test]
fn the_oldest_pages_make_room() {
    let pages = Pages::new(1 << 20);
    let mut random = Random(7);
    // Bytes that can't be compressed.
    let noise: Vec<u8> = (0..100_000).flat_map(|_| random.next().to_le_bytes()).take(100_000).collect();
    let ids: Vec<_> = (0..30).map(|_| keep(&pages, [&noise[..]])).collect();
    for state in ["as they came", "compressed"] {
        let kept: Vec<_> = ids.iter().filter(|id| read(&pages, **id).is_some()).collect();
        assert_eq!(kept, ids[20..].iter().collect::<Vec<_>>(), "{state}");
        assert!(taken(&pages) <= 1 << 20, "{state}");
        compress(&pages);
    }
}

#[test]
fn memory_is_bounded_whatever_is_sent() {
    const TINY: usize = 64 << 10;
    let pages = Pages::new(LIMIT);
    let good = keep(&pages, [b"<p>good".as_slice()]);
    // Page loads, each complete.
    let page = Bytes::from(vec![b'x'; 10_000]);
    for _ in 0..10_000 {
        let mut capture = begin(&pages, None);
        assert!(capture.push(&page));
        capture.finish();
        assert!(taken(&pages) <= LIMIT);
    }
    assert!(read(&pages, good).is_none());
    let newest = keep(&pages, [b"<p>newest".as_slice()]);

    // Pages that never end, in chunks of 1 MB and in tiny slices of large buffers.
    let (large, buffer) = (Bytes::from(vec![b'x'; 1 << 20]), Bytes::from(vec![b'x'; TINY]));
    let mut captures = Vec::new();
    let mut granted = 0;
    for number in 0..10_000 {
        let mut capture = begin(&pages, None);
        let chunk = if number % 2 == 0 { large.clone() } else { buffer.slice(number % TINY..=number % TINY) };
        if capture.push(&chunk) {
            granted += 1;
            captures.push(capture);
        }
        assert!(taken(&pages) <= LIMIT);
    }
    assert!(granted > 3, "{granted}");
    assert!(read(&pages, newest).is_some(), "unfinished pages replace half of the complete ones at most");
    drop(buffer);
    drop(captures);
    let mut whole = begin(&pages, None);
    assert!(whole.push(&large), "dropped pages return their bytes");
}

#[test]
fn a_small_slice_does_not_keep_its_buffer() {
    struct Buffer(Vec<u8>, Arc<()>);
    impl AsRef<[u8]> for Buffer {
        fn as_ref(&self) -> &[u8] {
            assert!(Arc::strong_count(&self.1) > 1, "it is read while the test has the other");
            &self.0
        }
    }
    let (pages, alive) = (Pages::new(LIMIT), Arc::new(()));
    let buffer = Bytes::from_owner(Buffer(vec![b'x'; 1 << 20], alive.clone()));
    let mut capture = begin(&pages, None);
    for slice in 0..100 {
        assert!(capture.push(&buffer.slice(slice * 10_000..slice * 10_000 + 10)));
    }
    drop(buffer);
    assert_eq!(Arc::strong_count(&alive), 1);
    let id = capture.id();
    capture.finish();
    assert_eq!(read(&pages, id).map(|page| page.len()), Some(1_000));
}

#[test]
fn a_thread_compresses_pages_and_ends() {
    let pages = Pages::new(LIMIT);
    let store = pages.0.clone().unwrap();
    let text = orders(&mut Random(3));
    let id = keep(&pages, [text.as_bytes()]);
    assert!(store.has_thread() && store.len() == 1);
    let start = Instant::now();
    while store.has_thread() && start.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(!store.has_thread() && taken(&pages) < text.len() / 2, "{} bytes", taken(&pages));
    assert_eq!(read(&pages, id).as_deref(), Some(text.as_bytes()));

    keep(&pages, [text.as_bytes()]);
    assert!(store.has_thread(), "another one for the next page");
    drop(pages);
    let start = Instant::now();
    while Arc::strong_count(&store) > 1 && start.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(5));
    }
    assert_eq!(Arc::strong_count(&store), 1, "it ends with the middleware");
}

#[test]
fn debug_output_has_no_page_and_no_id() {
    let pages = Pages::new(LIMIT);
    let mut capture = begin(&pages, None);
    assert!(capture.push(&Bytes::from_static(b"<p>secret</p>")));
    let mut id = String::new();
    capture.id().write(&mut id);
    let shown = format!("{pages:?} {capture:?} {:?}", capture.id());
    assert!(!shown.contains("secret") && !shown.contains(&id), "{shown}");
}

#[test]
fn the_policy_is_kept_and_counted() {
    let mut headers = HeaderMap::new();
    assert!(PageHead::of(&headers).is_none(), "a page has a media type");
    headers.insert(CONTENT_TYPE, html().content_type);
    assert!(PageHead::of(&headers).unwrap().policy.is_none());
    for (line, joined) in
        [("script-src 'self'", "script-src 'self'"), ("img-src *", "script-src 'self', img-src *")]
    {
        headers.append(CONTENT_SECURITY_POLICY, HeaderValue::from_static(line));
        assert_eq!(PageHead::of(&headers).unwrap().policy.unwrap(), joined);
    }

    let pages = Pages::new(LIMIT);
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::try_from("x".repeat(10_000)).unwrap());
    let mut capture = pages.begin(PageHead::of(&headers).unwrap(), None).unwrap();
    let id = capture.id();
    assert!(capture.push(&Bytes::from_static(b"page")));
    capture.finish();
    assert_eq!(pages.get(&id).unwrap().0.policy.unwrap().len(), 10_000);
    let store = pages.0.as_ref().unwrap();
    assert!(store.taken() > 10_000);
    store.compress_waiting();
    assert!(store.taken() > 10_000);
}
