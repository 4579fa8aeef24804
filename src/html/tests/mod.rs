//! Pages through [`plan`] and [`Injector`], split into chunks in every way.

use bytes::Bytes;
use http::{HeaderValue, Response, response::Parts};

use super::{Injector, Tag, inject::plan};

mod error_page;
mod head;
mod noscript;

const CLIENT: &str = "/__webpack_hmr/client.js";

fn tag(nonce: Option<&str>) -> Tag {
    Tag::new("__webpack_hmr/client.js", "{}", nonce)
}

/// The tag's bytes for a page without a policy.
fn tag_bytes() -> Bytes {
    tag(None).into_bytes()
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

fn injector() -> Injector {
    let mut head = head(&[("content-type", "text/html")]);
    plan(&mut head, tag, CLIENT, None).unwrap()
}

/// Returns the output for these chunks.
///
/// Asserts that no piece is empty, that a chunk becomes at most four, that at most five bytes are held back, and that the
/// number of remaining bytes is as reported.
fn inject<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut injector = injector();
    let mut out: Vec<Bytes> = Vec::new();
    // Input and output so far, and the bytes still to be added.
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
    assert_eq!(injector.added(), 0);
    let pieces = out.len();
    injector.finish(&mut out);
    assert_eq!(out.len(), pieces, "a second end adds something");
    assert!(out.iter().all(|piece| !piece.is_empty()));
    let page = out.concat();
    let length = marks.last().unwrap().0;
    for (pushed, sent, added) in marks {
        let came = page.len() as u64 - sent - (length - pushed);
        assert_eq!(came, added);
    }
    page
}

/// Returns the output for a page, split in two at every position, and byte by byte.
fn inject_every_way(name: &str, page: &[u8]) -> Vec<u8> {
    let whole = inject([page]);
    assert_eq!(inject(page.chunks(1)), whole, "{name}: byte by byte");
    for at in 0..=page.len() {
        let (first, second) = page.split_at(at);
        assert_eq!(inject([first, second]), whole, "{name}: cut at {at}");
    }
    whole
}

/// Pages with `|` where the tag goes.
#[rustfmt::skip]
const PAGES: &[(&str, &[u8])] = &[
    ("a page", b"<!doctype html>\n<html lang=en>\n<head>|<meta charset=utf-8></head><body>"),
    ("no head", b"<!doctype html><html>|<body>x"),
    ("no html", b"<!doctype html><head>|<title>x</title>"),
    ("no head and no html", b"<!doctype html>|<title>x</title>"),
    ("no doctype", b"<html><head>|"),
    ("head alone", b"<head>|"),
    ("doctype alone", b"<!doctype html>|"),
    ("html alone", b"<html>|"),
    ("two heads", b"<head>|<head>"),
    ("capitals", b"<!DOCTYPE HTML><HTML><HeAd>|<TITLE>"),
    ("byte order mark", b"\xef\xbb\xbf<!doctype html><head>|"),
    ("every whitespace", b"\t\n\x0c\r <!doctype html>\t\n\x0c\r <html>\t\n\x0c\r <head>|\n"),
    ("whitespace that is not HTML's", b"|\x0b<head>"),
    ("half a byte order mark", b"|\xef\xbb<head>"),
    ("a byte order mark too late", b"<html>|\xef\xbb\xbf<head>"),

    ("empty", b"|"),
    ("plain text", b"|hello"),
    ("whitespace alone", b" \n|"),
    ("a piece of a page", b"|<div>x</div>"),
    ("a comment and a piece of a page", b"<!-- c -->|<div><head></div>"),
    ("text before the doctype", b"|x<!doctype html><head>"),
    ("text before the head", b"<html>|x<head>"),
    ("body first", b"|<body><head>"),
    ("a script first", b"|<script>\"<head>\"</script>"),

    ("header is not head", b"<html>|<header>"),
    ("htmlx is not html", b"|<htmlx><head>"),
    ("hea is not head", b"|<hea><head>"),
    ("h1", b"|<h1>"),
    ("head-x is not head", b"|<head-x>"),
    ("hetml is not html", b"|<hetml>"),
    ("NUL in a name", b"|<he\0ad>"),
    ("NUL after a name", b"|<head\0>"),
    ("NUL between", b"<html>|\0<head>"),
    ("NUL first", b"|\0<head>"),
    ("two NULs first", b"|\0\0<head>"),
    ("NUL in an attribute", b"<head a=\0 b=\"\0>\">|"),
    ("invalid UTF-8", b"<!-- \xff\xc3 --><html title=\"\xf0\x28\x8c\">|\xff<head>"),

    ("attributes", b"<html a b=c d='e' f=\"g\"><head h i=j k='l' m=\"n\">|"),
    ("greater-than in quotes", b"<html a='>' b=\">\"><head a='<head>' b=\"'>\">|"),
    ("greater-than out of quotes", b"<head a=b'>|'>"),
    ("quote in a name", b"<head a\">|\">"),
    ("quote after a space", b"<head \">|\">"),
    ("equals first", b"<head ='>|'>"),
    ("equals twice", b"<head a=='>|'>"),
    ("equals after spaces", b"<head a = '>' >|"),
    ("no value", b"<head a=>|'>"),
    ("quoted and on", b"<head a='>'b='>'>|"),
    ("quoted, then equals", b"<head a='>'='>|'>"),
    ("line ends in a tag", b"<head\ra\n=\x0c'>'\t>|"),
    ("self-closing", b"<html/><head/>|"),
    ("slash in a tag", b"<html/a='>'/><head / b / = '>|'>"),
    ("slash in a value", b"<head a=/'>|'>"),
    ("slash in an unquoted value", b"<head a=b/ c='>'>|"),

    ("end tag", b"<html>|</head><head>"),
    ("end tag of another", b"|</p><head>"),
    ("empty end tag", b"</><head>|"),
    ("end tag that is a comment", b"</ p><head>|"),
    ("end tag that is a comment with quotes", b"</\"'><head>|"),
    ("less-than and a space", b"|< head>"),
    ("two less-thans", b"|<<head>"),
    ("less-than and a digit", b"<html>|<1>"),

    ("processing instruction", b"<?xml version=\"1.0\"?><!DOCTYPE html><head>|"),
    ("doctype with a quoted greater-than", b"<!DOCTYPE html PUBLIC \"a>|b\"><head>"),
    ("doctype without a space", b"<!doctypehtml><head>|"),
    ("doctyp is a comment", b"<!doctyp>|<p>"),
    ("doc-type is a comment", b"<!doc-type>|<p>"),
    ("CDATA is a comment", b"<![CDATA[ > |]]>"),
    ("nothing declared", b"<!><head>|"),
    ("one dash", b"<!-><head>|"),
    ("one dash and text", b"<!-x--> <head>|"),

    ("comment", b"<!-- <head> > -- -> --!x --><head>|"),
    ("comments everywhere", b"<!--a--><!doctype html><!--b--><html><!--c--><head>|<!--d-->"),
    ("empty comments", b"<!----><!--><!---><head>|"),
    ("comment with a bang", b"<!--a--!><head>|"),
    ("comment of dashes", b"<!-----><!--a------><head>|"),
    ("comment in a comment", b"<!-- <!-- --><head>|"),
    ("bang in a comment", b"<!----!-><head>--><head>|"),
    ("bang and dashes", b"<!----!--><head>|"),
    ("dash and greater-than", b"<!--a-><head>--><head>|"),

    ("ends after less-than", b"<html>|<"),
    ("ends in a name", b"<html>|<hea"),
    ("ends after a name", b"<!doctype html>|<head"),
    ("ends in the first name", b"|<html"),
    ("ends in an end tag", b"|</"),
    ("ends in a tag", b"<head a='|"),
    ("ends in a doctype", b"<!doctype|"),
    ("ends in half a doctype", b"<!doc|"),
    ("ends in a comment", b"<html><!-- |"),
    ("ends in a first comment", b"<!--|"),
    ("ends in a byte order mark", b"|\xef\xbb"),
    ("ends in half of a wide one", b"|\xff"),
];

/// Returns the input and the expected output of a page of the table, with this text at the position.
fn page(marked: &[u8], placeholders: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let (before, after) = match marked.iter().position(|byte| *byte == b'|') {
        Some(place) => (&marked[..place], &marked[place + 1..]),
        None => panic!("no place in {}", marked.escape_ascii()),
    };
    ([before, after].concat(), [before, placeholders, after].concat())
}

#[test]
fn the_tag_goes_to_its_place_in_every_page() {
    for (name, marked) in PAGES {
        let (plain, tagged) = page(marked, &tag_bytes());
        let out = inject_every_way(name, &plain);
        assert_eq!(out.escape_ascii().to_string(), tagged.escape_ascii().to_string(), "{name}");
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
        assert_eq!(inject_every_way(name, &page), padded, "{name}");
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
        let spaces = " ".repeat(tag_bytes().len());
        let expected = if *has_tag { expect(spaces.as_bytes()) } else { expect(&tag_bytes()) };
        assert_eq!(inject([page.as_bytes()]), expected, "{name}");
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
        let out = inject([&page[..]]);
        assert_eq!(out.len(), page.len() + tag.len(), "round {round}");
        let place = out
            .windows(tag.len())
            .position(|window| window == tag)
            // A page in two-byte units.
            .unwrap_or(page.len());
        assert_eq!(out[..place], page[..place], "round {round}");
        assert_eq!(out[place + tag.len()..], page[place..], "round {round}");

        let size = 1 + random.below(7);
        let cut = inject(page.chunks(size));
        assert_eq!(cut, out, "round {round} by {size}");
    }
}

#[test]
fn a_large_page_is_not_copied() {
    let page = Bytes::from(format!("<!doctype html><html><head>{}", "<p>text</p>".repeat(10_000)));
    let range = page.as_ptr_range();
    let mut injector = injector();
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
