//! [`plan`] with heads of responses.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header, response::Parts};

use super::{CLIENT, Line, head, plan, tag, tag_bytes};

#[test]
fn the_head_says_what_goes_out() {
    let lines = [
        ("content-type", "text/html; charset=utf-8"),
        ("content-length", "100"),
        ("etag", "\"1\""),
        ("last-modified", "Sat, 29 Oct 1994 19:43:31 GMT"),
        ("accept-ranges", "bytes"),
        ("content-md5", "x"),
        ("digest", "x"),
        ("content-digest", "x"),
        ("repr-digest", "x"),
        ("cache-control", "max-age=3600"),
        ("vary", "accept"),
        ("content-language", "en"),
    ];
    let names = |head: &Parts| {
        let mut names: Vec<_> = head.headers.keys().map(ToString::to_string).collect();
        names.sort();
        names
    };

    let mut page = head(&lines);
    assert!(plan(&mut page, tag, CLIENT, Some(100)).is_some());
    let expected = 100 + tag_bytes().len();
    assert_eq!(page.headers["content-length"], expected.to_string());
    assert_eq!(page.headers["cache-control"], "no-cache");
    assert_eq!(page.headers["vary"], "accept");
    assert_eq!(names(&page), ["cache-control", "content-language", "content-length", "content-type", "vary"]);
}

#[test]
fn a_content_length_that_cannot_be_kept_goes() {
    let length = |lines: &[&'static str], exact_len| {
        let mut head = head(&[("content-type", "text/html")]);
        for line in lines {
            head.headers.append(header::CONTENT_LENGTH, HeaderValue::from_static(line));
        }
        plan(&mut head, tag, CLIENT, exact_len).unwrap();
        let mut values = head.headers.get_all(header::CONTENT_LENGTH).iter();
        let value = values.next().map(|value| value.to_str().unwrap().to_owned());
        assert_eq!(values.next(), None);
        value
    };
    let tagged = |body: usize| Some((body + tag_bytes().len()).to_string());
    for (name, lines, exact_len, expected) in [
        ("right", &["5"][..], Some(5), tagged(5)),
        ("of a body of unknown length", &["5"], None, tagged(5)),
        ("of an empty body", &["0"], Some(0), tagged(0)),
        ("none", &[], Some(5), None),
        ("wrong", &["5"], Some(6), None),
        ("no number", &["five"], None, None),
        ("empty", &[""], None, None),
        ("signed", &["+5"], None, None),
        ("a list", &["5, 5"], None, None),
        ("two", &["5", "5"], None, None),
        ("too large", &["18446744073709551616"], None, None),
        ("too large with the tag", &["18446744073709551615"], None, None),
    ] {
        assert_eq!(length(lines, exact_len), expected, "{name}");
    }
}

#[test]
fn no_store_is_kept() {
    for (given, expected) in [
        (&["no-store"][..], &["no-store"][..]),
        (&["private", "max-age=0, No-Store"], &["private", "max-age=0, No-Store"]),
        (&["max-age=60", "immutable"], &["no-cache"]),
        (&["x-no-store"], &["no-cache"]),
        (&[], &["no-cache"]),
    ] {
        let mut head = head(&[("content-type", "text/html")]);
        for line in given {
            head.headers.append(header::CACHE_CONTROL, HeaderValue::from_static(line));
        }
        plan(&mut head, tag, CLIENT, None).unwrap();
        let kept: Vec<_> = head.headers.get_all(header::CACHE_CONTROL).iter().collect();
        assert_eq!(kept, expected);
    }
}

#[test]
fn only_whole_pages_of_readable_html_are_touched() {
    #[rustfmt::skip]
    let cases: &[(&str, &[Line], bool)] = &[
        ("HTML", &[("content-type", "text/html")], true),
        ("capitals", &[("content-type", "Text/HTML ;Charset=\"UTF-8\"; x=y")], true),
        ("Shift_JIS", &[("content-type", "text/html;charset=shift_jis")], true),
        ("an old label of UTF-8", &[("content-type", "text/html;charset=unicode-1-1-utf-8")], true),
        ("no type", &[], false),
        ("two types", &[("content-type", "text/html"), ("content-type", "text/plain")], false),
        ("JSON", &[("content-type", "application/json")], false),
        ("a longer type", &[("content-type", "text/htmlx")], false),
        ("UTF-16", &[("content-type", "text/html; charset=utf-16le")], false),
        ("quoted UTF-16", &[("content-type", "text/html; charset=\"UTF-16\"")], false),
        ("UTF-32", &[("content-type", "text/html;charset=UTF-32")], false),
        ("UCS-2", &[("content-type", "text/html;charset=ISO-10646-UCS-2")], false),
        ("unicode", &[("content-type", "text/html;charset=unicode")], false),
        ("identity", &[("content-type", "text/html"), ("content-encoding", "Identity")], true),
        ("gzip", &[("content-type", "text/html"), ("content-encoding", "gzip")], false),
        ("gzip later", &[("content-type", "text/html"), ("content-encoding", "identity, br")], false),
        ("range", &[("content-type", "text/html"), ("content-range", "bytes 0-1/2")], false),
        ("inline", &[("content-type", "text/html"), ("content-disposition", "inline")], true),
        ("download", &[("content-type", "text/html"), ("content-disposition", "Attachment; filename=a")], false),
    ];
    for (name, lines, touched) in cases {
        let mut parts = head(lines);
        let injector = plan(&mut parts, tag, CLIENT, None);
        assert_eq!(injector.is_some(), *touched, "{name}");
        if !touched {
            assert_eq!(parts.headers, head(lines).headers, "{name}");
        }
    }
    for (status, touched) in [
        (StatusCode::CREATED, true),
        (StatusCode::NO_CONTENT, false),
        (StatusCode::RESET_CONTENT, false),
        (StatusCode::PARTIAL_CONTENT, false),
        (StatusCode::SEE_OTHER, false),
        (StatusCode::NOT_MODIFIED, false),
        (StatusCode::NOT_FOUND, true),
        (StatusCode::UNPROCESSABLE_ENTITY, true),
        (StatusCode::INTERNAL_SERVER_ERROR, true),
    ] {
        let mut head = head(&[("content-type", "text/html")]);
        head.status = status;
        assert_eq!(plan(&mut head, tag, CLIENT, None).is_some(), touched, "{status}");
    }
}

#[test]
fn a_second_layer_adds_nothing() {
    let mut head = head(&[("content-type", "text/html"), ("content-length", "5")]);
    assert!(plan(&mut head, tag, CLIENT, None).is_some());
    let once = head.headers.clone();
    assert!(plan(&mut head, tag, CLIENT, None).is_none());
    assert_eq!(head.headers, once);
}

#[test]
fn the_tag_is_given_the_nonce_of_the_page() {
    let policy = "script-src 'nonce-abc'";
    let mut head =
        head(&[("content-type", "text/html"), ("content-length", "0"), ("content-security-policy", policy)]);
    let mut injector = plan(&mut head, tag, CLIENT, None).unwrap();
    let mut out: Vec<Bytes> = Vec::new();
    injector.finish(&mut out);
    assert_eq!(out.concat(), tag(Some("abc")).into_bytes());
    assert_eq!(head.headers["content-length"], out.concat().len().to_string());
    assert_eq!(head.headers["content-security-policy"], policy);
}
