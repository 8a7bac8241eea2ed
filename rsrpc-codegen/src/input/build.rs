//! From file descriptors to the model.

use std::collections::BTreeMap;

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::descriptor::{self, path};
use super::{Files, Source, walk};
use crate::comments::docs;
use crate::model::{
    Arguments, Bytes, Cardinality, Codec, Descriptors, Enum, EnumValue, Field, IdempotencyLevel, Kind,
    Member, Message, Method, MethodKind, MethodOptions, Oneof, Package, Payload, Scalar, Service, TypeRef,
};
use crate::options::Messages;
use crate::prost::{FieldNames, MessageNames, Names};
use crate::types::Types;
use crate::{Diagnostic, naming};

/// Makes a model of what each file adds to its package; `names` has one entry for each generated file, in order.
///
/// # Errors
/// A name that prost-build's output lacks. The checks have passed, so none is expected.
pub(crate) fn parts(
    files: &Files,
    types: &Types<'_>,
    names: &[Names],
    messages: Messages,
) -> Result<Vec<Package>, Vec<Diagnostic>> {
    let mut parts = Vec::new();
    let mut errors = Vec::new();
    for ((_, source), names) in files.generated().zip(names) {
        let mut package = Package {
            name: source.file.package.clone(),
            files: vec![source.file.name.clone()],
            messages: Vec::new(),
            enums: Vec::new(),
            services: Vec::new(),
        };
        let written = |full_name: &str| messages == Messages::Prost && types.external(full_name).is_none();
        let builder = Builder { source, types, names };
        for at in walk::messages(&source.file) {
            if !at.item.is_map_entry() && written(&at.full_name) {
                match builder.message(&at) {
                    Ok(message) => package.messages.push(message),
                    Err(missing) => errors.push(builder.missing(&at, &missing)),
                }
            }
        }
        for at in walk::enums(&source.file) {
            if written(&at.full_name) {
                match builder.enumeration(&at) {
                    Ok(item) => package.enums.push(item),
                    Err(missing) => errors.push(builder.missing(&at, &missing)),
                }
            }
        }
        let services = source.file.service.iter().enumerate();
        package
            .services
            .extend(services.map(|(index, service)| builder.service(index, service)));
        parts.push(package);
    }
    if errors.is_empty() { Ok(parts) } else { Err(errors) }
}

/// The packages that the parts make up, by name.
pub(crate) fn packages(parts: Vec<Package>) -> BTreeMap<String, Package> {
    let mut packages: BTreeMap<String, Package> = BTreeMap::new();
    for part in parts {
        match packages.get_mut(&part.name) {
            None => {
                packages.insert(part.name.clone(), part);
            }
            Some(package) => {
                package.files.extend(part.files);
                package.messages.extend(part.messages);
                package.enums.extend(part.enums);
                package.services.extend(part.services);
            }
        }
    }
    packages
}

/// Makes the elements of one file.
struct Builder<'a> {
    source: &'a Source,
    types: &'a Types<'a>,
    names: &'a Names,
}

/// What was looked for in prost-build's output and not found.
struct Missing(String);

impl Builder<'_> {
    fn missing<T>(&self, at: &walk::At<'_, T>, missing: &Missing) -> Diagnostic {
        let message = format!("prost-build's output has no {} of `{}`", missing.0, at.full_name);
        self.source.error(&at.place, &at.full_name, message)
    }

    fn message(&self, at: &walk::At<'_, descriptor::Message>) -> Result<Message, Missing> {
        let names = self
            .names
            .messages
            .get(&at.full_name)
            .ok_or_else(|| Missing("struct".to_owned()))?;
        let mut oneofs = Vec::new();
        let mut fields = Vec::with_capacity(at.item.field.len());
        for (index, field) in at.item.field.iter().enumerate() {
            let place = at.inside(path::MESSAGE_FIELD, index);
            let (member, names) = match field.oneof_index.filter(|_| !field.proto3_optional) {
                None => {
                    let names = names
                        .fields
                        .get(&field.number)
                        .ok_or_else(|| Missing(field_name(field)))?;
                    (Member::Field(names.ident.clone()), names)
                }
                Some(declared) => self.variant(at, names, declared, field, &mut oneofs)?,
            };
            fields.push(self.field(at.item, field, member, names, &place));
        }
        fields.sort_by_key(|field| field.number);
        Ok(Message {
            path: tokens(&names.path),
            full_name: at.full_name.clone(),
            docs: docs(self.source.comments(&at.place)),
            fields,
            oneofs: oneofs.into_iter().map(|(_, oneof)| oneof).collect(),
        })
    }

    /// The place of a oneof's member; adds the oneof when it is the first of its members.
    fn variant(
        &self,
        at: &walk::At<'_, descriptor::Message>,
        names: &MessageNames,
        declared: i32,
        field: &descriptor::Field,
        oneofs: &mut Vec<(i32, Oneof)>,
    ) -> Result<(Member, &FieldNames), Missing> {
        let missing = || Missing(field_name(field));
        let has = |(_, _, numbers): &&(Ident, String, Vec<i32>)| numbers.contains(&field.number);
        let (ident, enum_path, _) = names.oneofs.iter().find(has).ok_or_else(missing)?;
        let variants = &self.names.oneofs.get(enum_path).ok_or_else(missing)?.variants;
        let variant = variants.get(&field.number).ok_or_else(missing)?;
        let oneof = match oneofs.iter().position(|(index, _)| *index == declared) {
            Some(known) => known,
            None => {
                let index = usize::try_from(declared).map_err(|_| missing())?;
                let docs = docs(self.source.comments(&at.inside(path::MESSAGE_ONEOF, index)));
                let path = tokens(enum_path);
                let oneof = Oneof {
                    ident: ident.clone(),
                    path,
                    docs,
                };
                oneofs.push((declared, oneof));
                oneofs.len() - 1
            }
        };
        Ok((
            Member::Variant {
                oneof,
                variant: variant.ident.clone(),
            },
            variant,
        ))
    }

    fn field(
        &self,
        message: &descriptor::Message,
        field: &descriptor::Field,
        member: Member,
        names: &FieldNames,
        place: &[i32],
    ) -> Field {
        let bytes = if names.is_bytes { Bytes::Bytes } else { Bytes::Vec };
        let entry = self.map_entry(message, field);
        let (kind, cardinality) = match entry.map(|entry| entry.field.as_slice()) {
            Some([key, value, ..]) => {
                let key = match self.kind(key, Bytes::Vec) {
                    Kind::Scalar(key) => key,
                    Kind::Enum(_) | Kind::Message(_) => Scalar::String,
                };
                (self.kind(value, bytes), Cardinality::Map(key))
            }
            _ => (self.kind(field, bytes), self.cardinality(field, &member)),
        };
        Field {
            number: u32::try_from(field.number).unwrap_or(0),
            proto_name: field.name.clone(),
            json_name: match field.json_name.as_str() {
                "" => naming::json(&field.name),
                given => given.to_owned(),
            },
            member,
            cardinality,
            kind,
            boxed: names.boxed,
            docs: docs(self.source.comments(place)),
        }
    }

    /// The synthetic message of a map field.
    fn map_entry<'m>(
        &self,
        message: &'m descriptor::Message,
        field: &descriptor::Field,
    ) -> Option<&'m descriptor::Message> {
        let name = field.type_name.rsplit('.').next()?;
        let repeated = field.label == descriptor::LABEL_REPEATED;
        message
            .nested_type
            .iter()
            .find(|nested| repeated && nested.is_map_entry() && nested.name == name)
    }

    fn cardinality(&self, field: &descriptor::Field, member: &Member) -> Cardinality {
        let message = field.r#type == descriptor::TYPE_MESSAGE;
        let proto2 = matches!(self.source.file.syntax.as_str(), "" | "proto2");
        match field.label {
            _ if matches!(member, Member::Variant { .. }) => Cardinality::Oneof,
            descriptor::LABEL_REPEATED => Cardinality::Repeated,
            descriptor::LABEL_REQUIRED => Cardinality::Required,
            _ if message || proto2 || field.proto3_optional => Cardinality::Optional,
            _ => Cardinality::Implicit,
        }
    }

    fn kind(&self, field: &descriptor::Field, bytes: Bytes) -> Kind {
        Kind::Scalar(match field.r#type {
            1 => Scalar::Double,
            2 => Scalar::Float,
            3 | 16 | 18 => Scalar::Int64,
            4 | 6 => Scalar::Uint64,
            5 | 15 | 17 => Scalar::Int32,
            7 | 13 => Scalar::Uint32,
            8 => Scalar::Bool,
            9 => Scalar::String,
            12 => Scalar::Bytes(bytes),
            descriptor::TYPE_ENUM => return Kind::Enum(self.type_ref(&field.type_name)),
            _ => return Kind::Message(self.type_ref(&field.type_name)),
        })
    }

    fn payload(&self, type_name: &str) -> Payload {
        let TypeRef { full_name, path } = self.type_ref(type_name);
        Payload {
            ty: path,
            codec: Codec::Protobuf(full_name),
        }
    }

    fn type_ref(&self, type_name: &str) -> TypeRef {
        let full_name = type_name.trim_start_matches('.').to_owned();
        let path = tokens(&self.types.path(&full_name, &self.source.file.package));
        TypeRef { full_name, path }
    }

    fn enumeration(&self, at: &walk::At<'_, descriptor::Enum>) -> Result<Enum, Missing> {
        let path = self.types.path(&at.full_name, &self.source.file.package);
        let names = self
            .names
            .enums
            .get(&path)
            .ok_or_else(|| Missing("enum".to_owned()))?;
        let values = at.item.value.iter().enumerate().map(|(index, value)| {
            if !names.variants.contains_key(&value.number) {
                return Err(Missing(format!("value `{}`", value.name)));
            }
            Ok(EnumValue {
                proto_name: value.name.clone(),
                number: value.number,
                docs: docs(self.source.comments(&at.inside(path::ENUM_VALUE, index))),
            })
        });
        Ok(Enum {
            path: tokens(&path),
            values: values.collect::<Result<_, _>>()?,
            docs: docs(self.source.comments(&at.place)),
        })
    }

    fn service(&self, index: usize, service: &descriptor::Service) -> Service {
        let place = [path::FILE_SERVICE, super::to_i32(index)];
        let methods = service.method.iter().enumerate().map(|(index, method)| {
            let place = [place.as_slice(), &[path::SERVICE_METHOD, super::to_i32(index)]].concat();
            let options = method.options();
            Method {
                proto_name: method.name.clone(),
                ident: naming::ident(&naming::method(&method.name)),
                constant: naming::ident(&naming::shouty(&method.name)),
                kind: match (method.client_streaming, method.server_streaming) {
                    (false, false) => MethodKind::Unary,
                    (false, true) => MethodKind::ServerStreaming,
                    (true, false) => MethodKind::ClientStreaming,
                    (true, true) => MethodKind::Bidi,
                },
                request: self.payload(&method.input_type),
                reply: self.payload(&method.output_type),
                arguments: Arguments::Request,
                context: true,
                options: MethodOptions {
                    idempotency: match options.idempotency_level {
                        descriptor::NO_SIDE_EFFECTS => IdempotencyLevel::NoSideEffects,
                        descriptor::IDEMPOTENT => IdempotencyLevel::Idempotent,
                        _ => IdempotencyLevel::Unknown,
                    },
                    ..MethodOptions::default()
                },
                deprecated: options.deprecated,
                docs: docs(self.source.comments(&place)),
                written: None,
            }
        });
        Service {
            full_name: naming::join(&self.source.file.package, &service.name),
            ident: naming::ident(&naming::camel(&service.name)),
            file: self.source.file.name.clone(),
            docs: docs(self.source.comments(&place)),
            methods: methods.collect(),
            wrappers: Vec::new(),
            visibility: quote!(pub),
            descriptors: Descriptors::Encoded,
            written: None,
        }
    }
}

fn field_name(field: &descriptor::Field) -> String {
    format!("field `{}`", field.name)
}

/// The tokens of a path that we, prost-build or a checked option wrote.
fn tokens(path: &str) -> TokenStream {
    path.parse().unwrap_or_default()
}
