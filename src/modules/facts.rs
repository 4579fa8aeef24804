//! The parts of a module's text that the import graph needs.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    declared::{Beyond, Pages, Target},
    lexer::{self, ImportKind},
    resolve::is_like_url,
};

/// What is known of a module.
#[allow(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
#[derive(Debug, Default)]
pub(super) struct Facts {
    pub(super) has_syntax: bool,
    pub(super) has_default: bool,
    pub(super) uses_hot: bool,
    pub(super) accepts_itself: bool,
    /// Exports that it accepts changes of.
    pub(super) accepted_exports: Option<BTreeSet<Box<str>>>,
    /// Files that it accepts.
    pub(super) accepted: BTreeSet<Box<str>>,
    /// Files that it imports, each with the names of what it takes; `None` for everything.
    pub(super) imports: BTreeMap<Box<str>, Option<BTreeSet<Box<str>>>>,
    /// Files that it imports on some pages, while the same specifier means another file on others.
    pub(super) unsure: BTreeSet<Box<str>>,
    /// Specifiers that may name other files than those, as only a browser can tell.
    beyond: Vec<(Box<str>, Beyond)>,
    specifiers: Vec<Specifier>,
    accepted_specifiers: Vec<Box<str>>,
}

#[derive(Debug)]
struct Specifier {
    text: Box<str>,
    names: Option<Vec<Box<str>>>,
    is_url: bool,
}

impl Facts {
    pub(super) fn of(id: &str, module: &lexer::Module, pages: &Pages) -> Self {
        let boxed =
            |names: &[String]| names.iter().map(|name| name.as_str().into()).collect::<Vec<Box<str>>>();
        let specifiers = module.imports.iter().map(|import| Specifier {
            text: import.specifier.as_str().into(),
            names: import.names.as_deref().map(boxed),
            is_url: import.kind == ImportKind::Url,
        });
        let mut facts = Self {
            has_syntax: module.has_syntax,
            has_default: module.has_default,
            uses_hot: module.uses_hot,
            accepts_itself: module.accepts_itself,
            accepted_exports: module
                .accepted_exports
                .as_deref()
                .map(|names| boxed(names).into_iter().collect()),
            specifiers: specifiers.collect(),
            accepted_specifiers: boxed(&module.accepted),
            ..Self::default()
        };
        facts.resolve(id, pages);
        facts
    }

    /// Finds the files that the specifiers name, by the pages' import maps.
    pub(super) fn resolve(&mut self, id: &str, pages: &Pages) {
        let Self { imports, unsure, beyond, accepted, specifiers, accepted_specifiers, .. } = self;
        beyond.clear();
        imports.clear();
        unsure.clear();
        accepted.clear();
        for Specifier { text, names, is_url } in specifiers {
            let mut add = |file: &str| {
                let known = imports.entry(file.into()).or_insert_with(|| Some(BTreeSet::new()));
                match (&mut *known, names.as_ref()) {
                    (Some(known), Some(names)) => known.extend(names.iter().cloned()),
                    _ => *known = None,
                }
            };
            if !*is_url {
                beyond.extend(pages.beyond(id, text).map(|beyond| (text.clone(), beyond)));
            }
            match target(id, text, *is_url, pages) {
                Target::Elsewhere => {}
                Target::File(file, _) => add(&file),
                Target::Several(files) => {
                    for file in files {
                        add(&file);
                        unsure.insert(file.into());
                    }
                }
            }
        }
        for specifier in accepted_specifiers {
            if let Target::File(file, _) = pages.resolve(id, specifier) {
                accepted.insert(file.into());
            }
        }
    }

    /// The specifiers that may name one of these files without being known to do so.
    pub(super) fn unresolved(&self, is_one: impl Fn(&str) -> bool) -> impl Iterator<Item = &str> {
        self.beyond.iter().filter_map(move |(specifier, beyond)| {
            let may_be = match beyond {
                Beyond::Anything => true,
                Beyond::EndOf(path) => {
                    path.match_indices('/').any(|(start, _)| start > 0 && is_one(&path[start..]))
                }
            };
            may_be.then_some(&**specifier)
        })
    }

    /// The specifiers that name files with a change in their URLs, each with the URL if an import map has it.
    pub(super) fn changed<'a>(
        &'a self,
        id: &'a str,
        pages: &'a Pages,
        change_of: impl Fn(&str) -> u64 + 'a,
    ) -> impl Iterator<Item = (String, Option<String>, u64)> + 'a {
        self.specifiers.iter().filter(|specifier| !specifier.is_url).filter_map(move |specifier| {
            match pages.resolve(id, &specifier.text) {
                Target::File(file, url) => Some((String::from(&*specifier.text), url, change_of(&file))),
                Target::Elsewhere | Target::Several(_) => None,
            }
            .filter(|(_, _, change)| *change > 0)
        })
    }
}

/// The file in an import or in `new URL(…, import.meta.url)`, where a bare name is a URL too.
fn target(id: &str, specifier: &str, is_url: bool, pages: &Pages) -> Target {
    if !is_url {
        return pages.resolve(id, specifier);
    }
    let specifier = if is_like_url(specifier) { specifier.into() } else { format!("./{specifier}") };
    Pages::default().resolve(id, &specifier)
}
