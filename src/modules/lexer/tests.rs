use super::{ImportKind::*, *};

fn imports(text: &str) -> Vec<(String, ImportKind)> {
    let module = lex(text).unwrap_or_else(|error| panic!("{error:?} in {text}"));
    for Import { range, specifier, .. } in &module.imports {
        assert!(text[range.clone()].contains('\\') || &text[range.clone()] == specifier, "{text}");
    }
    module.imports.into_iter().map(|Import { specifier, kind, .. }| (specifier, kind)).collect()
}

#[test]
fn imports_and_re_exports_are_found() {
    let cases: &[(&str, &[(&str, ImportKind)])] = &[
        ("", &[]),
        ("import 'a'", &[("a", Static)]),
        ("import\"a\";import b from'b'", &[("a", Static), ("b", Static)]),
        ("import * as n from \"a\"", &[("a", Static)]),
        ("import d, { x as y, 'z z' as z, } from './a.js?b#c'", &[("./a.js?b#c", Static)]),
        ("import /* a */ from // b\n from 'a'", &[("a", Static)]),
        ("import defer * as n from 'a'; import source s from 'b'", &[("a", Static), ("b", Static)]),
        (
            "import data from './d.json' with { type: 'json' }\nimport 'b'",
            &[("./d.json", Static), ("b", Static)],
        ),
        (
            "export * from 'a'; export * as default from 'b'; export { x } from 'c'",
            &[("a", Static), ("b", Static), ("c", Static)],
        ),
        ("let a = 1\nimport 'b'\nexport { a }\nexport * from 'c'", &[("b", Static), ("c", Static)]),
        ("import('a'); await import ( /* b */ 'c', { with: {} })", &[("a", Dynamic), ("c", Dynamic)]),
        ("import(`a`); import(`${a}`); import('a' + b); import(c)", &[("a", Dynamic)]),
        ("import(`$a\\${b\\``); import(`${c}`);", &[("$a${b`", Dynamic)]),
        ("import.defer('a'); import.source('b')", &[("a", Dynamic), ("b", Dynamic)]),
        ("new URL('./w.js', import.meta.url)", &[("./w.js", Url)]),
        ("new Worker(new URL(\"w.js\", import.meta.url), { type: 'module' })", &[("w.js", Url)]),
        ("new URL('a' + b, import.meta.url); new URL('a', b); URL('a', import.meta.url)", &[]),
        ("a.import('b'); a?.import('c'); ({ import: 1, import() {} })", &[]),
        ("class A { import() { import('a') } static import = 1 }", &[("a", Dynamic)]),
        (
            "// import 'a'\n/* import 'b' */ '\\'import \"c\"'; `import 'd' ${import('e')} import 'f'`",
            &[("e", Dynamic)],
        ),
        ("import '\\u0061\\x62\\u{63}\\\n'", &[("abc", Static)]),
        ("#!/usr/bin/env node\nimport 'a'", &[("a", Static)]),
        ("\u{feff}import 'ü'", &[("ü", Static)]),
        ("a\u{2028}import 'b'; import c\u{a0}from 'd'", &[("b", Static), ("d", Static)]),
        ("import a from 'b' with { ü: 'ü', ﻶ : 1 }", &[("b", Static)]),
    ];
    for (text, expected) in cases {
        let expected: Vec<_> =
            expected.iter().map(|&(specifier, kind)| (specifier.to_owned(), kind)).collect();
        assert_eq!(imports(text), expected, "{text}");
    }
}

/// Each text has an import at its end that is lost if a slash is taken for something else.
#[test]
fn divisions_and_regular_expressions_are_told_apart() {
    let cases = [
        "a / b; '/' ",
        "a++ / b; `/` ",
        "(a) / b; \"/\" ",
        "a[0] / b / '/'.length ",
        "`${a}` / b; '/'",
        "x = {} / 1; '/'",
        "x = function () {} / 1; '/'",
        "x = class {} / 1; '/'",
        "1 / 2 / 3; '/'",
        "/'/.test(a)",
        "/[/'\"`]/.test(a)",
        "/\\/'/.test(a)",
        "x = /'/",
        "x = [/'/, /`/]",
        "f(/'/)",
        "if (a) /'/.test(b)",
        "while (a) /'/.test(b)",
        "for (const a of /'/[Symbol.split](b)) ;",
        "for await (const a of b) /'/.test(a)",
        "function f() {} /'/.test(a)",
        "class A {} /'/.test(a)",
        "export default function () {} /'/.test(a)",
        "{ a } /'/.test(b)",
        "a: { b } /'/.test(c)",
        "switch (a) { case 1: {} /'/.test(b); default: /'/.test(c) }",
        "x = a ? { b: 1 } : { c: 2 }; '/'",
        "x = a ? { b: 1 } / 1 : 2; '/'",
        "x = () => {}\n/'/.test(a)",
        "x = () => /'/",
        "return_ / b; '/'; a.return / b; '/'",
        "typeof /'/; void /'/; !/'/; a in /'/",
        "x = { return: 1 / 2, if: '/', get: 1, class: /'/, default: /'/ }",
        "x = { get if() { return /'/ }, set class(a) {}, async *[b]() {} } / 1; '/'",
        "class A { static { /'/.test(a) } b = {} / 1; c() {} get d() { return /'/ } #e = 1 / 2 } '/'",
        "class A extends f({}) { a() {} } /'/.test(b)",
        "x = async () => {}; async / 1; '/'",
        "async function f() { await /'/ } function* g() { yield /'/ }",
        "do {} while (a) /'/.test(b)",
        "try {} catch {} /'/.test(a)",
        "const { a, b = {} } = c / 1; '/'",
        "x = 1 /* a */ / 2; '/' // b",
        "x = a?.5:1 / 2; '/'; b?.[0] / 1; '/'",
        "x = 0xe-1 / 2; 1e-5 / 2; 1_0n / 2; .5 / 2; '/'",
        "x = `a ${`b ${{ c: 1 }.c} /`} '` / 2; '/'",
        "@dec class A {} /'/.test(b)",
        "\\u0061 / b; '/'",
        "ü / b; '/'; typeof\u{a0}/'/; c\u{3000}/ d; '/'",
    ];
    for text in cases {
        let found = imports(&format!("{text}\n;import 'last'"));
        assert_eq!(found, [("last".to_owned(), Static)], "{text}");
    }
}

#[test]
fn hot_and_default_exports_are_found() {
    let cases: &[(&str, Module)] = &[
        ("export default 1", Module { has_syntax: true, has_default: true, ..Module::default() }),
        (
            "const a = 1; export { a as default, b }",
            Module { has_syntax: true, has_default: true, ..Module::default() },
        ),
        ("export { default as a, b }; export const c = 1", Module { has_syntax: true, ..Module::default() }),
        (
            "// import.meta.hot\n'import.meta.hot'; import.meta.hotter; import.meta",
            Module { has_syntax: true, ..Module::default() },
        ),
        (
            "import('a'); // import.meta\nx.export = 1",
            Module {
                imports: vec![Import { range: 8..9, specifier: "a".to_owned(), kind: Dynamic, names: None }],
                ..Module::default()
            },
        ),
        ("if (import.meta.hot) {}", Module { has_syntax: true, uses_hot: true, ..Module::default() }),
        ("import . meta /* a */ ?. hot", Module { has_syntax: true, uses_hot: true, ..Module::default() }),
        (
            "import.meta.hot?.accept()",
            Module { has_syntax: true, uses_hot: true, accepts_itself: true, ..Module::default() },
        ),
        (
            "import.meta.hot.accept((a) => {})",
            Module { has_syntax: true, uses_hot: true, accepts_itself: true, ..Module::default() },
        ),
        (
            "import.meta.hot.acceptExports('a'); import.meta.hot?.acceptExports(['b', 'c'], f)",
            Module {
                has_syntax: true,
                uses_hot: true,
                accepted_exports: Some(["a", "b", "c"].map(String::from).into()),
                ..Module::default()
            },
        ),
        (
            "import.meta.hot.accept?.( './a.js', f); import.meta.hot.accept(['b', \"c\", ], g)",
            Module {
                has_syntax: true,
                uses_hot: true,
                accepted: ["./a.js", "b", "c"].map(String::from).into(),
                ..Module::default()
            },
        ),
        (
            "const hot = import.meta.hot; hot?.accept()",
            Module { has_syntax: true, uses_hot: true, accepts_itself: true, ..Module::default() },
        ),
        ("const hot = import.meta.hot", Module { has_syntax: true, uses_hot: true, ..Module::default() }),
        (
            "const self = hot(import.meta.url)",
            Module { has_syntax: true, accepts_itself: true, ..Module::default() },
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(lex(text).as_ref(), Ok(expected), "{text}");
    }
}

#[test]
fn imported_names_are_found() {
    let cases: &[(&str, Option<&[&str]>)] = &[
        ("import 'a'", Some(&[])),
        ("import d from 'a'", Some(&["default"])),
        ("import from from 'a'", Some(&["default"])),
        (
            "import d, { x, y as z, 'w w' as w, default as e } from 'a'",
            Some(&["default", "x", "y", "w w", "default"]),
        ),
        ("import { } from 'a'", Some(&[])),
        ("import * as n from 'a'", None),
        ("import d, * as n from 'a'", None),
        ("export { x, y as default } from 'a'", Some(&["x", "y"])),
        ("export * from 'a'", None),
        ("export * as n from 'a'", None),
        ("import('a')", None),
    ];
    for (text, expected) in cases {
        let expected = expected.map(|names| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        assert_eq!(lex(text).unwrap().imports[0].names, expected, "{text}");
    }
}

#[test]
fn what_is_no_module_is_an_error() {
    for text in [
        "'",
        "`",
        "`${",
        "(",
        ")",
        "(]",
        "{",
        "}",
        "/*",
        "x = /a",
        "x = /a\n/",
        "import { a",
        "export * 'a'",
        "'a\n'",
        "'\\",
    ] {
        assert!(lex(text).is_err(), "{text}");
    }
    let deep = "[".repeat(MOST + 1) + &"]".repeat(MOST + 1);
    assert!(lex(&deep).is_err());
    let many = "import 'a';".repeat(MOST + 1);
    assert_eq!(lex(&many), Err(LexError { at: many.len() - 1 }));
}
