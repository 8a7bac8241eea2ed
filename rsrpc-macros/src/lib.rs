//! Procedural macros of rsrpc, re-exported by `rsrpc-runtime`, which has the examples.
//!
//! This file contains only the entry points. Macros continue after an error, so that all errors are reported at once,
//! and emit stubs that valid code can refer to.

#[cfg(feature = "proto")]
mod assert_proto;
mod message;
mod package;
#[cfg(feature = "proto")]
mod proto;
mod rpc_error;
mod service;

use proc_macro::TokenStream;

/// Defines a service by a trait and generates a server, a client and a mock.
///
/// ```
/// use rsrpc_runtime::{Channel, Context, Server, Status, Streaming, service, transport};
///
/// /// Counts.
/// #[service(package = "counting.v1")]
/// pub trait Counter {
///     /// Adds two numbers.
///     #[rpc(no_side_effects, timeout = "2s", jsonrpc_name = "add")]
///     async fn add(&self, a: i32, b: i32) -> Result<i32, Status>;
///
///     /// Counts up to a number.
///     async fn count(&self, cx: &Context, to: u32) -> Result<Streaming<u32>, Status>;
/// }
///
/// struct MyCounter;
///
/// impl Counter for MyCounter {
///     async fn add(&self, a: i32, b: i32) -> Result<i32, Status> {
///         a.checked_add(b).ok_or_else(|| Status::out_of_range("too much"))
///     }
///
///     async fn count(&self, _: &Context, to: u32) -> Result<Streaming<u32>, Status> {
///         Ok(Streaming::iter(0..to))
///     }
/// }
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (listener, connector) = transport::memory();
/// let server = Server::new().add_service(CounterServer::new(MyCounter)).listen(listener)?;
/// tokio::spawn(server.serve());
///
/// let client = CounterClient::new(Channel::builder("memory:").connector(connector).build()?);
/// assert_eq!(client.add(1, 2).await?, 3);
/// let mut numbers = client.count(2).await?;
/// assert_eq!(numbers.message().await?, Some(0));
/// # Ok(()) }
/// ```
///
/// A method takes `&self`, optionally `cx: &Context`, then one message, plain arguments, a `Streaming`, or nothing. It returns
/// a `Result<…, Status>` of a message, a scalar, a container, a `Streaming` or `()`. Over JSON-RPC, the service above replies
/// to `{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}` with `{"jsonrpc":"2.0","result":3,"id":1}`; named params
/// (`"params":{"a":1,"b":2}`) work, too.
///
/// | `#[service(…)]` | meaning |
/// |---|---|
/// | `package = "counting.v1"` | proto package; default: the crate's name in snake case |
/// | `name = "Counter"` | service name on the wire; default: the trait's name |
/// | `codec = "json"` | arguments and results are serde types, encoded as JSON |
/// | `client`, `server`, `mock`, `dyn` | `= off` omits the item |
/// | `default_stubs` | methods without a body reply UNIMPLEMENTED |
/// | `crate = "::path"` | path of `rsrpc_runtime` |
///
/// | `#[rpc(…)]` on a method | meaning |
/// |---|---|
/// | `name = "Add"` | method name on the wire; default: the Rust name in UpperCamelCase |
/// | `jsonrpc_name = "add"` | additional JSON-RPC name |
/// | `timeout = "500ms"` | default timeout of the client |
/// | `idempotent`, `no_side_effects` | idempotency level |
/// | `request = "…"`, `reply = "…"` | names of the messages generated for plain arguments, and for a `Vec`, `Option` or map |
///
/// With `proto = "…"` a .proto file defines the service and the trait names one of its services. Otherwise the trait's
/// methods define it.
#[proc_macro_attribute]
pub fn service(arguments: TokenStream, item: TokenStream) -> TokenStream {
    service::dispatch(arguments.into(), item.into()).into()
}

/// Generates code for .proto files, like a build script: `proto!("proto/helloworld.proto")`.
///
/// Each package becomes a module, `pub mod helloworld { … }`. Paths are relative to the crate's root.
#[proc_macro]
pub fn proto(input: TokenStream) -> TokenStream {
    #[cfg(feature = "proto")]
    return proto::expand(input.into()).into();
    #[cfg(not(feature = "proto"))]
    drop(input);
    #[cfg(not(feature = "proto"))]
    return service::needs_feature(
        proc_macro2::Span::call_site(),
        "proto!",
        &proc_macro2::TokenStream::new(),
    )
    .into();
}

/// Converts an error enum to and from a
/// [`Status`](https://docs.rs/rsrpc-runtime/latest/rsrpc_runtime/struct.Status.html) with a `google.rpc.ErrorInfo`.
#[proc_macro_derive(RpcError, attributes(rpc))]
pub fn rpc_error(input: TokenStream) -> TokenStream {
    rpc_error::expand(input.into()).into()
}

/// Implements a protobuf message for a struct: prost's `Message` and `Name`, `Default`, canonical JSON, and a schema.
/// Derive `Clone`, `PartialEq` and `Debug` yourself.
///
/// | attribute of the struct | meaning |
/// |---|---|
/// | `package = "greet.v1"` | proto package; default: the crate's name in snake case |
/// | `name = "Person"` | message name; default: the struct's name |
/// | `reserved(3, 5..=7, 100.., "old_name")` | reserved field numbers and names |
/// | `crate = "path"` | path of `rsrpc_runtime` |
///
/// | attribute of a field | meaning |
/// |---|---|
/// | `tag = 1` | field number; required, and must never change |
/// | `encoding = "sint32"` | integer encoding: `sint32`, `sint64`, `fixed32`, `fixed64`, `sfixed32`, `sfixed64`; for a map, of its values |
/// | `key_encoding = "sint32"` | integer encoding of a map's keys |
/// | `name = "…"`, `json_name = "…"` | name in the `.proto` file and in JSON |
/// | `oneof` | the field is an `Option` of an enum with `#[derive(Oneof)]`; it has no tag |
///
/// Field types are `bool`, `i32`, `i64`, `u32`, `u64`, `f32`, `f64`, `String`, `Vec<u8>`, `Bytes`, enums with
/// `#[derive(Enum)]`, messages (derived, generated or from prost-types; also in a `Box`), and `Option`, `Vec`,
/// `HashMap` and `BTreeMap` of these. A message field without `Option` is always present. Doc comments and
/// `#[deprecated]` are exported to the .proto file.
#[proc_macro_derive(Message, attributes(rpc))]
pub fn derive_message(input: TokenStream) -> TokenStream {
    message::derive(input.into(), message::expand_message).into()
}

/// Implements an open protobuf enum for an enum with a variant `Unknown(i32)`, which holds numbers of newer peers.
/// Also implements `Default` (the variant with the number 0) and `From` in both directions.
///
/// A variant's number is `#[rpc(number = 1)]` or its discriminant. Discriminants need `#[repr(i32)]`, and `Unknown`
/// must come last with a larger discriminant. In the `.proto` file and in JSON a value is named after enum and
/// variant in upper case: `Red` of `Color` is `COLOR_RED`. `#[rpc(name = "…")]` overrides the name. The enum takes
/// `package`, `name`, `reserved` and `crate` like a message.
#[proc_macro_derive(Enum, attributes(rpc))]
pub fn derive_enum(input: TokenStream) -> TokenStream {
    message::derive(input.into(), message::expand_enum).into()
}

/// Implements a oneof for an enum whose variants each hold one value. The message has a field of type
/// `Option<ThisEnum>` with `#[rpc(oneof)]`.
///
/// A variant takes the attributes of a field (`tag`, `encoding`, `name`, `json_name`). Its default name is the
/// variant in snake case. The enum takes only `crate`.
#[proc_macro_derive(Oneof, attributes(rpc))]
pub fn derive_oneof(input: TokenStream) -> TokenStream {
    message::derive(input.into(), message::expand_oneof).into()
}

/// Compares a checked-in `.proto` file with the definitions that Rust exports. For use in a test.
///
/// ```ignore
/// #[test]
/// fn proto_file_is_current() {
///     rsrpc_runtime::assert_proto!("proto/greet.proto", GreeterMethods);
/// }
/// ```
///
/// The path is relative to the crate's root. It is followed by a service's `…Methods`, or by messages and enums. The
/// package of the first is exported, with all types that they refer to. The macro panics with each difference and
/// whether it breaks peers built from the checked-in file. `RSRPC_BLESS=1` writes the file instead. `crate = "path"`
/// after the path names the runtime if it is not `::rsrpc_runtime`.
#[proc_macro]
pub fn assert_proto(input: TokenStream) -> TokenStream {
    #[cfg(feature = "proto")]
    return assert_proto::expand(input.into()).into();
    #[cfg(not(feature = "proto"))]
    drop(input);
    #[cfg(not(feature = "proto"))]
    return service::needs_feature(
        proc_macro2::Span::call_site(),
        "assert_proto!",
        &proc_macro2::TokenStream::new(),
    )
    .into();
}
