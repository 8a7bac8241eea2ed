//! Booleans, strings and `google.protobuf.Empty`.

use serde_core::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_core::ser::SerializeMap;
use serde_core::{Serializer, de};

use super::scope::{Scope, shorten};
use super::value::{Json, Parsed, Shape};

struct BoolVisitor;

impl Visitor<'_> for BoolVisitor {
    type Value = Option<bool>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("true or false")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Some(value))
    }
}

impl Json for bool {
    const SHAPE: Shape = Shape::Single;

    fn read<'de, D: Deserializer<'de>>(&mut self, _: Scope<'_>, input: D) -> Result<Parsed, D::Error> {
        Ok(Parsed::put(self, input.deserialize_any(BoolVisitor)?))
    }

    fn write<S: Serializer>(&self, _: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        output.serialize_bool(*self)
    }

    fn is_default(&self) -> bool {
        !*self
    }
}

struct StringVisitor;

impl Visitor<'_> for StringVisitor {
    type Value = Option<String>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a string")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
        Ok(Some(value.to_owned()))
    }

    fn visit_string<E: de::Error>(self, value: String) -> Result<Self::Value, E> {
        Ok(Some(value))
    }
}

impl Json for String {
    const SHAPE: Shape = Shape::Single;

    fn read<'de, D: Deserializer<'de>>(&mut self, _: Scope<'_>, input: D) -> Result<Parsed, D::Error> {
        Ok(Parsed::put(self, input.deserialize_any(StringVisitor)?))
    }

    fn write<S: Serializer>(&self, _: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        output.serialize_str(self)
    }

    fn is_default(&self) -> bool {
        self.is_empty()
    }
}

struct EmptyVisitor<'a>(Scope<'a>);

impl<'de> Visitor<'de> for EmptyVisitor<'_> {
    type Value = Option<()>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an empty object")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while let Some(key) = map.next_key::<std::borrow::Cow<'_, str>>()? {
            if !self.0.context().ignores_unknown() {
                return Err(de::Error::custom(format_args!(
                    "unknown field `{}`",
                    shorten(&key)
                )));
            }
            map.next_value::<IgnoredAny>()?;
        }
        Ok(Some(()))
    }
}

/// `google.protobuf.Empty`.
impl Json for () {
    const SHAPE: Shape = Shape::Empty;

    fn read<'de, D: Deserializer<'de>>(&mut self, scope: Scope<'_>, input: D) -> Result<Parsed, D::Error> {
        Ok(Parsed::put(self, input.deserialize_any(EmptyVisitor(scope))?))
    }

    fn write<S: Serializer>(&self, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        scope.deeper()?;
        output.serialize_map(Some(0))?.end()
    }
}
