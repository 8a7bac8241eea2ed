//! Messages without our derives: prost-types, `()`, and boxed messages.

use super::{HasJson, MessageType};
use crate::schema::{Describe, Schema};

/// Recursive messages are boxed.
#[diagnostic::do_not_recommend]
impl<M: MessageType> MessageType for Box<M>
where
    Self: HasJson,
{
    const FULL_NAME: &'static str = M::FULL_NAME;
}

impl<M: Describe> Describe for Box<M> {
    fn describe(schema: &mut Schema) {
        M::describe(schema);
    }
}

macro_rules! well_known {
    ($($type:ty: $name:literal;)*) => {$(
        impl MessageType for $type {
            const FULL_NAME: &'static str = concat!("google.protobuf.", $name);
        }

        impl Describe for $type {
            fn describe(schema: &mut Schema) {
                schema.add_well_known::<$type>(Self::FULL_NAME);
            }
        }
    )*};
}

well_known! {
    (): "Empty";
    prost_types::Any: "Any";
    prost_types::Api: "Api";
    prost_types::DescriptorProto: "DescriptorProto";
    prost_types::Duration: "Duration";
    prost_types::Enum: "Enum";
    prost_types::EnumDescriptorProto: "EnumDescriptorProto";
    prost_types::EnumOptions: "EnumOptions";
    prost_types::EnumValue: "EnumValue";
    prost_types::EnumValueDescriptorProto: "EnumValueDescriptorProto";
    prost_types::EnumValueOptions: "EnumValueOptions";
    prost_types::Field: "Field";
    prost_types::FieldDescriptorProto: "FieldDescriptorProto";
    prost_types::FieldMask: "FieldMask";
    prost_types::FieldOptions: "FieldOptions";
    prost_types::FileDescriptorProto: "FileDescriptorProto";
    prost_types::FileDescriptorSet: "FileDescriptorSet";
    prost_types::FileOptions: "FileOptions";
    prost_types::ListValue: "ListValue";
    prost_types::MessageOptions: "MessageOptions";
    prost_types::Method: "Method";
    prost_types::MethodDescriptorProto: "MethodDescriptorProto";
    prost_types::MethodOptions: "MethodOptions";
    prost_types::Mixin: "Mixin";
    prost_types::OneofDescriptorProto: "OneofDescriptorProto";
    prost_types::Option: "Option";
    prost_types::ServiceDescriptorProto: "ServiceDescriptorProto";
    prost_types::ServiceOptions: "ServiceOptions";
    prost_types::SourceContext: "SourceContext";
    prost_types::Struct: "Struct";
    prost_types::Timestamp: "Timestamp";
    prost_types::Type: "Type";
    prost_types::Value: "Value";
}
