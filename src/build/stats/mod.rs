//! Conversion of webpack's and Rspack's `stats.toJson()`, in all its shapes, to builds. Pure.

mod read;
#[cfg(test)]
#[cfg(not(properties))]
mod tests;

use std::collections::HashMap;

use read::Compilation;
use serde::Deserialize;
use serde_json::Value;

use crate::{build::Build, errors::StatsError, json::well_formed};

/// The result of a compilation: one [`Build`] for each bundle.
///
/// Made from a [`Build`], from several, or from the result of `stats.toJson()` in webpack 4, webpack 5 or
/// Rspack. Of the latter it reads what webpack-hot-middleware reads:
///
/// - bundles: one for each element of an array `stats`; otherwise an object with `modules` is one; otherwise
///   one for each element of a non-empty array `children`; otherwise the object itself is one;
/// - the name: `name`, otherwise `compilation.name`, otherwise `""`; bundles with the same name are
///   distinguished by their order;
/// - errors and warnings: a string is used unchanged; an object becomes its module's name, its location and
///   its message, with blanks for what is missing;
/// - modules: those with an id, `{id: name}`.
///
/// A value of an unexpected type counts as missing. At most 256 bundles, 262,144 modules, and 10,000 errors
/// and warnings are read. Lone surrogates from JavaScript become U+FFFD.
///
/// ```
/// use tower_hot_middleware::{HotMiddleware, Options, Stats};
///
/// let hot = HotMiddleware::new(Options::default());
/// let stats = Stats::from_json(br#"{"hash":"1f0c","time":31,"modules":[{"id":7,"name":"./src/a.js"}]}"#)?;
/// hot.built(stats);
/// # Ok::<(), tower_hot_middleware::StatsError>(())
/// ```
#[derive(Clone, Debug, Default)]
#[cfg_attr(test, derive(PartialEq))]
pub struct Stats {
    pub(crate) builds: Vec<Build>,
}

impl Stats {
    /// Parses the JSON text of a `stats.toJson()`.
    ///
    /// # Errors
    /// [`StatsError`] if the text is not JSON, with the line and column, or is not a JSON object.
    pub fn from_json(text: &[u8]) -> Result<Self, StatsError> {
        let text = &*well_formed(text);
        if text.trim_ascii_start().first() == Some(&b'{') {
            let all: Compilation = serde_json::from_slice(text).map_err(StatsError::json)?;
            return Ok(all.into());
        }
        let value: Value = serde_json::from_slice(text).map_err(StatsError::json)?;
        Err(StatsError::not_an_object(&value))
    }
}

impl From<Build> for Stats {
    fn from(build: Build) -> Self {
        Self { builds: vec![build] }
    }
}

impl From<Vec<Build>> for Stats {
    fn from(mut builds: Vec<Build>) -> Self {
        let mut seen = HashMap::<_, usize>::new();
        for build in &mut builds {
            let count = seen.entry(build.name.clone()).or_default();
            build.nth = *count;
            *count += 1;
        }
        Self { builds }
    }
}

impl From<&Value> for Stats {
    fn from(stats: &Value) -> Self {
        // Reading valid JSON can't fail, because every type is accepted.
        Compilation::deserialize(stats).unwrap_or_default().into()
    }
}

impl From<Value> for Stats {
    fn from(stats: Value) -> Self {
        Self::from(&stats)
    }
}

impl From<Compilation> for Stats {
    fn from(mut all: Compilation) -> Self {
        let children = all.children.take_if(|children| !children.is_empty() && !all.has_modules);
        let bundles = all.stats.take().or(children).unwrap_or_else(|| vec![all]);
        Self::from(bundles.into_iter().map(bundle).collect::<Vec<_>>())
    }
}

fn bundle(stats: Compilation) -> Build {
    let Compilation { name, own_name, hash, time, warnings, errors, modules, unmodified, .. } = stats;
    let name = name.filter(|name| !name.is_empty()).or(own_name).unwrap_or_default();
    Build { name, time, hash, warnings, errors, modules, unmodified, ..Build::default() }
}
