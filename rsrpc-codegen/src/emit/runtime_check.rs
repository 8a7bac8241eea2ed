//! The assertion that the runtime is one that the generated code was made for.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use super::runtime_path::runtime;
use crate::Options;

/// Counts up whenever generated code begins to use something that older runtimes lack.
const SURFACE_VERSION: u32 = 1;

/// What code with messages or services asserts.
pub(crate) fn runtime_assertion(messages: bool, services: bool, options: &Options) -> Option<TokenStream> {
    let runtime = runtime(options);
    let json = (options.json && messages) || (options.jsonrpc && services);
    let surface = Literal::u32_unsuffixed(SURFACE_VERSION);
    let json = json.then(|| quote!(, json));
    (services || json.is_some()).then(|| quote!(#runtime::generated::assert_surface!(#surface #json);))
}
