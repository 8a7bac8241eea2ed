//! The path by which generated code names the runtime.

use proc_macro2::TokenStream;

use crate::Options;

/// The runtime's path as the options have it.
pub(crate) fn runtime(options: &Options) -> TokenStream {
    options.runtime_path.parse().unwrap_or_default()
}
