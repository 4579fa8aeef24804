//! What the changes of a build reach in the import graph of served modules.

use std::collections::BTreeMap;

use serde::Serialize;

/// The modules that a change reaches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "redis", derive(serde::Deserialize), serde(default))]
pub(crate) struct Update {
    /// Number of the change, which grows over restarts of the app.
    pub(crate) change: u64,
    /// The modules that have to run again unless a page has not loaded them, each with those that import it; empty if
    /// there are too many.
    pub(crate) importers: BTreeMap<String, Vec<String>>,
    /// For modules that accept changes of some exports: what importers take of them. One that is missing takes
    /// everything.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) names: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// Modules that have to run again because one that they import can't be updated.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) invalidated: Vec<String>,
    /// Modules that nothing imports any more.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) pruned: Vec<String>,
    /// Specifiers that may name one of the modules which run again, as only a browser can tell, each with the modules that
    /// have it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) unresolved: BTreeMap<String, Vec<String>>,
}
