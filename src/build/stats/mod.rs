//! What webpack's and Rspack's `stats.toJson()` return, in all its shapes, as builds. Pure.

mod read;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use read::Compilation;
use serde::Deserialize;
use serde_json::Value;

use crate::{build::Build, errors::StatsError, json::well_formed};

/// The outcome of a build: one [`Build`] for each bundle.
///
/// Made from a [`Build`], from several, or from what `stats.toJson()` of webpack 4, webpack 5 or Rspack
/// returned. Of the latter it takes what webpack-hot-middleware takes:
///
/// - bundles: an array `stats` has one each; else an object with `modules` is one; else a non-empty array
///   `children` has one each; else the object itself is one;
/// - the name: `name`, else `compilation.name`, else `""`; bundles of one name are told apart by their order;
/// - errors and warnings: a string is taken as it is; an object becomes its module's name, its location and
///   its message, with blanks for what is missing;
/// - modules: those with an id, `{id: name}`.
///
/// Anything of another type than expected counts as missing. Of one outcome at most 256 bundles are read, 262,144
/// modules, and 10,000 errors and warnings. A lone surrogate of JavaScript's in a text becomes U+FFFD.
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
    /// Reads the JSON text of what `stats.toJson()` returned.
    ///
    /// # Errors
    /// [`StatsError`] when the text is not JSON, with the line and column, or is not a JSON object.
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
        // Reading what is JSON already can't fail: every value is taken.
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
    let Compilation { name, own_name, hash, time, warnings, errors, modules, .. } = stats;
    let name = name.filter(|name| !name.is_empty()).or(own_name).unwrap_or_default();
    Build { name, time, hash, warnings, errors, modules, ..Build::default() }
}
