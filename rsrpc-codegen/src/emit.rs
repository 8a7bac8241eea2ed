//! Turns the model into Rust code, one file per kind of item. All paths are absolute and nothing is imported, because
//! generated code must work next to a message named `Option`.

mod attributes;
mod client;
mod delegate;
mod descriptor;
mod dynamic;
mod feature_gate;
mod file_names;
mod handlers;
mod idents;
mod item_writer;
mod json;
mod message_schema;
mod methods;
mod mock;
mod modules;
mod request_types;
mod runtime_check;
mod runtime_path;
mod server;
mod service_schema;
mod service_trait;
mod signature;

use proc_macro2::TokenStream;

pub(crate) use descriptor::{
    constant as descriptor_constant, descriptor_file, include as descriptor_include,
};
pub(crate) use file_names::file_stem;
pub(crate) use item_writer::ItemText;
pub(crate) use json::{enums as enum_json, messages as message_json};
pub(crate) use message_schema::message_schemas;
pub(crate) use modules::{include as package_include, module_tree, package_of_parts};
pub(crate) use runtime_check::runtime_assertion;
pub(crate) use runtime_path::runtime;

use crate::Options;
use crate::model::{Package, Service};

/// Returns the items that follow a package's messages; `descriptor` defines its `FILE_DESCRIPTOR_SET`.
pub(crate) fn items(
    package: &Package,
    options: &Options,
    runtime: &TokenStream,
    descriptor: Option<TokenStream>,
) -> TokenStream {
    let assertion = runtime_assertion(
        !package.messages.is_empty(),
        !package.services.is_empty(),
        options,
    );
    let messages = options.json.then(|| message_json(package, runtime));
    let enums = options.json.then(|| enum_json(package, runtime));
    let json = messages.into_iter().flatten().chain(enums.into_iter().flatten());
    let texts = json.chain(message_schemas(package, options, runtime));
    assertion
        .into_iter()
        .chain(descriptor)
        .chain(texts.map(|item| item.tokens()))
        .chain(services(package, options, runtime))
        .collect()
}

/// Returns the items of a package's services one by one. The tokens of a large package take far more memory than its
/// text.
pub(crate) fn services<'a>(
    package: &'a Package,
    options: &'a Options,
    runtime: &'a TokenStream,
) -> impl Iterator<Item = TokenStream> + 'a {
    let services = package.services.iter();
    services.flat_map(|service| service_items(service, options, runtime))
}

fn service_items(service: &Service, options: &Options, runtime: &TokenStream) -> Vec<TokenStream> {
    let mut items = Vec::new();
    let client_or_server = feature_gate::client_or_server_features(options);
    // A trait written by the author is kept even without a client and a server.
    if service.written.is_some() {
        items.push(service_trait::service_trait(service, options, runtime));
    } else if options.server || options.client {
        let service_trait = service_trait::service_trait(service, options, runtime);
        items.push(feature_gate::gate_any(&client_or_server, service_trait));
    }
    let wrappers = service.wrappers.iter();
    items.extend(wrappers.map(|wrapper| request_types::request_type(service, wrapper, runtime)));
    items.push(methods::methods(service, options, runtime));
    items.extend(service_schema::service_schema(service, options, runtime));
    if options.server || options.r#dyn {
        let handlers = handlers::handlers(service, runtime);
        let features = match (options.r#dyn, options.server_feature.as_deref()) {
            (true, _) => client_or_server.clone(),
            (false, feature) => Vec::from_iter(feature),
        };
        items.push(feature_gate::gate_any(&features, handlers));
    }
    if options.server {
        let server = server::server(service, options, runtime);
        items.push(feature_gate::gate(options.server_feature.as_deref(), server));
    }
    if options.client {
        let client = client::client(service, runtime);
        items.push(feature_gate::gate(options.client_feature.as_deref(), client));
    }
    if options.r#dyn {
        let dynamic = dynamic::dynamic(service, runtime);
        items.push(feature_gate::gate_any(&client_or_server, dynamic));
    }
    if options.mock {
        items.push(mock::mock(service, options, runtime));
    }
    items
}
