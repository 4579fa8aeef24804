//! The import graph, and the change that each module has run again for.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::{lexer, resolve::resolve};
use crate::build::Update;

/// The most modules of one update whose importers are listed, and the most importers in all. For more, pages reload.
const MOST: usize = 2_000;
const MOST_IMPORTERS: usize = 20_000;

#[derive(Debug, Default)]
pub(super) struct Graph {
    nodes: HashMap<Box<str>, Node>,
    /// Number of the last change.
    last: u64,
}

/// A module, or another file that a module imports.
#[derive(Debug, Default)]
pub(super) struct Node {
    /// `None` if it is no module, as far as is known.
    pub(super) module: Option<Facts>,
    importers: BTreeSet<Box<str>>,
    /// The last change that it had to run again for; 0 if it runs under its own URL.
    pub(super) change: u64,
}

/// What matters of a module's text.
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) has_default: bool,
    pub(super) uses_hot: bool,
    accepts_itself: bool,
    /// Files that it accepts.
    accepted: BTreeSet<Box<str>>,
    /// Files that it imports.
    pub(super) imports: BTreeSet<Box<str>>,
}

impl Graph {
    pub(super) fn node(&self, id: &str) -> Option<&Node> {
        self.nodes.get(id)
    }

    /// The change in the URL under which a file is imported; 0 for none.
    pub(super) fn change_of(&self, id: &str) -> u64 {
        self.nodes.get(id).map_or(0, |node| node.change)
    }

    /// Replaces what is known of a module; `None` if it is gone or can't be read.
    pub(super) fn set(&mut self, id: &str, module: Option<&lexer::Module>) {
        let module = module.filter(|module| !module.imports.iter().any(|import| is_vites(&import.specifier)));
        let facts = module.map(|module| Facts::of(id, module));
        let node = self.nodes.entry(id.into()).or_default();
        let before =
            std::mem::replace(&mut node.module, facts).map(|facts| facts.imports).unwrap_or_default();
        let after = node.module.as_ref().map(|facts| facts.imports.clone()).unwrap_or_default();
        for import in before.difference(&after) {
            if let Some(node) = self.nodes.get_mut(import) {
                node.importers.remove(id);
            }
        }
        for import in after.difference(&before) {
            self.nodes.entry(import.clone()).or_default().importers.insert(id.into());
        }
        // A file that no module imports, and that is none itself, would never be looked up.
        for import in before.iter().map(|import| &**import).chain([id]) {
            let is_lost =
                |node: &Node| node.module.is_none() && node.importers.is_empty() && node.change == 0;
            if self.nodes.get(import).is_some_and(is_lost) {
                self.nodes.remove(import);
            }
        }
    }

    /// Notes files that have changed, each with what it imports now if it is a module. Returns what that reaches, or
    /// `None` if no module has to do with it.
    pub(super) fn change(
        &mut self,
        files: &[(&str, Option<&lexer::Module>)],
        milliseconds: u64,
    ) -> Option<Update> {
        let known: Vec<_> = files.iter().filter(|(id, _)| self.nodes.contains_key(*id)).collect();
        if known.is_empty() {
            for (id, module) in files.iter().filter(|(_, module)| module.is_some()) {
                self.set(id, *module);
            }
            return None;
        }
        // The time makes it larger than any number of an earlier process, whose modules a page may still have.
        let change = milliseconds.max(self.last + 1);
        self.last = change;
        let mut importers = BTreeMap::new();
        // What a page runs accepts changes, so what counts is what the modules were before.
        let mut reached: Vec<Box<str>> = known.iter().map(|(id, _)| (*id).into()).collect();
        while let Some(id) = reached.pop() {
            if importers.contains_key(&*id) {
                continue;
            }
            let Some(node) = self.nodes.get_mut(&id) else { continue };
            node.change = change;
            let above: Vec<Box<str>> = node.importers.iter().cloned().collect();
            let is_accepted = node.module.as_ref().is_some_and(|facts| facts.accepts_itself);
            importers.insert(String::from(&*id), above.iter().map(|id| String::from(&**id)).collect());
            if !is_accepted {
                let accepts = |above: &str| {
                    let facts = self.nodes.get(above).and_then(|node| node.module.as_ref());
                    facts.is_some_and(|facts| facts.accepted.contains(&id))
                };
                reached.extend(above.into_iter().filter(|above| !accepts(above)));
            }
        }
        let imported: BTreeSet<Box<str>> = known
            .iter()
            .filter_map(|(id, _)| self.nodes.get(*id)?.module.as_ref())
            .flat_map(|facts| facts.imports.iter().cloned())
            .collect();
        for (id, module) in files {
            self.set(id, *module);
        }
        let is_pruned = |id: &str| self.nodes.get(id).is_none_or(|node| node.importers.is_empty());
        let pruned = imported.iter().filter(|id| is_pruned(id)).map(|id| String::from(&**id)).collect();
        let listed: usize = importers.values().map(Vec::len).sum();
        if importers.len() > MOST || listed > MOST_IMPORTERS {
            importers.clear();
        }
        Some(Update { change, importers, pruned })
    }
}

/// Returns true for the import of a module that Vite's client updates.
fn is_vites(specifier: &str) -> bool {
    specifier.ends_with("/@vite/client")
}

impl Facts {
    fn of(id: &str, module: &lexer::Module) -> Self {
        let resolved = |specifier: &str| resolve(id, specifier).map(Box::from);
        Self {
            has_default: module.has_default,
            uses_hot: module.uses_hot,
            accepts_itself: module.accepts_itself,
            accepted: module.accepted.iter().filter_map(|specifier| resolved(specifier)).collect(),
            imports: module.imports.iter().filter_map(|import| resolved(&import.specifier)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(files: &[(&str, &str)]) -> Graph {
        let mut graph = Graph::default();
        for (id, text) in files {
            graph.set(id, Some(&lexer::lex(text).unwrap()));
        }
        graph
    }

    /// Changes a file, and returns the modules that have to run again.
    fn change(graph: &mut Graph, id: &str, text: &str) -> Option<(u64, Vec<String>)> {
        let module = lexer::lex(text).unwrap();
        let update = graph.change(&[(id, Some(&module))], 1_000)?;
        let changed = update.importers.keys().filter(|id| graph.change_of(id) == update.change);
        Some((update.change, changed.cloned().collect()))
    }

    const HOT: &str = "import.meta.hot.accept();";

    #[test]
    fn a_change_reaches_what_does_not_accept_it() {
        let mut graph = graph(&[
            ("/main.js", "import './a.js'; import './off.js'"),
            ("/a.js", &format!("import './b.js'; import './off.js'; {HOT}")),
            ("/b.js", "export * from '/c.js'"),
            ("/c.js", "import('./a.js')"),
            ("/d.js", "import './c.js'; import.meta.hot.accept('./c.js')"),
            ("/off.js", ""),
        ]);
        let (first, reached) = change(&mut graph, "/c.js", "").unwrap();
        assert_eq!(reached, ["/a.js", "/b.js", "/c.js"]);
        assert_eq!((first, graph.change_of("/main.js"), graph.change_of("/d.js")), (1_000, 0, 0));
        let (second, reached) = change(&mut graph, "/off.js", "").unwrap();
        assert_eq!((second, reached), (1_001, vec!["/a.js".into(), "/main.js".into(), "/off.js".into()]));
        assert_eq!(graph.change_of("/c.js"), first);
        assert_eq!(change(&mut graph, "/new.js", "import './c.js'"), None);
        let (_, reached) = change(&mut graph, "/c.js", HOT).unwrap();
        assert_eq!(reached, ["/a.js", "/b.js", "/c.js", "/new.js"], "what the page runs accepts nothing");
        let (_, reached) = change(&mut graph, "/c.js", HOT).unwrap();
        assert_eq!(reached, ["/c.js"]);
    }

    #[test]
    fn what_nothing_imports_any_more_is_pruned() {
        let mut graph = graph(&[
            ("/a.js", "import './b.js'; import './c.css'"),
            ("/b.js", "import './d.js'"),
            ("/d.js", ""),
        ]);
        let module = lexer::lex("import './d.js'").unwrap();
        let update = graph.change(&[("/a.js", Some(&module))], 0).unwrap();
        assert_eq!(update.pruned, ["/b.js", "/c.css"]);
        assert_eq!(graph.change(&[("/c.css", None)], 0), None, "it is forgotten");
        let update = graph.change(&[("/d.js", None)], 0).unwrap();
        assert_eq!(update.importers["/d.js"], ["/a.js", "/b.js"]);
        assert!(graph.node("/d.js").is_some(), "what imports it would find it again");
    }

    #[test]
    fn circles_end() {
        let mut graph = graph(&[("/a.js", "import './b.js'"), ("/b.js", "import './a.js'; import './b.js'")]);
        let (_, reached) = change(&mut graph, "/b.js", "import './a.js'").unwrap();
        assert_eq!(reached, ["/a.js", "/b.js"]);
    }

    #[test]
    fn too_many_modules_are_not_listed() {
        let module = lexer::lex("").unwrap();
        for (count, accepts, listed) in [(MOST - 1, "", MOST), (MOST, "", 0), (MOST_IMPORTERS + 1, HOT, 0)] {
            let mut graph = graph(&[("/a.js", accepts)]);
            for n in 0..count {
                graph.set(&format!("/{n}.js"), Some(&lexer::lex("import './a.js'").unwrap()));
            }
            let update = graph.change(&[("/a.js", Some(&module))], 5).unwrap();
            assert_eq!((update.change, update.importers.len(), graph.change_of("/a.js")), (5, listed, 5));
        }
    }
}
