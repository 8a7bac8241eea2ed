//! Scalars: the shared reader, booleans, strings and `google.protobuf.Empty`.

use std::fmt;

use serde_core::de::{Deserializer, Expected, IgnoredAny, MapAccess, Visitor};
use serde_core::ser::SerializeMap;
use serde_core::{Serializer, de};

use super::scope::{Scope, truncate_name};
use super::value::{Json, Parsed, Shape};

/// Passes a scalar to `visitor`. serde_json's code is compiled once for all scalar visitors.
pub(super) fn scalar<'de, D: Deserializer<'de>, V: Visitor<'de>>(
    input: D,
    visitor: V,
) -> Result<V::Value, D::Error> {
    match read_scalar(input, &visitor)? {
        Scalar::Null => visitor.visit_unit(),
        Scalar::Bool(value) => visitor.visit_bool(value),
        Scalar::Signed(number) => visitor.visit_i64(number),
        Scalar::Unsigned(number) => visitor.visit_u64(number),
        Scalar::Float(number) => visitor.visit_f64(number),
        Scalar::Text(text) => visitor.visit_borrowed_str(text),
        Scalar::Unescaped(text) => visitor.visit_string(text),
    }
}

#[inline(never)]
fn read_scalar<'de, D: Deserializer<'de>>(
    input: D,
    expected: &dyn Expected,
) -> Result<Scalar<'de>, D::Error> {
    input.deserialize_any(ScalarVisitor(expected))
}

enum Scalar<'de> {
    Null,
    Bool(bool),
    Signed(i64),
    Unsigned(u64),
    Float(f64),
    Text(&'de str),
    /// A string with escapes in its JSON text.
    Unescaped(String),
}

/// Reads any scalar. Other values fail with the expectation of the visitor they were meant for.
struct ScalarVisitor<'a>(&'a dyn Expected);

impl<'de> Visitor<'de> for ScalarVisitor<'_> {
    type Value = Scalar<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Scalar::Signed(number))
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Scalar::Unsigned(number))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Scalar::Float(number))
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Scalar::Text(text))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Scalar::Unescaped(text.to_owned()))
    }
}

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
        Ok(Parsed::put(self, scalar(input, BoolVisitor)?))
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
        Ok(Parsed::put(self, scalar(input, StringVisitor)?))
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
                    truncate_name(&key)
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
