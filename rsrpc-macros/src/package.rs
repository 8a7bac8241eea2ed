//! The proto package of a crate's definitions.

use heck::ToSnakeCase;
use rsrpc_codegen::is_identifier;
use syn::LitStr;

/// Default package: the crate's name in snake case.
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

/// Checks a package name.
///
/// # Errors The name is invalid.
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
