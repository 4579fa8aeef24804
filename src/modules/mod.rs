//! ES modules that are served as files: what they import, which of them a change reaches, and the URL of each one's newest
//! instance.
//!
//! A browser keeps every module that it has loaded under its URL. A module that has to run again is therefore imported
//! under another one, with the number of the change in a `__hot` parameter, and so is each module between it and what has
//! changed. These numbers are the same for all pages: a module's URL has the last change that it had to run again for,
//! wherever it is imported. A request for another version of it is answered with a module that re-exports this one, so a
//! page has one instance of each.

mod declared;
mod facts;
mod graph;
mod import_map;
mod lexer;
mod purpose;
mod resolve;
mod response;
mod rewrite;

use std::{
    collections::BTreeMap,
    sync::{PoisonError, RwLock},
};

use self::graph::Graph;
pub(crate) use self::{
    declared::Declared,
    lexer::{Module, lex},
    purpose::Purpose,
    response::{ModuleBody, ModuleRequest, ModuleRewriter},
    rewrite::Plan,
};
use crate::build::Update;

/// The modules below the prefixes of watched folders.
#[derive(Debug, Default)]
pub(crate) struct Modules(RwLock<Graph>);

/// No module is at a path.
#[derive(Debug)]
pub(crate) struct UnknownModule;

impl Modules {
    /// Adds the modules that a scan has found.
    pub(crate) fn add(&self, modules: impl IntoIterator<Item = (String, Module)>) {
        let mut graph = self.0.write().unwrap_or_else(PoisonError::into_inner);
        modules.into_iter().for_each(|(id, module)| graph.set(&id, Some(&module)));
    }

    /// Notes files that have changed, each with what it imports now if it is a module. Returns what that reaches.
    /// `unreadable` are those that are no module at the moment, as after a syntax error.
    pub(crate) fn change(
        &self,
        files: &[(&str, Option<&Module>)],
        unreadable: &[&str],
        milliseconds: u64,
    ) -> Option<Update> {
        self.0.write().unwrap_or_else(PoisonError::into_inner).apply(files, unreadable, milliseconds)
    }

    /// Passes the update of a module on to those that import it. Returns what that reaches, or `None` if they have that
    /// update already.
    ///
    /// # Errors
    ///
    /// If no module is at this path.
    pub(crate) fn invalidate(
        &self,
        path: &str,
        change: u64,
        milliseconds: u64,
    ) -> Result<Option<Update>, UnknownModule> {
        let id = resolve::id(path);
        let mut graph = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if graph.node(&id).is_none() {
            return Err(UnknownModule);
        }
        Ok(graph.invalidate(&id, change, milliseconds))
    }

    /// Takes over the instances that a page has from an earlier process: paths, each with its change. Returns false if pages of
    /// this process have others.
    pub(crate) fn restore(&self, instances: &BTreeMap<String, u64>, milliseconds: u64) -> bool {
        let instances: Vec<_> = instances.iter().map(|(path, change)| (resolve::id(path), *change)).collect();
        self.0.write().unwrap_or_else(PoisonError::into_inner).restore(&instances, milliseconds)
    }

    /// Replaces what the page at this path says about modules.
    pub(crate) fn declare(&self, page: &str, declared: Declared) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).declare(page, declared);
    }

    /// Forgets which modules the page at this path vouches for: it is sent again, and says so before a browser can request one.
    pub(crate) fn unseal(&self, page: &str) {
        if self.0.read().unwrap_or_else(PoisonError::into_inner).pages.has_seals(page) {
            self.0.write().unwrap_or_else(PoisonError::into_inner).pages.unseal(page);
        }
    }

    /// Returns true if no module is served.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.read().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    /// Returns what to do with the response to a request for a module; `None` to leave it as it is.
    pub(crate) fn plan(&self, path: &str, query: Option<&str>, purpose: Purpose) -> Option<Plan> {
        rewrite::plan(&self.0.read().unwrap_or_else(PoisonError::into_inner), path, query, purpose)
    }
}
