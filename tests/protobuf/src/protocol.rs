//! The used part of the runner's protocol, with the names and numbers of `conformance.proto`.

use rsrpc_runtime::prost::{self, Enumeration, Message, Oneof};

/// A payload and its requested output format.
#[derive(Clone, PartialEq, Message)]
#[prost(prost_path = "prost")]
pub(crate) struct Request {
    #[prost(oneof = "Payload", tags = "1, 2, 7, 8")]
    pub(crate) payload: Option<Payload>,
    #[prost(enumeration = "Format", tag = "3")]
    pub(crate) requested_output_format: i32,
    /// The full name of the message.
    #[prost(string, tag = "4")]
    pub(crate) message_type: String,
    #[prost(enumeration = "Category", tag = "5")]
    pub(crate) test_category: i32,
}

#[derive(Clone, PartialEq, Oneof)]
#[prost(prost_path = "prost")]
pub(crate) enum Payload {
    #[prost(bytes, tag = "1")]
    Protobuf(Vec<u8>),
    #[prost(string, tag = "2")]
    Json(String),
    #[prost(string, tag = "7")]
    Jspb(String),
    #[prost(string, tag = "8")]
    Text(String),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[prost(prost_path = "prost")]
#[repr(i32)]
pub(crate) enum Format {
    Unspecified = 0,
    Protobuf = 1,
    Json = 2,
    Jspb = 3,
    Text = 4,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Enumeration)]
#[prost(prost_path = "prost")]
#[repr(i32)]
pub(crate) enum Category {
    Unspecified = 0,
    Binary = 1,
    Json = 2,
    JsonIgnoreUnknown = 3,
    Jspb = 4,
    Text = 5,
}

/// Outcome of a conversion.
#[derive(Clone, PartialEq, Message)]
#[prost(prost_path = "prost")]
pub(crate) struct Response {
    #[prost(oneof = "Outcome", tags = "1, 2, 3, 4, 5, 6")]
    pub(crate) result: Option<Outcome>,
}

#[derive(Clone, PartialEq, Oneof)]
#[prost(prost_path = "prost")]
pub(crate) enum Outcome {
    #[prost(string, tag = "1")]
    ParseError(String),
    #[prost(string, tag = "2")]
    RuntimeError(String),
    #[prost(bytes, tag = "3")]
    Protobuf(Vec<u8>),
    #[prost(string, tag = "4")]
    Json(String),
    #[prost(string, tag = "5")]
    Skipped(String),
    #[prost(string, tag = "6")]
    SerializeError(String),
}
