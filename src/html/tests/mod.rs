//! Pages through [`plan`] and [`Injector`], cut into chunks in every way.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Response, response::Parts};

use super::{Injector, NavigationRequest, Tag, inject::plan};

mod head;

const CLIENT: &str = "/__webpack_hmr/client.js";

fn tag(nonce: Option<&str>) -> Tag {
    Tag::new("__webpack_hmr/client.js", "{}", nonce)
}

/// The tag's bytes where the page has no policy.
fn tag_bytes() -> Bytes {
    tag(None).into_bytes()
}

fn certain() -> NavigationRequest {
    load(Some("document"))
}

fn uncertain() -> NavigationRequest {
    load(None)
}

fn load(dest: Option<&'static str>) -> NavigationRequest {
    let mut headers = HeaderMap::new();
    if let Some(dest) = dest {
        headers.insert("sec-fetch-dest", HeaderValue::from_static(dest));
    }
    NavigationRequest::of(&Method::GET, &headers).unwrap()
}

/// A header's name and value.
type Line = (&'static str, &'static str);

fn head(lines: &[Line]) -> Parts {
    let mut head = Response::new(()).into_parts().0;
    for (name, value) in lines {
        head.headers.append(*name, HeaderValue::from_bytes(value.as_bytes()).unwrap());
    }
    head
}

fn injector(load: NavigationRequest) -> Injector {
    let mut head = head(&[("content-type", "text/html")]);
    plan(load, &mut head, tag, CLIENT, None).unwrap()
}

/// What goes out for these chunks.
///
/// Seen to on the way: no piece is empty, a chunk makes at most four, at most five bytes are held
/// back, and what is still to come keeps within the bounds that were given for it.
fn inject<'a>(load: NavigationRequest, chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut injector = injector(load);
    let mut out: Vec<Bytes> = Vec::new();
    // What had gone in, what had come out, and what was then to be added.
    let mut marks = vec![(0, 0, injector.added())];
    for chunk in chunks {
        let pieces = out.len();
        injector.push(Bytes::copy_from_slice(chunk), &mut out);
        assert!(out.len() - pieces <= 4);
        let pushed = marks.last().unwrap().0 + chunk.len() as u64;
        let sent = out.iter().map(|piece| piece.len() as u64).sum();
        assert!(pushed <= sent + 5, "{} bytes held back", pushed - sent);
        marks.push((pushed, sent, injector.added()));
    }
    injector.finish(&mut out);
    assert_eq!(injector.added(), 0..=0);
    let pieces = out.len();
    injector.finish(&mut out);
    assert_eq!(out.len(), pieces, "a second end adds something");
    assert!(out.iter().all(|piece| !piece.is_empty()));
    let page = out.concat();
    let length = marks.last().unwrap().0;
    for (pushed, sent, added) in marks {
        let came = page.len() as u64 - sent - (length - pushed);
        assert!(added.contains(&came), "{came} came, not {added:?}");
    }
    page
}

/// What goes out for a page, however it is cut in two, and byte by byte.
fn inject_every_way(name: &str, load: NavigationRequest, page: &[u8]) -> Vec<u8> {
    let whole = inject(load, [page]);
    assert_eq!(inject(load, page.chunks(1)), whole, "{name}: byte by byte");
    for at in 0..=page.len() {
        let (first, second) = page.split_at(at);
        assert_eq!(inject(load, [first, second]), whole, "{name}: cut at {at}");
    }
    whole
}

/// Pages with `|` where the tag goes, and whether they begin as a document.
#[rustfmt::skip]
const PAGES: &[(&str, &[u8], bool)] = &[
    ("a page", b"<!doctype html>\n<html lang=en>\n<head>|<meta charset=utf-8></head><body>", true),
    ("no head", b"<!doctype html><html>|<body>x", true),
    ("no html", b"<!doctype html><head>|<title>x</title>", true),
    ("no head and no html", b"<!doctype html>|<title>x</title>", true),
    ("no doctype", b"<html><head>|", true),
    ("head alone", b"<head>|", true),
    ("doctype alone", b"<!doctype html>|", true),
    ("html alone", b"<html>|", true),
    ("two heads", b"<head>|<head>", true),
    ("capitals", b"<!DOCTYPE HTML><HTML><HeAd>|<TITLE>", true),
    ("byte order mark", b"\xef\xbb\xbf<!doctype html><head>|", true),
    ("every whitespace", b"\t\n\x0c\r <!doctype html>\t\n\x0c\r <html>\t\n\x0c\r <head>|\n", true),
    ("whitespace that is not HTML's", b"|\x0b<head>", false),
    ("half a byte order mark", b"|\xef\xbb<head>", false),
    ("a byte order mark too late", b"<html>|\xef\xbb\xbf<head>", true),

    ("empty", b"|", false),
    ("plain text", b"|hello", false),
    ("whitespace alone", b" \n|", false),
    ("a piece of a page", b"|<div>x</div>", false),
    ("a comment and a piece of a page", b"<!-- c -->|<div><head></div>", false),
    ("text before the doctype", b"|x<!doctype html><head>", false),
    ("text before the head", b"<html>|x<head>", true),
    ("body first", b"|<body><head>", false),
    ("a script first", b"|<script>\"<head>\"</script>", false),

    ("header is not head", b"<html>|<header>", true),
    ("htmlx is not html", b"|<htmlx><head>", false),
    ("hea is not head", b"|<hea><head>", false),
    ("h1", b"|<h1>", false),
    ("head-x is not head", b"|<head-x>", false),
    ("hetml is not html", b"|<hetml>", false),
    ("NUL in a name", b"|<he\0ad>", false),
    ("NUL after a name", b"|<head\0>", false),
    ("NUL between", b"<html>|\0<head>", true),
    ("NUL first", b"|\0<head>", false),
    ("two NULs first", b"|\0\0<head>", false),
    ("NUL in an attribute", b"<head a=\0 b=\"\0>\">|", true),
    ("invalid UTF-8", b"<!-- \xff\xc3 --><html title=\"\xf0\x28\x8c\">|\xff<head>", true),

    ("attributes", b"<html a b=c d='e' f=\"g\"><head h i=j k='l' m=\"n\">|", true),
    ("greater-than in quotes", b"<html a='>' b=\">\"><head a='<head>' b=\"'>\">|", true),
    ("greater-than out of quotes", b"<head a=b'>|'>", true),
    ("quote in a name", b"<head a\">|\">", true),
    ("quote after a space", b"<head \">|\">", true),
    ("equals first", b"<head ='>|'>", true),
    ("equals twice", b"<head a=='>|'>", true),
    ("equals after spaces", b"<head a = '>' >|", true),
    ("no value", b"<head a=>|'>", true),
    ("quoted and on", b"<head a='>'b='>'>|", true),
    ("quoted, then equals", b"<head a='>'='>|'>", true),
    ("line ends in a tag", b"<head\ra\n=\x0c'>'\t>|", true),
    ("self-closing", b"<html/><head/>|", true),
    ("slash in a tag", b"<html/a='>'/><head / b / = '>|'>", true),
    ("slash in a value", b"<head a=/'>|'>", true),
    ("slash in an unquoted value", b"<head a=b/ c='>'>|", true),

    ("end tag", b"<html>|</head><head>", true),
    ("end tag of another", b"|</p><head>", false),
    ("empty end tag", b"</><head>|", true),
    ("end tag that is a comment", b"</ p><head>|", true),
    ("end tag that is a comment with quotes", b"</\"'><head>|", true),
    ("less-than and a space", b"|< head>", false),
    ("two less-thans", b"|<<head>", false),
    ("less-than and a digit", b"<html>|<1>", true),

    ("processing instruction", b"<?xml version=\"1.0\"?><!DOCTYPE html><head>|", true),
    ("doctype with a quoted greater-than", b"<!DOCTYPE html PUBLIC \"a>|b\"><head>", true),
    ("doctype without a space", b"<!doctypehtml><head>|", true),
    ("doctyp is a comment", b"<!doctyp>|<p>", false),
    ("doc-type is a comment", b"<!doc-type>|<p>", false),
    ("CDATA is a comment", b"<![CDATA[ > |]]>", false),
    ("nothing declared", b"<!><head>|", true),
    ("one dash", b"<!-><head>|", true),
    ("one dash and text", b"<!-x--> <head>|", true),

    ("comment", b"<!-- <head> > -- -> --!x --><head>|", true),
    ("comments everywhere", b"<!--a--><!doctype html><!--b--><html><!--c--><head>|<!--d-->", true),
    ("empty comments", b"<!----><!--><!---><head>|", true),
    ("comment with a bang", b"<!--a--!><head>|", true),
    ("comment of dashes", b"<!-----><!--a------><head>|", true),
    ("comment in a comment", b"<!-- <!-- --><head>|", true),
    ("bang in a comment", b"<!----!-><head>--><head>|", true),
    ("bang and dashes", b"<!----!--><head>|", true),
    ("dash and greater-than", b"<!--a-><head>--><head>|", true),

    ("ends after less-than", b"<html>|<", true),
    ("ends in a name", b"<html>|<hea", true),
    ("ends after a name", b"<!doctype html>|<head", true),
    ("ends in the first name", b"|<html", false),
    ("ends in an end tag", b"|</", false),
    ("ends in a tag", b"<head a='|", true),
    ("ends in a doctype", b"<!doctype|", true),
    ("ends in half a doctype", b"<!doc|", false),
    ("ends in a comment", b"<html><!-- |", true),
    ("ends in a first comment", b"<!--|", false),
    ("ends in a byte order mark", b"|\xef\xbb", false),
    ("ends in half of a wide one", b"|\xff", false),
];

/// A page of the table: as it comes in, and as it goes out with this in the place.
fn page(marked: &[u8], placeholders: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (before, after) = match marked.iter().position(|byte| *byte == b'|') {
        Some(place) => (&marked[..place], &marked[place + 1..]),
        None => panic!("no place in {}", marked.escape_ascii()),
    };
    ([before, after].concat(), [before, placeholders, after].concat())
}

#[test]
fn the_tag_goes_to_its_place_in_every_page_that_is_certain_or_begins_as_a_document() {
    for (name, marked, is_document) in PAGES {
        let (plain, tagged) = page(marked, &tag_bytes());
        for (load, is_tagged) in [(certain(), true), (uncertain(), *is_document)] {
            let out = inject_every_way(name, load, &plain);
            let expected = if is_tagged { &tagged } else { &plain };
            assert_eq!(
                out.escape_ascii().to_string(),
                expected.escape_ascii().to_string(),
                "{name}, {load:?}"
            );
        }
    }
}

#[test]
fn a_page_in_two_byte_units_gets_spaces_at_its_end() {
    let units =
        |bytes: fn(u16) -> [u8; 2]| "\u{feff}<html><head>".encode_utf16().flat_map(bytes).collect::<Vec<_>>();
    let spaces = " ".repeat(tag_bytes().len() / 2);
    let cases = [
        ("UTF-16BE", units(u16::to_be_bytes), u16::to_be_bytes as fn(u16) -> [u8; 2]),
        ("UTF-16LE", units(u16::to_le_bytes), u16::to_le_bytes),
        ("UTF-32BE", b"\0\0\xfe\xff\0\0\0<\0\0\0p".to_vec(), u16::to_be_bytes),
        ("UTF-32LE", b"\xff\xfe\0\0<\0\0\0p\0\0\0".to_vec(), u16::to_le_bytes),
    ];
    for (name, page, bytes) in cases {
        let padding: Vec<u8> = spaces.encode_utf16().flat_map(bytes).collect();
        let padded = [page.clone(), padding].concat();
        assert_eq!(padded.len(), page.len() + tag_bytes().len(), "{name}");
        assert_eq!(inject_every_way(name, certain(), &page), padded, "{name}");
        assert_eq!(inject_every_way(name, uncertain(), &page), page, "{name}");
    }
}

#[test]
fn a_page_with_a_tag_of_its_own_gets_spaces() {
    #[rustfmt::skip]
    let cases: &[(&str, &str, bool)] = &[
        ("absolute", r#"<script type="module" src="/__webpack_hmr/client.js"></script>"#, true),
        ("relative", r#"<script src="__webpack_hmr/client.js" type=module>"#, true),
        ("climbing", r"<SCRIPT SRC = '../../__webpack_hmr/client.js'>", true),
        ("with a prefix", r#"<script src="/app/__webpack_hmr/client.js">"#, true),
        ("with a host", r#"<script src="http://localhost:3000/__webpack_hmr/client.js">"#, true),
        ("with a query", r#"<script src="/__webpack_hmr/client.js?reload=false">"#, true),
        ("unquoted", "<script\nsrc=/__webpack_hmr/client.js>", true),
        ("after a comment", r#"<!-- a > --><script src="/__webpack_hmr/client.js">"#, true),
        ("in a comment", r#"<!-- <b> <script src="/__webpack_hmr/client.js"></script> -->"#, false),
        ("in a comment that does not end", r#"<!-- <script src="/__webpack_hmr/client.js">"#, false),
        ("another script", r#"<script src="/x__webpack_hmr/client.js">"#, false),
        ("a longer name", r#"<script src="/__webpack_hmr/client.json">"#, false),
        ("another attribute", r#"<script data-src="/__webpack_hmr/client.js">"#, false),
        ("another element", r#"<img src="/__webpack_hmr/client.js">"#, false),
        ("in text", r#"<p>src="/__webpack_hmr/client.js""#, false),
        ("in a script", r#"<script>let src="/__webpack_hmr/client.js"</script>"#, false),
    ];
    for (name, rest, has_tag) in cases {
        let page = format!("<html><head>{rest}");
        let expect = |placeholders: &[u8]| [b"<html><head>", placeholders, rest.as_bytes()].concat();
        let (sure, unsure) = if *has_tag {
            (expect(" ".repeat(tag_bytes().len()).as_bytes()), expect(b""))
        } else {
            (expect(&tag_bytes()), expect(&tag_bytes()))
        };
        assert_eq!(inject(certain(), [page.as_bytes()]), sure, "{name}");
        assert_eq!(inject(uncertain(), [page.as_bytes()]), unsure, "{name}");
    }
}

/// Marsaglia's xorshift: the same numbers in every run.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % bound as u64).unwrap()
    }
}

#[test]
fn whatever_comes_goes_out_with_as_many_bytes_as_promised() {
    const WORDS: &[&[u8]] = &[
        b"<",
        b">",
        b"!",
        b"-",
        b"--",
        b"/",
        b"=",
        b"\"",
        b"'",
        b"?",
        b" ",
        b"\n",
        b"\0",
        b"h",
        b"head",
        b"html",
        b"<head",
        b"<html",
        b"<!--",
        b"-->",
        b"<!doctype",
        b"x",
        b"\xef\xbb\xbf",
        b"\xff\xfe",
        b"\xfe",
        b"\xff",
    ];
    let tag = tag_bytes();
    let mut random = Random(0x9e37_79b9_7f4a_7c15);
    for round in 0..4_000 {
        let mut page = Vec::new();
        for _ in 0..random.below(24) {
            match random.below(8) {
                0 => page.push(u8::try_from(random.below(256)).unwrap()),
                _ => page.extend_from_slice(WORDS[random.below(WORDS.len())]),
            }
        }
        let out = inject(certain(), [&page[..]]);
        assert_eq!(out.len(), page.len() + tag.len(), "round {round}");
        let place = out
            .windows(tag.len())
            .position(|window| window == tag)
            // A page that turned out to be in two-byte units.
            .unwrap_or(page.len());
        assert_eq!(out[..place], page[..place], "round {round}");
        assert_eq!(out[place + tag.len()..], page[place..], "round {round}");

        let unsure = inject(uncertain(), [&page[..]]);
        assert!(unsure == page || unsure == out, "round {round}");

        for load in [certain(), uncertain()] {
            let size = 1 + random.below(7);
            let cut = inject(load, page.chunks(size));
            assert_eq!(cut, inject(load, [&page[..]]), "round {round} by {size}");
        }
    }
}

#[test]
fn a_large_page_is_not_copied() {
    let page = Bytes::from(format!("<!doctype html><html><head>{}", "<p>text</p>".repeat(10_000)));
    let range = page.as_ptr_range();
    let mut injector = injector(certain());
    let mut out: Vec<Bytes> = Vec::new();
    injector.push(page.clone(), &mut out);
    injector.finish(&mut out);

    let [before, tag, after] = &out[..] else {
        panic!("three pieces, not {}", out.len());
    };
    assert_eq!(before.as_ptr_range().start, range.start);
    assert_eq!(before.as_ptr_range().end, after.as_ptr_range().start);
    assert_eq!(after.as_ptr_range().end, range.end);
    assert_eq!(*tag, tag_bytes());
}
