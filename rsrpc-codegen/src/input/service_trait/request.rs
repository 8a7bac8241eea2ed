//! Reads the parameters of a method and builds its request.

use proc_macro2::Ident;
use quote::{format_ident, quote};
use syn::ext::IdentExt as _;
use syn::{FnArg, Pat, PatType, Signature, Type};

use super::attributes::WireFormat;
use super::errors::Errors;
use super::payload::{NamedMethod, no_key};
use super::types::{self, TypePosition, WireType, is_called};
use crate::model::{Argument, Arguments, CodecSource, Payload, RequestWrapper, WrapperFormat};
use crate::naming;

/// The parameters after the receiver.
pub(super) struct Parameters<'a> {
    pub(super) context: bool,
    /// Valid parameters without the context.
    arguments: Vec<&'a PatType>,
}

pub(super) fn parameters<'a>(signature: &'a Signature, errors: &mut Errors) -> Parameters<'a> {
    let mut found = Parameters {
        context: false,
        arguments: Vec::new(),
    };
    let typed = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    for (index, typed) in typed.enumerate() {
        let (is_context, is_right) = match &*typed.ty {
            Type::Reference(reference) => (
                is_called(&reference.elem, "Context"),
                reference.mutability.is_none() && reference.lifetime.is_none(),
            ),
            ty => (is_called(ty, "Context"), false),
        };
        match (is_context, is_right) {
            (false, _) => found.arguments.push(typed),
            (true, false) => errors.add(
                &typed.ty,
                "the context must be taken by reference; write `cx: &Context`",
            ),
            (true, true) if index > 0 => {
                errors.add(
                    typed,
                    "the context must be the first argument after `&self`, and the only context",
                );
            }
            (true, true) => found.context = true,
        }
    }
    found
}

pub(super) struct MethodRequest {
    pub(super) payload: Payload,
    pub(super) is_stream: bool,
    pub(super) arguments: Arguments,
    pub(super) wrapper: Option<RequestWrapper>,
}

pub(super) fn request(
    parameters: &Parameters<'_>,
    outline: &NamedMethod<'_>,
    errors: &mut Errors,
) -> Option<MethodRequest> {
    let NamedMethod { rpc, definition, .. } = *outline;
    let arguments = parameters.arguments.as_slice();
    if let Some(stream) = arguments.iter().find(|typed| is_called(&typed.ty, "Streaming")) {
        if arguments.len() > 1 {
            let message = "a stream of requests must be the only argument; move the others into its messages or \
                           into the call's metadata";
            errors.add(stream, message);
            return None;
        }
        no_key(
            rpc.request.as_ref(),
            "request",
            "the method streams requests",
            errors,
        );
        named_or_ignored(stream, errors);
        let direction = outline.stream_of(&stream.ty, "Request", errors)?;
        return Some(MethodRequest {
            payload: direction.payload,
            is_stream: true,
            arguments: Arguments::Request,
            wrapper: None,
        });
    }
    let before = errors.count();
    let taken: Vec<_> = arguments
        .iter()
        .map(|typed| {
            if types::is_unit(&typed.ty) {
                errors.add(
                    typed,
                    "an argument of type `()` carries no data; remove the argument",
                );
                return None;
            }
            types::wire_type(&typed.ty, TypePosition::Argument, definition.format, errors)
        })
        .collect();
    let request = match (arguments, taken.as_slice()) {
        ([], _) => {
            no_key(
                rpc.request.as_ref(),
                "request",
                "the method takes no arguments",
                errors,
            );
            MethodRequest {
                payload: outline.nothing(),
                is_stream: false,
                arguments: Arguments::Nothing,
                wrapper: None,
            }
        }
        ([only], [Some(WireType::Named)]) => {
            no_key(
                rpc.request.as_ref(),
                "request",
                "the argument is itself the request",
                errors,
            );
            named_or_ignored(only, errors);
            MethodRequest {
                payload: outline.payload(&types::tokens(&only.ty), "Request"),
                is_stream: false,
                arguments: Arguments::Request,
                wrapper: None,
            }
        }
        _ => {
            let fields = fields(parameters, errors);
            let ident = match &rpc.request {
                Some(name) => Ident::new(&name.value(), name.span()),
                None => format_ident!(
                    "{}Request",
                    naming::camel(outline.proto_name),
                    span = outline.function.sig.ident.span()
                ),
            };
            let wrapper = RequestWrapper {
                ident: ident.clone(),
                method: outline.function.sig.ident.clone(),
                fields: fields.clone(),
                format: match definition.format {
                    WireFormat::Protobuf => WrapperFormat::Message {
                        package: definition.package.to_owned(),
                    },
                    WireFormat::Json => WrapperFormat::Serde {
                        first_is_object: arguments
                            .first()
                            .is_some_and(|first| types::may_be_object(&first.ty)),
                    },
                },
            };
            let runtime = definition.runtime;
            let codec = match definition.format {
                WireFormat::Protobuf => outline.message_codec(&quote!(#ident), ""),
                WireFormat::Json => {
                    let name = outline.method_name();
                    CodecSource::Expression(quote!(#runtime::generated::arguments_codec::<#ident>(#name)))
                }
            };
            MethodRequest {
                payload: Payload {
                    ty: quote!(#ident),
                    codec,
                },
                is_stream: false,
                arguments: Arguments::Fields(fields),
                wrapper: Some(wrapper),
            }
        }
    };
    (errors.count() == before).then_some(request)
}

/// Converts plain arguments to fields of a request type.
fn fields(parameters: &Parameters<'_>, errors: &mut Errors) -> Vec<Argument> {
    let mut fields: Vec<Argument> = Vec::new();
    for typed in &parameters.arguments {
        let Pat::Ident(pattern) = &*typed.pat else {
            let message = match &*typed.pat {
                Pat::Wild(_) => "an argument needs a name, which identifies it on the wire",
                _ => "an argument must be a plain name with a type; destructure it in the method body",
            };
            errors.add(&typed.pat, message);
            continue;
        };
        if plain_name(typed, errors).is_none() {
            continue;
        }
        let ident = &pattern.ident;
        let name = ident.unraw().to_string();
        if !naming::is_identifier(&name) || !naming::has_letters_or_digits(&name) {
            let message = format!(
                "`{name}` cannot be a wire name, which must be ASCII with a letter or digit; rename the \
                         argument"
            );
            errors.add(ident, message);
        }
        if name == "cx" && parameters.context {
            errors.add(
                ident,
                "`cx` is reserved for the context in generated code; rename the argument",
            );
        }
        let clash = fields
            .iter()
            .find(|field| naming::json(&field.ident.unraw().to_string()) == naming::json(&name));
        if clash.is_some_and(|other| other.ident == *ident) {
            errors.add(
                ident,
                format!("the argument `{name}` is declared twice; rename one"),
            );
            continue;
        }
        if let Some(other) = clash {
            let message = format!(
                "the arguments `{}` and `{name}` both have the JSON name `{}`; rename one",
                other.ident,
                naming::json(&name)
            );
            errors.add(ident, message);
        }
        fields.push(Argument {
            ident: ident.clone(),
            ty: types::tokens(&typed.ty),
        });
    }
    fields
}

/// Checks the pattern of the only argument, whose name does not matter.
fn named_or_ignored(typed: &PatType, errors: &mut Errors) {
    match &*typed.pat {
        Pat::Wild(_) => {}
        Pat::Ident(_) => {
            plain_name(typed, errors);
        }
        pattern => {
            errors.add(
                pattern,
                "an argument must be a plain name with a type; destructure it in the method body",
            );
        }
    }
}

/// Rejects `ref a` and `a @ …`.
fn plain_name(typed: &PatType, errors: &mut Errors) -> Option<()> {
    let Pat::Ident(pattern) = &*typed.pat else {
        return None;
    };
    if pattern.by_ref.is_none() && pattern.subpat.is_none() {
        return Some(());
    }
    errors.add(
        pattern,
        "an argument must be a plain name with a type; destructure it in the method body",
    );
    None
}
