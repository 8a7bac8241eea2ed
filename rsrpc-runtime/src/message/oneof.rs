//! Oneofs: enums whose variants are fields of the enclosing message.

use bytes::{Buf, BufMut};
use prost::DecodeError;
use prost::encoding::{DecodeContext, WireType};

#[cfg(feature = "jsonrpc")]
use crate::json::{Field, FieldReader, FieldWriter};
use crate::schema::{FieldSchema, Schema};

/// A oneof; implemented by `#[derive(Oneof)]`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a oneof",
    label = "expected an enum with #[derive(rsrpc_runtime::Oneof)]",
    note = "a field with #[rpc(oneof)] is an Option of such an enum"
)]
pub trait Oneof: Send + Sync + Sized + 'static {
    /// The members of the oneof.
    const MEMBERS: &'static [Member];

    /// Returns the members as fields, and adds the definitions they refer to to the schema.
    fn members(schema: &mut Schema) -> Vec<FieldSchema>;

    /// Appends the set member.
    fn encode(&self, buffer: &mut impl BufMut);

    /// Returns the number of bytes that [`encode`](Self::encode) appends.
    fn encoded_len(&self) -> usize;

    /// Reads the member with this number, replacing any other member.
    ///
    /// # Errors
    /// The input is not a valid value.
    fn merge(
        slot: &mut Option<Self>,
        tag: u32,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError>;

    /// Reads the JSON of the member with this number.
    ///
    /// # Errors
    /// The input is not a valid value, or another member is set.
    #[cfg(feature = "jsonrpc")]
    fn read_json<R: FieldReader>(slot: &mut Option<Self>, number: u32, reader: R) -> Result<(), R::Error>;

    /// Writes the JSON of the set member. `fields` are those of the message.
    #[cfg(feature = "jsonrpc")]
    fn write_json<W: FieldWriter>(&self, fields: &[Field], writer: &mut W);
}

/// Number and names of a message's field.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    pub(super) number: u32,
    pub(super) name: &'static str,
    pub(super) json_name: &'static str,
    pub(super) is_object: bool,
}

impl Member {
    /// Creates a field from its number and names. `is_object` is set if its JSON may be an object.
    pub const fn new(number: u32, name: &'static str, json_name: &'static str, is_object: bool) -> Self {
        Self {
            number,
            name,
            json_name,
            is_object,
        }
    }
}

/// Returns whether the lowest member number is in `from + 1..=to`.
pub const fn begins_between(members: &[Member], from: u32, to: u32) -> bool {
    let first = lowest(members);
    from < first && first <= to
}

/// Returns the position of a oneof among several, ordered by their lowest numbers.
pub const fn rank(members: &[Member], all: &[&[Member]]) -> usize {
    let first = lowest(members);
    let mut rank = 0;
    let mut index = 0;
    while index < all.len() {
        if lowest(all[index]) < first {
            rank += 1;
        }
        index += 1;
    }
    rank
}

const fn lowest(members: &[Member]) -> u32 {
    let mut lowest = u32::MAX;
    let mut index = 0;
    while index < members.len() {
        if members[index].number < lowest {
            lowest = members[index].number;
        }
        index += 1;
    }
    lowest
}

/// Returns whether a member's number is in `first..=last`.
pub const fn has_number(members: &[Member], first: u32, last: u32) -> bool {
    let mut index = 0;
    while index < members.len() {
        if first <= members[index].number && members[index].number <= last {
            return true;
        }
        index += 1;
    }
    false
}

/// Returns whether a member's name or JSON name clashes with those of a field.
pub const fn clashes(members: &[Member], name: &str, json_name: &str) -> bool {
    let mut index = 0;
    while index < members.len() {
        let member = &members[index];
        if equal(member.name, name)
            || equal(member.json_name, json_name)
            || equal(member.name, json_name)
            || equal(member.json_name, name)
        {
            return true;
        }
        index += 1;
    }
    false
}

/// Returns whether two oneofs share a number.
pub const fn overlap(one: &[Member], other: &[Member]) -> bool {
    let mut index = 0;
    while index < one.len() {
        if has_number(other, one[index].number, one[index].number) {
            return true;
        }
        index += 1;
    }
    false
}

/// Returns whether two oneofs share a name.
pub const fn shares_name(one: &[Member], other: &[Member]) -> bool {
    let mut index = 0;
    while index < one.len() {
        if clashes(other, one[index].name, one[index].json_name) {
            return true;
        }
        index += 1;
    }
    false
}

const fn equal(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len() != other.len() {
        return false;
    }
    let mut index = 0;
    while index < one.len() {
        if one[index] != other[index] {
            return false;
        }
        index += 1;
    }
    true
}
