//! JSON support of message types, with the feature `jsonrpc`.

use super::oneof::Member;
use crate::call::MessageCodec;
use crate::json::{DirectCodec, Field, FieldValue, Json, MapKey, Shape, wrapped};

/// A type with canonical JSON. Without the feature `jsonrpc`, every type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no JSON form",
    label = "this type cannot be written as JSON",
    note = "generate its code with json=on, or build rsrpc-runtime without its feature `jsonrpc`"
)]
pub trait HasJson: Json {}

impl<T: Json> HasJson for T {}

/// A type with JSON as a field. Without the feature `jsonrpc`, every type.
pub trait WrappedJson: FieldValue<DirectCodec> {}

impl<T: FieldValue<DirectCodec>> WrappedJson for T {}

/// A map key with JSON. Without the feature `jsonrpc`, every type.
pub trait JsonKey: MapKey {}

impl<T: MapKey> JsonKey for T {}

/// Expands to the items if the runtime has JSON.
#[macro_export]
#[doc(hidden)]
macro_rules! when_json {
    ($($tokens:tt)*) => { $($tokens)* };
}

/// Returns whether the JSON of a message may be an object.
pub(super) const fn is_object<M: HasJson>() -> bool {
    matches!(
        M::SHAPE,
        Shape::Message | Shape::Empty | Shape::Object | Shape::Value
    )
}

/// Adds JSON to the codec of a message.
pub(super) const fn with_message_json<M: HasJson>(codec: MessageCodec<M>) -> MessageCodec<M> {
    codec.json()
}

/// Adds JSON to the codec of a value that is the only field of a message.
pub(super) const fn with_wrapped_json<T: WrappedJson + Default>(codec: MessageCodec<T>) -> MessageCodec<T> {
    codec.with_json(wrapped())
}

const fn json_field(member: &Member) -> Field {
    if member.is_object {
        Field::object(member.number, member.name, member.json_name)
    } else {
        Field::new(member.number, member.name, member.json_name)
    }
}

/// Returns all fields of a message in ascending order of their numbers: its own and those of its oneofs.
///
/// # Panics
/// `N` is not the number of members. In a constant, this is a compile error.
pub const fn json_fields<const N: usize>(groups: &[&[Member]]) -> [Field; N] {
    let mut fields = [Field::new(0, "", ""); N];
    let mut len = 0;
    let mut group = 0;
    while group < groups.len() {
        let mut index = 0;
        while index < groups[group].len() {
            let member = &groups[group][index];
            let mut place = len;
            while place > 0 && fields[place - 1].number() > member.number {
                fields[place] = fields[place - 1];
                place -= 1;
            }
            fields[place] = json_field(member);
            len += 1;
            index += 1;
        }
        group += 1;
    }
    assert!(len == N, "N is the number of fields");
    fields
}

/// Returns the index of the field with this number.
pub const fn index_of(fields: &[Field], number: u32) -> usize {
    let mut index = 0;
    while index < fields.len() && fields[index].number() != number {
        index += 1;
    }
    index
}

/// Returns the number of the field at an index; 0, an invalid field number, if the index is out of range.
pub fn number_at(fields: &[Field], index: usize) -> u32 {
    fields.get(index).map_or(0, Field::number)
}
