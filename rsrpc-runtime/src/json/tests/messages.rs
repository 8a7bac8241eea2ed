//! Test messages with the implementations that the generator emits.

use std::collections::{BTreeMap, HashMap};

use crate::json::{Field, FieldReader, FieldWriter, JsonEnum, JsonMessage};

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct SubtractRequest {
    #[prost(int32, tag = "1")]
    pub(super) minuend: i32,
    #[prost(int32, tag = "2")]
    pub(super) subtrahend: i32,
}

impl JsonMessage for SubtractRequest {
    const FIELDS: &'static [Field] = &[
        Field::new(1, "minuend", "minuend"),
        Field::new(2, "subtrahend", "subtrahend"),
    ];

    fn read_field<R: FieldReader>(&mut self, index: usize, reader: R) -> Result<(), R::Error> {
        match index {
            0 => reader.read(&mut self.minuend),
            1 => reader.read(&mut self.subtrahend),
            _ => reader.skip(),
        }
    }

    fn write_fields<W: FieldWriter>(&self, writer: &mut W) {
        writer.write(0, &self.minuend);
        writer.write(1, &self.subtrahend);
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, prost::Enumeration)]
#[repr(i32)]
pub(super) enum Kind {
    Unspecified = 0,
    One = 1,
}

impl JsonEnum for Kind {
    fn name(number: i32) -> Option<&'static str> {
        match number {
            0 => Some("KIND_UNSPECIFIED"),
            1 => Some("KIND_ONE"),
            _ => None,
        }
    }

    fn number(name: &str) -> Option<i32> {
        match name {
            "KIND_UNSPECIFIED" => Some(0),
            "KIND_ONE" | "KIND_UN" => Some(1),
            _ => None,
        }
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct EchoMessage {
    #[prost(string, tag = "1")]
    pub(super) text: String,
    #[prost(int64, tag = "2")]
    pub(super) big_number: i64,
    #[prost(int32, repeated, tag = "3")]
    pub(super) nums: Vec<i32>,
    #[prost(enumeration = "Kind", tag = "4")]
    pub(super) kind: i32,
    #[prost(message, optional, boxed, tag = "5")]
    pub(super) child: Option<Box<EchoMessage>>,
    #[prost(oneof = "Choice", tags = "6, 7")]
    pub(super) choice: Option<Choice>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Choice {
    #[prost(string, tag = "6")]
    A(String),
    #[prost(int32, tag = "7")]
    B(i32),
}

impl JsonMessage for EchoMessage {
    const FIELDS: &'static [Field] = &[
        Field::new(1, "text", "text"),
        Field::new(2, "big_number", "bigNumber"),
        Field::new(3, "nums", "nums"),
        Field::new(4, "kind", "kind"),
        Field::object(5, "child", "child"),
        Field::new(6, "a", "a"),
        Field::new(7, "b", "b"),
    ];

    fn read_field<R: FieldReader>(&mut self, index: usize, reader: R) -> Result<(), R::Error> {
        match index {
            0 => reader.read(&mut self.text),
            1 => reader.read(&mut self.big_number),
            2 => reader.read(&mut self.nums),
            3 => reader.read_enum::<Kind>(&mut self.kind),
            4 => reader.read_boxed(&mut self.child),
            5 => reader.read_member(&mut self.choice, Choice::A),
            6 => reader.read_member(&mut self.choice, Choice::B),
            _ => reader.skip(),
        }
    }

    fn write_fields<W: FieldWriter>(&self, writer: &mut W) {
        writer.write(0, &self.text);
        writer.write(1, &self.big_number);
        writer.write(2, &self.nums);
        writer.write_enum::<Kind>(3, &self.kind);
        writer.write_boxed(4, &self.child);
        match &self.choice {
            None => {}
            Some(Choice::A(value)) => writer.write_member(5, value),
            Some(Choice::B(value)) => writer.write_member(6, value),
        }
    }
}

#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct WrapMessage {
    #[prost(message, optional, tag = "1")]
    pub(super) inner: Option<EchoMessage>,
    #[prost(int32, tag = "2")]
    pub(super) n: i32,
}

impl JsonMessage for WrapMessage {
    const FIELDS: &'static [Field] = &[Field::object(1, "inner", "inner"), Field::new(2, "n", "n")];

    fn read_field<R: FieldReader>(&mut self, index: usize, reader: R) -> Result<(), R::Error> {
        match index {
            0 => reader.read(&mut self.inner),
            1 => reader.read(&mut self.n),
            _ => reader.skip(),
        }
    }

    fn write_fields<W: FieldWriter>(&self, writer: &mut W) {
        writer.write(0, &self.inner);
        writer.write(1, &self.n);
    }
}

/// Every way in which a struct can hold a value.
#[derive(Clone, PartialEq, prost::Message)]
pub(super) struct Everything {
    #[prost(int32, optional, tag = "1")]
    pub(super) optional: Option<i32>,
    #[prost(enumeration = "Kind", optional, tag = "2")]
    pub(super) optional_kind: Option<i32>,
    #[prost(enumeration = "Kind", repeated, tag = "3")]
    pub(super) kinds: Vec<i32>,
    #[prost(map = "string, enumeration(Kind)", tag = "4")]
    pub(super) kind_map: HashMap<String, i32>,
    #[prost(btree_map = "bool, message", tag = "5")]
    pub(super) messages: BTreeMap<bool, SubtractRequest>,
    #[prost(btree_map = "int64, bytes", tag = "6")]
    pub(super) blobs: BTreeMap<i64, Vec<u8>>,
    #[prost(bytes = "bytes", tag = "7")]
    pub(super) blob: bytes::Bytes,
    #[prost(float, tag = "8")]
    pub(super) float: f32,
    #[prost(message, optional, tag = "9")]
    pub(super) wrapper: Option<i64>,
    #[prost(message, optional, tag = "10")]
    pub(super) value: Option<prost_types::Value>,
    #[prost(enumeration = "prost_types::NullValue", optional, tag = "11")]
    pub(super) null: Option<i32>,
    #[prost(string, required, tag = "12")]
    pub(super) required: String,
    #[prost(oneof = "Kinds", tags = "13, 14, 15")]
    pub(super) one: Option<Kinds>,
    #[prost(message, optional, tag = "16")]
    pub(super) any: Option<prost_types::Any>,
    #[prost(bytes = "vec", repeated, tag = "17")]
    pub(super) many: Vec<Vec<u8>>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(super) enum Kinds {
    #[prost(enumeration = "Kind", tag = "13")]
    Kind(i32),
    #[prost(message, tag = "14")]
    Boxed(Box<Everything>),
    #[prost(enumeration = "prost_types::NullValue", tag = "15")]
    Nothing(i32),
}

impl JsonMessage for Everything {
    const FIELDS: &'static [Field] = &[
        Field::new(1, "optional", "optional"),
        Field::new(2, "optional_kind", "optionalKind"),
        Field::new(3, "kinds", "kinds"),
        Field::object(4, "kind_map", "kindMap"),
        Field::object(5, "messages", "messages"),
        Field::object(6, "blobs", "blobs"),
        Field::new(7, "blob", "blob"),
        Field::new(8, "float", "float"),
        Field::new(9, "wrapper", "wrapper"),
        Field::object(10, "value", "value"),
        Field::new(11, "null", "null"),
        Field::new(12, "required", "required"),
        Field::new(13, "kind", "kind"),
        Field::object(14, "boxed", "boxed"),
        Field::new(15, "nothing", "nothing"),
        Field::object(16, "any", "any"),
        Field::new(17, "many", "many"),
    ];

    fn read_field<R: FieldReader>(&mut self, index: usize, reader: R) -> Result<(), R::Error> {
        match index {
            0 => reader.read(&mut self.optional),
            1 => reader.read_enum::<Kind>(&mut self.optional_kind),
            2 => reader.read_enum::<Kind>(&mut self.kinds),
            3 => reader.read_enum::<Kind>(&mut self.kind_map),
            4 => reader.read(&mut self.messages),
            5 => reader.read(&mut self.blobs),
            6 => reader.read(&mut self.blob),
            7 => reader.read(&mut self.float),
            8 => reader.read(&mut self.wrapper),
            9 => reader.read(&mut self.value),
            10 => reader.read_enum::<prost_types::NullValue>(&mut self.null),
            11 => reader.read(&mut self.required),
            12 => reader.read_enum_member::<Kind, _>(&mut self.one, Kinds::Kind),
            13 => reader.read_boxed_member(&mut self.one, Kinds::Boxed),
            14 => reader.read_enum_member::<prost_types::NullValue, _>(&mut self.one, Kinds::Nothing),
            15 => reader.read(&mut self.any),
            16 => reader.read(&mut self.many),
            _ => reader.skip(),
        }
    }

    fn write_fields<W: FieldWriter>(&self, writer: &mut W) {
        writer.write(0, &self.optional);
        writer.write_enum::<Kind>(1, &self.optional_kind);
        writer.write_enum::<Kind>(2, &self.kinds);
        writer.write_enum::<Kind>(3, &self.kind_map);
        writer.write(4, &self.messages);
        writer.write(5, &self.blobs);
        writer.write(6, &self.blob);
        writer.write(7, &self.float);
        writer.write(8, &self.wrapper);
        writer.write(9, &self.value);
        writer.write_enum::<prost_types::NullValue>(10, &self.null);
        writer.write_member(11, &self.required);
        match &self.one {
            None => {}
            Some(Kinds::Kind(value)) => writer.write_enum_member::<Kind>(12, value),
            Some(Kinds::Boxed(value)) => writer.write_member(13, &**value),
            Some(Kinds::Nothing(value)) => {
                writer.write_enum_member::<prost_types::NullValue>(14, value);
            }
        }
        writer.write(15, &self.any);
        writer.write(16, &self.many);
    }
}
