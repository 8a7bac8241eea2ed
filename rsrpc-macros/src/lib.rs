//! The proc-macros of rsrpc. Users meet them re-exported by `rsrpc-runtime`, where the examples are.
//!
//! This file has the entry points only. Every macro goes on after a mistake, so that all of them are reported at once,
//! and leaves something behind that what is right can refer to.

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
