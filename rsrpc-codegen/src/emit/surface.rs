//! The assertion that the runtime is one that the generated code was made for.

use proc_macro2::{Literal, TokenStream};
use quote::quote;

use crate::Options;
use crate::model::Package;

/// Counts up whenever generated code begins to use something that older runtimes lack.
const SURFACE: u32 = 1;

pub(super) fn assertion(package: &Package, options: &Options, runtime: &TokenStream) -> Option<TokenStream> {
    let services = !package.services.is_empty();
    let json = (options.json && !package.messages.is_empty()) || (options.jsonrpc && services);
    let surface = Literal::u32_unsuffixed(SURFACE);
    let json = json.then(|| quote!(, json));
    (services || json.is_some()).then(|| quote!(#runtime::generated::assert_surface!(#surface #json);))
}
