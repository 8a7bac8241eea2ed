//! Arrays and maps.

use std::marker::PhantomData;

use serde_core::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_core::ser::{SerializeMap, SerializeSeq, Serializer};

use super::field_value::MapKey;
use super::scope::{Scope, invalid};
use super::stack_frame::{in_separate_frame, push_default};
use super::value::{Parsed, SerializeWith, ValueCodec};

/// Error for a null element. ProtoJSON: "`null` is not a valid value" of an element.
pub(super) const NO_NULL: &str = "null is not allowed here";

pub(super) struct SeqVisitor<'a, 's, C, T> {
    values: &'a mut Vec<T>,
    scope: Scope<'s>,
    codec: PhantomData<fn(C)>,
}

impl<'a, 's, C, T> SeqVisitor<'a, 's, C, T> {
    pub(super) fn new(values: &'a mut Vec<T>, scope: Scope<'s>) -> Self {
        Self {
            values,
            scope,
            codec: PhantomData,
        }
    }
}

impl<'de, C: ValueCodec<T>, T: Default> Visitor<'de> for SeqVisitor<'_, '_, C, T> {
    type Value = Parsed;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an array")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Parsed::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut index = 0;
        loop {
            let seed = ElementSeed::<C, T> {
                values: self.values,
                scope: self.scope,
                codec: PhantomData,
            };
            match seq.next_element_seed(seed) {
                Ok(Some(Parsed::Value | Parsed::Ignored)) => index += 1,
                Ok(Some(Parsed::Null)) => return Err(self.scope.at_index(index, de::Error::custom(NO_NULL))),
                Ok(None) => return Ok(Parsed::Value),
                Err(error) => return Err(self.scope.at_index(index, error)),
            }
        }
    }
}

/// A seed that appends one element.
struct ElementSeed<'a, 's, C, T> {
    values: &'a mut Vec<T>,
    scope: Scope<'s>,
    codec: PhantomData<fn(C)>,
}

impl<'de, C: ValueCodec<T>, T: Default> DeserializeSeed<'de> for ElementSeed<'_, '_, C, T> {
    type Value = Parsed;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<Parsed, D::Error> {
        let before = self.values.len();
        let parsed = C::read(push_default(self.values), self.scope, input)?;
        if parsed != Parsed::Value {
            self.values.truncate(before);
        }
        Ok(parsed)
    }
}

pub(super) fn write_seq<C: ValueCodec<T>, T: Default, S: Serializer>(
    values: &[T],
    scope: Scope<'_>,
    output: S,
) -> Result<S::Ok, S::Error> {
    let inner = scope.deeper()?;
    let mut seq = output.serialize_seq(None)?;
    for (index, value) in values.iter().enumerate() {
        seq.serialize_element(&SerializeWith::<C, T>::new(value, inner))
            .map_err(|error| scope.at_index(index, error))?;
    }
    seq.end()
}

/// Reads a map. `insert` returns `true` if the key was already present.
pub(super) struct MapVisitor<'s, C, K, V, F> {
    scope: Scope<'s>,
    insert: F,
    types: PhantomData<fn(C, K) -> V>,
}

impl<'s, C, K, V, F: FnMut(K, V) -> bool> MapVisitor<'s, C, K, V, F> {
    pub(super) fn new(scope: Scope<'s>, insert: F) -> Self {
        Self {
            scope,
            insert,
            types: PhantomData,
        }
    }
}

impl<'de, C: ValueCodec<V>, K: MapKey, V: Default, F: FnMut(K, V) -> bool> Visitor<'de>
    for MapVisitor<'_, C, K, V, F>
{
    type Value = Parsed;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Parsed::Null)
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self::Value, A::Error> {
        let scope = self.scope;
        // Holds one value, so it stays out of this frame; see [`stack_frame`](super::stack_frame).
        let mut place = Vec::new();
        while let Some(key) = map.next_key_seed(MapKeySeed(PhantomData::<K>))? {
            // The key has been consumed when the value fails, so the error's path ends with the map.
            let seed = ElementSeed::<C, V> {
                values: &mut place,
                scope,
                codec: PhantomData,
            };
            match map.next_value_seed(seed)? {
                Parsed::Value => {
                    let insert = || place.pop().is_some_and(|value| (self.insert)(key, value));
                    if in_separate_frame::<V, _>(insert) {
                        return Err(de::Error::custom("a key appears twice"));
                    }
                }
                Parsed::Null => return Err(de::Error::custom(NO_NULL)),
                Parsed::Ignored => {}
            }
        }
        Ok(Parsed::Value)
    }
}

struct MapKeySeed<K>(PhantomData<K>);

impl<'de, K: MapKey> DeserializeSeed<'de> for MapKeySeed<K> {
    type Value = K;

    fn deserialize<D: Deserializer<'de>>(self, input: D) -> Result<K, D::Error> {
        input.deserialize_str(self)
    }
}

impl<K: MapKey> Visitor<'_> for MapKeySeed<K> {
    type Value = K;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: de::Error>(self, key: &str) -> Result<K, E> {
        K::parse(key).ok_or_else(|| invalid(key, "is not a key of this map"))
    }
}

pub(super) fn write_map<'a, C, K, V, S>(
    entries: impl Iterator<Item = (&'a K, &'a V)>,
    scope: Scope<'_>,
    output: S,
) -> Result<S::Ok, S::Error>
where
    C: ValueCodec<V>,
    K: MapKey + 'a,
    V: Default + 'a,
    S: Serializer,
{
    let inner = scope.deeper()?;
    let mut map = output.serialize_map(None)?;
    for (key, value) in entries {
        map.serialize_entry(key, &SerializeWith::<C, V>::new(value, inner))?;
    }
    map.end()
}
