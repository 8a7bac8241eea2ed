//! Selects the service of a file for a trait.

use rsrpc_codegen::ServiceOutline;
use syn::ItemTrait;

use super::arguments::ProtoArguments;

/// Returns the service named by `service = "…"`, otherwise the one with the trait's name.
pub(super) fn choose<'a>(
    arguments: &ProtoArguments,
    item: &ItemTrait,
    services: &'a [ServiceOutline],
) -> Result<&'a ServiceOutline, syn::Error> {
    let file = arguments
        .files
        .first()
        .map(syn::LitStr::value)
        .unwrap_or_default();
    let names: Vec<_> = services
        .iter()
        .map(|service| format!("`{}`", service.full_name))
        .collect();
    let there_is = if names.is_empty() {
        "it has no service at all".to_owned()
    } else {
        format!("it has {}", names.join(", "))
    };
    if let Some(wanted) = &arguments.service {
        let name = wanted.value();
        return services
            .iter()
            .find(|service| service.full_name == name)
            .ok_or_else(|| {
                let message = format!("`{file}` has no service `{name}`; {there_is}");
                syn::Error::new(wanted.span(), message)
            });
    }
    let found = services.iter().find(|service| service.ident == item.ident);
    found.ok_or_else(|| {
        let cure = match services {
            [] => String::new(),
            [first, ..] => format!(
                "; name the trait like it, or choose with `service = \"{}\"`",
                first.full_name
            ),
        };
        let message = format!(
            "`{file}` has no service for a trait `{}`; {there_is}{cure}",
            item.ident
        );
        syn::Error::new(item.ident.span(), message)
    })
}
