//! The proc-macros of rsrpc. Users meet them re-exported by `rsrpc-runtime`, where the examples are.
//!
//! This file has the entry points only. Every macro goes on after a mistake, so that all of them are reported at once,
//! and leaves something behind that what is right can refer to.

#[cfg(feature = "proto")]
mod assert_proto;
mod errors;
mod message;
mod package;
#[cfg(feature = "proto")]
mod proto;
mod rpc_error;
mod service;

use proc_macro::TokenStream;

/// Makes a trait a service, with a server, a client and a mock.
///
/// With `proto = "…"` the definition is a .proto file and the trait names one of its services; without, the trait's
/// methods are the definition.
#[proc_macro_attribute]
pub fn service(arguments: TokenStream, item: TokenStream) -> TokenStream {
    service::dispatch(arguments.into(), item.into()).into()
}

/// Generates code for .proto files, as a build script would: `proto!("proto/helloworld.proto")`.
///
/// Each package becomes a module, `pub mod helloworld { … }`. Paths begin at the crate's root.
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

/// A struct as a protobuf message.
#[proc_macro_derive(Message, attributes(rpc))]
pub fn derive_message(input: TokenStream) -> TokenStream {
    message::derive(input.into(), message::expand_message).into()
}

/// A Rust enum as an open protobuf enum.
#[proc_macro_derive(Enum, attributes(rpc))]
pub fn derive_enum(input: TokenStream) -> TokenStream {
    message::derive(input.into(), message::expand_enum).into()
}

/// A Rust enum as a oneof of a message.
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
/// programs that were made with the checked-in file; `RSRPC_BLESS=1` writes the file instead.
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
