//! Lenient reading of any JSON value: values of an unexpected kind are skipped.

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor},
};
use serde_json::Number;

/// Handles a JSON value according to its kind.
pub(crate) trait Handle<'de>: Sized {
    type Value;

    /// Returns the result for a value of any other kind.
    fn other(self) -> Self::Value;

    fn boolean(self, _: bool) -> Self::Value {
        self.other()
    }

    fn number(self, _: Number) -> Self::Value {
        self.other()
    }

    fn text(self, _: &str) -> Self::Value {
        self.other()
    }

    fn list<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(self.other())
    }

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(self.other())
    }
}

/// A deserialization seed that passes any value to a handle.
pub(crate) struct Any<H>(pub(crate) H);

impl<'de, H: Handle<'de>> DeserializeSeed<'de> for Any<H> {
    type Value = H::Value;

    fn deserialize<D: Deserializer<'de>>(self, value: D) -> Result<H::Value, D::Error> {
        value.deserialize_any(self)
    }
}

impl<'de, H: Handle<'de>> Visitor<'de> for Any<H> {
    type Value = H::Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, elements: A) -> Result<H::Value, A::Error> {
        self.0.list(elements)
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<H::Value, A::Error> {
        self.0.object(map)
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<H::Value, E> {
        Ok(self.0.boolean(value))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<H::Value, E> {
        Ok(self.0.number(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<H::Value, E> {
        Ok(self.0.number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<H::Value, E> {
        Ok(match Number::from_f64(value) {
            Some(number) => self.0.number(number),
            None => self.0.other(),
        })
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<H::Value, E> {
        Ok(self.0.text(value))
    }

    fn visit_unit<E: Error>(self) -> Result<H::Value, E> {
        Ok(self.0.other())
    }
}

/// Reads a string, and `None` of any other value.
pub(crate) struct Text;

impl Handle<'_> for Text {
    type Value = Option<String>;

    fn other(self) -> Self::Value {
        None
    }

    fn text(self, text: &str) -> Self::Value {
        Some(text.to_owned())
    }
}

/// Reads the string under one key of an object. If a key occurs twice, the last one counts, as in JavaScript.
pub(crate) struct Field(pub(crate) &'static str);

impl<'de> Handle<'de> for Field {
    type Value = Option<String>;

    fn other(self) -> Self::Value {
        None
    }

    fn object<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut text = None;
        while let Some(key) = map.next_key::<String>()? {
            if key == self.0 {
                text = map.next_value_seed(Any(Text))?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(text)
    }
}
