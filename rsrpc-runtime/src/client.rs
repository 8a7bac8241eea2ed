//! Clients: channels as users hold them, and calls as values.
//!
//! A call is sent when it is awaited. Dropping the future or the stream of replies cancels the call.

mod bidi;
mod body_excerpt;
mod builder;
mod calls;
mod channel;
mod client_streaming;
mod codec;
mod dispatch;
mod error;
mod grpc;
#[cfg(feature = "grpc-web")]
mod grpc_web;
#[cfg(any(feature = "jsonrpc", feature = "grpc-web"))]
mod http1_request;
mod http2_request;
#[cfg(feature = "jsonrpc")]
mod jsonrpc;
mod options;
mod prepared_call;
mod protocol;
mod protocol_client;
mod response;
mod retry_limit;
mod security;
mod server_streaming;
mod service;
mod start;
mod unary;
mod unary_collector;
mod unary_future;

pub use self::bidi::BidiCall;
pub use self::builder::ChannelBuilder;
pub use self::channel::Channel;
pub use self::client_streaming::ClientStreamingCall;
pub use self::codec::Codec;
pub use self::error::ChannelError;
#[cfg(feature = "grpc-web")]
pub use self::grpc_web::GrpcWeb;
pub use self::http2_request::ResponseBody;
pub use self::protocol::{Protocol, UnknownProtocol};
pub use self::response::Response;
pub use self::server_streaming::ServerStreamingCall;
pub use self::unary::{DetailedUnaryCall, UnaryCall, UnaryReply};
pub use self::unary_future::UnaryFuture;
pub use crate::channel::{Target, TargetError};
#[cfg(feature = "jsonrpc")]
pub use crate::wire::jsonrpc::JsonRpcError;
