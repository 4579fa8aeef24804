//! What webpack's and Rspack's `stats.toJson()` return, in all its shapes, as builds. Pure.

mod read;
#[cfg(test)]
mod tests;

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::Value;

use crate::{build::Build, error::StatsError};

use read::Compilation;

/// The first number above which not every integer has a number of its own (ECMA-262, `Number.MAX_SAFE_INTEGER`).
const MAX_SAFE: f64 = 9_007_199_254_740_992.0;

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
/// Anything of another type than expected counts as missing.
///
/// ```
/// use tower_hot_middleware::{HotMiddleware, Options, Stats};
///
/// let hot = HotMiddleware::new(Options::default());
/// let stats = Stats::from_json(br#"{"hash":"1f0c","time":31,"modules":[{"id":7,"name":"./src/a.js"}]}"#)?;
/// hot.built(stats);
/// # Ok::<(), tower_hot_middleware::StatsError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Stats {
    pub(crate) builds: Vec<Build>,
}

impl Stats {
    /// Reads the JSON text of what `stats.toJson()` returned.
    ///
    /// # Errors
    /// [`StatsError`] when the text is not JSON, with the line and column, or is not a JSON object.
    pub fn from_json(text: &[u8]) -> Result<Self, StatsError> {
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
    let text = |value: Option<&Value>| {
        value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let mut build = Build {
        name: text(Some(&stats.name)).or_else(|| text(stats.itself.get("name"))).unwrap_or_default(),
        time: match stats.time {
            Value::Number(time) => Some(time),
            _ => None,
        },
        hash: match stats.hash {
            Value::String(hash) => Some(hash),
            _ => None,
        },
        warnings: problems(&stats.warnings),
        errors: problems(&stats.errors),
        ..Build::default()
    };
    for module in stats.modules.into_iter().flatten() {
        if let (Some(id), Value::String(name)) = (module_id(module.id), module.name) {
            build.modules.insert(id, name);
        }
    }
    build
}

/// A module's id as the key that JavaScript makes of it. A module without one can't be told from others, and
/// the original's `"undefined"` and `"null"` are no ids.
fn module_id(id: Value) -> Option<String> {
    match id {
        Value::String(id) => Some(id),
        // 1.0 and 1e3 are the keys "1" and "1000"; beyond 2⁵³ bundlers give no numbers.
        Value::Number(id) => Some(match id.as_f64().filter(|id| id.fract() == 0.0 && id.abs() < MAX_SAFE) {
            // -0 is "0".
            Some(id) => format!("{:.0}", id + 0.0),
            None => id.to_string(),
        }),
        _ => None,
    }
}

fn problems(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().map(problem).collect()
}

fn problem(value: &Value) -> String {
    let field = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    match value {
        Value::String(message) => message.clone(),
        Value::Object(_) => format!("{} {}\n{}", field("moduleName"), field("loc"), field("message")),
        other => other.to_string(),
    }
}
