//! The traits of values: types with a JSON form of their own, and enums.

use std::marker::PhantomData;

use serde_core::de::{DeserializeSeed, Deserializer, Visitor};
use serde_core::{Serialize, Serializer, de};

use super::number::{int32, integral};
use super::scalar::scalar;
use super::scope::{Scope, invalid};

/// A type with a canonical proto3 JSON form: a message (through [`JsonMessage`](super::JsonMessage)), a well-known
/// type, or a scalar, which is also its wrapper (`i32` is `google.protobuf.Int32Value`).
pub trait Json: Default {
    /// What its JSON looks like.
    const SHAPE: Shape;

    /// Whether the field with the lowest number may be an object, for a [`Shape::Message`].
    const FIRST_IS_OBJECT: bool = false;

    /// Reads a value over this one, which is the default. In place, because messages may be large and nest deeply.
    ///
    /// # Errors
    /// The input is no such value; what this one is then does not matter.
    fn read<'de, D: Deserializer<'de>>(&mut self, scope: Scope<'_>, input: D) -> Result<Parsed, D::Error>;

    /// Writes the value.
    ///
    /// # Errors
    /// The value has no JSON, such as a timestamp after the year 9999.
    fn write<S: Serializer>(&self, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error>;

    /// Reads an array of the fields by ascending number; of anything but a [`Shape::Message`], an array of one.
    ///
    /// # Errors
    /// An element is no value of its field, or there are more than fields.
    fn read_positions<'de, D: Deserializer<'de>>(
        &mut self,
        scope: Scope<'_>,
        input: D,
    ) -> Result<(), D::Error> {
        super::params::read_one(self, scope, input)
    }

    /// Whether a field without presence that holds this value is left out.
    fn is_default(&self) -> bool {
        false
    }
}

/// What was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parsed {
    /// A value.
    Value,
    /// `null`, for a type that has no such value: an unset field.
    Null,
    /// An unknown enum name that is to be skipped.
    Ignored,
}

impl Parsed {
    /// Puts a value into its place; `None` is `null`.
    pub(super) fn put<T>(place: &mut T, value: Option<T>) -> Self {
        match value {
            Some(value) => {
                *place = value;
                Self::Value
            }
            None => Self::Null,
        }
    }
}

/// What the JSON of a type looks like; decides how JSON-RPC's `params` hold it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// An object with the message's fields.
    Message,
    /// `google.protobuf.Empty`: `{}`.
    Empty,
    /// Another object: `Struct`, `Any`.
    Object,
    /// An array: `ListValue`.
    Array,
    /// A string, number or boolean: wrappers, `Timestamp`, `Duration`, `FieldMask`.
    Single,
    /// Anything: `Value`.
    Value,
}

impl Shape {
    /// Whether `Any` holds the type in a member `value`.
    pub(super) const fn is_special(self) -> bool {
        !matches!(self, Self::Message | Self::Empty)
    }
}

/// How a Rust type holds a protobuf type: prost's enums are `i32` in fields.
pub trait ValueCodec<T: Default> {
    /// Reads a value over the default.
    ///
    /// # Errors
    /// The input is no such value.
    fn read<'de, D: Deserializer<'de>>(value: &mut T, scope: Scope<'_>, input: D)
    -> Result<Parsed, D::Error>;

    /// Writes the value.
    ///
    /// # Errors
    /// The value has no JSON.
    fn write<S: Serializer>(value: &T, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error>;
}

/// The codec of types that are [`Json`] themselves.
#[derive(Debug)]
pub enum DirectCodec {}

impl<T: Json> ValueCodec<T> for DirectCodec {
    fn read<'de, D: Deserializer<'de>>(
        value: &mut T,
        scope: Scope<'_>,
        input: D,
    ) -> Result<Parsed, D::Error> {
        value.read(scope, input)
    }

    fn write<S: Serializer>(value: &T, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        value.write(scope, output)
    }
}

/// Implemented by generated code for each enum.
pub trait JsonEnum {
    /// Whether this is `google.protobuf.NullValue`, whose JSON is `null`.
    const IS_NULL: bool = false;

    /// Whether a number without a name is no value of the enum, as in proto2.
    const IS_CLOSED: bool = false;

    /// The name of a number.
    fn name(number: i32) -> Option<&'static str>;

    /// The number of a name, aliases included.
    fn number(name: &str) -> Option<i32>;
}

impl JsonEnum for prost_types::NullValue {
    const IS_NULL: bool = true;

    fn name(number: i32) -> Option<&'static str> {
        Self::try_from(number).ok().map(|value| value.as_str_name())
    }

    fn number(name: &str) -> Option<i32> {
        Self::from_str_name(name).map(|value| value as i32)
    }
}

/// The codec of an `i32` that holds the enum `E`.
#[derive(Debug)]
pub struct EnumCodec<E>(PhantomData<E>);

impl<E: JsonEnum> ValueCodec<i32> for EnumCodec<E> {
    fn read<'de, D: Deserializer<'de>>(
        value: &mut i32,
        scope: Scope<'_>,
        input: D,
    ) -> Result<Parsed, D::Error> {
        let visitor = EnumVisitor {
            value,
            number: E::number,
            closed: E::IS_CLOSED.then_some(E::name),
            is_null: E::IS_NULL,
            scope,
        };
        scalar(input, visitor)
    }

    fn write<S: Serializer>(value: &i32, _scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        match E::name(*value) {
            Some(_) if E::IS_NULL => output.serialize_unit(),
            Some(name) => output.serialize_str(name),
            // A newer peer's value is kept.
            None => output.serialize_i32(*value),
        }
    }
}

struct EnumVisitor<'a> {
    value: &'a mut i32,
    number: fn(&str) -> Option<i32>,
    /// What names the numbers that a closed enum has.
    closed: Option<fn(i32) -> Option<&'static str>>,
    is_null: bool,
    scope: Scope<'a>,
}

impl Visitor<'_> for EnumVisitor<'_> {
    type Value = Parsed;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an enum's name or number")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Parsed, E> {
        Ok(if self.is_null { Parsed::Value } else { Parsed::Null })
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Parsed, E> {
        match (self.number)(name) {
            Some(number) => {
                *self.value = number;
                Ok(Parsed::Value)
            }
            None if self.scope.context().ignores_unknown() => Ok(Parsed::Ignored),
            None => Err(invalid(name, "is not a name of the enum")),
        }
    }

    fn visit_i64<E: de::Error>(self, number: i64) -> Result<Parsed, E> {
        let number = int32(number)?;
        match self.closed {
            Some(name) if name(number).is_none() => {
                if self.scope.context().ignores_unknown() {
                    return Ok(Parsed::Ignored);
                }
                return Err(E::custom(format_args!("{number} is not a number of the enum")));
            }
            _ => {}
        }
        *self.value = number;
        Ok(Parsed::Value)
    }

    fn visit_u64<E: de::Error>(self, number: u64) -> Result<Parsed, E> {
        self.visit_i64(i64::try_from(number).unwrap_or(i64::MAX))
    }

    fn visit_f64<E: de::Error>(self, number: f64) -> Result<Parsed, E> {
        self.visit_i64(integral(number)?)
    }
}

/// A serde seed that reads with the codec `C` over a default.
pub(super) struct CodecSeed<'a, 's, C, T> {
    value: &'a mut T,
    scope: Scope<'s>,
    codec: PhantomData<fn(C)>,
}

impl<'a, 's, C, T> CodecSeed<'a, 's, C, T> {
    pub(super) fn new(value: &'a mut T, scope: Scope<'s>) -> Self {
        Self {
            value,
            scope,
            codec: PhantomData,
        }
    }
}

impl<'de, C: ValueCodec<T>, T: Default> DeserializeSeed<'de> for CodecSeed<'_, '_, C, T> {
    type Value = Parsed;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Parsed, D::Error> {
        C::read(self.value, self.scope, input)
    }
}

/// A value that serde can write.
pub(super) struct SerializeWith<'a, C, T> {
    value: &'a T,
    scope: Scope<'a>,
    codec: PhantomData<fn(C)>,
}

impl<'a, C, T> SerializeWith<'a, C, T> {
    pub(super) fn new(value: &'a T, scope: Scope<'a>) -> Self {
        Self {
            value,
            scope,
            codec: PhantomData,
        }
    }
}

impl<C: ValueCodec<T>, T: Default> Serialize for SerializeWith<'_, C, T> {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        C::write(self.value, self.scope, output)
    }
}
