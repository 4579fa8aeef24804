//! Errors in text through [`ErrorPage`].

use bytes::Bytes;
use http::{StatusCode, response::Parts};

use super::{super::ErrorPage, Line, head, tag, tag_bytes};

const TEXT: &[Line] = &[("content-type", "text/plain; charset=utf-8")];

fn error(status: StatusCode, lines: &[Line]) -> Parts {
    let mut head = head(lines);
    head.status = status;
    head
}

/// Returns the page for these chunks of text.
fn page<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut page = ErrorPage::plan(&mut error(StatusCode::INTERNAL_SERVER_ERROR, TEXT), tag).expect("a page");
    let mut out: Vec<Bytes> = Vec::new();
    for chunk in chunks {
        page.push(chunk, &mut out);
    }
    page.finish(&mut out);
    let pieces = out.len();
    page.finish(&mut out);
    assert_eq!(out.len(), pieces, "a second end adds something");
    assert!(out.iter().all(|piece| !piece.is_empty()));
    String::from_utf8(out.concat()).unwrap()
}

/// Returns the text that the page shows.
fn shown(page: &str) -> &str {
    let start = page.find("<pre>").unwrap() + "<pre>".len();
    &page[start..page.find("</pre>").unwrap()]
}

#[test]
fn errors_that_are_text_become_pages() {
    #[rustfmt::skip]
    let cases: &[(&str, u16, &[Line], Option<&str>)] = &[
        ("text", 500, &[("content-type", "text/plain")], Some("text/html;charset=utf-8")),
        ("text in another charset", 404, &[("content-type", "Text/Plain; charset=\"Shift_JIS\"")], Some("text/html;charset=Shift_JIS")),
        ("text in UTF-16", 500, &[("content-type", "text/plain;charset=utf-16")], None),
        ("a charset that is none", 500, &[("content-type", "text/plain;charset=a\"b")], None),
        ("JSON", 422, &[("content-type", "application/json")], Some("text/html;charset=utf-8")),
        ("problem details", 400, &[("content-type", "application/problem+json")], Some("text/html;charset=utf-8")),
        ("no type", 503, &[], Some("text/html;charset=utf-8")),
        ("two types", 500, &[("content-type", "text/plain"), ("content-type", "text/plain")], None),
        ("HTML", 500, &[("content-type", "text/html")], None),
        ("an image", 404, &[("content-type", "image/png")], None),
        ("gzip", 500, &[("content-type", "text/plain"), ("content-encoding", "gzip")], None),
        ("a download", 500, &[("content-disposition", "attachment")], None),
        ("a sandbox", 500, &[("content-security-policy", "sandbox")], None),
        ("a success", 200, &[("content-type", "text/plain")], None),
        ("nothing, as a success", 204, &[], None),
        ("a redirect", 303, &[], None),
    ];
    for (name, status, lines, expected) in cases {
        let status = StatusCode::from_u16(*status).unwrap();
        let mut parts = error(status, lines);
        parts.headers.insert("content-length", 5.into());
        let before = parts.headers.clone();
        let page = ErrorPage::plan(&mut parts, tag);
        assert_eq!(page.is_some(), expected.is_some(), "{name}");
        assert_eq!(parts.status, status, "{name}");
        match expected {
            Some(content_type) => {
                assert_eq!(parts.headers["content-type"], *content_type, "{name}");
                assert_eq!(parts.headers.get("content-length"), None, "{name}");
                assert!(ErrorPage::plan(&mut parts, tag).is_none(), "{name}: a second layer leaves it");
            }
            None => assert_eq!(parts.headers, before, "{name}"),
        }
    }
}

#[test]
fn the_text_is_escaped_however_it_is_cut() {
    let text = "a <b> & \"c\" </pre><script>alert(1)</script> \u{1f493}".as_bytes();
    let escaped = "a &lt;b&gt; &amp; \"c\" &lt;/pre&gt;&lt;script&gt;alert(1)&lt;/script&gt; \u{1f493}";
    let whole = page([text]);
    assert_eq!(shown(&whole), escaped);
    assert!(whole.as_bytes().windows(tag_bytes().len()).any(|window| window == tag_bytes()), "{whole}");
    assert!(whole.contains("<title>500 Internal Server Error</title>"));
    assert_eq!(page(text.chunks(1)), whole);
}

#[test]
fn nothing_is_shown_as_its_status() {
    assert_eq!(shown(&page([])), "500 Internal Server Error");
    assert_eq!(shown(&page([&b""[..]])), "500 Internal Server Error");
}

#[test]
fn a_long_text_is_cut() {
    let text = vec![b'<'; 1 << 20];
    for size in [1 << 20, 1_000, 1 << 16] {
        let page = page(text.chunks(size));
        assert_eq!(shown(&page).matches("&lt;").count(), 64 << 10, "{size}");
        assert_eq!(page.matches("&hellip;").count(), 1, "{size}");
        assert!(page.ends_with("</html>\n"));
    }
}
