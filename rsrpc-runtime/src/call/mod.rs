//! The values of a call: what is said before, during and after it, whatever the protocol.
//!
//! No I/O happens here, and nothing here knows a wire format, a client or a server.

mod codec;
mod method;

pub use codec::{AnyType, JsonContext, JsonError, MessageCodec, TypeRegistry};
#[allow(unused_imports)]
pub(crate) use codec::{JsonCodec, ProtobufCodec};
pub use method::{Method, MethodDescriptor, MethodKind, ServiceDescriptor};
