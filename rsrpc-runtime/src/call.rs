//! Values of a call, independent of the protocol: metadata, status, streams, context, codecs and method descriptors.
//!
//! This module does no I/O. It does not depend on a wire format, a client or a server.

mod codec;
#[cfg(feature = "__rpc")]
mod compression;
#[cfg(feature = "__rpc")]
mod context;
#[cfg(feature = "__rpc")]
mod deadline;
pub mod details;
mod format;
#[cfg(feature = "__rpc")]
mod handlers;
mod metadata;
mod method;
mod method_options;
#[cfg(feature = "__rpc")]
mod peer;
mod rpc_error;
mod status;
#[cfg(feature = "__rpc")]
mod streaming;
#[cfg(feature = "__rpc")]
mod task;

pub use codec::{AnyType, JsonContext, JsonError, MessageCodec, TypeRegistry};
pub(crate) use codec::{JsonCodec, ProtobufCodec};
pub use format::CustomCodec;
pub(crate) use format::{MessageFormat, MethodFormats};
pub(crate) use metadata::{BASE64, append_all};
pub use metadata::{Metadata, MetadataError};
pub use method::{DescriptorSet, Method, MethodDescriptor, MethodKind, ServiceDescriptor};
pub use method_options::{IdempotencyLevel, MethodOptions, RetryPolicy};
pub use rpc_error::{ErrorField, ErrorMessage, RpcError};
pub use status::{Code, Status};

#[cfg(any(feature = "gzip", feature = "zstd"))]
pub use compression::Compression;
#[cfg(all(feature = "__rpc", not(any(feature = "gzip", feature = "zstd"))))]
pub(crate) use compression::Compression;
#[cfg(feature = "__rpc")]
#[doc(hidden)]
pub use handlers::{BorrowingFn, Handler, Handlers, OwnedHandler, owned};
#[cfg(feature = "tls")]
pub use peer::TlsPeer;
#[cfg(feature = "client")]
pub(crate) use streaming::OutcomeWait;
#[cfg(feature = "__rpc")]
pub(crate) use {
    compression::{CallCompression, CompressionAlgorithms, CompressionOverride, MIN_COMPRESSED_BYTES},
    context::{CallParts, HeaderPhase},
    deadline::{DeadlineTimer, deadline_after, now},
    streaming::{CallOutcome, MessageSource},
    task::{Task, spawn},
};
#[cfg(feature = "__rpc")]
pub use {
    context::Context,
    peer::{Peer, PeerAddress},
    streaming::{StreamSender, Streaming},
};
