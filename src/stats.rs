//! What webpack's and Rspack's `stats.toJson()` return, in all its shapes, as builds. Pure.

use serde_json::Value;

use crate::{build::Build, error::StatsError};

/// The outcome of a build: one [`Build`] for each bundle.
///
/// Made from a [`Build`], from several, or from what `stats.toJson()` of webpack 4, webpack 5 or Rspack
/// returned. Of the latter it takes what webpack-hot-middleware takes:
///
/// - bundles: an array `stats` has one each; else an object with `modules` is one; else a non-empty array
///   `children` has one each; else the object itself is one;
/// - the name: `name`, else `compilation.name`, else `""`;
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
        let value: Value = serde_json::from_slice(text).map_err(StatsError::json)?;
        if value.is_object() { Ok(Self::from(&value)) } else { Err(StatsError::not_an_object(&value)) }
    }
}

impl From<Build> for Stats {
    fn from(build: Build) -> Self {
        Self { builds: vec![build] }
    }
}

impl From<Vec<Build>> for Stats {
    fn from(builds: Vec<Build>) -> Self {
        Self { builds }
    }
}

impl From<&Value> for Stats {
    fn from(stats: &Value) -> Self {
        let builds = match (stats.get("stats"), stats.get("modules"), stats.get("children")) {
            (Some(Value::Array(bundles)), _, _) => bundles.iter().map(bundle).collect(),
            (_, None, Some(Value::Array(children))) if !children.is_empty() => {
                children.iter().map(bundle).collect()
            }
            _ => vec![bundle(stats)],
        };
        Self { builds }
    }
}

impl From<Value> for Stats {
    fn from(stats: Value) -> Self {
        Self::from(&stats)
    }
}

fn bundle(stats: &Value) -> Build {
    let text = |value: Option<&Value>| {
        value.and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let mut build = Build {
        name: text(stats.get("name"))
            .or_else(|| text(stats.pointer("/compilation/name")))
            .unwrap_or_default(),
        time: stats.get("time").and_then(|time| match time {
            Value::Number(time) => Some(time.clone()),
            _ => None,
        }),
        hash: stats.get("hash").and_then(Value::as_str).map(str::to_owned),
        warnings: problems(stats.get("warnings")),
        errors: problems(stats.get("errors")),
        ..Build::default()
    };
    for module in stats.get("modules").and_then(Value::as_array).into_iter().flatten() {
        if let (Some(id), Some(name)) = (module_id(module), module.get("name").and_then(Value::as_str)) {
            build.modules.insert(id, name.to_owned());
        }
    }
    build
}

/// A module's id as the key that JavaScript makes of it. A module without one can't be told from others, and
/// the original's `"undefined"` and `"null"` are no ids.
fn module_id(module: &Value) -> Option<String> {
    match module.get("id")? {
        Value::String(id) => Some(id.clone()),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

fn problems(list: Option<&Value>) -> Vec<String> {
    list.and_then(Value::as_array).into_iter().flatten().map(problem).collect()
}

fn problem(value: &Value) -> String {
    let field = |name: &str| value.get(name).and_then(Value::as_str).unwrap_or_default();
    match value {
        Value::String(message) => message.clone(),
        Value::Object(_) => format!("{} {}\n{}", field("moduleName"), field("loc"), field("message")),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn wire(stats: &Value) -> Vec<String> {
        let stats = Stats::from(stats);
        stats.builds.iter().map(|build| String::from_utf8(build.json("built")).unwrap()).collect()
    }

    #[test]
    fn bundles_and_names() {
        let cases = [
            ("a single compilation", json!({"hash": "h", "name": "n", "modules": []}), vec!["n"]),
            ("the compilation's name", json!({"hash": "h", "compilation": {"name": "c"}}), vec!["c"]),
            ("an empty name falls back too", json!({"name": "", "compilation": {"name": "c"}}), vec!["c"]),
            ("no name", json!({"hash": "h"}), vec![""]),
            ("webpack 4's children", json!({"children": [{"name": "a"}, {"name": "b"}]}), vec!["a", "b"]),
            ("modules win over children", json!({"modules": [], "children": [{"name": "a"}]}), vec![""]),
            ("no children", json!({"name": "n", "children": []}), vec!["n"]),
            (
                "webpack 5's stats",
                json!({"stats": [{"name": "a"}, {"name": "b"}], "modules": []}),
                vec!["a", "b"],
            ),
            ("not even an object", json!(7), vec![""]),
        ];
        for (case, stats, names) in cases {
            let found: Vec<_> = Stats::from(&stats).builds.into_iter().map(|build| build.name).collect();
            assert_eq!(found, names, "{case}");
        }
    }

    #[test]
    fn every_problem_is_read_for_itself() {
        let stats = json!({
            "hash": "h",
            "errors": ["text", {"moduleName": "./a.js", "loc": "3:1-4", "message": "Bad"}, {"message": "alone"}],
            "warnings": null,
        });
        assert_eq!(
            wire(&stats),
            [
                r#"{"name":"","action":"built","hash":"h","warnings":[],"errors":["text","./a.js 3:1-4\nBad"," \nalone"],"modules":{}}"#
            ]
        );
    }

    #[test]
    fn modules_without_an_id_are_left_out() {
        let stats = json!({"hash": "h", "time": 1.5, "modules": [
            {"name": "./none.js"}, {"id": null, "name": "./null.js"}, {"id": 3, "name": "./3.js"},
            {"id": "./s.js", "name": "./s.js"}, {"id": 1, "name": "./1.js"}, {"id": 9}, 4,
        ]});
        assert_eq!(
            wire(&stats),
            [
                r#"{"name":"","action":"built","time":1.5,"hash":"h","warnings":[],"errors":[],"modules":{"1":"./1.js","3":"./3.js","./s.js":"./s.js"}}"#
            ]
        );
    }

    #[test]
    fn broken_text_is_an_error_that_says_where() {
        let error = Stats::from_json(b"{\"hash\":\n  oops}").unwrap_err().to_string();
        assert!(error.contains("line 2"), "{error}");
        let error = Stats::from_json(b"[1, 2]").unwrap_err().to_string();
        assert!(error.contains("[1,2]"), "{error}");
        let error = Stats::from_json("\"\u{9b}2J\"".as_bytes()).unwrap_err().to_string();
        assert!(error.contains(r#""\u{9b}2J""#), "what a terminal would obey is escaped: {error}");
    }
}
