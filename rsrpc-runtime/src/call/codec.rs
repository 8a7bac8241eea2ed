//! Codecs of a message type, as tables of function pointers. Generated code holds them in statics, so code behind the
//! user-facing call types is compiled once instead of once per method.

use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};

use super::{CustomCodec, Status};

/// The encodings of one message type.
///
/// Built in constants by generated code; see [`Method`](crate::Method).
pub struct MessageCodec<M> {
    name: &'static str,
    protobuf: Option<ProtobufCodec<M>>,
    json: Option<JsonCodec<M>>,
    custom: Option<CustomCodec<M>>,
}

/// Protobuf functions of a message type.
pub(crate) struct ProtobufCodec<M> {
    pub(crate) encoded_len: fn(&M) -> usize,
    /// Appends the message; the buffer has room for `encoded_len` bytes.
    pub(crate) encode: fn(&M, &mut BytesMut),
    /// Takes exactly `usize` bytes, which the buffer holds, off its front.
    pub(crate) decode: fn(&mut Bytes, usize) -> Result<M, prost::DecodeError>,
}

/// JSON functions of a message type: canonical proto3 JSON.
pub(crate) struct JsonCodec<M> {
    /// Appends the message's JSON text.
    pub(crate) encode: fn(&M, &JsonContext, &mut Vec<u8>) -> Result<(), JsonError>,
    /// Reads one whole JSON text.
    pub(crate) decode: fn(&str, &JsonContext) -> Result<M, JsonError>,
    /// Reads the `params` member of a JSON-RPC request: an object, an array, or absent.
    pub(crate) decode_params: fn(Option<&str>, &JsonContext) -> Result<M, JsonError>,
    /// Appends a `params` member that [`decode_params`](Self::decode_params) reads back as the same message.
    pub(crate) encode_params: fn(&M, &JsonContext, &mut Vec<u8>) -> Result<(), JsonError>,
    /// See [`AnyType::has_special_json`].
    pub(crate) special: bool,
}

impl<M> Clone for MessageCodec<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for MessageCodec<M> {}

impl<M> Clone for ProtobufCodec<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for ProtobufCodec<M> {}

impl<M> Clone for JsonCodec<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for JsonCodec<M> {}

impl<M> std::fmt::Debug for MessageCodec<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("MessageCodec")
            .field("name", &self.name)
            .field("protobuf", &self.protobuf.is_some())
            .field("json", &self.json.is_some())
            .field("custom", &self.custom)
            .finish()
    }
}

impl<M> MessageCodec<M> {
    /// Creates a codec for a protobuf message with its full name, such as `helloworld.HelloRequest`.
    pub const fn protobuf(name: &'static str) -> Self
    where
        M: prost::Message + Default,
    {
        let protobuf = ProtobufCodec {
            encoded_len: M::encoded_len,
            encode: |message, buffer| message.encode_raw(buffer),
            decode: |buffer, length| M::decode(buffer.take(length)),
        };
        Self {
            name,
            protobuf: Some(protobuf),
            json: None,
            custom: None,
        }
    }

    /// Creates a codec with only a custom encoding. Errors refer to the type as `name`.
    pub const fn custom(name: &'static str, codec: CustomCodec<M>) -> Self {
        Self {
            name,
            protobuf: None,
            json: None,
            custom: Some(codec),
        }
    }

    /// Adds a custom encoding, which calls select by its content subtype.
    #[must_use]
    pub const fn with_custom(mut self, codec: CustomCodec<M>) -> Self {
        self.custom = Some(codec);
        self
    }

    /// Creates a codec without protobuf. Errors refer to the type as `name`.
    #[cfg(feature = "jsonrpc")]
    pub(crate) const fn json_only(name: &'static str, json: JsonCodec<M>) -> Self {
        Self {
            name,
            protobuf: None,
            json: Some(json),
            custom: None,
        }
    }

    #[cfg(feature = "macros")]
    pub(crate) const fn from_protobuf(name: &'static str, protobuf: ProtobufCodec<M>) -> Self {
        Self {
            name,
            protobuf: Some(protobuf),
            json: None,
            custom: None,
        }
    }

    #[cfg(feature = "macros")]
    pub(crate) const fn named(mut self, name: &'static str) -> Self {
        self.name = name;
        self
    }

    /// Returns the message's full name, such as `helloworld.HelloRequest`.
    pub const fn name(&self) -> &'static str {
        self.name
    }

    pub(crate) const fn as_protobuf(&self) -> Option<&ProtobufCodec<M>> {
        self.protobuf.as_ref()
    }

    pub(crate) const fn as_json(&self) -> Option<&JsonCodec<M>> {
        self.json.as_ref()
    }

    pub(crate) const fn as_custom(&self) -> Option<&CustomCodec<M>> {
        self.custom.as_ref()
    }

    /// Copies a message by encoding and decoding it, because messages need not be `Clone`.
    pub(crate) fn copy(&self, message: &M) -> Result<M, Status> {
        let failed = |error: String| {
            Status::internal(format!(
                "{} cannot be copied by encoding and decoding it: {error}",
                self.name
            ))
        };
        if let Some(protobuf) = &self.protobuf {
            let mut buffer = BytesMut::with_capacity((protobuf.encoded_len)(message));
            (protobuf.encode)(message, &mut buffer);
            let length = buffer.len();
            return (protobuf.decode)(&mut buffer.freeze(), length)
                .map_err(|error| failed(error.to_string()));
        }
        if let (None, Some(custom)) = (&self.json, &self.custom) {
            let mut buffer = BytesMut::new();
            (custom.encode)(message, &mut buffer)?;
            return (custom.decode)(&buffer);
        }
        let Some(json) = &self.json else {
            return Err(failed("the type has no encoding".to_owned()));
        };
        let cx = JsonContext::new();
        let mut text = Vec::new();
        (json.encode)(message, &cx, &mut text).map_err(|error| failed(error.to_string()))?;
        let text = String::from_utf8(text).map_err(|error| failed(error.to_string()))?;
        (json.decode)(&text, &cx).map_err(|error| failed(error.to_string()))
    }

    /// Describes a message for an error text: its JSON, or its encoded bytes in hex without JSON.
    pub(crate) fn describe(&self, message: &M) -> String {
        if let Some(json) = &self.json {
            let mut text = Vec::new();
            if (json.encode)(message, &JsonContext::new(), &mut text).is_ok() {
                return String::from_utf8_lossy(&text).into_owned();
            }
        }
        let mut bytes = BytesMut::new();
        if let Some(protobuf) = &self.protobuf {
            bytes.reserve((protobuf.encoded_len)(message));
            (protobuf.encode)(message, &mut bytes);
        } else if let Some(custom) = &self.custom {
            // On an encoding error, the bytes written so far are shown.
            let _ = (custom.encode)(message, &mut bytes);
        }
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        format!("{}(0x{hex})", self.name)
    }

    #[cfg(feature = "jsonrpc")]
    pub(crate) const fn with_json(mut self, json: JsonCodec<M>) -> Self {
        self.json = Some(json);
        self
    }
}

/// Options of a conversion to or from JSON: leniency, and the types that `google.protobuf.Any` may hold.
///
/// The default is strict (unknown members and enum names are errors) and has no type registry.
#[derive(Clone, Default)]
pub struct JsonContext {
    ignore_unknown: bool,
    types: Option<Arc<dyn TypeRegistry>>,
    /// Nesting depth of the converted message within an outer one. `Any` converts its message separately, and the depth
    /// limit counts through it.
    depth: u16,
}

impl JsonContext {
    /// Creates a strict context that knows only Google's well-known types.
    pub const fn new() -> Self {
        Self {
            ignore_unknown: false,
            types: None,
            depth: 0,
        }
    }

    /// Sets whether unknown members and unknown enum names are skipped. By default they are errors.
    #[must_use]
    pub fn ignore_unknown(mut self, ignore: bool) -> Self {
        self.ignore_unknown = ignore;
        self
    }

    /// Sets the message types that `google.protobuf.Any` can be read from and written to.
    #[must_use]
    pub fn types(mut self, types: Arc<dyn TypeRegistry>) -> Self {
        self.types = Some(types);
        self
    }

    /// Returns whether unknown members are skipped; see [`ignore_unknown`](Self::ignore_unknown).
    pub fn ignores_unknown(&self) -> bool {
        self.ignore_unknown
    }

    /// Returns the registered type with this full name, such as `google.rpc.ErrorInfo`.
    pub fn find_type(&self, full_name: &str) -> Option<&dyn AnyType> {
        self.types.as_deref()?.find(full_name)
    }

    #[cfg(feature = "jsonrpc")]
    pub(crate) fn depth(&self) -> u16 {
        self.depth
    }

    #[cfg(feature = "jsonrpc")]
    pub(crate) fn at_depth(&self, depth: u16) -> Self {
        Self {
            depth,
            ..self.clone()
        }
    }
}

impl std::fmt::Debug for JsonContext {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JsonContext")
            .field("ignore_unknown", &self.ignore_unknown)
            .field("types", &self.types.is_some())
            .finish()
    }
}

/// A set of message types by full name.
pub trait TypeRegistry: Send + Sync + 'static {
    /// Returns the type with this full name, such as `google.rpc.ErrorInfo`.
    fn find(&self, full_name: &str) -> Option<&dyn AnyType>;
}

/// A message type that converts between protobuf bytes and JSON.
pub trait AnyType: Send + Sync {
    /// Converts encoded bytes to JSON.
    ///
    /// # Errors
    /// The bytes are not a valid message of this type, or the message has no JSON form.
    fn to_json(&self, bytes: &[u8], cx: &JsonContext) -> Result<String, JsonError>;

    /// Converts JSON to encoded bytes.
    ///
    /// # Errors
    /// The text is not valid JSON for this message.
    fn parse_json(&self, json: &str, cx: &JsonContext) -> Result<Vec<u8>, JsonError>;

    /// Returns whether the type's JSON is something other than an object with its fields. `Any` holds such a type in a
    /// member named `value`.
    fn has_special_json(&self) -> bool;
}

/// An error of reading a message from JSON or writing it as JSON.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct JsonError {
    message: String,
}

impl JsonError {
    /// Creates an error from a message that names the problem and its place.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }
}
