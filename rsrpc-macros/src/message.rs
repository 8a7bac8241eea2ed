//! The derives of messages, enums and oneofs.
//!
//! A macro sees only tokens: what a field's type is, the traits of the runtime's module `message` decide. So the code
//! written here names a type, its number and its encoding, and nothing else.

mod attributes;
mod docs;
mod enumeration;
mod message_impl;
mod message_struct;
mod oneof;
mod parse;
mod reserved;
mod spans;
mod stub;

use proc_macro2::TokenStream;
use syn::DeriveInput;

pub(crate) use enumeration::expand_enum;
pub(crate) use message_impl::expand_message;
pub(crate) use oneof::expand_oneof;

/// Runs one of the derives.
pub(crate) fn derive(input: TokenStream, expand: fn(DeriveInput) -> TokenStream) -> TokenStream {
    match syn::parse2(input) {
        Ok(input) => expand(input),
        Err(error) => error.to_compile_error(),
    }
}
