//! Parses `#[service(…)]` and `#[rpc(…)]`.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, ItemTrait, Lit, LitStr, Meta, Token};

use super::duration::duration;
use super::errors::Errors;
use crate::model::{Docs, IdempotencyLevel};
use crate::{Options, naming};

/// The wire format of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WireFormat {
    /// Protobuf over gRPC, its canonical JSON over JSON-RPC.
    Protobuf,
    /// serde's JSON over JSON-RPC.
    Json,
}

/// The keys of `#[service(…)]`.
pub(super) struct ServiceAttributes {
    pub(super) package: String,
    /// The span of the package name.
    pub(super) package_span: Span,
    pub(super) name: String,
    pub(super) format: WireFormat,
    pub(super) options: Options,
}

/// The keys of a method's `#[rpc(…)]`.
#[derive(Default)]
pub(super) struct RpcAttributes {
    pub(super) name: Option<LitStr>,
    pub(super) request: Option<LitStr>,
    pub(super) reply: Option<LitStr>,
    pub(super) jsonrpc_name: Option<LitStr>,
    pub(super) timeout: Option<Duration>,
    pub(super) idempotency: IdempotencyLevel,
}

/// `key` or `key = value`.
struct AttributeEntry {
    key: Ident,
    value: Option<AttributeValue>,
}

/// A value: `"text"`, or a word such as `off`.
struct AttributeValue {
    text: String,
    literal: Option<LitStr>,
    tokens: TokenStream,
}

impl Parse for AttributeEntry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = Ident::parse_any(input)?;
        if !input.peek(Token![=]) {
            return Ok(Self { key, value: None });
        }
        input.parse::<Token![=]>()?;
        let value = if input.peek(LitStr) {
            let literal: LitStr = input.parse()?;
            AttributeValue {
                text: literal.value(),
                tokens: quote!(#literal),
                literal: Some(literal),
            }
        } else if input.peek(Lit) {
            let literal: Lit = input.parse()?;
            let tokens = quote!(#literal);
            AttributeValue {
                text: tokens.to_string(),
                tokens,
                literal: None,
            }
        } else {
            let word = Ident::parse_any(input)?;
            AttributeValue {
                text: word.to_string(),
                tokens: quote!(#word),
                literal: None,
            }
        };
        Ok(Self {
            key,
            value: Some(value),
        })
    }
}

fn entries(tokens: TokenStream, errors: &mut Errors) -> Vec<AttributeEntry> {
    match Punctuated::<AttributeEntry, Token![,]>::parse_terminated.parse2(tokens) {
        Ok(entries) => entries.into_iter().collect(),
        Err(error) => {
            errors.push(error);
            Vec::new()
        }
    }
}

/// Returns the string value of a key.
fn text(key: &Ident, value: Option<&AttributeValue>, errors: &mut Errors) -> Option<LitStr> {
    let literal = value.and_then(|value| value.literal.clone());
    if literal.is_none() {
        let message = format!("`{key}` takes a string; write `{key} = \"…\"`");
        match value {
            Some(value) => errors.add(&value.tokens, message),
            None => errors.add(key, message),
        }
    }
    literal
}

/// Reports a repeated key, and returns whether it is the first.
fn is_first(seen: &mut Vec<String>, key: &Ident, errors: &mut Errors) -> bool {
    let name = key.to_string();
    let is_first = !seen.contains(&name);
    if !is_first {
        errors.add(key, format!("`{name}` is given twice"));
    }
    seen.push(name);
    is_first
}

/// Generator options that also apply without a .proto file.
const SWITCHES: [&str; 5] = ["client", "server", "mock", "dyn", "default_stubs"];
const SERVICE_KEYS: &str = "package, name, codec, proto, client, server, mock, dyn, default_stubs, crate";

pub(super) fn service(
    tokens: TokenStream,
    item: &ItemTrait,
    default_package: &str,
    errors: &mut Errors,
) -> ServiceAttributes {
    let mut found = ServiceAttributes {
        package: default_package.to_owned(),
        package_span: item.ident.span(),
        name: item.ident.unraw().to_string(),
        format: WireFormat::Protobuf,
        options: Options::default(),
    };
    let mut seen = Vec::new();
    let mut is_named = false;
    for AttributeEntry { key, value } in entries(tokens, errors) {
        let name = key.to_string();
        let value = value.as_ref();
        if !is_first(&mut seen, &key, errors) {
            continue;
        }
        match name.as_str() {
            "package" => {
                let Some(package) = text(&key, value, errors) else {
                    continue;
                };
                let text = package.value();
                if !text.split('.').all(naming::is_identifier) {
                    let message = format!(
                        "`{text}` is not a proto package name; write identifiers separated by dots, such as \
                         \"greet.v1\""
                    );
                    errors.add(&package, message);
                    continue;
                }
                found.package_span = package.span();
                found.package = text;
            }
            "name" => {
                let Some(service) = text(&key, value, errors) else {
                    continue;
                };
                is_named = true;
                if !naming::is_identifier(&service.value()) {
                    let message = format!(
                        "`{}` is not a protobuf service name; write an identifier, such as `Greeter`",
                        service.value()
                    );
                    errors.add(&service, message);
                    continue;
                }
                found.name = service.value();
            }
            "codec" => match value {
                Some(value) if value.literal.is_some() && value.text == "json" => {
                    found.format = WireFormat::Json
                }
                Some(value) => errors.add(
                    &value.tokens,
                    "`codec` takes `\"json\"`; leave it out for protobuf",
                ),
                None => errors.add(&key, "`codec` takes `\"json\"`; leave it out for protobuf"),
            },
            "crate" => {
                if let Some(path) = text(&key, value, errors)
                    && let Err(error) = found.options.set("runtime_path", Some(&path.value()))
                {
                    let message = error.message().replace("option `runtime_path`", "`crate`");
                    errors.add(&path, message);
                }
            }
            switch if SWITCHES.contains(&switch) => {
                if let Err(error) = found.options.set(switch, value.map(|value| value.text.as_str())) {
                    let message = error.message().replace("option ", "");
                    match value {
                        Some(value) => errors.add(&value.tokens, message),
                        None => errors.add(&key, message),
                    }
                }
            }
            _ => errors.add(
                &key,
                format!("unknown key `{name}` of `#[service]`; the keys are {SERVICE_KEYS}"),
            ),
        }
    }
    if !is_named && !naming::is_identifier(&found.name) {
        let message = "a protobuf service name must be ASCII; set one with `#[service(name = \"…\")]`";
        errors.add(&item.ident, message);
    }
    found
}

const RPC_KEYS: &str = "name, request, reply, idempotent, no_side_effects, timeout, jsonrpc_name";

/// Merges all `#[rpc(…)]` attributes of a method.
pub(super) fn rpc(attributes: &[Attribute], errors: &mut Errors) -> RpcAttributes {
    let mut found = RpcAttributes::default();
    let mut seen = Vec::new();
    for attribute in attributes.iter().filter(|attribute| is_rpc(attribute)) {
        let Meta::List(list) = &attribute.meta else {
            let message =
                format!("`#[rpc]` needs a key, as in `#[rpc(idempotent)]`; the keys are {RPC_KEYS}");
            errors.add(attribute, message);
            continue;
        };
        for AttributeEntry { key, value } in entries(list.tokens.clone(), errors) {
            if is_first(&mut seen, &key, errors) {
                found.set(&key, value.as_ref(), errors);
            }
        }
    }
    found
}

impl RpcAttributes {
    fn set(&mut self, key: &Ident, value: Option<&AttributeValue>, errors: &mut Errors) {
        let name = key.to_string();
        match name.as_str() {
            "name" => self.name = identifier(key, value, errors),
            "request" => self.request = identifier(key, value, errors),
            "reply" => self.reply = identifier(key, value, errors),
            "jsonrpc_name" => {
                self.jsonrpc_name = text(key, value, errors).filter(|name| is_free(name, errors))
            }
            "timeout" => {
                if let Some(timeout) = text(key, value, errors) {
                    match duration(&timeout.value()) {
                        Ok(timeout) => self.timeout = Some(timeout),
                        Err(why) => errors.add(&timeout, why),
                    }
                }
            }
            "idempotent" | "no_side_effects" => {
                if let Some(value) = value {
                    errors.add(
                        &value.tokens,
                        format!("`{name}` takes no value; write `#[rpc({name})]`"),
                    );
                } else if self.idempotency != IdempotencyLevel::Unknown {
                    let message = "`idempotent` and `no_side_effects` exclude each other; `no_side_effects` \
                                   implies `idempotent`";
                    errors.add(key, message);
                } else if name == "idempotent" {
                    self.idempotency = IdempotencyLevel::Idempotent;
                } else {
                    self.idempotency = IdempotencyLevel::NoSideEffects;
                }
            }
            _ => errors.add(
                key,
                format!("unknown key `{name}` of `#[rpc]` on a method; the keys are {RPC_KEYS}"),
            ),
        }
    }
}

/// Returns the value of a key that is a protobuf name.
fn identifier(key: &Ident, value: Option<&AttributeValue>, errors: &mut Errors) -> Option<LitStr> {
    let name = text(key, value, errors)?;
    let text = name.value();
    if naming::is_identifier(&text) && naming::has_letters_or_digits(&text) {
        return Some(name);
    }
    let message = format!("`{text}` is not a protobuf name; write an identifier, such as `SayHello`");
    errors.add(&name, message);
    None
}

fn is_free(name: &LitStr, errors: &mut Errors) -> bool {
    let text = name.value();
    let reserved = naming::RESERVED_IN_JSONRPC
        .iter()
        .find(|beginning| text.starts_with(**beginning));
    match reserved {
        Some(beginning) => errors.add(
            name,
            format!("JSON-RPC reserves names that begin with `{beginning}`; choose another name"),
        ),
        None if text.is_empty() => errors.add(name, "a JSON-RPC name cannot be empty"),
        None => return true,
    }
    false
}

pub(super) fn is_rpc(attribute: &Attribute) -> bool {
    attribute.path().is_ident("rpc")
}

/// Returns the attributes other than `#[rpc]`.
pub(super) fn kept(attributes: &[Attribute]) -> TokenStream {
    let kept = attributes.iter().filter(|attribute| !is_rpc(attribute));
    quote!(#(#kept)*)
}

/// Returns the lines of doc comments.
pub(super) fn docs(attributes: &[Attribute]) -> Docs {
    let lines = attributes.iter().filter_map(|attribute| match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            Expr::Lit(ExprLit {
                lit: Lit::Str(text), ..
            }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    });
    // A block comment is one attribute with several lines.
    Docs(
        lines
            .flat_map(|text| text.split('\n').map(str::to_owned).collect::<Vec<_>>())
            .collect(),
    )
}
