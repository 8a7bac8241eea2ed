//! Readers and writers that generated code calls for each field.

use std::marker::PhantomData;

use serde_core::de::{self, Deserialize, Deserializer, IgnoredAny};
use serde_core::ser::SerializeMap;
use serde_core::{Serialize, Serializer};

use super::field_value::FieldValue;
use super::message::{Field, name_at};
use super::scope::Scope;
use super::stack_frame::{boxed_default, fits_in_frame, in_separate_frame};
use super::value::{DirectCodec, EnumCodec, Json, JsonEnum, Parsed, SerializeWith, ValueCodec};

/// A reader of one field's value. Every method consumes it, because a field has one value.
pub trait FieldReader: Sized {
    /// The input's error.
    type Error;

    /// Reads a field of scalars or messages: bare, optional, repeated or a map.
    ///
    /// # Errors
    /// The input is not a valid value.
    fn read<T: FieldValue<DirectCodec>>(self, slot: &mut T) -> Result<(), Self::Error>;

    /// Reads a field of enums: bare, optional, repeated or a map.
    ///
    /// # Errors
    /// The input is not a valid value.
    fn read_enum<E: JsonEnum>(self, slot: &mut impl FieldValue<EnumCodec<E>>) -> Result<(), Self::Error>;

    /// Reads an optional boxed message.
    ///
    /// # Errors
    /// The input is not a valid value.
    fn read_boxed<T: Json>(self, slot: &mut Option<Box<T>>) -> Result<(), Self::Error>;

    /// Reads a member of a oneof.
    ///
    /// # Errors
    /// The input is not a valid value, or another member is set.
    fn read_member<T: Json, O>(
        self,
        slot: &mut Option<O>,
        member: impl FnOnce(T) -> O,
    ) -> Result<(), Self::Error>;

    /// Reads a boxed message as a member of a oneof.
    ///
    /// # Errors
    /// The input is not a valid value, or another member is set.
    fn read_boxed_member<T: Json, O>(
        self,
        slot: &mut Option<O>,
        member: impl FnOnce(Box<T>) -> O,
    ) -> Result<(), Self::Error>;

    /// Reads an enum as a member of a oneof.
    ///
    /// # Errors
    /// The input is not a valid value, or another member is set.
    fn read_enum_member<E: JsonEnum, O>(
        self,
        slot: &mut Option<O>,
        member: impl FnOnce(i32) -> O,
    ) -> Result<(), Self::Error>;

    /// Skips the value of an unknown field.
    ///
    /// # Errors
    /// The input is not valid JSON.
    fn skip(self) -> Result<(), Self::Error>;
}

/// A writer of one message's fields. Indexes refer to its [`FIELDS`](super::JsonMessage::FIELDS).
///
/// The first error is kept until the end, and later fields are not written. This keeps generated code short.
pub trait FieldWriter {
    /// Writes a field of scalars or messages unless it is unset.
    fn write<T: FieldValue<DirectCodec>>(&mut self, index: usize, value: &T);

    /// Writes a field of enums unless it is unset.
    fn write_enum<E: JsonEnum>(&mut self, index: usize, value: &impl FieldValue<EnumCodec<E>>);

    /// Writes an optional boxed message unless it is unset.
    fn write_boxed<T: Json>(&mut self, index: usize, value: &Option<Box<T>>);

    /// Writes a set member of a oneof or a required field, even if it is the default.
    fn write_member<T: Json>(&mut self, index: usize, value: &T);

    /// Writes an enum that is a set member of a oneof or a required field.
    fn write_enum_member<E: JsonEnum>(&mut self, index: usize, value: &i32);
}

/// A field's value in a serde input.
pub(super) struct FieldInput<'a, 'de, D> {
    scope: Scope<'a>,
    input: D,
    lifetime: PhantomData<&'de ()>,
}

impl<'a, 'de, D: Deserializer<'de>> FieldInput<'a, 'de, D> {
    pub(super) fn new(scope: Scope<'a>, input: D) -> Self {
        Self {
            scope,
            input,
            lifetime: PhantomData,
        }
    }

    fn member<C: ValueCodec<T>, T: Default, O>(
        self,
        slot: &mut Option<O>,
        member: impl FnOnce(T) -> O,
    ) -> Result<(), D::Error> {
        let mut value = T::default();
        if C::read(&mut value, self.scope, self.input)? == Parsed::Value {
            set(slot, || member(value))?;
        }
        Ok(())
    }

    fn boxed_member<T: Json, O>(
        self,
        slot: &mut Option<O>,
        member: impl FnOnce(Box<T>) -> O,
    ) -> Result<(), D::Error> {
        let mut value = boxed_default::<T>();
        if value.read(self.scope, self.input)? == Parsed::Value {
            set(slot, || member(value))?;
        }
        Ok(())
    }
}

/// Sets a oneof, or fails if another member is set.
fn set<O, E: de::Error>(slot: &mut Option<O>, member: impl FnOnce() -> O) -> Result<(), E> {
    if slot.is_some() {
        return Err(E::custom("another member of the oneof is set"));
    }
    in_separate_frame::<O, _>(|| *slot = Some(member()));
    Ok(())
}

impl<'de, D: Deserializer<'de>> FieldReader for FieldInput<'_, 'de, D> {
    type Error = D::Error;

    fn read<T: FieldValue<DirectCodec>>(self, slot: &mut T) -> Result<(), D::Error> {
        slot.read(self.scope, self.input)
    }

    fn read_enum<E: JsonEnum>(self, slot: &mut impl FieldValue<EnumCodec<E>>) -> Result<(), D::Error> {
        slot.read(self.scope, self.input)
    }

    fn read_boxed<T: Json>(self, slot: &mut Option<Box<T>>) -> Result<(), D::Error> {
        if slot.insert(boxed_default()).read(self.scope, self.input)? != Parsed::Value {
            *slot = None;
        }
        Ok(())
    }

    fn read_member<T: Json, O>(
        self,
        slot: &mut Option<O>,
        member: impl FnOnce(T) -> O,
    ) -> Result<(), D::Error> {
        if fits_in_frame::<T>() {
            self.member::<DirectCodec, T, O>(slot, member)
        } else {
            self.boxed_member(slot, |value: Box<T>| member(*value))
        }
    }

    fn read_boxed_member<T: Json, O>(
        self,
        slot: &mut Option<O>,
        member: impl FnOnce(Box<T>) -> O,
    ) -> Result<(), D::Error> {
        self.boxed_member(slot, member)
    }

    fn read_enum_member<E: JsonEnum, O>(
        self,
        slot: &mut Option<O>,
        member: impl FnOnce(i32) -> O,
    ) -> Result<(), D::Error> {
        self.member::<EnumCodec<E>, i32, O>(slot, member)
    }

    fn skip(self) -> Result<(), D::Error> {
        IgnoredAny::deserialize(self.input).map(drop)
    }
}

/// An object that is being written to a serde output.
pub(super) struct ObjectWriter<'a, M: SerializeMap> {
    map: M,
    fields: &'static [Field],
    /// Scope of the members.
    scope: Scope<'a>,
    error: Option<M::Error>,
}

impl<'a, M: SerializeMap> ObjectWriter<'a, M> {
    pub(super) fn new(map: M, fields: &'static [Field], scope: Scope<'a>) -> Self {
        Self {
            map,
            fields,
            scope,
            error: None,
        }
    }

    pub(super) fn end(self) -> Result<M::Ok, M::Error> {
        match self.error {
            Some(error) => Err(error),
            None => self.map.end(),
        }
    }

    fn entry(&mut self, index: usize, value: &impl Serialize) {
        if self.error.is_some() {
            return;
        }
        let name = name_at(self.fields, index);
        if let Err(error) = self.map.serialize_entry(name, value) {
            self.error = Some(self.scope.at_member(name, error));
        }
    }

    fn field<C, T: FieldValue<C>>(&mut self, index: usize, slot: &T) {
        if !slot.is_unset() {
            self.entry(
                index,
                &SerializeField::<C, T> {
                    slot,
                    scope: self.scope,
                    codec: PhantomData,
                },
            );
        }
    }
}

/// A field's value that serde writes.
struct SerializeField<'a, C, T> {
    slot: &'a T,
    scope: Scope<'a>,
    codec: PhantomData<fn(C)>,
}

impl<C, T: FieldValue<C>> Serialize for SerializeField<'_, C, T> {
    fn serialize<S: Serializer>(&self, output: S) -> Result<S::Ok, S::Error> {
        self.slot.write(self.scope, output)
    }
}

impl<M: SerializeMap> FieldWriter for ObjectWriter<'_, M> {
    fn write<T: FieldValue<DirectCodec>>(&mut self, index: usize, value: &T) {
        self.field::<DirectCodec, T>(index, value);
    }

    fn write_enum<E: JsonEnum>(&mut self, index: usize, value: &impl FieldValue<EnumCodec<E>>) {
        self.field::<EnumCodec<E>, _>(index, value);
    }

    fn write_boxed<T: Json>(&mut self, index: usize, value: &Option<Box<T>>) {
        if let Some(value) = value {
            self.write_member(index, &**value);
        }
    }

    fn write_member<T: Json>(&mut self, index: usize, value: &T) {
        self.entry(index, &SerializeWith::<DirectCodec, T>::new(value, self.scope));
    }

    fn write_enum_member<E: JsonEnum>(&mut self, index: usize, value: &i32) {
        self.entry(index, &SerializeWith::<EnumCodec<E>, i32>::new(value, self.scope));
    }
}
