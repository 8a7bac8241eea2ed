//! Emits the assertion that the runtime supports the generated code.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::runtime_path::runtime;
use crate::Options;

/// Version of the runtime surface. Increment it when generated code starts to use an item that older runtimes lack.
const SURFACE_VERSION: u32 = 1;

/// Returns the assertion for code with messages or services.
pub(crate) fn runtime_assertion(messages: bool, services: bool, options: &Options) -> Option<TokenStream> {
    let runtime = runtime(options);
    let json = (options.json && messages) || (options.jsonrpc && services);
    let surface = Literal::u32_unsuffixed(SURFACE_VERSION);
    let json = json.then(|| quote!(, json));
    (services || json.is_some()).then(|| quote!(#runtime::generated::assert_surface!(#surface #json);))
}
