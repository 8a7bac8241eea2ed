//! Traits of values: types with a canonical JSON form, and enums.

use std::marker::PhantomData;

use serde_core::de::{DeserializeSeed, Deserializer, Visitor};
use serde_core::{Serialize, Serializer, de};

use super::number::{int32, integral};
use super::scalar::scalar;
use super::scope::{Scope, invalid};

/// A type with a canonical proto3 JSON form: a message (through [`JsonMessage`](super::JsonMessage)), a well-known
/// type, or a scalar. A scalar also represents its wrapper (`i32` is `google.protobuf.Int32Value`).
pub trait Json: Default {
    /// The kind of JSON value.
    const SHAPE: Shape;

    /// Set if the field with the lowest number may be an object. Only used for [`Shape::Message`].
    const FIRST_IS_OBJECT: bool = false;

    /// Reads a value into `self`, which must be the default. In place, because messages may be large and deeply nested.
    ///
    /// # Errors
    /// The input is not a valid value. `self` is then unspecified.
    fn read<'de, D: Deserializer<'de>>(&mut self, scope: Scope<'_>, input: D) -> Result<Parsed, D::Error>;

    /// Writes the value.
    ///
    /// # Errors
    /// The value has no JSON form, such as a timestamp after the year 9999.
    fn write<S: Serializer>(&self, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error>;

    /// Reads an array of the fields in ascending order of their numbers. For anything but a [`Shape::Message`], reads
    /// an array with one element.
    ///
    /// # Errors
    /// An element is not a valid value of its field, or there are more elements than fields.
    fn read_positions<'de, D: Deserializer<'de>>(
        &mut self,
        scope: Scope<'_>,
        input: D,
    ) -> Result<(), D::Error> {
        super::params::read_one(self, scope, input)
    }

    /// Returns whether a field without presence omits this value.
    fn is_default(&self) -> bool {
        false
    }
}

/// The kind of value that was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parsed {
    /// A value.
    Value,
    /// `null`, for a type without a null value: an unset field.
    Null,
    /// An unknown enum name, which is skipped.
    Ignored,
}

impl Parsed {
    /// Stores a value in `place`; `None` stands for `null`.
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

/// The kind of JSON value of a type. Determines how JSON-RPC's `params` hold it.
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
    /// Any JSON: `Value`.
    Value,
}

impl Shape {
    /// Returns whether `Any` holds the type in a member named `value`.
    pub(super) const fn is_special(self) -> bool {
        !matches!(self, Self::Message | Self::Empty)
    }
}

/// A codec between a Rust type and a protobuf type. It differs from [`Json`] where prost uses another type, such as
/// `i32` for enums.
pub trait ValueCodec<T: Default> {
    /// Reads into `value`, which must be the default.
    ///
    /// # Errors
    /// The input is not a valid value.
    fn read<'de, D: Deserializer<'de>>(value: &mut T, scope: Scope<'_>, input: D)
    -> Result<Parsed, D::Error>;

    /// Writes the value.
    ///
    /// # Errors
    /// The value has no JSON form.
    fn write<S: Serializer>(value: &T, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error>;
}

/// The codec of types that implement [`Json`].
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

/// The names and numbers of an enum. Implemented by generated code.
pub trait JsonEnum {
    /// Set for `google.protobuf.NullValue`, whose JSON is `null`.
    const IS_NULL: bool = false;

    /// Set for closed enums (proto2), which reject numbers without a name.
    const IS_CLOSED: bool = false;

    /// Returns the name of a number.
    fn name(number: i32) -> Option<&'static str>;

    /// Returns the number of a name or alias.
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
            // Keeps a value added by a newer peer.
            None => output.serialize_i32(*value),
        }
    }
}

struct EnumVisitor<'a> {
    value: &'a mut i32,
    number: fn(&str) -> Option<i32>,
    /// For a closed enum, its function from number to name.
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

/// A serde seed that reads into a default value with the codec `C`.
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

/// A value that serde writes with the codec `C`.
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
