//! The suite of connectrpc.com/conformance: its service, its calls, and its protocol for programs under test.

pub mod calls;
pub mod channels;
mod headers;
pub mod service;
pub mod talk;

use std::sync::Arc;

use rsrpc_runtime::json::{Json, Types};
use rsrpc_runtime::prost::{Message, Name};
use rsrpc_runtime::prost_types::Any;
use rsrpc_runtime::{Compression, JsonContext, MessageCodec};

use self::proto::conformance_payload::RequestInfo;

/// Generated code.
pub mod proto {
    // Written for the suite, without documentation.
    #![allow(missing_docs, clippy::doc_markdown)]
    rsrpc_runtime::include_proto!("connectrpc.conformance.v1");
}

/// Packs a message into an `Any`.
fn pack<M: Message + Name>(message: &M) -> Any {
    Any {
        type_url: format!("type.googleapis.com/{}", M::full_name()),
        value: message.encode_to_vec(),
    }
}

/// Compressions of both sides.
pub const COMPRESSIONS: [Compression; 3] = [Compression::Zstd, Compression::Gzip, Compression::Deflate];

/// The types that the suite packs into an `Any`.
pub fn json_context() -> JsonContext {
    fn with<M: Message + Name + Default + Json + 'static>(types: Types, name: &'static str) -> Types {
        debug_assert_eq!(M::full_name(), name);
        types.with(MessageCodec::<M>::protobuf(name).json())
    }
    macro_rules! types {
        ($($type:ident)*) => {
            [$(with::<proto::$type> as fn(Types, &'static str) -> Types),*]
                .into_iter()
                .zip([$(concat!("connectrpc.conformance.v1.", stringify!($type))),*])
        };
    }
    let types = types! {
        UnaryRequest UnaryResponse ServerStreamRequest ServerStreamResponse ClientStreamRequest
        ClientStreamResponse BidiStreamRequest BidiStreamResponse UnimplementedRequest UnimplementedResponse
        ConformancePayload Header
    };
    let types = types.fold(Types::new(), |types, (add, name)| add(types, name));
    let info = "connectrpc.conformance.v1.ConformancePayload.RequestInfo";
    JsonContext::new().types(Arc::new(with::<RequestInfo>(types, info)))
}
