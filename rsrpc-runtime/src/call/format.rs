//! Message formats of a gRPC call: the suffix of `application/grpc+` in the content type.

use bytes::BytesMut;

use super::{Method, MethodDescriptor, Status};

/// An encoding of one message type other than protobuf and JSON, such as FlatBuffers or CBOR.
///
/// ```
/// use rsrpc_runtime::{CustomCodec, MessageCodec, Status};
///
/// const LINE: MessageCodec<String> = MessageCodec::custom(
///     "example.Line",
///     CustomCodec::new(
///         "text",
///         |line, buffer| {
///             buffer.extend_from_slice(line.as_bytes());
///             Ok(())
///         },
///         |bytes| String::from_utf8(bytes.to_vec()).map_err(|error| Status::internal(error.to_string())),
///     ),
/// );
/// ```
pub struct CustomCodec<M> {
    pub(crate) subtype: &'static str,
    pub(crate) encode: fn(&M, &mut BytesMut) -> Result<(), Status>,
    pub(crate) decode: fn(&[u8]) -> Result<M, Status>,
}

impl<M> CustomCodec<M> {
    /// Creates an encoding with a content subtype in lower case. Calls with the subtype `flatbuffers` have the content
    /// type `application/grpc+flatbuffers`.
    ///
    /// `encode` appends the message. `decode` receives one whole message, within the receiver's size limit. An error
    /// from either ends the call.
    ///
    /// # Panics
    /// The subtype is empty, contains characters other than `a-z`, `0-9`, `.`, `-` and `_`, or is the reserved `proto`
    /// or `json`. In a constant, this is a compile error.
    pub const fn new(
        subtype: &'static str,
        encode: fn(&M, &mut BytesMut) -> Result<(), Status>,
        decode: fn(&[u8]) -> Result<M, Status>,
    ) -> Self {
        assert!(is_subtype(subtype.as_bytes()), "invalid content subtype");
        Self {
            subtype,
            encode,
            decode,
        }
    }
}

const fn is_subtype(name: &[u8]) -> bool {
    let mut index = 0;
    while index < name.len() {
        if !matches!(name[index], b'a'..=b'z' | b'0'..=b'9' | b'.' | b'-' | b'_') {
            return false;
        }
        index += 1;
    }
    !matches!(name, b"" | b"proto" | b"json")
}

impl<M> Clone for CustomCodec<M> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<M> Copy for CustomCodec<M> {}

impl<M> std::fmt::Debug for CustomCodec<M> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomCodec")
            .field("subtype", &self.subtype)
            .finish_non_exhaustive()
    }
}

/// The encoding of a call's messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MessageFormat {
    Protobuf,
    Json,
    /// The method's custom encoding.
    Custom,
}

/// The encodings that both message types of a method support.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct MethodFormats {
    pub(crate) protobuf: bool,
    pub(crate) json: bool,
    pub(crate) custom: Option<&'static str>,
}

impl MethodFormats {
    pub(crate) fn of<Req, Rep>(method: &Method<Req, Rep>) -> Self {
        let (request, reply) = (method.request(), method.reply());
        let custom = match (request.as_custom(), reply.as_custom()) {
            (Some(request), Some(reply)) if request.subtype == reply.subtype => Some(request.subtype),
            _ => None,
        };
        Self {
            protobuf: request.as_protobuf().is_some() && reply.as_protobuf().is_some(),
            json: request.as_json().is_some() && reply.as_json().is_some(),
            custom,
        }
    }

    /// Returns the format for a bare `application/grpc`: protobuf, or the custom encoding of a method without protobuf.
    pub(crate) fn default_format(self) -> Option<MessageFormat> {
        match self {
            Self { protobuf: true, .. } => Some(MessageFormat::Protobuf),
            Self { custom: Some(_), .. } => Some(MessageFormat::Custom),
            _ => None,
        }
    }

    /// Returns the format for `application/grpc+SUBTYPE`; `None` if the method does not support it.
    pub(crate) fn by_subtype(self, subtype: &str) -> Option<MessageFormat> {
        match subtype {
            "proto" => self.protobuf.then_some(MessageFormat::Protobuf),
            "json" => self.json.then_some(MessageFormat::Json),
            _ => (self.custom == Some(subtype)).then_some(MessageFormat::Custom),
        }
    }

    /// Describes the supported content types for an error text.
    pub(crate) fn describe(self, method: &MethodDescriptor) -> String {
        let known = [
            self.protobuf.then_some("proto"),
            self.json.then_some("json"),
            self.custom,
        ];
        let known: Vec<&str> = known.into_iter().flatten().collect();
        match known.as_slice() {
            [] => format!(
                "{} cannot be called over gRPC: request and reply share no encoding",
                method.full_name()
            ),
            known => format!(
                "{} supports application/grpc+{}",
                method.full_name(),
                known.join(" or +")
            ),
        }
    }
}
