//! The proc-macros of rsrpc. Users meet them re-exported by `rsrpc-runtime`, where the examples are.
//!
//! This file has the entry points only. Every macro goes on after a mistake, so that all of them are reported at once,
//! and leaves something behind that what is right can refer to.

#[cfg(feature = "proto")]
mod assert_proto;
mod message;
mod package;
#[cfg(feature = "proto")]
mod proto;
mod rpc_error;
mod service;

use proc_macro::TokenStream;

/// Makes a trait a service, with a server, a client and a mock.
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
/// A method takes `&self`, perhaps `cx: &Context`, then one message, plain arguments, a `Streaming` or nothing, and gives a
/// `Result<…, Status>` of a message, a scalar, a container, a `Streaming` or `()`. Over JSON-RPC, this one answers
/// `{"jsonrpc":"2.0","method":"add","params":[1,2],"id":1}` with `{"jsonrpc":"2.0","result":3,"id":1}`, and
/// `"params":{"a":1,"b":2}` just so.
///
/// | `#[service(…)]` | |
/// |---|---|
/// | `package = "counting.v1"` | the proto package; by default the crate's name in snake case |
/// | `name = "Counter"` | the service's name on the wire; by default the trait's |
/// | `codec = "json"` | arguments and results are any types of serde's, over JSON-RPC only |
/// | `client`, `server`, `mock`, `dyn` | `= off` leaves out the item |
/// | `default_stubs` | methods without a body answer UNIMPLEMENTED |
/// | `crate = "::path"` | where `rsrpc_runtime` is |
///
/// | `#[rpc(…)]` on a method | |
/// |---|---|
/// | `name = "Add"` | its name on the wire; by default its own in UpperCamelCase |
/// | `jsonrpc_name = "add"` | a further name in JSON-RPC |
/// | `timeout = "500ms"` | of the client, where a call sets none |
/// | `idempotent`, `no_side_effects` | what a second call changes |
/// | `request = "…"`, `reply = "…"` | the names of messages that are made for plain arguments, and for a `Vec`, `Option` or map |
///
/// With `proto = "…"` the definition is a .proto file and the trait names one of its services; without, the trait's
/// methods are the definition.
#[proc_macro_attribute]
pub fn service(arguments: TokenStream, item: TokenStream) -> TokenStream {
    service::dispatch(arguments.into(), item.into()).into()
}

/// Generates code for .proto files, as a build script would: `proto!("proto/helloworld.proto")`.
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

/// Makes an error enum a [`Status`](https://docs.rs/rsrpc-runtime/latest/rsrpc_runtime/struct.Status.html) with a
/// `google.rpc.ErrorInfo`, and back.
#[proc_macro_derive(RpcError, attributes(rpc))]
pub fn rpc_error(input: TokenStream) -> TokenStream {
    rpc_error::expand(input.into()).into()
}

/// Makes a struct a protobuf message: prost's `Message` and `Name`, `Default`, canonical JSON, and a schema. `Clone`,
/// `PartialEq` and `Debug` stay yours.
///
/// | on the struct | |
/// |---|---|
/// | `package = "greet.v1"` | the proto package; the crate's name in snake case by default |
/// | `name = "Person"` | the name in the package; the struct's by default |
/// | `reserved(3, 5..=7, 100.., "old_name")` | numbers and names that must not come back |
/// | `crate = "path"` | where `rsrpc_runtime` is |
///
/// | on a field | |
/// |---|---|
/// | `tag = 1` | its number on the wire: needed, and never changed |
/// | `encoding = "sint32"` | how an integer is written: `sint32`, `sint64`, `fixed32`, `fixed64`, `sfixed32`, `sfixed64`; of a map, its values |
/// | `key_encoding = "sint32"` | the same for the keys of a map |
/// | `name = "…"`, `json_name = "…"` | its name in the `.proto` file, and in JSON |
/// | `oneof` | an `Option` of an enum with `#[derive(Oneof)]`; no tag |
///
/// A field is a `bool`, `i32`, `i64`, `u32`, `u64`, `f32`, `f64`, `String`, `Vec<u8>` or `Bytes`, an enum of
/// `#[derive(Enum)]`, a message (derived, generated or of prost-types; also in a `Box`), or an `Option`, `Vec`,
/// `HashMap` or `BTreeMap` of these. A message without `Option` is always sent. Doc comments become those of the
/// exported file, `#[deprecated]` its option.
#[proc_macro_derive(Message, attributes(rpc))]
pub fn derive_message(input: TokenStream) -> TokenStream {
    message::derive(input.into(), message::expand_message).into()
}

/// Makes an enum an open protobuf enum: it has a variant `Unknown(i32)`, where the numbers of a newer peer survive.
/// `Default`, the variant with the number 0, and `From` in both directions come with it.
///
/// The number of a variant is `#[rpc(number = 1)]`, or its discriminant; the latter needs `#[repr(i32)]`, and `Unknown`
/// behind the largest number, since it has a discriminant of its own. In the `.proto` file and in JSON a value is called
/// as its variant, in capitals, behind the enum's name: `Red` of `Color` is `COLOR_RED`, unless `#[rpc(name = "…")]` says
/// otherwise. On the enum stand `package`, `name`, `reserved` and `crate`, as for a message.
#[proc_macro_derive(Enum, attributes(rpc))]
pub fn derive_enum(input: TokenStream) -> TokenStream {
    message::derive(input.into(), message::expand_enum).into()
}

/// Makes an enum a oneof: each variant holds one value and is a field of the message that has a field of the type
/// `Option<ThisEnum>` with `#[rpc(oneof)]`.
///
/// A variant has the attributes of a field (`tag`, `encoding`, `name`, `json_name`); by default it is called as in
/// snake case. On the enum stands at most `crate`.
#[proc_macro_derive(Oneof, attributes(rpc))]
pub fn derive_oneof(input: TokenStream) -> TokenStream {
    message::derive(input.into(), message::expand_oneof).into()
}

/// Compares a checked-in `.proto` file with what definitions in Rust export: for a test.
///
/// ```ignore
/// #[test]
/// fn the_proto_file_is_up_to_date() {
///     rsrpc_runtime::assert_proto!("proto/greet.proto", GreeterMethods);
/// }
/// ```
///
/// The path begins at the crate's root. Behind it stand a service's `…Methods`, or messages and enums; the package of
/// the first one is exported, with everything that all of them mention. A difference is named, with whether it breaks
/// programs that were made with the checked-in file; `RSRPC_BLESS=1` writes the file instead. `crate = "path"` behind the
/// path says where the runtime is, if it is not `::rsrpc_runtime`.
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
