//! Determines the messages of each direction and their codecs.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{TraitItemFn, Type};

use super::attributes::{RpcAttributes, WireFormat};
use super::context::ServiceContext;
use super::errors::Errors;
use super::types::{self, TypePosition};
use crate::model::{CodecSource, Payload};
use crate::naming;

/// A method with a known wire name.
#[derive(Clone, Copy)]
pub(super) struct NamedMethod<'a> {
    pub(super) function: &'a TraitItemFn,
    pub(super) rpc: &'a RpcAttributes,
    pub(super) proto_name: &'a str,
    pub(super) definition: &'a ServiceContext<'a>,
}

/// The request or reply side of a method.
pub(super) struct MethodPayload {
    pub(super) payload: Payload,
    pub(super) is_stream: bool,
}

pub(super) fn no_key(key: Option<&syn::LitStr>, name: &str, why: &str, errors: &mut Errors) {
    if let Some(key) = key {
        errors.add(
            key,
            format!("`{name}` has no effect, because it names a generated message and {why}; remove it"),
        );
    }
}

impl NamedMethod<'_> {
    /// Returns the payload of a `Streaming<T>`.
    pub(super) fn stream_of(&self, ty: &Type, suffix: &str, errors: &mut Errors) -> Option<MethodPayload> {
        // The compiler reports a missing type argument.
        let item = types::streamed(ty)?;
        if !types::is_unit(item) {
            types::wire_type(item, TypePosition::Item, self.definition.format, errors)?;
        }
        Some(MethodPayload {
            payload: self.payload(&types::tokens(item), suffix),
            is_stream: true,
        })
    }

    /// Returns a type with its codec. If the type is not a message, a wrapper message is named after the method and
    /// `suffix`.
    pub(super) fn payload(&self, ty: &TokenStream, suffix: &str) -> Payload {
        let definition = self.definition;
        let name = match definition.format {
            WireFormat::Protobuf => {
                let message = format!("{}{suffix}", naming::camel(self.proto_name));
                naming::join(definition.package, &message)
            }
            WireFormat::Json => self.method_name(),
        };
        Payload {
            ty: ty.clone(),
            codec: self.codec(ty, &name),
        }
    }

    /// Returns the request of a method without arguments.
    pub(super) fn nothing(&self) -> Payload {
        let definition = self.definition;
        let ty = quote!(());
        let runtime = definition.runtime;
        let name = self.method_name();
        let codec = match definition.format {
            WireFormat::Protobuf => self.message_codec(&ty, ""),
            WireFormat::Json => {
                CodecSource::Expression(quote!(#runtime::generated::no_arguments_codec(#name)))
            }
        };
        Payload { ty, codec }
    }

    pub(super) fn codec(&self, ty: &TokenStream, name: &str) -> CodecSource {
        let definition = self.definition;
        match definition.format {
            WireFormat::Protobuf => self.message_codec(ty, name),
            WireFormat::Json => {
                let runtime = definition.runtime;
                let span = ty.span();
                CodecSource::Expression(quote_spanned!(span=> #runtime::generated::serde_codec::<#ty>(#name)))
            }
        }
    }

    /// Uses the type's span, so that the compiler points at a type that is not a message.
    pub(super) fn message_codec(&self, ty: &TokenStream, name: &str) -> CodecSource {
        let definition = self.definition;
        let runtime = definition.runtime;
        let span = ty.span();
        CodecSource::Described(quote_spanned!(span=> #runtime::message::payload::<#ty>(#name)))
    }

    /// Returns the method name that JSON codecs put into errors: `greet.Greeter/SayHello`.
    pub(super) fn method_name(&self) -> String {
        let Self {
            proto_name,
            definition,
            ..
        } = self;
        format!("{}/{proto_name}", definition.full_name)
    }
}
