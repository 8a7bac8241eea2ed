//! From the model to Rust, one file for each kind of item. Every path is absolute, nothing is imported: generated
//! code has to survive a message called `Option` beside it.

mod client;
mod described;
mod descriptor;
mod dynamic;
mod feature;
mod forward;
mod handlers;
mod json;
mod lines;
mod methods;
mod mock;
mod modules;
mod request;
mod schema;
mod server;
mod signature;
mod stubs;
mod surface;

use proc_macro2::TokenStream;
use quote::quote;

pub(crate) use described::described;
pub(crate) use descriptor::{
    constant as descriptor_constant, descriptor_file, include as descriptor_include,
};
pub(crate) use json::{enums as enum_json, messages as message_json};
pub(crate) use lines::ItemText;
pub(crate) use modules::{file_stem, include as package_include, module_tree, package_of_parts};
pub(crate) use surface::assertion as surface;

use crate::Options;
use crate::model::{Docs, Package, Service};

/// The items of a package that go behind its messages; `descriptor` is what defines its `FILE_DESCRIPTOR_SET`.
pub(crate) fn items(
    package: &Package,
    options: &Options,
    runtime: &TokenStream,
    descriptor: Option<TokenStream>,
) -> TokenStream {
    let surface = surface(
        !package.messages.is_empty(),
        !package.services.is_empty(),
        options,
    );
    let messages = options.json.then(|| message_json(package, runtime));
    let enums = options.json.then(|| enum_json(package, runtime));
    let json = messages.into_iter().flatten().chain(enums.into_iter().flatten());
    let texts = json.chain(described(package, options, runtime));
    surface
        .into_iter()
        .chain(descriptor)
        .chain(texts.map(|item| item.tokens()))
        .chain(services(package, options, runtime))
        .collect()
}

/// What belongs to the services of a package, one by one: all tokens of a large one at once are more than its text by
/// far.
pub(crate) fn services<'a>(
    package: &'a Package,
    options: &'a Options,
    runtime: &'a TokenStream,
) -> impl Iterator<Item = TokenStream> + 'a {
    let services = package.services.iter();
    services.flat_map(|service| service_items(service, options, runtime))
}

/// The runtime's path as the options have it.
pub(crate) fn runtime(options: &Options) -> TokenStream {
    options.runtime_path.parse().unwrap_or_default()
}

fn service_items(service: &Service, options: &Options, runtime: &TokenStream) -> Vec<TokenStream> {
    let mut items = Vec::new();
    let either = feature::of_either_side(options);
    // A trait that its author wrote stays, even without a client and a server.
    if service.written.is_some() {
        items.push(stubs::service_trait(service, options, runtime));
    } else if options.server || options.client {
        let service_trait = stubs::service_trait(service, options, runtime);
        items.push(feature::behind_any(&either, service_trait));
    }
    let wrappers = service.wrappers.iter();
    items.extend(wrappers.map(|wrapper| request::request(service, wrapper, runtime)));
    items.push(methods::methods(service, options, runtime));
    items.extend(schema::schema(service, options, runtime));
    if options.server || options.r#dyn {
        let handlers = handlers::handlers(service, runtime);
        let features = match (options.r#dyn, options.server_feature.as_deref()) {
            (true, _) => either.clone(),
            (false, feature) => Vec::from_iter(feature),
        };
        items.push(feature::behind_any(&features, handlers));
    }
    if options.server {
        let server = server::server(service, options, runtime);
        items.push(feature::behind(options.server_feature.as_deref(), server));
    }
    if options.client {
        let client = client::client(service, runtime);
        items.push(feature::behind(options.client_feature.as_deref(), client));
    }
    if options.r#dyn {
        let dynamic = dynamic::dynamic(service, runtime);
        items.push(feature::behind_any(&either, dynamic));
    }
    if options.mock {
        items.push(mock::mock(service, options, runtime));
    }
    items
}

/// Doc attributes; `fallback` where the author wrote nothing.
fn doc_attributes(docs: &Docs, fallback: &str) -> TokenStream {
    if docs.is_empty() {
        return doc(fallback);
    }
    let lines = &docs.0;
    quote!(#(#[doc = #lines])*)
}

/// Lints that the names of rpcs would raise: clippy takes `from_parts` for a constructor.
fn allow_names(service: &Service) -> TokenStream {
    let conventional = ["as_", "from_", "into_", "is_", "to_"];
    let names: Vec<_> = service
        .methods
        .iter()
        .map(|method| method.ident.to_string())
        .collect();
    let prefix = names
        .iter()
        .any(|name| conventional.iter().any(|prefix| name.starts_with(prefix)));
    let prefix = prefix.then(|| quote!(#[allow(clippy::wrong_self_convention)]));
    // Of the methods of std's traits, the one that a client's can be mistaken for.
    let cmp = names.iter().any(|name| name == "cmp");
    let cmp = cmp.then(|| quote!(#[allow(clippy::should_implement_trait)]));
    quote!(#prefix #cmp #[allow(dead_code)])
}

/// One line of docs.
fn doc(line: &str) -> TokenStream {
    let line = format!(" {line}");
    quote!(#[doc = #line])
}
