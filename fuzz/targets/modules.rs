//! Any text as a module: what it imports, and what is sent for it after changes.
//!
//! The first byte selects the changes and the chunks, the rest of the first line is the query of the request, and the text
//! follows. Modules reach the layer through a file watcher, which would be too slow here, so the target compiles the files
//! of the crate that lex and rewrite them.
#![no_main]

use std::collections::{BTreeSet, VecDeque};

use bytes::Bytes;
use http::{Request, Response, header};
use libfuzzer_sys::fuzz_target;
use url::Url;

use self::product::{
    build,
    modules::{Module, ModuleBody, ModuleRequest, Modules, Plan, lex},
};

/// Makes the modules available under their paths in the crate.
#[path = "../../src"]
#[allow(
    dead_code,
    unreachable_pub,
    unused_imports,
    reason = "the watcher, which calls the rest, is left out"
)]
mod product {
    pub(crate) mod build {
        pub(crate) mod update;
        pub(crate) use update::Update;
    }
    pub(crate) mod modules;
}

const PATH: &str = "/js/a.js";

/// The number of the changes of imported files, and of the change of the module itself.
const IMPORTED: u64 = 1_700_000_000_000;
const OWN: u64 = 1_800_000_000_000;

const PROLOGUE: &str =
    "import.meta.hot=globalThis.__hot_middleware__?.hot(import.meta.url,{},import.meta.resolve);";

fuzz_target!(|input: &[u8]| {
    let Some((&first, rest)) = input.split_first() else { return };
    let cut = rest.iter().position(|byte| *byte == b'\n').unwrap_or(0);
    let (line, body) = rest.split_at(cut);
    let query: String =
        line.iter().filter(|byte| byte.is_ascii_graphic()).map(|byte| char::from(*byte)).collect();
    let modules = Modules::default();

    let Ok(text) = std::str::from_utf8(body) else {
        modules.add([(PATH.to_owned(), Module { has_syntax: true, uses_hot: true, ..Module::default() })]);
        let plan = modules.plan(PATH, None, true).expect("it uses `import.meta.hot`");
        assert!(sent(plan, body, first) == body, "what is no text stays as it is");
        return;
    };
    let module = match lex(text) {
        Ok(module) => module,
        Err(error) => {
            assert!(error.at <= text.len());
            return;
        }
    };
    check_ranges(text, &module);

    modules.add([(PATH.to_owned(), module.clone())]);
    if module.imports.iter().any(|import| import.specifier.ends_with("/@vite/client")) {
        assert!(modules.plan(PATH, None, true).is_none(), "Vite's client updates it");
        return;
    }
    let changed: BTreeSet<String> = module
        .imports
        .iter()
        .enumerate()
        .filter(|(at, _)| first >> (at % 8) & 1 == 1)
        .filter_map(|(_, import)| plain_path(&import.specifier))
        .filter(|path| path != PATH)
        .collect();
    let files: Vec<_> = changed.iter().map(|path| (path.as_str(), None)).collect();
    if let Some(update) = modules.change(&files, &[], IMPORTED) {
        assert!(changed.iter().all(|path| update.importers.contains_key(path)));
    } else {
        assert!(changed.is_empty());
    }
    let update = modules.change(&[(PATH, Some(&module))], &[], OWN).expect("it is known");
    assert_eq!(update.change, OWN);

    check_forward(&modules, &query, &module);
    let plan = modules.plan(PATH, Some(&format!("__hot={OWN}")), true).expect("it has changed");
    let out = String::from_utf8(sent(plan, body, first)).expect("what is sent is UTF-8");
    check_rewritten(text, &module, &out, &changed);
});

/// Checks that each import is a literal of the text, in quotes, after those before it.
fn check_ranges(text: &str, module: &Module) {
    let mut ranges: Vec<_> = module.imports.iter().map(|import| import.range.clone()).collect();
    ranges.sort_unstable_by_key(|range| range.start);
    assert!(ranges.windows(2).all(|pair| pair[0].end < pair[1].start), "{ranges:?}");
    for import in &module.imports {
        let literal = text.get(import.range.clone()).expect("a range is a part of the text");
        assert!(literal.contains(['\\', '\r']) || literal == import.specifier, "{literal:?}");
        let quotes = [import.range.start - 1, import.range.end].map(|at| text.as_bytes()[at]);
        assert!(quotes[0] == quotes[1] && b"\"'`".contains(&quotes[0]), "{quotes:?}");
    }
}

/// Checks the response to a request for another version than the newest: it re-exports all of that one.
fn check_forward(modules: &Modules, query: &str, module: &Module) {
    let is_vites = query.split('&').any(|pair| pair.starts_with("t="));
    let is_newest = query.split('&').any(|pair| pair == format!("__hot={OWN}"));
    match modules.plan(PATH, Some(query), true) {
        None => assert!(is_vites || !module.has_syntax),
        Some(Plan::Forward(forward)) => {
            assert!(!is_vites);
            let found = lex(&forward).expect("it is a module");
            assert_eq!(found.has_default, module.has_default);
            assert!(!found.imports.is_empty());
            for import in found.imports {
                assert!(import.specifier.starts_with(&format!("./a.js?__hot={OWN}")), "{}", import.specifier);
            }
        }
        Some(Plan::Rewrite(_)) => assert!(is_newest, "{query}"),
    }
}

/// Checks that the rewritten module imports the same but for the versions, and is the same text but for these, the
/// prologue on its first line and the comment at its end.
fn check_rewritten(text: &str, module: &Module, out: &str, changed: &BTreeSet<String>) {
    let found = lex(out).expect("what is sent is still a module");
    assert_eq!(found.imports.len(), module.imports.len(), "{out:?}");
    assert_eq!((found.has_default, &found.accepted), (module.has_default, &module.accepted));
    assert_eq!(found.uses_hot, module.uses_hot);
    let mut restored = String::new();
    let mut at = 0;
    let mut pairs: Vec<_> = found.imports.iter().zip(&module.imports).collect();
    pairs.sort_unstable_by_key(|(now, _)| now.range.start);
    for (now, then) in pairs {
        assert_eq!(now.kind, then.kind);
        let with_change = with_change(&then.specifier);
        let is_changed = now.specifier != then.specifier;
        assert!(!is_changed || now.specifier == with_change, "{} became {}", then.specifier, now.specifier);
        let path = plain_path(&then.specifier);
        if let Some(path) = path.filter(|path| path != PATH) {
            let is_url = format!("{:?}", then.kind) == "Url";
            assert_eq!(is_changed, !is_url && changed.contains(&path), "{}", then.specifier);
        }
        restored.push_str(&out[at..now.range.start]);
        restored.push_str(&text[then.range.clone()]);
        at = now.range.end;
    }
    restored.push_str(&out[at..]);
    let has_prologue = module.uses_hot && !text.starts_with("#!");
    // A mark of the byte order is a space elsewhere than at the start.
    let expected = if has_prologue { text.trim_start_matches('\u{feff}') } else { text };
    let rest = if has_prologue {
        restored.strip_prefix(PROLOGUE).expect("the prologue is first")
    } else {
        restored.as_str()
    };
    let comment = rest.strip_prefix(expected).expect("the text stays");
    let has_own = text.contains("//# source");
    assert!(comment.is_empty() == has_own, "{comment:?}");
    assert!(has_own || comment.starts_with("\n//# sourceURL="), "{comment:?}");
}

/// Returns the body that is sent for this text in chunks.
fn sent(plan: Plan, text: &[u8], first: u8) -> Vec<u8> {
    let request = ModuleRequest::new(plan, &mut Request::new(()), None);
    let response = Response::builder().header(header::CONTENT_TYPE, "text/javascript").body(());
    let (mut head, ()) = response.expect("a valid head").into_parts();
    let ModuleBody::Rewritten(mut rewriter) = request.respond(&mut head) else { panic!("it is a script") };
    let mut unsent = VecDeque::new();
    for chunk in text.chunks(usize::from(first).max(1)) {
        rewriter.push(Bytes::copy_from_slice(chunk), &mut unsent);
    }
    rewriter.finish(&mut unsent);
    Vec::from(unsent).concat()
}

/// Returns the path that a browser requests for a specifier, if that is the id of the file without any encoding.
fn plain_path(specifier: &str) -> Option<String> {
    let path = specifier.split(['?', '#']).next()?;
    let is_path = ["/", "./", "../"].iter().any(|prefix| path.starts_with(prefix)) && !path.starts_with("//");
    let is_plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-./_".contains(&byte));
    let base = Url::parse("http://localhost").and_then(|host| host.join(PATH)).expect("a valid URL");
    (is_path && is_plain).then(|| base.join(path).expect("a valid path").path().to_owned())
}

/// A specifier with the number of the change of what it imports, or of the module's own one.
fn with_change(specifier: &str) -> String {
    let path = plain_path(specifier);
    let change = if path.is_none_or(|path| path == PATH) { OWN } else { IMPORTED };
    let (rest, fragment) = specifier.find('#').map_or((specifier, ""), |at| specifier.split_at(at));
    format!("{rest}{}__hot={change}{fragment}", if rest.contains('?') { '&' } else { '?' })
}
