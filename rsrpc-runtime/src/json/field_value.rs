//! The Rust types of message fields: bare values, `Option`, `Vec` and maps.

use std::collections::{BTreeMap, HashMap};
use std::hash::{BuildHasher, Hash};

use serde_core::de::Deserializer;
use serde_core::{Serialize, Serializer};

use super::container::{MapVisitor, SeqVisitor, write_map, write_seq};
use super::scope::Scope;
use super::stack_frame::insert_default;
use super::value::{DirectCodec, EnumCodec, Json, JsonEnum, Parsed, ValueCodec};

/// A field's value in its struct, read and written with the codec `C`.
pub trait FieldValue<C> {
    /// Returns whether the field is omitted.
    fn is_unset(&self) -> bool;

    /// Reads the field; `null` leaves it unchanged.
    ///
    /// # Errors
    /// The input is not a valid value.
    fn read<'de, D: Deserializer<'de>>(&mut self, scope: Scope<'_>, input: D) -> Result<(), D::Error>;

    /// Writes the field, which must be set.
    ///
    /// # Errors
    /// The value has no JSON form.
    fn write<S: Serializer>(&self, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error>;
}

impl<T: Json> FieldValue<DirectCodec> for T {
    fn is_unset(&self) -> bool {
        self.is_default()
    }

    fn read<'de, D: Deserializer<'de>>(&mut self, scope: Scope<'_>, input: D) -> Result<(), D::Error> {
        Json::read(self, scope, input).map(drop)
    }

    fn write<S: Serializer>(&self, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        Json::write(self, scope, output)
    }
}

impl<E: JsonEnum> FieldValue<EnumCodec<E>> for i32 {
    fn is_unset(&self) -> bool {
        *self == 0
    }

    fn read<'de, D: Deserializer<'de>>(&mut self, scope: Scope<'_>, input: D) -> Result<(), D::Error> {
        EnumCodec::<E>::read(self, scope, input).map(drop)
    }

    fn write<S: Serializer>(&self, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        EnumCodec::<E>::write(self, scope, output)
    }
}

impl<C: ValueCodec<T>, T: Default> FieldValue<C> for Option<T> {
    fn is_unset(&self) -> bool {
        self.is_none()
    }

    fn read<'de, D: Deserializer<'de>>(&mut self, scope: Scope<'_>, input: D) -> Result<(), D::Error> {
        if C::read(insert_default(self), scope, input)? != Parsed::Value {
            *self = None;
        }
        Ok(())
    }

    fn write<S: Serializer>(&self, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        match self {
            Some(value) => C::write(value, scope, output),
            None => output.serialize_unit(),
        }
    }
}

impl<C: ValueCodec<T>, T: Default> FieldValue<C> for Vec<T> {
    fn is_unset(&self) -> bool {
        self.is_empty()
    }

    fn read<'de, D: Deserializer<'de>>(&mut self, scope: Scope<'_>, input: D) -> Result<(), D::Error> {
        input
            .deserialize_any(SeqVisitor::<C, T>::new(self, scope))
            .map(drop)
    }

    fn write<S: Serializer>(&self, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        write_seq::<C, T, S>(self, scope, output)
    }
}

/// A map key, which JSON represents as a string.
pub trait MapKey: Serialize + Sized {
    /// Parses a key.
    fn parse(key: &str) -> Option<Self>;
}

impl MapKey for String {
    fn parse(key: &str) -> Option<Self> {
        Some(key.to_owned())
    }
}

impl MapKey for bool {
    fn parse(key: &str) -> Option<Self> {
        match key {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }
}

macro_rules! integer_key {
    ($($type:ty)*) => {$(
        impl MapKey for $type {
            fn parse(key: &str) -> Option<Self> {
                super::number::parse_key(key)
            }
        }
    )*};
}

integer_key!(i32 u32 i64 u64);

impl<C: ValueCodec<V>, K: MapKey + Eq + Hash, V: Default, H: BuildHasher> FieldValue<C> for HashMap<K, V, H> {
    fn is_unset(&self) -> bool {
        self.is_empty()
    }

    fn read<'de, D: Deserializer<'de>>(&mut self, scope: Scope<'_>, input: D) -> Result<(), D::Error> {
        let insert = |key, value| self.insert(key, value).is_some();
        input
            .deserialize_any(MapVisitor::<C, K, V, _>::new(scope, insert))
            .map(drop)
    }

    fn write<S: Serializer>(&self, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        write_map::<C, K, V, S>(self.iter(), scope, output)
    }
}

impl<C: ValueCodec<V>, K: MapKey + Ord, V: Default> FieldValue<C> for BTreeMap<K, V> {
    fn is_unset(&self) -> bool {
        self.is_empty()
    }

    fn read<'de, D: Deserializer<'de>>(&mut self, scope: Scope<'_>, input: D) -> Result<(), D::Error> {
        let insert = |key, value| self.insert(key, value).is_some();
        input
            .deserialize_any(MapVisitor::<C, K, V, _>::new(scope, insert))
            .map(drop)
    }

    fn write<S: Serializer>(&self, scope: Scope<'_>, output: S) -> Result<S::Ok, S::Error> {
        write_map::<C, K, V, S>(self.iter(), scope, output)
    }
}
