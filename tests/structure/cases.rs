//! Tests of the checker itself, on small trees of files with their expected imports.

use crate::{
    LIBRARY, circles_of,
    imports::Imports,
    rooms::{Faults, Room, faults, picture},
    source::{Crates, Files},
};

/// A tree's files, by path and text.
type Tree = &'static [(&'static str, &'static str)];

/// An import, as `from -> to`.
type Arrows = &'static [&'static str];

fn read(tree: Tree) -> (Crates, Imports) {
    let files: Files = tree.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
    let crates = Crates::read(&files);
    let imports = Imports::of(&crates, LIBRARY);
    (crates, imports)
}

fn arrows(imports: &Imports) -> Vec<String> {
    let short = |file: &str| file.trim_start_matches("src/").trim_end_matches(".rs").to_owned();
    imports.used.keys().map(|(from, to)| format!("{} -> {}", short(from), short(to))).collect()
}

const CASES: [(&str, Tree, Arrows); 27] = [
    (
        "an import by the crate's root",
        &[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "use crate::b::B;"),
            ("src/b.rs", "pub(crate) struct B;"),
        ],
        &["a -> b"],
    ),
    (
        "nested groups, `self` and a new name",
        &[
            ("src/lib.rs", "mod a; mod b; mod c; mod d;"),
            ("src/a.rs", "use crate::{b::{self, B as Other}, c::{C, D,}, std_like::X,};"),
            ("src/b.rs", "pub(crate) struct B;"),
            ("src/c.rs", "pub(crate) enum C {} pub(crate) enum D {}"),
            ("src/d.rs", "use std::{fmt, sync::{Arc, Mutex}};"),
        ],
        // `std_like` is not a module; a macro may define the name in the root.
        &["a -> b", "a -> c", "a -> lib"],
    ),
    (
        "`super`, and `super::super`",
        &[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a/mod.rs", "mod c; mod d;"),
            ("src/a/c.rs", "use super::d::D; use super::super::b::B;"),
            ("src/a/d.rs", "pub(super) struct D;"),
            ("src/b.rs", "pub(crate) struct B;"),
        ],
        &["a/c -> a/d", "a/c -> b"],
    ),
    (
        "a re-export leads to the file that defines",
        &[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a/mod.rs", "mod c; pub(crate) use c::C;"),
            ("src/a/c.rs", "pub(crate) struct C;"),
            ("src/b.rs", "use crate::a::C;"),
        ],
        &["b -> a/c"],
    ),
    (
        "a re-export under a new name, of a re-export",
        &[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a/mod.rs", "mod c; pub(crate) use self::c::D as E;"),
            ("src/a/c/mod.rs", "mod d; pub(crate) use d::D;"),
            ("src/a/c/d.rs", "pub(crate) struct D;"),
            ("src/b.rs", "use crate::a::E;"),
        ],
        &["b -> a/c/d"],
    ),
    (
        "a re-export that its own file uses too",
        &[
            ("src/lib.rs", "mod a;"),
            ("src/a.rs", "mod c; pub(crate) use self::c::C; fn f(_: &C) {}"),
            ("src/a/c.rs", "pub(crate) struct C;"),
        ],
        &["a -> a/c"],
    ),
    (
        "a re-export of everything",
        &[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a/mod.rs", "mod c; mod d; pub(crate) use c::*; pub(crate) use d::*;"),
            ("src/a/c.rs", "pub(crate) struct C;"),
            ("src/a/d.rs", "pub(crate) fn d() {}"),
            ("src/b.rs", "fn f() { crate::a::d() }"),
        ],
        &["b -> a/d"],
    ),
    (
        "an import of everything",
        &[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "use crate::b::*;"),
            ("src/b.rs", "pub(crate) struct B;"),
        ],
        &["a -> b"],
    ),
    (
        "a name that the parent imports for itself",
        &[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "mod c; use crate::b::B; use std::sync::Arc;"),
            ("src/a/c.rs", "use super::{Arc, B};"),
            ("src/b.rs", "pub(crate) struct B;"),
        ],
        &["a -> b", "a/c -> b"],
    ),
    (
        "a path in code, without an import",
        &[
            ("src/lib.rs", "mod a; mod b; mod c;"),
            ("src/a.rs", "fn f() -> crate::b::B { crate::c::make::<u8>() }"),
            ("src/b.rs", "pub(crate) struct B;"),
            ("src/c.rs", "pub(crate) fn make<T>() -> T { todo!() }"),
        ],
        &["a -> b", "a -> c"],
    ),
    (
        "a path in code that begins with an imported module",
        &[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "use crate::b; fn f() -> b::C { b::D }"),
            ("src/b/mod.rs", "mod c; pub(crate) use c::{C, D};"),
            ("src/b/c.rs", "pub(crate) struct C; pub(crate) const D: C = C;"),
        ],
        &["a -> b/c"],
    ),
    (
        "a path in code that begins with a module of the file's own",
        &[
            ("src/lib.rs", "mod a;"),
            ("src/a.rs", "mod c; fn f() { c::f(); }"),
            ("src/a/c.rs", "pub(super) fn f() {}"),
        ],
        &["a -> a/c"],
    ),
    (
        "an import inside a function",
        &[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "fn f() { if true { use crate::b::B; let _ = B; } }"),
            ("src/b.rs", "pub(crate) struct B;"),
        ],
        &["a -> b"],
    ),
    (
        "what stands in a macro",
        &[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "fn f() { tracing::debug!(count = crate::b::COUNT, \"many\"); }"),
            ("src/b.rs", "some_macro! { pub(crate) const COUNT: usize = 1; }"),
        ],
        &["a -> b"],
    ),
    (
        "test modules, their files and items for tests alone",
        &[
            ("src/lib.rs", "mod a; mod b;"),
            (
                "src/a.rs",
                "#[cfg(test)] mod tests; \
                 #[cfg(all(unix, test))] use crate::b::{B, C}; \
                 #[cfg(test)] #[allow(dead_code)] pub(crate) fn f<T: Into<u8>, U>() -> u8 { crate::b::f() } \
                 #[cfg(test)] mod inside { use crate::b::B; } \
                 struct S { #[cfg(test)] field: crate::b::B, other: u8 } \
                 fn g() { #[cfg(test)] let x = { crate::b::f() }; }",
            ),
            ("src/a/tests.rs", "use crate::b::B;"),
            ("src/b.rs", "#![allow(dead_code)] pub(crate) struct B;"),
        ],
        &[],
    ),
    (
        "items after those for tests count again",
        &[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "#[cfg(test)] use std::fmt; #[cfg(any(test, unix))] use crate::b::B;"),
            ("src/b.rs", "#[cfg(not(test))] pub(crate) struct B;"),
        ],
        &["a -> b"],
    ),
    (
        "a file that is for tests as a whole",
        &[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "#![cfg(test)] use crate::b::B;"),
            ("src/b.rs", "pub(crate) struct B;"),
        ],
        &[],
    ),
    (
        "comments, documentation and strings",
        &[
            ("src/lib.rs", "mod a; mod b;"),
            (
                "src/a.rs",
                "//! [`crate::b::B`] and\n/// `use crate::b::B;`\n/* /* use */ use crate::b::B; */\n\
                 fn f() -> &'static str { r#\"\" use crate::b::B; \"# } // crate::b::B",
            ),
            ("src/b.rs", "pub(crate) struct B;"),
        ],
        &[],
    ),
    (
        "fields and methods that are called as a module is",
        &[
            ("src/lib.rs", "mod a;"),
            ("src/a.rs", "mod c; pub(crate) use c::c; fn f(s: S) { s.c.c(); }"),
            ("src/a/c.rs", "pub(crate) fn c() {}"),
        ],
        &[],
    ),
    (
        "the end of a range",
        &[
            ("src/lib.rs", "mod a;"),
            ("src/a.rs", "mod c; pub(crate) use c::END; fn f() { for _ in 0..END {} }"),
            ("src/a/c.rs", "pub(crate) const END: u8 = 1;"),
        ],
        &["a -> a/c"],
    ),
    (
        "visibility in a module is no import",
        &[
            ("src/lib.rs", "mod a;"),
            ("src/a/mod.rs", "mod c;"),
            ("src/a/c.rs", "pub(in crate::a) struct C { pub(super) field: u8 }"),
        ],
        &[],
    ),
    (
        "a module inside a file",
        &[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "mod inside { use super::super::b::B; mod file; fn f(_: super::A) {} } struct A;"),
            ("src/a/inside/file.rs", "use super::super::A;"),
            ("src/b.rs", "pub(crate) struct B;"),
        ],
        &["a -> b", "a/inside/file -> a"],
    ),
    (
        "a name of which `cfg` chooses the file",
        &[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a/mod.rs", "mod c; mod d; #[cfg(unix)] pub use c::X; #[cfg(not(unix))] pub use d::X;"),
            ("src/a/c.rs", "pub struct X;"),
            ("src/a/d.rs", "pub struct X;"),
            ("src/b.rs", "use crate::a::X;"),
        ],
        &["b -> a/c", "b -> a/d"],
    ),
    (
        "a name that only the root passes on",
        &[
            ("src/lib.rs", "mod a; mod b; pub use b::B;"),
            ("src/a.rs", "use crate::B;"),
            ("src/b.rs", "pub struct B;"),
        ],
        &["a -> b", "a -> lib"],
    ),
    (
        "a program, which imports the library by its name",
        &[
            ("src/lib.rs", "mod a; pub use a::A;"),
            ("src/a.rs", "pub struct A;"),
            ("src/bin/tool/main.rs", "mod parts; use tower_hot_middleware::A;"),
            ("src/bin/tool/parts.rs", "use crate::main_only;"),
        ],
        &["bin/tool/main -> a", "bin/tool/parts -> bin/tool/main"],
    ),
    (
        "two modules that import everything of each other",
        &[
            ("src/lib.rs", "mod a; mod b;"),
            ("src/a.rs", "pub use crate::b::*; use crate::b::Unknown;"),
            ("src/b.rs", "pub use crate::a::*;"),
        ],
        &["a -> b"],
    ),
    (
        "names of other crates, and captured lifetimes",
        &[
            ("src/lib.rs", "mod http; mod a;"),
            ("src/http.rs", "pub(crate) struct H;"),
            (
                "src/a.rs",
                "use ::http::Request; use bytes::Bytes; fn f<'a>(x: &'a u8) -> impl Sized + use<'a> { x }",
            ),
        ],
        &[],
    ),
];

#[test]
fn an_import_leads_to_the_file_that_defines_the_name() {
    for (name, tree, expected) in CASES {
        assert_eq!(arrows(&read(tree).1), expected, "{name}");
    }
}

#[test]
fn circles_are_found() {
    let cases: [(&str, Tree, &[&[&str]]); 4] = [
        (
            "two circles, and a file outside",
            &[
                ("src/lib.rs", "mod a; mod b; mod c; mod d; mod e; mod f;"),
                ("src/a.rs", "use crate::b::B; pub struct A;"),
                ("src/b.rs", "use crate::c::C; pub struct B;"),
                ("src/c.rs", "fn f() { crate::a::A } pub struct C;"),
                ("src/d.rs", "use crate::e::E; pub struct D;"),
                ("src/e.rs", "use super::d::D; pub struct E;"),
                ("src/f.rs", "use crate::{a::A, d::D};"),
            ],
            &[&["src/a.rs", "src/b.rs", "src/c.rs"], &["src/d.rs", "src/e.rs"]],
        ),
        (
            "a child that uses its parent, whose code uses the child",
            &[
                ("src/lib.rs", "mod a;"),
                ("src/a.rs", "mod c; use self::c::C; pub struct A(C);"),
                ("src/a/c.rs", "use super::A; pub struct C;"),
            ],
            &[&["src/a.rs", "src/a/c.rs"]],
        ),
        (
            "a child that uses its parent, which only passes the child on",
            &[
                ("src/lib.rs", "mod a;"),
                ("src/a.rs", "mod c; pub(crate) use self::c::C; pub struct A;"),
                ("src/a/c.rs", "use super::A; pub struct C;"),
            ],
            &[],
        ),
        (
            "siblings by way of their parent's re-exports",
            &[
                ("src/lib.rs", "mod a;"),
                ("src/a.rs", "mod c; mod d; pub(crate) use self::{c::C, d::D};"),
                ("src/a/c.rs", "use super::D; pub struct C;"),
                ("src/a/d.rs", "use super::C; pub struct D;"),
            ],
            &[&["src/a/c.rs", "src/a/d.rs"]],
        ),
    ];
    for (name, tree, expected) in cases {
        assert_eq!(circles_of(&read(tree).1), expected, "{name}");
    }
}

const HOUSE: [Room; 4] = [
    Room { name: "top", paths: &["src/lib.rs"] },
    Room { name: "middle", paths: &["src/a.rs", "src/a/"] },
    Room { name: "low", paths: &["src/a/low/", "src/b.rs"] },
    Room { name: "empty", paths: &["src/none/"] },
];

#[test]
fn imports_from_a_higher_room_are_found() {
    let tree: Tree = &[
        ("src/lib.rs", "mod a; mod b; mod c; pub use a::A;"),
        ("src/a.rs", "mod low; mod side; use crate::b::B; pub struct A; fn f(_: side::S) {}"),
        ("src/a/side.rs", "pub struct S;"),
        ("src/a/low.rs", "mod deep;"),
        ("src/a/low/deep.rs", "use crate::a::side::S;"),
        ("src/b.rs", "pub(crate) use crate::A; pub struct B;"),
        ("src/c.rs", ""),
    ];
    let (crates, imports) = read(tree);
    let files = || crates.modules.values().map(|module| module.file.as_str());
    let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
    let expected = Faults {
        upward: vec![
            pair("src/a/low/deep.rs", "src/a/side.rs"),
            pair("src/b.rs", "src/a.rs"),
            pair("src/b.rs", "src/lib.rs"),
        ],
        homeless: ["src/c.rs".to_owned()].into(),
    };
    assert_eq!(faults(&HOUSE, files(), &imports), expected);
    let drawn = picture(&HOUSE, files(), &imports);
    assert_eq!(drawn, "top    ─▶ middle\nmiddle ─▶ low\nlow    ─▶ ↑top, ↑middle");
}
