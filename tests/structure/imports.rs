//! The imports of each file: every `use` and path, followed through re-exports to the file that defines the name.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Crates, ModulePath};

/// The names that one file takes from another, by the two files.
pub(crate) type Edges = BTreeMap<(String, String), BTreeSet<String>>;

#[derive(Debug, Default)]
pub(crate) struct Imports {
    /// Names that the importing file uses.
    pub(crate) used: Edges,
    /// Names that it only passes on: a `pub use` of a name that the file doesn't mention elsewhere.
    pub(crate) reexported: Edges,
}

/// The end of a path. A name that `cfg` chooses has several.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Target {
    Module(ModulePath),
    Item { file: String },
}

type Visited = BTreeSet<(ModulePath, String)>;

impl Imports {
    /// `library`: the name under which programs import the package's library.
    pub(crate) fn of(crates: &Crates, library: &str) -> Self {
        let resolver = Resolver { crates, library };
        let mut imports = Self::default();
        for (path, module) in &crates.modules {
            for import in &module.imports {
                let name = import.name.as_deref();
                let mentioned = name.is_some_and(|name| module.mentions.contains(name));
                let used = !import.public || mentioned;
                let qualifies = |used: &Vec<String>| Some(used[0].as_str()) == name;
                for target in resolver.resolve(path, &import.path) {
                    // An imported module counts as far as paths begin with it; those are followed below.
                    let is_prefix = matches!(target, Target::Module(_)) && module.paths.iter().any(qualifies);
                    if !is_prefix || !used {
                        imports.add(used, &module.file, resolver.file(&target), name.unwrap_or("*"));
                    }
                }
                if resolver.is_through_root(path, &import.path) {
                    imports.add(used, &module.file, &path[0], name.unwrap_or("*"));
                }
            }
            for used in &module.paths {
                let name = &used.join("::");
                for target in resolver.resolve(path, used) {
                    imports.add(true, &module.file, resolver.file(&target), name);
                }
                if resolver.is_through_root(path, used) {
                    imports.add(true, &module.file, &path[0], name);
                }
            }
        }
        imports
    }

    fn add(&mut self, used: bool, from: &str, to: &str, name: &str) {
        if from != to {
            let edges = if used { &mut self.used } else { &mut self.reexported };
            edges.entry((from.to_owned(), to.to_owned())).or_default().insert(name.to_owned());
        }
    }
}

struct Resolver<'a> {
    crates: &'a Crates,
    library: &'a str,
}

impl Resolver<'_> {
    fn file<'a>(&'a self, target: &'a Target) -> &'a str {
        match target {
            Target::Module(path) => &self.crates.modules[path].file,
            Target::Item { file } => file,
        }
    }

    /// Returns true for `crate::Name` where the root only re-exports that name.
    fn is_through_root(&self, at: &ModulePath, path: &[String]) -> bool {
        let root = &self.crates.modules[&at[..1]];
        let [first, name, ..] = path else { return false };
        first == "crate"
            && at.len() > 1
            && root.imports.iter().any(|import| import.name.as_ref() == Some(name))
    }

    fn resolve(&self, at: &ModulePath, path: &[String]) -> Vec<Target> {
        self.follow(at, path, &mut Visited::new())
    }

    fn follow(&self, at: &ModulePath, path: &[String], visited: &mut Visited) -> Vec<Target> {
        let Some((first, rest)) = path.split_first() else { return Vec::new() };
        let begin = match first.as_str() {
            "crate" => vec![Target::Module(at[..1].to_vec())],
            "self" => vec![Target::Module(at.clone())],
            "super" => vec![Target::Module(parent(at))],
            _ => {
                let found = self.member(at, first, visited, rest.is_empty());
                let library = vec!["src/lib.rs".to_owned()];
                if found.is_empty() && first == self.library && self.crates.modules.contains_key(&library) {
                    vec![Target::Module(library)]
                } else {
                    found
                }
            }
        };
        rest.iter().enumerate().fold(begin, |targets, (index, name)| {
            let last = index + 1 == rest.len();
            targets.into_iter().flat_map(|target| self.step(target, name, visited, last)).collect()
        })
    }

    fn step(&self, target: Target, name: &str, visited: &mut Visited, last: bool) -> Vec<Target> {
        let Target::Module(path) = target else { return vec![target] };
        if name == "super" {
            return vec![Target::Module(parent(&path))];
        }
        let found = self.member(&path, name, visited, last);
        if found.is_empty() && !self.is_foreign(&path, name) {
            // A name that a macro defines.
            return vec![Target::Item { file: self.crates.modules[&path].file.clone() }];
        }
        found
    }

    /// Finds a name in a module. At the end of a path (`last`), an item comes before a module.
    fn member(&self, path: &ModulePath, name: &str, visited: &mut Visited, last: bool) -> Vec<Target> {
        let module = &self.crates.modules[path];
        let defined = module.definitions.contains(name);
        let child: ModulePath = path.iter().cloned().chain([name.to_owned()]).collect();
        if self.crates.modules.contains_key(&child) && !(defined && last) {
            return vec![Target::Module(child)];
        }
        if defined {
            return vec![Target::Item { file: module.file.clone() }];
        }
        if !visited.insert((path.clone(), name.to_owned())) {
            return Vec::new();
        }
        let mut found = BTreeSet::new();
        for import in &module.imports {
            if import.name.as_deref() == Some(name) && import.path[0] != name {
                found.extend(self.follow(path, &import.path, visited));
            }
        }
        let named = !found.is_empty();
        for import in module.imports.iter().filter(|import| import.name.is_none() && !named) {
            for target in self.follow(path, &import.path, &mut visited.clone()) {
                if let Target::Module(glob) = target {
                    found.extend(self.member(&glob, name, &mut visited.clone(), last));
                }
            }
        }
        visited.remove(&(path.clone(), name.to_owned()));
        found.into_iter().collect()
    }

    /// Returns true if the module imports the name from another crate.
    fn is_foreign(&self, path: &ModulePath, name: &str) -> bool {
        self.crates.modules[path].imports.iter().any(|import| import.name.as_deref() == Some(name))
    }
}

fn parent(path: &ModulePath) -> ModulePath {
    path[..path.len().max(2) - 1].to_vec()
}
