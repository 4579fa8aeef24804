//! The text of a module as a browser gets it.

use std::{borrow::Cow, collections::HashMap};

use http::HeaderValue;
use xxhash_rust::xxh3::xxh3_64;

use super::{
    graph::Graph,
    lexer::{self, ImportKind},
    purpose::Purpose,
    resolve::id,
};

/// The parameter of a URL that tells the instances of a module apart.
const PARAMETER: &str = "__hot";

/// The treatment of the response to a request for a module.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Plan {
    /// Answer with this module, which re-exports the newest instance.
    Forward(String),
    /// Rewrite the text with this.
    Rewrite(Rewriting),
}

/// What is needed to rewrite a module, apart from its text.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Rewriting {
    path: String,
    /// Specifiers of files that it imports under another URL now, with the change in it; with the URL, if an import map
    /// has that.
    changes: Vec<(String, Option<String>, u64)>,
    /// True for another instance than the one under the module's own URL.
    is_again: bool,
}

impl Plan {
    /// The entity tag of the text that this makes of a file with this entity tag or date.
    pub(super) fn tag(&self, file: Option<&HeaderValue>) -> Option<HeaderValue> {
        let file: String = file?.to_str().ok()?.chars().filter(char::is_ascii_alphanumeric).collect();
        let made = match self {
            Self::Forward(module) => xxh3_64(module.as_bytes()),
            Self::Rewrite(rewriting) => xxh3_64(format!("{:?}", rewriting.changes).as_bytes()),
        };
        HeaderValue::from_str(&format!("W/\"{file}-{made:x}\"")).ok()
    }
}

/// Returns what to do with the response to a request.
pub(super) fn plan(graph: &Graph, path: &str, query: Option<&str>, purpose: Purpose) -> Option<Plan> {
    let id = id(path);
    let node = graph.node(&id)?;
    let module = node.module.as_ref()?;
    let asked = query.and_then(asked);
    // Vite's client names the instances that it imports by itself.
    if query.is_some_and(|query| query.split('&').any(|pair| pair.starts_with("t="))) {
        return None;
    }
    if asked.is_none() && graph.pages.is_sealed(&id) {
        return None;
    }
    // A classic script can't import the module that it would become.
    if asked.is_none() && !module.has_syntax && !(purpose == Purpose::Module && node.is_imported()) {
        return None;
    }
    if node.change > 0 && asked != Some(node.change) {
        return Some(Plan::Forward(forward(path, query, node.change, module.has_default)));
    }
    if asked.is_none() && purpose != Purpose::Cache {
        node.serve();
    }
    let changes: Vec<_> = module.changed(&id, &graph.pages, |id| graph.change_of(id)).collect();
    if changes.is_empty() && !module.uses_hot && asked.is_none() {
        return None;
    }
    Some(Plan::Rewrite(Rewriting { path: path.to_owned(), changes, is_again: asked.is_some() }))
}

/// The change in a query.
fn asked(query: &str) -> Option<u64> {
    query.split('&').find_map(|pair| pair.strip_prefix(PARAMETER)?.strip_prefix('=')?.parse().ok())
}

/// The query of a URL without the change; empty or with its question mark.
pub(super) fn without_change(query: Option<&str>) -> String {
    let pairs = query.into_iter().flat_map(|query| query.split('&')).filter(|pair| !is_change(pair));
    let kept = pairs.collect::<Vec<_>>().join("&");
    if kept.is_empty() { kept } else { format!("?{kept}") }
}

fn is_change(pair: &str) -> bool {
    pair.strip_prefix(PARAMETER).is_some_and(|rest| rest.starts_with('='))
}

/// A module that re-exports another instance.
fn forward(path: &str, query: Option<&str>, change: u64, has_default: bool) -> String {
    let name = path.rsplit('/').next().unwrap_or_default();
    let mut url = format!("./{name}?{PARAMETER}={change}");
    for pair in query.into_iter().flat_map(|query| query.split('&')).filter(|pair| !is_change(pair)) {
        url.push('&');
        url.push_str(pair);
    }
    let url = serde_json::Value::from(url);
    let default = if has_default { format!("export{{default}}from{url};") } else { String::new() };
    format!("export*from{url};{default}\n")
}

impl Rewriting {
    /// A URL of this app as seen from the module: a proxy or router may strip a prefix from both.
    fn relative(&self, url: &str) -> String {
        let depth = self.path.matches('/').count().saturating_sub(1);
        let up = if depth == 0 { "./".to_owned() } else { "../".repeat(depth) };
        format!("{up}{}", url.trim_start_matches('/'))
    }

    /// Rewrites the text of the module with this URL. Returns `None` for one that is no module, which stays as it is.
    pub(crate) fn apply(&self, text: &str, url: &str) -> Option<String> {
        let module = lexer::lex(text).ok()?;
        let mut out = String::with_capacity(text.len() + 256);
        let mut at = text.len() - text.trim_start_matches('\u{feff}').len();
        if module.uses_hot && !text.starts_with("#!") {
            // On the first line, so that all others keep their numbers.
            out.push_str(
                "import.meta.hot=globalThis.__hot_middleware__?.hot(import.meta.url,{},import.meta.resolve);",
            );
        } else {
            at = 0;
        }
        let changes: HashMap<_, _> =
            self.changes.iter().map(|(specifier, url, change)| (&**specifier, (url, change))).collect();
        let mut imports: Vec<_> =
            module.imports.iter().filter(|import| import.kind != ImportKind::Url).collect();
        imports.sort_unstable_by_key(|import| import.range.start);
        for import in imports {
            let Some(&(url, &change)) = changes.get(&*import.specifier) else { continue };
            let Some(between) = text.get(at..import.range.start) else { continue };
            out.push_str(between);
            let raw = &text[import.range.clone()];
            match url {
                Some(url) => out.push_str(&escaped(&with_change(&self.relative(url), change))),
                // The query may be escaped.
                None if raw.contains('\\') => {
                    out.push_str(&escaped(&with_change(&import.specifier, change)));
                }
                None => out.push_str(&with_change(raw, change)),
            }
            at = import.range.end;
        }
        out.push_str(&text[at..]);
        if self.is_again && !text.contains("//# source") {
            // Breakpoints are bound by the whole URL; browsers don't resolve a relative one.
            for part in ["\n//# sourceURL=", url, "\n"] {
                out.push_str(part);
            }
        }
        Some(out)
    }
}

/// A specifier with the number of a change.
fn with_change(specifier: &str, change: u64) -> Cow<'_, str> {
    let (rest, fragment) = specifier.find('#').map_or((specifier, ""), |at| specifier.split_at(at));
    let separator = if rest.contains('?') { '&' } else { '?' };
    format!("{rest}{separator}{PARAMETER}={change}{fragment}").into()
}

/// A text as it is in a string with any quotes, or in a template.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' | '\'' | '"' | '`' | '$' => out.extend(['\\', character]),
            '\u{2028}' | '\u{2029}' | '\0'..='\x1f' => out.extend(character.escape_unicode()),
            _ => out.push(character),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{super::lexer::lex, *};

    fn graph(files: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::default();
        for (id, text) in files {
            graph.set(id, Some(&lex(text).unwrap()));
        }
        graph
    }

    fn rewritten(graph: &Graph, path: &str, query: Option<&str>, text: &str) -> String {
        match plan(graph, path, query, Purpose::Module) {
            Some(Plan::Rewrite(rewriting)) => rewriting.apply(text, "http://a/js/a.js").unwrap(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn only_modules_that_need_it_are_rewritten() {
        let hot = "import.meta.hot?.accept()";
        let graph = graph(&[("/a.js", "import './b.js'"), ("/b.js", hot)]);
        assert_eq!(plan(&graph, "/a.js", None, Purpose::Module), None);
        assert_eq!(plan(&graph, "/a.js", Some("v=1"), Purpose::Module), None);
        assert_eq!(plan(&graph, "/none.js", None, Purpose::Module), None);
        let expected = format!(
            "import.meta.hot=globalThis.__hot_middleware__?.hot(import.meta.url,{{}},import.meta.resolve);{hot}"
        );
        assert_eq!(rewritten(&graph, "/b.js", None, hot), expected);
    }

    #[test]
    fn a_module_has_one_instance() {
        let text = "import a from './b.js'; import('./b.js?x#y'); export * from '/c.js'; new URL('./b.js', import.meta.url)";
        let mut graph = graph(&[("/js/a.js", text), ("/js/b.js", "export default 1"), ("/c.js", "")]);
        let module = lex("export default 1").unwrap();
        let update = graph.apply(&[("/js/b.js", Some(&module))], &[], 7).unwrap();
        assert_eq!(update.importers.len(), 2);
        let expected = "export*from\"./b.js?__hot=7\";export{default}from\"./b.js?__hot=7\";\n";
        assert_eq!(plan(&graph, "/js/b.js", None, Purpose::Module), Some(Plan::Forward(expected.to_owned())));
        assert_eq!(
            plan(&graph, "/js/b.js", Some("__hot=6"), Purpose::Module),
            Some(Plan::Forward(expected.to_owned()))
        );
        let expected = "export*from\"./a.js?__hot=7&v=1\";\n";
        assert_eq!(
            plan(&graph, "/js/a.js", Some("v=1"), Purpose::Module),
            Some(Plan::Forward(expected.to_owned()))
        );
        let expected = "import a from './b.js?__hot=7'; import('./b.js?x&__hot=7#y'); export * from '/c.js'; \
                        new URL('./b.js', import.meta.url)\n//# sourceURL=http://a/js/a.js\n";
        assert_eq!(rewritten(&graph, "/js/a.js", Some("__hot=7"), text), expected);
    }

    #[test]
    fn what_is_fetched_for_the_cache_runs_in_no_page() {
        for (purpose, is_taken) in
            [(Purpose::Cache, true), (Purpose::Module, false), (Purpose::Unknown, false)]
        {
            let mut graph = graph(&[("/a.js", "export const a = 1"), ("/b.js", "import './a.js'")]);
            plan(&graph, "/a.js", None, purpose);
            assert_eq!(graph.restore(&[("/a.js".into(), 7)], 10), is_taken, "{purpose:?}");
        }
    }

    #[test]
    fn the_texts_own_source_comments_stay() {
        let graph = graph(&[("/a.js", "")]);
        let text = "a\n//# sourceMappingURL=a.js.map\n";
        assert_eq!(rewritten(&graph, "/a.js", Some("__hot=1"), text), text);
    }
}
