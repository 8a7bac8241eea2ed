//! The subset of `google/protobuf/descriptor.proto` that the generator reads, as its own types. prost-types drops
//! unknown fields such as editions, features and custom options.

use std::collections::HashMap;

use prost::Message as _;

/// `google.protobuf.FileDescriptorSet` with encoded files.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct EncodedFileSet {
    #[prost(bytes = "vec", repeated, tag = "1")]
    pub(crate) file: Vec<Vec<u8>>,
}

/// The name field of a `google.protobuf.FileDescriptorProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FileName {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
}

/// `google.protobuf.FileDescriptorProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FileDescriptor {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) package: String,
    #[prost(string, repeated, tag = "3")]
    pub(crate) dependency: Vec<String>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) message_type: Vec<MessageDescriptor>,
    #[prost(message, repeated, tag = "5")]
    pub(crate) enum_type: Vec<EnumDescriptor>,
    #[prost(message, repeated, tag = "6")]
    pub(crate) service: Vec<ServiceDescriptor>,
    #[prost(message, optional, tag = "8")]
    pub(crate) options: Option<FileOptions>,
    /// `editions` becomes `proto3` when the file is [lowered](super::editions).
    #[prost(string, tag = "12")]
    pub(crate) syntax: String,
    /// `google.protobuf.Edition`.
    #[prost(int32, tag = "14")]
    pub(crate) edition: i32,
    /// Files that edition 2024 imports for options only; they may be missing.
    #[prost(string, repeated, tag = "15")]
    pub(crate) option_dependency: Vec<String>,
}

/// `google.protobuf.DescriptorProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MessageDescriptor {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) field: Vec<FieldDescriptor>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) nested_type: Vec<MessageDescriptor>,
    #[prost(message, repeated, tag = "4")]
    pub(crate) enum_type: Vec<EnumDescriptor>,
    #[prost(message, repeated, tag = "5")]
    pub(crate) extension_range: Vec<NumberRange>,
    #[prost(message, optional, tag = "7")]
    pub(crate) options: Option<MessageOptions>,
    #[prost(message, repeated, tag = "8")]
    pub(crate) oneof_decl: Vec<OneofDescriptor>,
    #[prost(message, repeated, tag = "9")]
    pub(crate) reserved_range: Vec<NumberRange>,
}

/// A range of field numbers; the end is exclusive.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct NumberRange {
    #[prost(int32, tag = "1")]
    pub(crate) start: i32,
    #[prost(int32, tag = "2")]
    pub(crate) end: i32,
}

/// `google.protobuf.FieldDescriptorProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FieldDescriptor {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(int32, tag = "3")]
    pub(crate) number: i32,
    #[prost(int32, tag = "4")]
    pub(crate) label: i32,
    #[prost(int32, tag = "5")]
    pub(crate) r#type: i32,
    #[prost(string, tag = "6")]
    pub(crate) type_name: String,
    #[prost(string, tag = "7")]
    pub(crate) default_value: String,
    #[prost(message, optional, tag = "8")]
    pub(crate) options: Option<FieldOptions>,
    #[prost(int32, optional, tag = "9")]
    pub(crate) oneof_index: Option<i32>,
    #[prost(string, tag = "10")]
    pub(crate) json_name: String,
    #[prost(bool, tag = "17")]
    pub(crate) proto3_optional: bool,
}

/// `google.protobuf.OneofDescriptorProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct OneofDescriptor {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, optional, tag = "2")]
    pub(crate) options: Option<OneofOptions>,
}

/// `google.protobuf.EnumDescriptorProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct EnumDescriptor {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) value: Vec<EnumValueDescriptor>,
    #[prost(message, optional, tag = "3")]
    pub(crate) options: Option<EnumOptions>,
}

/// `google.protobuf.EnumValueDescriptorProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct EnumValueDescriptor {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(int32, tag = "2")]
    pub(crate) number: i32,
}

/// `google.protobuf.ServiceDescriptorProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct ServiceDescriptor {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(message, repeated, tag = "2")]
    pub(crate) method: Vec<MethodDescriptor>,
}

/// `google.protobuf.MethodDescriptorProto`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MethodDescriptor {
    #[prost(string, tag = "1")]
    pub(crate) name: String,
    #[prost(string, tag = "2")]
    pub(crate) input_type: String,
    #[prost(string, tag = "3")]
    pub(crate) output_type: String,
    #[prost(bytes = "vec", tag = "4")]
    options: Vec<u8>,
    #[prost(bool, tag = "5")]
    pub(crate) client_streaming: bool,
    #[prost(bool, tag = "6")]
    pub(crate) server_streaming: bool,
}

/// `google.protobuf.SourceCodeInfo`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct SourceCodeInfo {
    #[prost(message, repeated, tag = "1")]
    pub(crate) location: Vec<Location>,
}

/// `google.protobuf.SourceCodeInfo.Location`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct Location {
    #[prost(int32, repeated, tag = "1")]
    pub(crate) path: Vec<i32>,
    #[prost(int32, repeated, tag = "2")]
    pub(crate) span: Vec<i32>,
    #[prost(string, tag = "3")]
    pub(crate) leading_comments: String,
    #[prost(string, tag = "4")]
    pub(crate) trailing_comments: String,
}

/// `google.protobuf.FileOptions`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FileOptions {
    #[prost(message, optional, tag = "50")]
    pub(crate) features: Option<FeatureSet>,
}

/// `google.protobuf.MessageOptions`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct MessageOptions {
    #[prost(bool, tag = "1")]
    pub(crate) message_set_wire_format: bool,
    #[prost(bool, tag = "7")]
    pub(crate) map_entry: bool,
    #[prost(message, optional, tag = "12")]
    pub(crate) features: Option<FeatureSet>,
}

/// `google.protobuf.FieldOptions`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct FieldOptions {
    #[prost(bool, optional, tag = "2")]
    pub(crate) packed: Option<bool>,
    #[prost(message, optional, tag = "21")]
    pub(crate) features: Option<FeatureSet>,
}

/// `google.protobuf.OneofOptions`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct OneofOptions {
    #[prost(message, optional, tag = "1")]
    pub(crate) features: Option<FeatureSet>,
}

/// `google.protobuf.EnumOptions`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct EnumOptions {
    #[prost(message, optional, tag = "7")]
    pub(crate) features: Option<FeatureSet>,
}

/// `google.protobuf.RawMethodOptions`.
#[derive(Clone, PartialEq, prost::Message)]
pub(crate) struct RawMethodOptions {
    #[prost(bool, tag = "33")]
    pub(crate) deprecated: bool,
    #[prost(int32, tag = "34")]
    pub(crate) idempotency_level: i32,
}

/// `google.protobuf.FeatureSet`, without the features that only compilers use (naming style, symbol visibility) and
/// those of other languages.
#[derive(Clone, Copy, PartialEq, prost::Message)]
pub(crate) struct FeatureSet {
    #[prost(int32, optional, tag = "1")]
    pub(crate) field_presence: Option<i32>,
    #[prost(int32, optional, tag = "2")]
    pub(crate) enum_type: Option<i32>,
    #[prost(int32, optional, tag = "3")]
    pub(crate) repeated_field_encoding: Option<i32>,
    #[prost(int32, optional, tag = "4")]
    pub(crate) utf8_validation: Option<i32>,
    #[prost(int32, optional, tag = "5")]
    pub(crate) message_encoding: Option<i32>,
    #[prost(int32, optional, tag = "6")]
    pub(crate) json_format: Option<i32>,
}

impl MessageDescriptor {
    /// Returns whether the message is the entry type of a map field.
    pub(crate) fn is_map_entry(&self) -> bool {
        self.options.as_ref().is_some_and(|options| options.map_entry)
    }

    /// Returns the entry types of map fields, by name.
    pub(crate) fn map_entries(&self) -> HashMap<&str, &Self> {
        let entries = self.nested_type.iter().filter(|nested| nested.is_map_entry());
        entries.map(|entry| (entry.name.as_str(), entry)).collect()
    }
}

impl EnumDescriptor {
    /// Returns whether the enum rejects unknown numbers. Valid once the file is [lowered](super::editions).
    pub(crate) fn is_closed(&self) -> bool {
        let features = self.options.as_ref().and_then(|options| options.features);
        features.is_some_and(|features| features.enum_type == Some(ENUM_CLOSED))
    }
}

impl MethodDescriptor {
    /// Decodes the method's options; invalid options count as empty.
    pub(crate) fn options(&self) -> RawMethodOptions {
        RawMethodOptions::decode(self.encoded_options()).unwrap_or_default()
    }

    /// Returns the encoded options with all extensions.
    pub(crate) fn encoded_options(&self) -> &[u8] {
        &self.options
    }
}

/// Field numbers of `descriptor.proto` that make up source paths.
pub(crate) mod path {
    pub(crate) const FILE_PACKAGE: i32 = 2;
    pub(crate) const FILE_DEPENDENCY: i32 = 3;
    pub(crate) const FILE_MESSAGE: i32 = 4;
    pub(crate) const FILE_ENUM: i32 = 5;
    pub(crate) const FILE_SERVICE: i32 = 6;
    pub(crate) const FILE_OPTIONS: i32 = 8;
    pub(crate) const FILE_SYNTAX: i32 = 12;
    pub(crate) const MESSAGE_FIELD: i32 = 2;
    pub(crate) const MESSAGE_NESTED: i32 = 3;
    pub(crate) const MESSAGE_ENUM: i32 = 4;
    pub(crate) const MESSAGE_ONEOF: i32 = 8;
    pub(crate) const ENUM_VALUE: i32 = 2;
    pub(crate) const SERVICE_METHOD: i32 = 2;
    pub(crate) const METHOD_OPTIONS: i32 = 4;

    /// Converts an index to an element of a source path.
    pub(crate) fn to_i32(index: usize) -> i32 {
        i32::try_from(index).unwrap_or(i32::MAX)
    }
}

pub(crate) const NO_SIDE_EFFECTS: i32 = 1;
pub(crate) const IDEMPOTENT: i32 = 2;

pub(crate) const LABEL_OPTIONAL: i32 = 1;
pub(crate) const LABEL_REQUIRED: i32 = 2;
pub(crate) const LABEL_REPEATED: i32 = 3;

pub(crate) const TYPE_DOUBLE: i32 = 1;
pub(crate) const TYPE_FLOAT: i32 = 2;
pub(crate) const TYPE_GROUP: i32 = 10;
pub(crate) const TYPE_MESSAGE: i32 = 11;
pub(crate) const TYPE_BYTES: i32 = 12;
pub(crate) const TYPE_ENUM: i32 = 14;
/// `FeatureSet.OPEN` and `CLOSED`.
pub(crate) const ENUM_OPEN: i32 = 1;
pub(crate) const ENUM_CLOSED: i32 = 2;

pub(crate) const TYPES: std::ops::RangeInclusive<i32> = 1..=18;
