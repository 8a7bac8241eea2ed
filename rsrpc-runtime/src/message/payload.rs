//! Requests and replies of methods.

use std::collections::{BTreeMap, HashMap};

use bytes::{Buf, Bytes};
use prost::encoding::{DecodeContext, decode_key, skip_field};

use super::json_support::{self, HasJson, WrappedJson};
use super::{FieldOf, Key, MessageType, Plain, Value};
use crate::call::{MessageCodec, Method, ProtobufCodec};
use crate::schema::{FieldSchema, MethodSchema, PayloadSchema, Schema};

/// The type of a request, a reply, or an item of a stream.
///
/// A message is sent as is. A scalar is sent as its well-known wrapper (`i32` as `google.protobuf.Int32Value`), so its
/// JSON is bare. `Vec`, maps, `Option` and enums become the field `value = 1` of a generated wrapper message.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be sent by a method",
    label = "not a message or a protobuf type",
    note = "a method sends a message, (), a bool, i32, i64, u32, u64, f32, f64, String, Vec<u8>, bytes::Bytes, an \
            enum of #[derive(rsrpc_runtime::Enum)], or an Option, Vec, HashMap or BTreeMap of these"
)]
pub trait Payload: Send + Sized + 'static {
    /// The codec. Its name is empty for types that need a generated wrapper message.
    const CODEC: MessageCodec<Self>;

    /// Adds the message to a schema. `name` is the full name of a generated wrapper message.
    fn describe(name: &'static str, schema: &mut Schema);
}

/// Returns the codec of a type. `name` is the full name of the wrapper message, for types that need one.
pub const fn codec<T: Payload>(name: &'static str) -> MessageCodec<T> {
    let codec = T::CODEC;
    if codec.name().is_empty() {
        codec.named(name)
    } else {
        codec
    }
}

#[diagnostic::do_not_recommend]
impl<M: MessageType> Payload for M {
    const CODEC: MessageCodec<Self> = message(M::FULL_NAME);

    fn describe(_: &'static str, schema: &mut Schema) {
        M::describe(schema);
    }
}

/// Returns the codec of a type that is a prost message.
const fn message<M: prost::Message + HasJson>(name: &'static str) -> MessageCodec<M> {
    json_support::with_message_json(MessageCodec::protobuf(name))
}

/// The codec and schema of a method's request or reply.
#[derive(Debug)]
pub struct PayloadOf<T> {
    /// The codec.
    pub codec: MessageCodec<T>,
    /// Adds its message to a schema.
    pub describe: fn(&'static str, &mut Schema),
}

/// Returns the codec and schema of a type; `name` as in [`codec`].
///
/// Generated code uses this single function for both, so the compiler reports an invalid type only once.
pub const fn payload<T: Payload>(name: &'static str) -> PayloadOf<T> {
    PayloadOf {
        codec: codec(name),
        describe: T::describe,
    }
}

macro_rules! wrapper {
    ($($type:ty: $name:literal;)*) => {$(
        impl Payload for $type {
            const CODEC: MessageCodec<Self> = message($name);

            fn describe(_: &'static str, schema: &mut Schema) {
                schema.add_well_known::<$type>($name);
            }
        }
    )*};
}

wrapper! {
    bool: "google.protobuf.BoolValue";
    i32: "google.protobuf.Int32Value";
    i64: "google.protobuf.Int64Value";
    u32: "google.protobuf.UInt32Value";
    u64: "google.protobuf.UInt64Value";
    f32: "google.protobuf.FloatValue";
    f64: "google.protobuf.DoubleValue";
    String: "google.protobuf.StringValue";
    Vec<u8>: "google.protobuf.BytesValue";
}

/// Described like `Vec<u8>`, the type that the schema registers under this name.
impl Payload for Bytes {
    const CODEC: MessageCodec<Self> = message("google.protobuf.BytesValue");

    fn describe(name: &'static str, schema: &mut Schema) {
        <Vec<u8> as Payload>::describe(name, schema);
    }
}

macro_rules! wrapped {
    ($([$($generics:tt)*] $type:ty;)*) => {$(
        impl<$($generics)*> Payload for $type {
            const CODEC: MessageCodec<Self> = wrapped();

            fn describe(name: &'static str, schema: &mut Schema) {
                describe_wrapped::<Self>(name, schema);
            }
        }
    )*};
}

wrapped! {
    [T: Value] Option<T>;
    [T: Value] Vec<T>;
    [K: Key + Value, V: Value] HashMap<K, V>;
    [K: Key + Value, V: Value] BTreeMap<K, V>;
}

/// Field number of a wrapped value.
const VALUE_FIELD_TAG: u32 = 1;
const VALUE_FIELD_NAME: &str = "value";

/// Returns the codec of a value that is the only field of a message without a Rust type.
pub const fn wrapped<T>() -> MessageCodec<T>
where
    T: Default + WrappedJson,
    Plain: FieldOf<T>,
{
    let protobuf = ProtobufCodec {
        encoded_len: |value: &T| Plain::encoded_len(value, VALUE_FIELD_TAG),
        encode: |value, buffer| Plain::encode(value, VALUE_FIELD_TAG, buffer),
        decode: |buffer, length| {
            let mut buffer = buffer.take(length);
            let mut value = T::default();
            while buffer.has_remaining() {
                let context = DecodeContext::default();
                match decode_key(&mut buffer)? {
                    (VALUE_FIELD_TAG, wire_type) => {
                        Plain::merge(&mut value, wire_type, &mut buffer, context)?
                    }
                    (tag, wire_type) => skip_field(wire_type, tag, &mut buffer, context)?,
                }
            }
            Ok(value)
        },
    };
    json_support::with_wrapped_json(MessageCodec::from_protobuf("", protobuf))
}

/// Adds the wrapper message of a type to the schema.
pub fn describe_wrapped<T: 'static>(full_name: &'static str, schema: &mut Schema)
where
    Plain: FieldOf<T>,
{
    let (package, name) = full_name.rsplit_once('.').unwrap_or(("", full_name));
    if let Some(mut message) = schema.begin_message::<WrapperKey<T>>(package, name) {
        let field_type = <Plain as FieldOf<T>>::field_type(schema);
        message.field(FieldSchema::new(
            VALUE_FIELD_TAG,
            VALUE_FIELD_NAME,
            VALUE_FIELD_NAME,
            field_type,
        ));
        schema.add_message(message);
    }
}

/// The type under which a schema registers the wrapper message of `T`.
struct WrapperKey<T>(std::marker::PhantomData<T>);

impl MethodSchema {
    /// Creates a method's schema from its constant: name, kind, options and message types.
    pub fn of<Req: Payload, Rep: Payload>(method: &'static Method<Req, Rep>) -> Self {
        Self::described(method, Req::describe, Rep::describe)
    }

    /// Creates a method's schema with [`PayloadOf::describe`] of both types.
    pub fn described<Req, Rep>(
        method: &'static Method<Req, Rep>,
        request: fn(&'static str, &mut Schema),
        reply: fn(&'static str, &mut Schema),
    ) -> Self {
        let request = PayloadSchema {
            full_name: method.request().name(),
            describe: request,
        };
        let reply = PayloadSchema {
            full_name: method.reply().name(),
            describe: reply,
        };
        Self::new(method.descriptor(), request, reply)
    }
}
