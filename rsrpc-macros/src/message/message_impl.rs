//! Code of `#[derive(Message)]`.

use proc_macro2::{Literal, TokenStream};
use quote::{quote, quote_spanned};
use rsrpc_codegen::Errors;
use syn::DeriveInput;
use syn::ext::IdentExt;

use super::message_struct::{MessagePart, MessageStruct, OneofField, read};
use super::parse::{MessageField, schema};
use super::spans::{encoding_item, trait_item};
use super::stub::StubKind;

/// Expands `#[derive(Message)]`.
pub(crate) fn expand_message(input: DeriveInput) -> TokenStream {
    let mut errors = Errors::default();
    let message = read(&input, &mut errors);
    if !errors.is_empty() {
        return message.container.fail(&input, StubKind::Message, errors);
    }
    let parts = [
        checks(&message),
        default(&message),
        prost(&message),
        names(&message),
        describe(&message),
        json(&message),
    ];
    quote! {
        #[allow(deprecated)]
        const _: () = { #(#parts)* };
    }
}

/// Compile-time checks of facts that only the compiler knows: numbers and names of oneof members.
fn checks(message: &MessageStruct) -> TokenStream {
    let runtime = &message.container.runtime;
    let mut checks = Vec::new();
    for (index, oneof) in message.oneofs().enumerate() {
        let members = members(oneof, runtime);
        let of = oneof.ident.unraw();
        for field in message.own_fields() {
            let (number, name, json_name) = (field.number, &field.name, &field.json_name);
            let ident = field.ident.unraw();
            let text = format!(
                "tag {number} of `{ident}` is already used by a member of the oneof `{of}`; choose an unused one"
            );
            checks.push(quote_spanned! {field.span=>
                const _: () = ::core::assert!(!#runtime::message::has_number(#members, #number, #number), #text);
            });
            let text = format!("the name of `{ident}` is already used by a member of the oneof `{of}`");
            checks.push(quote_spanned! {field.ident.span()=>
                const _: () = ::core::assert!(!#runtime::message::clashes(#members, #name, #json_name), #text);
            });
        }
        for (first, last) in &message.reserved.ranges {
            let range = if first == last {
                format!("tag {first} is")
            } else {
                format!("tags {first} to {last} are")
            };
            let text = format!("{range} reserved, and a member of the oneof `{of}` has one of them");
            let (first, last) = (Literal::i64_unsuffixed(*first), Literal::i64_unsuffixed(*last));
            checks.push(quote_spanned! {oneof.span()=>
                const _: () = ::core::assert!(!#runtime::message::has_number(#members, #first, #last), #text);
            });
        }
        for name in &message.reserved.names {
            let text = format!("the name `{name}` is reserved, and a member of the oneof `{of}` has it");
            checks.push(quote_spanned! {oneof.span()=>
                const _: () = ::core::assert!(!#runtime::message::clashes(#members, #name, #name), #text);
            });
        }
        for other in message.oneofs().skip(index + 1) {
            let others = self::members(other, runtime);
            let other = (other.ident.unraw(), other.span());
            let text = format!(
                "the oneofs `{of}` and `{}` have members of the same tag: each has its own",
                other.0
            );
            checks.push(quote_spanned! {other.1=>
                const _: () = ::core::assert!(!#runtime::message::overlap(#members, #others), #text);
            });
            let text = format!(
                "the oneofs `{of}` and `{}` have members of the same name",
                other.0
            );
            checks.push(quote_spanned! {other.1=>
                const _: () = ::core::assert!(!#runtime::message::shares_name(#members, #others), #text);
            });
        }
    }
    quote!(#(#checks)*)
}

fn members(oneof: &OneofField, runtime: &TokenStream) -> TokenStream {
    of_oneof(oneof, runtime, "MEMBERS")
}

/// Path of an item of the oneof trait.
fn of_oneof(oneof: &OneofField, runtime: &TokenStream, name: &str) -> TokenStream {
    trait_item(&oneof.ty, &quote!(#runtime::message::Oneof), name)
}

/// Path of an item of the field trait.
fn of_field(field: &MessageField, runtime: &TokenStream, name: &str) -> TokenStream {
    encoding_item(
        &field.encoding,
        &quote!(#runtime::message::FieldOf),
        &field.ty,
        name,
    )
}

fn default(message: &MessageStruct) -> TokenStream {
    let (ident, runtime) = (&message.container.ident, &message.container.runtime);
    let parts = message.parts.iter().map(|part| match part {
        MessagePart::Field(field) => {
            let (ident, unset) = (&field.ident, of_field(field, runtime, "unset"));
            quote!(#ident: #unset())
        }
        MessagePart::Oneof(oneof) => {
            let ident = &oneof.ident;
            quote!(#ident: ::core::option::Option::None)
        }
    });
    quote! {
        #[automatically_derived]
        impl ::core::default::Default for #ident {
            fn default() -> Self {
                Self { #(#parts,)* }
            }
        }
    }
}

/// Emits the fields by ascending number, with each oneof at the place of its lowest member. Only the compiler knows
/// that number, so `oneof` makes the expression for each possible place, guarded by a condition.
fn in_order(
    message: &MessageStruct,
    field: impl Fn(usize, &MessageField) -> TokenStream,
    oneof: impl Fn(&OneofField) -> TokenStream,
) -> TokenStream {
    let runtime = &message.container.runtime;
    let fields = message.sorted_fields();
    let oneofs: Vec<_> = message.oneofs().collect();
    let all: Vec<_> = oneofs.iter().map(|part| members(part, runtime)).collect();
    let gap = |from: u32, to: u32| -> TokenStream {
        // Several oneofs may be in one gap.
        let turns = (0..oneofs.len()).map(|turn| {
            let parts = oneofs.iter().zip(&all).map(|(part, members)| {
                let expression = oneof(part);
                let in_turn = (oneofs.len() > 1).then(|| {
                    let turn = Literal::usize_unsuffixed(turn);
                    quote!(#runtime::message::rank(#members, &[#(#all),*]) == #turn &&)
                });
                quote! {
                    if #in_turn #runtime::message::begins_between(#members, #from, #to) {
                        #expression
                    }
                }
            });
            quote!(#(#parts)*)
        });
        quote!(#(#turns)*)
    };
    let mut output = TokenStream::new();
    let mut from = 0;
    for (index, item) in fields.iter().enumerate() {
        output.extend(gap(from, item.number));
        output.extend(field(index, item));
        from = item.number;
    }
    output.extend(gap(from, u32::MAX));
    output
}

fn prost(message: &MessageStruct) -> TokenStream {
    let (ident, runtime) = (&message.container.ident, &message.container.runtime);
    let prost = quote!(#runtime::prost);
    let encode = in_order(
        message,
        |_, field| {
            let (ident, number) = (&field.ident, field.number);
            let encode = of_field(field, runtime, "encode");
            quote!(#encode(&self.#ident, #number, buffer);)
        },
        |oneof| {
            let (ident, encode) = (&oneof.ident, of_oneof(oneof, runtime, "encode"));
            quote! {
                if let ::core::option::Option::Some(member) = &self.#ident {
                    #encode(member, buffer);
                }
            }
        },
    );
    let lengths = message.parts.iter().map(|part| match part {
        MessagePart::Field(field) => {
            let (ident, number) = (&field.ident, field.number);
            let encoded_len = of_field(field, runtime, "encoded_len");
            quote!(#encoded_len(&self.#ident, #number))
        }
        MessagePart::Oneof(oneof) => {
            let (ident, encoded_len) = (&oneof.ident, of_oneof(oneof, runtime, "encoded_len"));
            quote! {
                match &self.#ident {
                    ::core::option::Option::Some(member) => #encoded_len(member),
                    ::core::option::Option::None => 0,
                }
            }
        }
    });
    let merges = message.parts.iter().map(|part| {
        let name = ident.unraw().to_string();
        match part {
            MessagePart::Field(field) => {
                let (ident, number) = (&field.ident, field.number);
                let merge = of_field(field, runtime, "merge");
                let place = field.ident.unraw().to_string();
                quote! {
                    #number => #merge(&mut self.#ident, wire_type, buffer, context)
                        .map_err(|error| #runtime::message::at(error, #name, #place))
                }
            }
            MessagePart::Oneof(oneof) => {
                let place = oneof.ident.unraw().to_string();
                let members = members(oneof, runtime);
                let (ident, merge) = (&oneof.ident, of_oneof(oneof, runtime, "merge"));
                quote! {
                    _ if #runtime::message::has_number(#members, tag, tag) =>
                        #merge(&mut self.#ident, tag, wire_type, buffer, context)
                            .map_err(|error| #runtime::message::at(error, #name, #place))
                }
            }
        }
    });
    quote! {
        #[automatically_derived]
        impl #prost::Message for #ident {
            #[allow(unused_variables)]
            fn encode_raw(&self, buffer: &mut impl #prost::bytes::BufMut) {
                #encode
            }

            fn encoded_len(&self) -> usize {
                0 #(+ #lengths)*
            }

            fn merge_field(
                &mut self,
                tag: u32,
                wire_type: #prost::encoding::WireType,
                buffer: &mut impl #prost::bytes::Buf,
                context: #prost::encoding::DecodeContext,
            ) -> ::core::result::Result<(), #prost::DecodeError> {
                match tag {
                    #(#merges,)*
                    _ => #prost::encoding::skip_field(wire_type, tag, buffer, context),
                }
            }

            fn clear(&mut self) {
                *self = ::core::default::Default::default();
            }
        }
    }
}

fn names(message: &MessageStruct) -> TokenStream {
    let container = &message.container;
    let (ident, runtime) = (&container.ident, &container.runtime);
    let (name, package, full_name) = (&container.name, &container.package, container.full_name());
    let type_url = format!("type.googleapis.com/{full_name}");
    quote! {
        #[automatically_derived]
        impl #runtime::prost::Name for #ident {
            const NAME: &'static str = #name;
            const PACKAGE: &'static str = #package;

            fn full_name() -> #runtime::prost::alloc::string::String {
                ::core::convert::From::from(#full_name)
            }

            fn type_url() -> #runtime::prost::alloc::string::String {
                ::core::convert::From::from(#type_url)
            }
        }

        #[automatically_derived]
        impl #runtime::message::MessageType for #ident {
            const FULL_NAME: &'static str = #full_name;
        }
    }
}

fn describe(message: &MessageStruct) -> TokenStream {
    let container = &message.container;
    let (ident, runtime) = (&container.ident, &container.runtime);
    let (name, package, docs) = (&container.name, &container.package, &container.docs);
    let docs = (!docs.is_empty()).then(|| quote!(message.docs(#docs);));
    let deprecated = container.deprecated.then(|| quote!(message.deprecated();));
    let parts = message.parts.iter().map(|part| match part {
        MessagePart::Field(field) => {
            let field_type = of_field(field, runtime, "field_type");
            let field = schema(field, &quote!(#field_type(schema)), runtime);
            quote!(message.field(#field);)
        }
        MessagePart::Oneof(oneof) => {
            let (name, docs) = (&oneof.name, &oneof.docs);
            let members = of_oneof(oneof, runtime, "members");
            quote!(message.oneof(#name, #docs, #members(schema));)
        }
    });
    let ranges = message.reserved.ranges.iter().map(|(first, last)| {
        let (first, last) = (Literal::i64_unsuffixed(*first), Literal::i64_unsuffixed(*last));
        quote!(message.reserve_numbers(#first, #last);)
    });
    let names = message.reserved.names.iter();
    quote! {
        #[automatically_derived]
        impl #runtime::schema::Describe for #ident {
            fn describe(schema: &mut #runtime::schema::Schema) {
                let ::core::option::Option::Some(mut message) = schema.begin_message::<Self>(#package, #name) else {
                    return;
                };
                #docs
                #deprecated
                #(#parts)*
                #(#ranges)*
                #(message.reserve_name(#names);)*
                schema.add_message(message);
            }
        }
    }
}

fn json(message: &MessageStruct) -> TokenStream {
    let (ident, runtime) = (&message.container.ident, &message.container.runtime);
    let has_oneofs = message.oneofs().next().is_some();
    let own = message.own_fields().map(|field| {
        let MessageField {
            number,
            name,
            json_name,
            ..
        } = field;
        let is_object = of_field(field, runtime, "IS_OBJECT");
        quote!(#runtime::message::Member::new(#number, #name, #json_name, #is_object))
    });
    let count = Literal::usize_unsuffixed(message.own_fields().count());
    let members: Vec<_> = message.oneofs().map(|oneof| members(oneof, runtime)).collect();
    let reads = message.parts.iter().map(|part| match part {
        MessagePart::Field(field) => {
            let (ident, number) = (&field.ident, field.number);
            let read = of_field(field, runtime, "read_json");
            quote!(#number => #read(&mut self.#ident, reader))
        }
        MessagePart::Oneof(oneof) => {
            let members = self::members(oneof, runtime);
            let (ident, read) = (&oneof.ident, of_oneof(oneof, runtime, "read_json"));
            quote! {
                number if #runtime::message::has_number(#members, number, number) =>
                    #read(&mut self.#ident, number, reader)
            }
        }
    });
    let writes = in_order(
        message,
        |index, field| {
            let (ident, number) = (&field.ident, field.number);
            let index = if has_oneofs {
                quote!(const { #runtime::message::index_of(Self::FIELDS, #number) })
            } else {
                let index = Literal::usize_unsuffixed(index);
                quote!(#index)
            };
            let write = of_field(field, runtime, "write_json");
            quote!(#write(&self.#ident, #index, writer);)
        },
        |oneof| {
            let (ident, write) = (&oneof.ident, of_oneof(oneof, runtime, "write_json"));
            quote! {
                if let ::core::option::Option::Some(member) = &self.#ident {
                    #write(member, Self::FIELDS, writer);
                }
            }
        },
    );
    quote! {
        #runtime::when_json! {
            #[automatically_derived]
            impl #runtime::json::JsonMessage for #ident {
                const FIELDS: &'static [#runtime::json::Field] =
                    &#runtime::message::json_fields::<{ #count #(+ #members.len())* }>(&[&[#(#own),*], #(#members),*]);

                fn read_field<R: #runtime::json::FieldReader>(
                    &mut self,
                    index: usize,
                    reader: R,
                ) -> ::core::result::Result<(), R::Error> {
                    match #runtime::message::number_at(Self::FIELDS, index) {
                        #(#reads,)*
                        _ => reader.skip(),
                    }
                }

                #[allow(unused_variables)]
                fn write_fields<W: #runtime::json::FieldWriter>(&self, writer: &mut W) {
                    #writes
                }
            }
        }
    }
}
