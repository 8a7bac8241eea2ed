//! The service that a method belongs to.

use proc_macro2::TokenStream;

use super::attributes::WireFormat;

/// The service of a method.
pub(super) struct ServiceContext<'a> {
    pub(super) full_name: &'a str,
    pub(super) package: &'a str,
    pub(super) format: WireFormat,
    pub(super) runtime: &'a TokenStream,
}
