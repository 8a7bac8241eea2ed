//! What `#[service(…)]` and `#[rpc(…)]` say.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, ItemTrait, Lit, LitStr, Meta, Token};

use super::errors::Errors;
use crate::model::{Docs, IdempotencyLevel};
use crate::{Options, naming};

/// How messages travel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WireFormat {
    /// As protobuf over gRPC, as its JSON over JSON-RPC.
    Protobuf,
    /// As serde's JSON over JSON-RPC.
    Json,
}

/// What `#[service(…)]` says.
pub(super) struct ServiceAttributes {
    pub(super) package: String,
    /// Where the package is named.
    pub(super) package_span: Span,
    pub(super) name: String,
    pub(super) format: WireFormat,
    pub(super) options: Options,
}

/// What `#[rpc(…)]` says of a method.
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
struct Entry {
    key: Ident,
    value: Option<Value>,
}

/// `"text"`, or a word such as `off`.
struct Value {
    text: String,
    literal: Option<LitStr>,
    tokens: TokenStream,
}

impl Parse for Entry {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let key = Ident::parse_any(input)?;
        if !input.peek(Token![=]) {
            return Ok(Self { key, value: None });
        }
        input.parse::<Token![=]>()?;
        let value = if input.peek(LitStr) {
            let literal: LitStr = input.parse()?;
            Value {
                text: literal.value(),
                tokens: quote!(#literal),
                literal: Some(literal),
            }
        } else if input.peek(Lit) {
            let literal: Lit = input.parse()?;
            let tokens = quote!(#literal);
            Value {
                text: tokens.to_string(),
                tokens,
                literal: None,
            }
        } else {
            let word = Ident::parse_any(input)?;
            Value {
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

fn entries(tokens: TokenStream, errors: &mut Errors) -> Vec<Entry> {
    match Punctuated::<Entry, Token![,]>::parse_terminated.parse2(tokens) {
        Ok(entries) => entries.into_iter().collect(),
        Err(error) => {
            errors.add(error);
            Vec::new()
        }
    }
}

/// The text behind a key.
fn text(key: &Ident, value: Option<&Value>, errors: &mut Errors) -> Option<LitStr> {
    let literal = value.and_then(|value| value.literal.clone());
    if literal.is_none() {
        let message = format!("`{key}` takes a text: `{key} = \"…\"`");
        match value {
            Some(value) => errors.push(&value.tokens, message),
            None => errors.push(key, message),
        }
    }
    literal
}

/// Refuses a key that was there before.
fn is_first(seen: &mut Vec<String>, key: &Ident, errors: &mut Errors) -> bool {
    let name = key.to_string();
    let is_first = !seen.contains(&name);
    if !is_first {
        errors.push(key, format!("`{name}` is given twice"));
    }
    seen.push(name);
    is_first
}

/// Options of the generator that mean something without a .proto file.
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
    for Entry { key, value } in entries(tokens, errors) {
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
                        "`{text}` is no proto package: identifiers with dots between, such as \"greet.v1\""
                    );
                    errors.push(&package, message);
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
                        "`{}` is no name of a protobuf service: write an identifier, such as `Greeter`",
                        service.value()
                    );
                    errors.push(&service, message);
                    continue;
                }
                found.name = service.value();
            }
            "codec" => match value {
                Some(value) if value.literal.is_some() && value.text == "json" => {
                    found.format = WireFormat::Json
                }
                Some(value) => errors.push(
                    &value.tokens,
                    "`codec` takes `\"json\"`; without it, messages are protobuf",
                ),
                None => errors.push(
                    &key,
                    "`codec` takes `\"json\"`; without it, messages are protobuf",
                ),
            },
            "crate" => {
                if let Some(path) = text(&key, value, errors)
                    && let Err(error) = found.options.set("runtime_path", Some(&path.value()))
                {
                    let message = error.message().replace("option `runtime_path`", "`crate`");
                    errors.push(&path, message);
                }
            }
            switch if SWITCHES.contains(&switch) => {
                if let Err(error) = found.options.set(switch, value.map(|value| value.text.as_str())) {
                    let message = error.message().replace("option ", "");
                    match value {
                        Some(value) => errors.push(&value.tokens, message),
                        None => errors.push(&key, message),
                    }
                }
            }
            _ => errors.push(
                &key,
                format!("unknown key `{name}` of `#[service]`; the keys are {SERVICE_KEYS}"),
            ),
        }
    }
    if !is_named && !naming::is_identifier(&found.name) {
        let message = "protobuf's names are ASCII: give the service one with `#[service(name = \"…\")]`";
        errors.push(&item.ident, message);
    }
    found
}

const RPC_KEYS: &str = "name, request, reply, idempotent, no_side_effects, timeout, jsonrpc_name";

/// What the `#[rpc(…)]` of a method say together.
pub(super) fn rpc(attributes: &[Attribute], errors: &mut Errors) -> RpcAttributes {
    let mut found = RpcAttributes::default();
    let mut seen = Vec::new();
    for attribute in attributes.iter().filter(|attribute| is_rpc(attribute)) {
        let Meta::List(list) = &attribute.meta else {
            let message = format!(
                "`#[rpc]` says something of its method: `#[rpc(idempotent)]`; the keys are {RPC_KEYS}"
            );
            errors.push(attribute, message);
            continue;
        };
        for Entry { key, value } in entries(list.tokens.clone(), errors) {
            if is_first(&mut seen, &key, errors) {
                found.set(&key, value.as_ref(), errors);
            }
        }
    }
    found
}

impl RpcAttributes {
    fn set(&mut self, key: &Ident, value: Option<&Value>, errors: &mut Errors) {
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
                        Err(why) => errors.push(&timeout, why),
                    }
                }
            }
            "idempotent" | "no_side_effects" => {
                if let Some(value) = value {
                    errors.push(
                        &value.tokens,
                        format!("`{name}` takes no value: write `#[rpc({name})]`"),
                    );
                } else if self.idempotency != IdempotencyLevel::Unknown {
                    let message = "a method is either `idempotent` or has `no_side_effects`, which says more";
                    errors.push(key, message);
                } else if name == "idempotent" {
                    self.idempotency = IdempotencyLevel::Idempotent;
                } else {
                    self.idempotency = IdempotencyLevel::NoSideEffects;
                }
            }
            _ => errors.push(
                key,
                format!("unknown key `{name}` of `#[rpc]` on a method; the keys are {RPC_KEYS}"),
            ),
        }
    }
}

/// The text behind a key that names something in protobuf.
fn identifier(key: &Ident, value: Option<&Value>, errors: &mut Errors) -> Option<LitStr> {
    let name = text(key, value, errors)?;
    let text = name.value();
    if naming::is_identifier(&text) && naming::is_expressible(&text) {
        return Some(name);
    }
    let message = format!("`{text}` is no name in protobuf: write an identifier, such as `SayHello`");
    errors.push(&name, message);
    None
}

/// Beginnings of JSON-RPC names that belong to the protocol and the runtime.
pub(super) const RESERVED: [&str; 3] = ["rpc.", "rsrpc_", "$/"];

fn is_free(name: &LitStr, errors: &mut Errors) -> bool {
    let text = name.value();
    let reserved = RESERVED.iter().find(|beginning| text.starts_with(**beginning));
    match reserved {
        Some(beginning) => errors.push(
            name,
            format!("names that begin with `{beginning}` are reserved in JSON-RPC: choose another"),
        ),
        None if text.is_empty() => errors.push(name, "a JSON-RPC name cannot be empty"),
        None => return true,
    }
    false
}

/// The most that `google.protobuf.Duration` allows: 10,000 years.
const MAX_SECONDS: u64 = 315_576_000_000;

/// A duration as people write it: `500ms`, `2s`, `1m30s`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || {
        format!(
            "`{text}` is no time: write a number with a unit, such as `\"500ms\"`, `\"2s\"`, `\"1m30s\"` or `\"1h\"`"
        )
    };
    let mut rest = text;
    let mut sum = Duration::ZERO;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (number, behind) = rest.split_at(digits);
        let letters = behind
            .find(|c: char| !c.is_ascii_alphabetic())
            .unwrap_or(behind.len());
        let (unit, behind) = behind.split_at(letters);
        let number: u64 = number.parse().map_err(|_| wrong())?;
        let part = match unit {
            "us" => Some(Duration::from_micros(number)),
            "ms" => Some(Duration::from_millis(number)),
            "s" => Some(Duration::from_secs(number)),
            "m" => number.checked_mul(60).map(Duration::from_secs),
            "h" => number.checked_mul(3600).map(Duration::from_secs),
            _ => None,
        };
        sum = part.and_then(|part| sum.checked_add(part)).ok_or_else(wrong)?;
        rest = behind.trim_start();
    }
    match sum {
        Duration::ZERO if text.is_empty() => Err(wrong()),
        Duration::ZERO => {
            Err("a timeout of nothing would fail every call: leave it out for no limit".to_owned())
        }
        sum if sum.as_secs() > MAX_SECONDS => Err(format!(
            "`{text}` is more than protobuf's `Duration` holds, 315576000000 seconds: leave it out for no limit"
        )),
        sum => Ok(sum),
    }
}

pub(super) fn is_rpc(attribute: &Attribute) -> bool {
    attribute.path().is_ident("rpc")
}

/// The author's own attributes.
pub(super) fn kept(attributes: &[Attribute]) -> TokenStream {
    let kept = attributes.iter().filter(|attribute| !is_rpc(attribute));
    quote!(#(#kept)*)
}

/// The lines of doc comments.
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
    // A block comment is one attribute of several lines.
    Docs(
        lines
            .flat_map(|text| text.split('\n').map(str::to_owned).collect::<Vec<_>>())
            .collect(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read() {
        let check = |text: &str, expected: Option<u64>| {
            assert_eq!(duration(text).ok(), expected.map(Duration::from_micros), "{text}");
        };
        check("500ms", Some(500_000));
        check("2s", Some(2_000_000));
        check("1m30s", Some(90_000_000));
        check("1m 30s", Some(90_000_000));
        check("1h", Some(3_600_000_000));
        check("7us", Some(7));
        check("315576000000s", Some(315_576_000_000_000_000));
        for wrong in [
            "",
            "5",
            "s",
            "1.5s",
            "-1s",
            "2 s",
            "1d",
            "0s",
            " 1s",
            "99999999999999999999s",
            "18446744073709551615h",
            "18446744073709551615s",
            "315576000001s",
        ] {
            check(wrong, None);
        }
    }
}
