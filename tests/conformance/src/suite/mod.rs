//! The suite of connectrpc.com/conformance: the service that it calls and has called, and how it talks to the programs
//! under test.

pub mod calls;
pub mod channels;
mod headers;
pub mod service;
pub mod talk;

use rsrpc_runtime::prost::{Message, Name};
use rsrpc_runtime::prost_types::Any;

/// The generated code.
pub mod proto {
    // Written for a suite, not for readers of documentation.
    #![allow(missing_docs, clippy::doc_markdown)]
    rsrpc_runtime::include_proto!("connectrpc.conformance.v1");
}

/// A message with its type beside it.
fn pack<M: Message + Name>(message: &M) -> Any {
    Any {
        type_url: format!("type.googleapis.com/{}", M::full_name()),
        value: message.encode_to_vec(),
    }
}
