//! The values of a call: what is said before, during and after it, whatever the protocol.
//!
//! No I/O happens here, and nothing here knows a wire format, a client or a server.

mod codec;
mod compression;
mod context;
mod deadline;
pub mod details;
mod format;
mod handlers;
mod metadata;
mod method;
mod method_options;
mod peer;
mod rpc_error;
mod status;
mod streaming;
mod task;

pub use codec::{AnyType, JsonContext, JsonError, MessageCodec, TypeRegistry};
pub(crate) use codec::{JsonCodec, ProtobufCodec};
#[cfg(any(feature = "gzip", feature = "zstd"))]
pub use compression::Compression;
#[cfg(not(any(feature = "gzip", feature = "zstd")))]
pub(crate) use compression::Compression;
pub(crate) use compression::{Algorithms, COMPRESS_FROM, CallCompression, Wanted};
pub use context::Context;
pub(crate) use context::{CallParts, HeaderPhase};
pub(crate) use deadline::{DeadlineTimer, after, now};
pub use format::CustomCodec;
pub(crate) use format::{Format, Formats};
#[doc(hidden)]
pub use handlers::{Borrowing, Handler, Handlers, Owned, owned};
pub(crate) use metadata::{BASE64, append_all};
pub use metadata::{Metadata, MetadataError};
pub use method::{DescriptorSet, Method, MethodDescriptor, MethodKind, ServiceDescriptor};
pub use method_options::{IdempotencyLevel, MethodOptions, RetryPolicy};
#[cfg(feature = "tls")]
pub use peer::TlsPeer;
pub use peer::{Peer, PeerAddress};
pub use rpc_error::{ErrorField, ErrorMessage, RpcError};
pub use status::{Code, Status};
#[cfg(feature = "client")]
pub(crate) use streaming::Over;
pub(crate) use streaming::{Fate, Source};
pub use streaming::{StreamSender, Streaming};
pub(crate) use task::{Task, spawn};
