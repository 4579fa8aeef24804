//! Stats as they are read: what is asked for is kept, and all else is passed over without a copy.
//!
//! Bundlers give a hundred megabytes where nobody asks for less. What builds are made of is a small part of them.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Value;

/// One compilation. Null stands for what is missing.
#[derive(Debug, Default)]
pub(super) struct Compilation {
    pub(super) name: Value,
    /// The compilation itself, under `compilation`: some give it beside its stats.
    pub(super) itself: Value,
    pub(super) hash: Value,
    pub(super) time: Value,
    pub(super) warnings: Value,
    pub(super) errors: Value,
    /// Whether there is such a key, and the list if it is one. The same for those below.
    pub(super) modules: Option<Vec<Module>>,
    pub(super) has_modules: bool,
    pub(super) children: Option<Vec<Compilation>>,
    pub(super) stats: Option<Vec<Compilation>>,
}

/// One module.
#[derive(Debug, Default)]
pub(super) struct Module {
    pub(super) id: Value,
    pub(super) name: Value,
}

/// What is read from an object, key by key. Of a key that is there twice the last counts, as in JavaScript.
trait Object: Default {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;
}

impl Object for Compilation {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "name" => self.name = map.next_value()?,
            "compilation" => self.itself = map.next_value()?,
            "hash" => self.hash = map.next_value()?,
            "time" => self.time = map.next_value()?,
            "warnings" => self.warnings = map.next_value()?,
            "errors" => self.errors = map.next_value()?,
            "modules" => {
                self.modules = map.next_value::<List<_>>()?.0;
                self.has_modules = true;
            }
            "children" => self.children = map.next_value::<List<_>>()?.0,
            "stats" => self.stats = map.next_value::<List<_>>()?.0,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

impl Object for Module {
    fn read<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        match key {
            "id" => self.id = map.next_value()?,
            "name" => self.name = map.next_value()?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

/// The elements of an array; `None` of any other value.
struct List<T>(Option<Vec<T>>);

/// Reads any value: an array's elements, or an object's keys, or nothing.
struct Any<T>(PhantomData<T>);

/// What a value turned out to be.
enum Read<T> {
    List(Vec<T>),
    Object(T),
    Other,
}

impl<'de, T: Object + Deserialize<'de>> Visitor<'de> for Any<T> {
    type Value = Read<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Read<T>, A::Error> {
        let mut list = Vec::new();
        while let Some(element) = elements.next_element()? {
            list.push(element);
        }
        Ok(Read::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Read<T>, A::Error> {
        let mut object = T::default();
        while let Some(key) = map.next_key::<String>()? {
            object.read(&key, &mut map)?;
        }
        Ok(Read::Object(object))
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Read<T>, E> {
        Ok(Read::Other)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Read<T>, E> {
        Ok(Read::Other)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Read<T>, E> {
        Ok(Read::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Read<T>, E> {
        Ok(Read::Other)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Read<T>, E> {
        Ok(Read::Other)
    }

    fn visit_unit<E: Error>(self) -> Result<Read<T>, E> {
        Ok(Read::Other)
    }
}

impl<'de, T: Object + Deserialize<'de>> Deserialize<'de> for List<T> {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        Ok(match value.deserialize_any(Any::<T>(PhantomData))? {
            Read::List(list) => Self(Some(list)),
            Read::Object(_) | Read::Other => Self(None),
        })
    }
}

/// What is no object has no key that anybody looks for.
fn object<'de, T: Object + Deserialize<'de>, D: Deserializer<'de>>(value: D) -> Result<T, D::Error> {
    Ok(match value.deserialize_any(Any::<T>(PhantomData))? {
        Read::Object(object) => object,
        Read::List(_) | Read::Other => T::default(),
    })
}

impl<'de> Deserialize<'de> for Compilation {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        object(value)
    }
}

impl<'de> Deserialize<'de> for Module {
    fn deserialize<D: Deserializer<'de>>(value: D) -> Result<Self, D::Error> {
        object(value)
    }
}
