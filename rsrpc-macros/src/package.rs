//! The proto package that a crate's definitions belong to.

use heck::ToSnakeCase;
use rsrpc_codegen::is_identifier;
use syn::LitStr;

/// The package of definitions that name none: the crate's name in snake case, the same for all of a crate.
pub(crate) fn default() -> String {
    let name = std::env::var("CARGO_PKG_NAME")
        .unwrap_or_default()
        .to_snake_case();
    if is_identifier(&name) {
        name
    } else {
        format!("_{name}")
    }
}

/// A package that is named in the source.
///
/// # Errors
/// It is none, at its place.
pub(crate) fn check(package: &LitStr) -> syn::Result<String> {
    let name = package.value();
    if name.split('.').all(is_identifier) {
        return Ok(name);
    }
    Err(syn::Error::new(
        package.span(),
        format!(
            "`{name}` is not a valid proto package; write identifiers separated by dots, such as \"greet.v1\""
        ),
    ))
}
