//! Bounded reading of stats: needed values are kept, and all others are skipped without a copy.
//!
//! By default, bundlers give a hundred megabytes, of which builds need a small part. And a value of two
//! bytes, such as `{}`, takes up ten or a hundred times as much once it is read. So only the needed parts of
//! lists are read, and no more than a person could look at.

use std::cell::Cell;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, IgnoredAny, MapAccess, SeqAccess},
};
use serde_json::Number;

use crate::{
    build::Modules,
    json::{Any, Field, Handle, Text},
    notice::warning,
};

/// The largest number of bundles in a report, and of modules, errors and warnings in all of them together.
pub(super) const MAX_BUNDLES: usize = 256;
pub(super) const MAX_MODULES: usize = 262_144;
pub(super) const MAX_PROBLEMS: usize = 10_000;

/// The longest text for a problem that is an array.
const MAX_ECHO: usize = 1024;

/// Number of elements of each kind that may still be read.
struct Left {
    modules: Cell<usize>,
    problems: Cell<usize>,
}

/// Takes one of those that are left, if any.
fn take_one(left: &Cell<usize>) -> bool {
    let one = left.get().checked_sub(1);
    one.inspect(|rest| left.set(*rest)).is_some()
}

/// One compilation. Missing values stay empty.
#[derive(Debug, Default)]
pub(super) struct Compilation {
    pub(super) name: Option<String>,
    /// The compilation's own name, under `compilation`: some report it next to its stats.
    pub(super) own_name: Option<String>,
    pub(super) hash: Option<String>,
    pub(super) time: Option<Number>,
    pub(super) warnings: Vec<String>,
    pub(super) errors: Vec<String>,
    pub(super) modules: Modules,
    /// Set if there is such a key, of any type.
    pub(super) has_modules: bool,
    /// An addition of this crate's bridge and plugin.
    pub(super) unmodified: Option<bool>,
    /// The list, if it is one.
    pub(super) children: Option<Vec<Compilation>>,
    pub(super) stats: Option<Vec<Compilation>>,
}

impl<'de> Deserialize<'de> for Compilation {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        let left = Left { modules: Cell::new(MAX_MODULES), problems: Cell::new(MAX_PROBLEMS) };
        Any(Whole { left: &left, has_bundles: true }).deserialize(value)
    }
}

/// Reads a compilation from an object. Any other value has none of its keys.
#[derive(Clone, Copy)]
struct Whole<'a> {
    left: &'a Left,
    /// Set for the outermost compilation: the children of a bundle are not read.
    has_bundles: bool,
}

impl<'de> Handle<'de> for Whole<'_> {
    type Value = Compilation;

    fn other(self) -> Compilation {
        Compilation::default()
    }

    /// If a key occurs twice, the last one counts, as in JavaScript.
    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Compilation, A::Error> {
        let mut read = Compilation::default();
        let problems = |kind| Any(Problems { left: &self.left.problems, kind });
        while let Some(key) = map.next_key::<String>()? {
            match &*key {
                "name" => read.name = map.next_value_seed(Any(Text))?,
                "compilation" => read.own_name = map.next_value_seed(Any(Field("name")))?,
                "hash" => read.hash = map.next_value_seed(Any(Text))?,
                "time" => read.time = map.next_value_seed(Any(Time))?,
                "warnings" => read.warnings = map.next_value_seed(problems("warnings"))?,
                "errors" => read.errors = map.next_value_seed(problems("errors"))?,
                "modules" => {
                    read.modules = map.next_value_seed(Any(ModuleList(&self.left.modules)))?;
                    read.has_modules = true;
                }
                "unmodified" => read.unmodified = map.next_value_seed(Any(Flag))?,
                "children" if self.has_bundles => {
                    read.children = map.next_value_seed(Any(Bundles(self.left)))?;
                }
                "stats" if self.has_bundles => read.stats = map.next_value_seed(Any(Bundles(self.left)))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(read)
    }
}

struct Bundles<'a>(&'a Left);

impl<'de> Handle<'de> for Bundles<'_> {
    type Value = Option<Vec<Compilation>>;

    fn other(self) -> Self::Value {
        None
    }

    fn list<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let bundle = Whole { left: self.0, has_bundles: false };
        let mut bundles = Vec::new();
        while bundles.len() < MAX_BUNDLES {
            match elements.next_element_seed(Any(bundle))? {
                Some(bundle) => bundles.push(bundle),
                None => return Ok(Some(bundles)),
            }
        }
        let ignored = rest(&mut elements)?;
        if ignored > 0 {
            warning!("stats of more than {MAX_BUNDLES} bundles: {ignored} of them are ignored");
        }
        Ok(Some(bundles))
    }
}

/// Skips and counts the remaining elements.
fn rest<'de, A: SeqAccess<'de>>(elements: &mut A) -> Result<usize, A::Error> {
    let mut count = 0;
    while elements.next_element::<IgnoredAny>()?.is_some() {
        count += 1;
    }
    Ok(count)
}

struct ModuleList<'a>(&'a Cell<usize>);

impl<'de> Handle<'de> for ModuleList<'_> {
    type Value = Modules;

    fn other(self) -> Modules {
        Modules::default()
    }

    fn list<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Modules, A::Error> {
        let mut modules = Modules::default();
        while let Some(module) = elements.next_element_seed(Any(Module))? {
            let Some((id, name)) = module else { continue };
            if !take_one(self.0) {
                let ignored = 1 + rest(&mut elements)?;
                warning!("stats of more than {MAX_MODULES} modules: {ignored} of them are ignored");
                break;
            }
            modules.insert(id, name);
        }
        Ok(modules)
    }
}

/// Reads a module's id and name, if it has both.
struct Module;

impl<'de> Handle<'de> for Module {
    type Value = Option<(String, String)>;

    fn other(self) -> Self::Value {
        None
    }

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut id, mut name) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match &*key {
                "id" => id = map.next_value_seed(Any(ModuleId))?,
                "name" => name = map.next_value_seed(Any(Text))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(id.zip(name))
    }
}

/// Reads a module's id as the key that JavaScript makes of it. A module without one can't be distinguished
/// from others, and the original's `"undefined"` and `"null"` are not ids.
struct ModuleId;

/// The first number beyond which not every integer can be represented (ECMA-262, `Number.MAX_SAFE_INTEGER`).
const MAX_SAFE: f64 = 9_007_199_254_740_992.0;

impl Handle<'_> for ModuleId {
    type Value = Option<String>;

    fn other(self) -> Self::Value {
        None
    }

    fn text(self, text: &str) -> Self::Value {
        Some(text.to_owned())
    }

    fn number(self, id: Number) -> Self::Value {
        // 1.0 and 1e3 are the keys "1" and "1000"; bundlers use no numbers beyond 2⁵³.
        Some(match id.as_f64().filter(|id| id.fract() == 0.0 && id.abs() < MAX_SAFE) {
            // -0 is "0".
            Some(id) => format!("{:.0}", id + 0.0),
            None => id.to_string(),
        })
    }
}

struct Flag;

impl Handle<'_> for Flag {
    type Value = Option<bool>;

    fn other(self) -> Self::Value {
        None
    }

    fn boolean(self, value: bool) -> Self::Value {
        Some(value)
    }
}

struct Time;

impl Handle<'_> for Time {
    type Value = Option<Number>;

    fn other(self) -> Self::Value {
        None
    }

    fn number(self, number: Number) -> Self::Value {
        Some(number)
    }
}

struct Problems<'a> {
    left: &'a Cell<usize>,
    kind: &'static str,
}

impl<'de> Handle<'de> for Problems<'_> {
    type Value = Vec<String>;

    fn other(self) -> Self::Value {
        Vec::new()
    }

    fn list<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut problems = Vec::new();
        while take_one(self.left) {
            match elements.next_element_seed(Any(Problem))? {
                Some(problem) => problems.push(problem),
                None => return Ok(problems),
            }
        }
        let ignored = rest(&mut elements)?;
        if ignored > 0 {
            problems.push(format!("{ignored} more {}", self.kind));
        }
        Ok(problems)
    }
}

/// Reads a problem as a text.
struct Problem;

impl<'de> Handle<'de> for Problem {
    type Value = String;

    fn other(self) -> String {
        "null".to_owned()
    }

    fn boolean(self, value: bool) -> String {
        value.to_string()
    }

    fn number(self, number: Number) -> String {
        number.to_string()
    }

    fn text(self, text: &str) -> String {
        text.to_owned()
    }

    fn list<A: SeqAccess<'de>>(self, elements: A) -> Result<String, A::Error> {
        let mut text = String::new();
        Echo(&mut text).list(elements)?;
        Ok(text)
    }

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<String, A::Error> {
        let (mut module_name, mut loc, mut message) = (None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            match &*key {
                "moduleName" => module_name = map.next_value_seed(Any(Text))?,
                "loc" => loc = map.next_value_seed(Any(Text))?,
                "message" => message = map.next_value_seed(Any(Text))?,
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        let [module_name, loc, message] = [module_name, loc, message].map(Option::unwrap_or_default);
        Ok(format!("{module_name} {loc}\n{message}"))
    }
}

/// Writes a value as JSON up to [`MAX_ECHO`] bytes, with `{}` for every object.
struct Echo<'a>(&'a mut String);

impl Echo<'_> {
    fn add(self, text: &str) {
        if self.0.len() + text.len() <= MAX_ECHO {
            self.0.push_str(text);
        }
    }
}

impl<'de> Handle<'de> for Echo<'_> {
    type Value = ();

    fn other(self) {
        self.add("null");
    }

    fn boolean(self, value: bool) {
        self.add(&value.to_string());
    }

    fn number(self, number: Number) {
        self.add(&number.to_string());
    }

    fn text(self, text: &str) {
        let mut json = Vec::new();
        crate::json::write_string(text, &mut json);
        self.add(&String::from_utf8_lossy(&json));
    }

    fn list<A: SeqAccess<'de>>(self, mut elements: A) -> Result<(), A::Error> {
        Echo(self.0).add("[");
        let mut between = "";
        loop {
            let before = self.0.len();
            Echo(self.0).add(between);
            if elements.next_element_seed(Any(Echo(self.0)))?.is_none() {
                self.0.truncate(before);
                break;
            }
            between = ",";
        }
        self.add("]");
        Ok(())
    }

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.add("{}");
        Ok(())
    }
}
