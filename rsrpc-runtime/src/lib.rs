//! The runtime of rsrpc: serves and calls services over gRPC and JSON-RPC 2.0.
//!
//! This is the one dependency of a crate with generated code, which `rsrpc-build` makes in a build script,
//! `protoc-gen-rsrpc` in protoc, and the macros of this crate in place, from a `.proto` file or from a Rust trait. A service
//! becomes a trait, a server, a client and a mock:
//!
//! ```
//! use helloworld::{Greeter, GreeterClient, GreeterServer, HelloReply, HelloRequest};
//! use rsrpc_runtime::{Channel, Context, Server, Status, transport};
//!
//! struct MyGreeter;
//!
//! impl Greeter for MyGreeter {
//!     async fn say_hello(&self, _: &Context, request: HelloRequest) -> Result<HelloReply, Status> {
//!         let message = format!("Hello {}", request.name);
//!         Ok(HelloReply { message })
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // Within the process here; `Server::bind("127.0.0.1:50051")` listens for everybody.
//! let (listener, connector) = transport::memory();
//! let server = Server::new().add_service(GreeterServer::new(MyGreeter)).listen(listener)?;
//! tokio::spawn(server.serve());
//!
//! let channel = Channel::builder("memory:").connector(connector).build()?;
//! let request = HelloRequest { name: "World".into() };
//! let reply = GreeterClient::new(channel).say_hello(request).await?;
//! assert_eq!(reply.message, "Hello World");
//! # Ok(()) }
//! # /// As `include_proto!("helloworld")` brings it in.
//! # mod helloworld {
//! #     use std::future::Future;
//! #     use std::sync::Arc;
//! #     use rsrpc_runtime::{Channel, Context, Status, generated::*};
//! #     #[derive(Clone, PartialEq, rsrpc_runtime::prost::Message)]
//! #     #[prost(prost_path = "rsrpc_runtime::prost")]
//! #     pub struct HelloRequest { #[prost(string, tag = "1")] pub name: String }
//! #     #[derive(Clone, PartialEq, rsrpc_runtime::prost::Message)]
//! #     #[prost(prost_path = "rsrpc_runtime::prost")]
//! #     pub struct HelloReply { #[prost(string, tag = "1")] pub message: String }
//! #     pub trait Greeter: Send + Sync + 'static {
//! #         fn say_hello(&self, cx: &Context, request: HelloRequest)
//! #             -> impl Future<Output = Result<HelloReply, Status>> + Send;
//! #     }
//! #     const SAY_HELLO: &'static Method<HelloRequest, HelloReply> = &Method::unary(
//! #         "/helloworld.Greeter/SayHello",
//! #         MessageCodec::protobuf("helloworld.HelloRequest"),
//! #         MessageCodec::protobuf("helloworld.HelloReply"),
//! #     );
//! #     static GREETER: ServiceDescriptor = ServiceDescriptor {
//! #         name: "helloworld.Greeter",
//! #         methods: &[SAY_HELLO.descriptor()],
//! #         file: "helloworld.proto",
//! #         descriptor_set: DescriptorSet::none(),
//! #     };
//! #     pub struct GreeterServer<T>(Arc<T>);
//! #     impl<T> GreeterServer<T> {
//! #         pub fn new(service: T) -> Self { Self(Arc::new(service)) }
//! #     }
//! #     impl<T: Greeter> Service for GreeterServer<T> {
//! #         fn register(self, routes: &mut Routes) {
//! #             routes.service(self.0, ServiceOptions::new(&GREETER)).unary(SAY_HELLO, T::say_hello);
//! #         }
//! #     }
//! #     pub struct GreeterClient(Channel);
//! #     impl GreeterClient {
//! #         pub fn new(channel: Channel) -> Self { Self(channel) }
//! #         pub fn say_hello(&self, request: HelloRequest) -> UnaryCall<HelloRequest, HelloReply> {
//! #             UnaryCall::new(&self.0, SAY_HELLO, request)
//! #         }
//! #     }
//! # }
//! ```
//!
//! | where | what |
//! |---|---|
//! | the crate's root | the values of a call: [`Context`], [`Metadata`], [`Status`], [`Streaming`] |
//! | [`server`] | [`Server`] and its limits; the router as a `tower::Service` |
//! | [`client`] | [`Channel`], and calls as values |
//! | [`interceptor`] | what runs around every call, on either side |
//! | [`transport`] | TCP, Unix sockets, memory, and the traits for one of your own |
//! | [`json`] | messages as canonical proto3 JSON |
//! | `message`, `schema` | with the feature `macros`: Rust types as messages, and their schema at run time |
//! | `health`, `reflection` | with the features of these names: the standard services of gRPC servers |
//! | `tls` | with the feature `tls`: what a channel trusts, what a server shows |
//! | [`mock`] | what the generated mocks of services are told to expect |
//!
//! # Features
//!
//! On by default:
//!
//! | feature | adds |
//! |---|---|
//! | `client` | [`client`]: channels and typed clients |
//! | `server` | [`server`] |
//! | `jsonrpc` | [`json`] and JSON-RPC 2.0; code generated with `json=off` does not need it |
//!
//! Off by default:
//!
//! | feature | adds |
//! |---|---|
//! | `grpc-web` | gRPC-Web in servers and channels |
//! | `gzip` | gzip and deflate compression of gRPC messages |
//! | `health` | the gRPC health service |
//! | `macro-proto` | `macros`, and `proto!`, `#[service(proto = …)]` and `assert_proto!`, which read .proto files |
//! | `macros` | `#[service]` on a trait; `#[derive(Message)]`, `Enum`, `Oneof` and `RpcError` |
//! | `reflection` | the gRPC server reflection service |
//! | `tls` | TLS and mutual TLS, through rustls |
//! | `zstd` | zstd compression of gRPC messages |
//!
//! gRPC needs no feature: every server and every channel speaks it. A crate that holds only messages disables the default
//! features. It then has messages, method descriptors, [`Status`] and, with `jsonrpc`, JSON, and depends on neither
//! tokio, hyper nor h2.

#![cfg_attr(docsrs, feature(doc_cfg))]
#![cfg_attr(docsrs, doc(auto_cfg(hide(feature = "__rpc"))))]
// Code shared by several features is partly unused when only some of them are enabled.
#![cfg_attr(
    not(all(feature = "jsonrpc", feature = "server", feature = "client")),
    allow(dead_code, unused_imports)
)]

mod call;
#[cfg(feature = "client")]
mod channel;
#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "__rpc")]
mod error;
#[cfg(feature = "__fuzz")]
#[doc(hidden)]
pub mod fuzz;
pub mod generated;
#[cfg(feature = "__rpc")]
pub mod interceptor;
#[cfg(feature = "jsonrpc")]
pub mod json;
#[cfg(feature = "macros")]
pub mod message;
#[cfg(feature = "macros")]
pub mod schema;
#[cfg(feature = "server")]
pub mod server;
#[cfg(feature = "__rpc")]
mod services;
#[cfg(feature = "__rpc")]
mod sync;
#[cfg(feature = "__rpc")]
pub mod transport;
#[cfg(feature = "__rpc")]
mod wire;

pub use call::*;
#[cfg(feature = "client")]
pub use client::{Channel, Codec, Protocol};
#[cfg(feature = "__rpc")]
pub use interceptor::Interceptor;
#[cfg(feature = "macros")]
pub use rsrpc_macros::{Enum, Message, Oneof};
#[cfg(feature = "server")]
pub use server::Server;
#[cfg(feature = "health")]
pub use services::health;
#[cfg(feature = "__rpc")]
pub use services::mock;
#[cfg(feature = "reflection")]
pub use services::reflection;
#[cfg(feature = "tls")]
pub use transport::tls;
#[cfg(all(feature = "jsonrpc", feature = "__rpc"))]
pub use wire::jsonrpc::JsonRpcError;
pub use {prost, prost_types};

#[cfg(feature = "macros")]
pub use rsrpc_macros::{RpcError, assert_proto, proto, service};

/// Brings in what `rsrpc-build` made of a proto package: `include_proto!("helloworld")`.
///
/// The package's file lies in Cargo's `OUT_DIR`; for files elsewhere, declare a module with `#[path]`.
#[macro_export]
macro_rules! include_proto {
    ($package:tt) => {
        include!(concat!(env!("OUT_DIR"), "/", $package, ".rs"));
    };
}
