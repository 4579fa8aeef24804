//! Tags of `<noscript>`, renamed for a parser without scripting.

use bytes::Bytes;

use super::Random;
use crate::html::NoscriptRenamer;

/// Returns a page from these chunks. Asserts that only the bytes of a cut name are held back.
fn rename<'a>(chunks: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut renamer = NoscriptRenamer::new();
    let mut out = Vec::new();
    let mut pushed = 0;
    for chunk in chunks {
        pushed += chunk.len();
        out.extend_from_slice(&renamer.push(Bytes::copy_from_slice(chunk)));
        assert_eq!(pushed, out.len() + renamer.held());
        assert!(renamer.held() <= NoscriptRenamer::MOST_HELD, "{} bytes are held back", renamer.held());
    }
    out.extend_from_slice(&renamer.finish());
    assert_eq!((pushed, renamer.held()), (out.len(), 0));
    out
}

/// Returns a page, split in two at every position, and byte by byte.
fn rename_every_way(name: &str, page: &[u8]) -> Vec<u8> {
    let whole = rename([page]);
    assert_eq!(rename(page.chunks(1)), whole, "{name}: byte by byte");
    for at in 0..=page.len() {
        let (first, second) = page.split_at(at);
        assert_eq!(rename([first, second]), whole, "{name}: cut at {at}");
    }
    whole
}

/// Names, pages, and whether each `noscript` in them becomes `noframes`: one letter for each, `y` or `n`.
#[rustfmt::skip]
const PAGES: &[(&str, &str, &str)] = &[
    ("nothing", "", ""),
    ("no noscript", "<!doctype html><p>noscript</p>", "n"),
    ("in a head", "<head><noscript><img src=a></noscript><title>t</title></head>", "yy"),
    ("in a body", "<body><p>a<noscript>b</noscript>c", "yy"),
    ("twice", "<noscript>a</noscript><noscript>b</noscript>", "yyyy"),
    ("upper case", "<NOSCRIPT>a</NoScript>", "yy"),
    ("attributes", "<noscript class='a>b' id=c>d</noscript x='>'>e<noscript\n>f</noscript\t>", "yyyy"),
    ("a slash", "<noscript/>a</noscript/><p>noscript", "yyn"),
    ("never closed", "<noscript>a<p>b", "y"),
    ("closed without one", "a</noscript>b<noscript>c</noscript>", "nyy"),
    ("longer names", "<noscripts></noscripts><noscript-x></noscript-x><xnoscript>", "nnnnn"),
    ("cut names", "<nos cript><noscrip></noscript", "n"),
    ("the name at the end", "<p>a<noscript", "n"),
    ("in quotes of a tag", "<p title=\"<noscript>\" data-a='</noscript>' <noscript>a", "nnn"),
    ("after quotes of a tag", "<p title=\"<noscript>\"><noscript>a</noscript>", "nyy"),
    ("in an attribute's name", "<p <noscript a='>'><noscript></noscript>", "nyy"),
    ("in an unquoted value", "<a href=<noscript>a</noscript><noscript>b</noscript>", "nnyy"),
    ("an equals sign before a name", "<a\"b ='><noscript>'><noscript></noscript>", "yny"),
    ("quotes in a long name", "<abcdefghijklmnopqr=\"s><noscript>\"</noscript>", "yy"),
    ("a long name in two", "<abcdefghijklmnopqrstuvwxyz x='<noscript>'/><noscript></noscript>", "nyy"),

    ("a comment", "<!-- <noscript> --><noscript><!-- </noscript> -->", "nyy"),
    ("a comment with a bang", "<!-- <noscript> --!><noscript></noscript>", "nyy"),
    ("short comments", "<!--><noscript></noscript><!---><noscript></noscript>", "yyyy"),
    ("bogus comments", "<!x <noscript><?y <noscript></ <noscript><noscript></noscript>", "nnnyy"),
    ("nothing declared", "<!><noscript></noscript></><noscript></noscript>", "yyyy"),
    ("one dash", "<!-><noscript></noscript><!-a- <noscript><noscript></noscript>", "yynyy"),
    ("a doctype", "<!doctype html \"<noscript\"><noscript></noscript>", "nyy"),
    ("CDATA in HTML is a comment", "<![CDATA[ <noscript> ]]><noscript></noscript>", "nyy"),
    ("less-than signs", "a < b <1 << <noscript><<a></noscript>", "yy"),

    ("a script", "<script>'<noscript>'</script><noscript><script></noscript></script>", "nyy"),
    ("a script's end in it", "<script>a</scripty></script ><noscript></noscript>", "yy"),
    ("a script with a comment", "<script><!-- <noscript> --> <noscript></script><noscript></noscript>", "nnyy"),
    ("a script ends in its comment", "<script><!-- a</script><noscript>--></noscript>", "yy"),
    ("a script in a script's comment",
        "<script><!-- <script> </script><noscript> --> <noscript></script><noscript></noscript>", "nnyy"),
    ("a script in it, closed", "<script><!-- <script></script></script><noscript></noscript>", "yy"),
    ("a script in it with attributes", "<script><!--<script a>'</script >'</script><noscript></noscript>", "yy"),
    ("another element in its comment", "<script><!--<scripty><a-->'</script><noscript></noscript>", "yy"),
    ("an end in its comment's end", "<script><!--<script></scripty>--></script><noscript></noscript>", "yy"),
    ("a comment that ends at once", "<script><!--></script><noscript></noscript>", "yy"),
    ("a comment without its end", "<script><!- <script></script><noscript></noscript>", "yy"),
    ("dashes", "<script><!-- - -- ---></script><noscript></noscript>", "yy"),

    ("a style", "<style>a::after{content:'<noscript>'}</style><noscript><style></noscript></style>", "nyy"),
    ("a title", "<title><noscript></title><noscript></noscript>", "nyy"),
    ("a textarea", "<textarea></noscript><noscript></textareas></textarea><noscript></noscript>", "nnyy"),
    ("an xmp", "<xmp><noscript></xmp><noscript></noscript>", "nyy"),
    ("an iframe", "<iframe src=a><noscript></iframe/><noscript></noscript>", "nyy"),
    ("a noembed", "<noembed><noscript></noembed x><noscript></noscript>", "nyy"),
    ("noframes", "<noframes></noscript><noscript></noframes><noscript></noscript>", "nnyy"),
    ("two ends in one", "<style></a</style><noscript></a</noscript>", "yy"),
    ("a cut end", "<style></styl</style x='><noscript>'><noscript></style</noscript>", "nyy"),
    ("a self-closing style is not closed", "<style/><noscript></style><noscript></noscript>", "nyy"),
    ("plaintext", "<noscript></noscript><plaintext></plaintext><noscript>", "yyn"),
    ("a template", "<template><noscript></noscript></template>", "yy"),

    ("an element of SVG", "<svg><noscript><g></noscript></svg><noscript></noscript>", "nnyy"),
    ("CDATA in SVG", "<svg><![CDATA[ </svg>]<noscript>]]]></svg><noscript></noscript>", "nyy"),
    ("half of CDATA in SVG", "<svg><![CDAT <noscript>--></svg><noscript></noscript>", "nyy"),
    ("a style in SVG is markup", "<svg><style><!-- </svg> --></style></svg><noscript></noscript>", "yy"),
    ("a script in SVG is markup", "<svg><script><a b='</script>'></a></script></svg><noscript></noscript>", "yy"),
    ("a title in SVG has HTML", "<svg><title><noscript></title></noscript></title></svg><noscript></noscript>", "yyyy"),
    ("HTML in SVG", "<svg><foreignObject><noscript></svg></noscript></foreignObject><noscript/></svg>", "yyn"),
    ("SVG in HTML in SVG", "<svg><desc><svg><noscript/></svg><noscript></noscript></desc><noscript/></svg>", "nyyn"),
    ("SVG in SVG", "<svg><svg></svg><noscript/></svg><noscript></noscript>", "nyy"),
    ("self-closing SVG", "<svg/><noscript></noscript><svg a=/><noscript/></svg>", "yyn"),
    ("a slash that closes nothing", "<svg / a><noscript/></svg><noscript></noscript>", "nyy"),
    ("HTML ends SVG", "<svg><g><noscript/><p><noscript></noscript>", "nyy"),
    ("an end of HTML ends SVG", "<svg><g></p><noscript></noscript>", "yy"),
    ("an element around SVG ends it", "<div><svg><g></div><noscript></noscript>", "yy"),
    ("an end of SVG with open elements", "<svg><g><a></svg><noscript></noscript>", "yy"),
    ("SVG without an end", "<svg><noscript>", "n"),
    ("MathML", "<math><noscript/><mi><noscript></noscript></mi><noscript/></math><noscript></noscript>", "nyynyy"),
    ("SVG in MathML", "<math><annotation-xml><svg><noscript/></svg></annotation-xml></math><noscript></noscript>", "nyy"),
];

/// Returns a page with the chosen names renamed.
fn expected(page: &str, choices: &str) -> String {
    let mut choices = choices.chars();
    let mut rest = page;
    let mut out = String::new();
    while let Some(at) = rest.to_ascii_lowercase().find("noscript") {
        let (before, name) = (&rest[..at], &rest[at..at + "noscript".len()]);
        out.push_str(before);
        out.push_str(if choices.next().unwrap() == 'y' { "noframes" } else { name });
        rest = &rest[at + name.len()..];
    }
    assert_eq!(choices.next(), None, "{page}");
    out + rest
}

#[test]
fn the_tags_of_noscript_are_renamed_and_nothing_else_is() {
    for (name, page, choices) in PAGES {
        let renamed = String::from_utf8(rename_every_way(name, page.as_bytes())).unwrap();
        assert_eq!(renamed, expected(page, choices), "{name}");
    }
}

#[test]
fn noframes_in_a_noscript_does_not_end_it() {
    let page = b"<noscript><noframes>a</noframes ></noscript>b</noframes>";
    let renamed = b"<noframes><noframes>a</noscript ></noframes>b</noframes>";
    assert_eq!(rename_every_way("noframes", page), renamed);
}

#[test]
fn any_page_is_renamed_alike_in_any_chunks_and_keeps_its_length() {
    const WORDS: &[&str] = &[
        "<",
        ">",
        "</",
        "/>",
        "=",
        "\"",
        "'",
        " ",
        "-",
        "--",
        "<!--",
        "-->",
        "]]>",
        "<![CDATA[",
        "<script",
        "</script",
        "<style>",
        "</style>",
        "<svg>",
        "</svg>",
        "<math>",
        "<title>",
        "</title>",
        "<foreignObject>",
        "<p>",
        "x",
        "<noscript>",
        "</noscript>",
        "<noscript ",
        "</noscript",
        "noscript",
        "<noframes>",
        "</noframes>",
        "<textarea>",
        "</textarea>",
        "abcdefghijklmnop",
        "\0",
        "\u{ff}",
    ];
    let mut random = Random(0x2545_f491_4f6c_dd1d);
    for round in 0..4_000 {
        let page: String = (0..random.below(24)).map(|_| WORDS[random.below(WORDS.len())]).collect();
        let whole = rename([page.as_bytes()]);
        let size = 1 + random.below(7);
        assert_eq!(rename(page.as_bytes().chunks(size)), whole, "round {round} by {size}: {page}");
        let restore = |text: &[u8]| String::from_utf8_lossy(text).replace("noframes", "noscript");
        assert_eq!(restore(&whole), restore(page.as_bytes()), "round {round}: only names change");
    }
}

#[test]
fn a_chunk_without_a_renamed_tag_is_not_copied() {
    let page = Bytes::from("<p>text</p>".repeat(10_000));
    let renamed = NoscriptRenamer::new().push(page.clone());
    assert_eq!(renamed.as_ptr_range(), page.as_ptr_range());
}
