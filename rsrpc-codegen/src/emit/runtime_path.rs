//! The path by which generated code names the runtime.

use proc_macro2::TokenStream;

use crate::Options;

/// Returns the runtime's path from the options.
pub(crate) fn runtime(options: &Options) -> TokenStream {
    options.runtime_path.parse().unwrap_or_default()
}
