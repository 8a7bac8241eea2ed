//! Derives of messages, enums and oneofs.
//!
//! A macro sees only tokens, so the traits of the runtime's module `message` resolve field types. The generated code
//! names only a field's type, number and encoding.

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

/// Runs a derive.
pub(crate) fn derive(input: TokenStream, expand: fn(DeriveInput) -> TokenStream) -> TokenStream {
    match syn::parse2(input) {
        Ok(input) => expand(input),
        Err(error) => error.to_compile_error(),
    }
}
