//! The proc-macros of rsrpc. Users meet them re-exported by `rsrpc-runtime`, whose features `macros` and `macro-proto`
//! bring them in.

mod errors;
mod message;
mod package;

use proc_macro::TokenStream;

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
