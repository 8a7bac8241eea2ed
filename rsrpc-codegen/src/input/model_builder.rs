//! Builds the model from file descriptors.

use std::collections::BTreeMap;
use std::collections::hash_map::{Entry, HashMap};

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::definitions;
use super::descriptor::{self, path};
use super::files::{Files, SourceFile};
use super::json_names::json_names;
use super::method_options::method_options;
use crate::chunks::Chunk;
use crate::comments::docs;
use crate::model::{
    Arguments, Bytes, Cardinality, CodecSource, Descriptors, Enum, EnumValue, Field, FieldKind, Member,
    Message, Method, MethodKind, Oneof, Openness, Package, Payload, Scalar, Service, TypeRef,
};
use crate::options::Messages;
use crate::prost::{FieldNames, ProstNames};
use crate::types::RustTypes;
use crate::{Diagnostic, naming};

/// Builds the part of the package that is in a chunk; `names` are those of the same chunk.
///
/// # Errors
/// Returns an error if prost-build's output lacks a name. That is not expected once the checks have passed.
pub(crate) fn chunk_package(
    files: &Files,
    types: &RustTypes<'_>,
    (chunk, names): (&Chunk, &ProstNames),
    messages: Messages,
) -> Result<Package, Vec<Diagnostic>> {
    let Some(source) = files.all().get(chunk.file) else {
        return Err(vec![]);
    };
    let mut package = empty_package(types, source);
    let mut errors = Vec::new();
    let written = |full_name: &str| messages == Messages::Prost && types.external(full_name).is_none();
    let builder = ModelBuilder {
        files,
        source,
        types,
        names,
    };
    for at in definitions::messages_in(&source.file, chunk.messages.clone()) {
        if !at.item.is_map_entry() && written(&at.full_name) {
            match builder.message(&at) {
                Ok(message) => package.messages.push(message),
                Err(missing) => errors.push(builder.missing(&at, &missing)),
            }
        }
    }
    for at in definitions::enums_in(&source.file, chunk.enums.clone(), chunk.messages.clone()) {
        if written(&at.full_name) {
            match builder.enumeration(&at) {
                Ok(item) => package.enums.push(item),
                Err(missing) => errors.push(builder.missing(&at, &missing)),
            }
        }
    }
    let services = source.file.service.iter().enumerate();
    let services = services.filter(|(index, _)| chunk.services.contains(index));
    package
        .services
        .extend(services.map(|(index, service)| builder.service(index, service)));
    if errors.is_empty() {
        Ok(package)
    } else {
        Err(errors)
    }
}

/// Returns the package of a file without content.
pub(crate) fn empty_package(types: &RustTypes<'_>, source: &SourceFile) -> Package {
    Package {
        name: source.file.package.clone(),
        modules: modules(types, &source.file.package),
        files: vec![source.file.name.clone()],
        messages: Vec::new(),
        enums: Vec::new(),
        services: Vec::new(),
    }
}

/// Returns the Rust module of each segment of a package name.
fn modules(types: &RustTypes<'_>, package: &str) -> Vec<String> {
    let ends = package.match_indices('.').map(|(dot, _)| dot);
    let ends = ends.chain((!package.is_empty()).then_some(package.len()));
    let prefixes = ends.filter_map(|end| package.get(..end));
    prefixes
        .map(|prefix| types.names().package_module(prefix))
        .collect()
}

/// Merges parts into packages, by name.
pub(crate) fn merge_packages(parts: Vec<Package>) -> BTreeMap<String, Package> {
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

/// Builds the elements of one file.
struct ModelBuilder<'a> {
    files: &'a Files,
    source: &'a SourceFile,
    types: &'a RustTypes<'a>,
    names: &'a ProstNames,
}

/// An element that prost-build's output lacks.
struct MissingName(String);

impl ModelBuilder<'_> {
    fn missing<T>(&self, at: &definitions::Located<'_, T>, missing: &MissingName) -> Diagnostic {
        let message = format!(
            "prost-build's output lacks the {} of `{}`",
            missing.0, at.full_name
        );
        self.source.error(&at.place, &at.full_name, message)
    }

    fn message(
        &self,
        at: &definitions::Located<'_, descriptor::MessageDescriptor>,
    ) -> Result<Message, MissingName> {
        let names = self
            .names
            .messages
            .get(&at.full_name)
            .ok_or_else(|| MissingName("struct".to_owned()))?;
        let entries = at.item.map_entries();
        let mut by_number = HashMap::new();
        for (index, (_, _, numbers)) in names.oneofs.iter().enumerate() {
            by_number.extend(numbers.iter().map(|number| (*number, index)));
        }
        let mut oneofs = HashMap::new();
        let mut fields = Vec::with_capacity(at.item.field.len());
        let json_names = json_names(at.item).names;
        for ((index, field), json_name) in at.item.field.iter().enumerate().zip(json_names) {
            let place = at.inside(path::MESSAGE_FIELD, index);
            let (member, names) = match field.oneof_index.filter(|_| !field.proto3_optional) {
                None => {
                    let names = names
                        .fields
                        .get(&field.number)
                        .ok_or_else(|| MissingName(field_name(field)))?;
                    (Member::Field(names.ident.clone()), names)
                }
                Some(declared) => {
                    let missing = || MissingName(field_name(field));
                    let found = by_number
                        .get(&field.number)
                        .and_then(|index| names.oneofs.get(*index));
                    let (ident, path, _) = found.ok_or_else(missing)?;
                    self.variant(at, (ident, path), declared, field, &mut oneofs)?
                }
            };
            let entry = entries.get(field.type_name.rsplit('.').next().unwrap_or_default());
            fields.push(Field {
                json_name,
                ..self.field(entry.copied(), field, member, names, &place)
            });
        }
        fields.sort_by_key(|field| field.number);
        let mut oneofs: Vec<_> = oneofs.into_values().collect();
        oneofs.sort_by_key(|(index, _)| *index);
        Ok(Message {
            path: tokens(&names.path),
            full_name: at.full_name.clone(),
            docs: docs(self.source.comments(&at.place)),
            fields,
            oneofs: oneofs.into_iter().map(|(_, oneof)| oneof).collect(),
        })
    }

    /// Returns the place of a oneof member, and adds the oneof for its first member.
    fn variant(
        &self,
        at: &definitions::Located<'_, descriptor::MessageDescriptor>,
        (ident, enum_path): (&Ident, &str),
        declared: i32,
        field: &descriptor::FieldDescriptor,
        oneofs: &mut HashMap<i32, (usize, Oneof)>,
    ) -> Result<(Member, &FieldNames), MissingName> {
        let missing = || MissingName(field_name(field));
        let variants = &self.names.oneofs.get(enum_path).ok_or_else(missing)?.variants;
        let variant = variants.get(&field.number).ok_or_else(missing)?;
        let next = oneofs.len();
        let oneof = match oneofs.entry(declared) {
            Entry::Occupied(known) => known.get().0,
            Entry::Vacant(vacant) => {
                let index = usize::try_from(declared).map_err(|_| missing())?;
                let docs = docs(self.source.comments(&at.inside(path::MESSAGE_ONEOF, index)));
                let oneof = Oneof {
                    ident: ident.clone(),
                    path: tokens(enum_path),
                    docs,
                };
                vacant.insert((next, oneof)).0
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
        entry: Option<&descriptor::MessageDescriptor>,
        field: &descriptor::FieldDescriptor,
        member: Member,
        names: &FieldNames,
        place: &[i32],
    ) -> Field {
        let bytes = if names.is_bytes { Bytes::Bytes } else { Bytes::Vec };
        let entry = entry.filter(|_| field.label == descriptor::LABEL_REPEATED);
        let (kind, cardinality) = match entry.map(|entry| entry.field.as_slice()) {
            Some([key, value, ..]) => {
                let key = match self.kind(key, Bytes::Vec) {
                    FieldKind::Scalar(key) => key,
                    FieldKind::Enum(_) | FieldKind::Message(_) => Scalar::String,
                };
                (self.kind(value, bytes), Cardinality::Map(key))
            }
            _ => (self.kind(field, bytes), self.cardinality(field, &member)),
        };
        Field {
            number: u32::try_from(field.number).unwrap_or(0),
            proto_name: field.name.clone(),
            // Set by the caller for all fields of a message.
            json_name: String::new(),
            member,
            cardinality,
            kind,
            boxed: names.boxed,
            docs: docs(self.source.comments(place)),
        }
    }

    fn cardinality(&self, field: &descriptor::FieldDescriptor, member: &Member) -> Cardinality {
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

    fn kind(&self, field: &descriptor::FieldDescriptor, bytes: Bytes) -> FieldKind {
        FieldKind::Scalar(match field.r#type {
            1 => Scalar::Double,
            2 => Scalar::Float,
            3 | 16 | 18 => Scalar::Int64,
            4 | 6 => Scalar::Uint64,
            5 | 15 | 17 => Scalar::Int32,
            7 | 13 => Scalar::Uint32,
            8 => Scalar::Bool,
            9 => Scalar::String,
            12 => Scalar::Bytes(bytes),
            descriptor::TYPE_ENUM => return FieldKind::Enum(self.type_ref(&field.type_name)),
            _ => return FieldKind::Message(self.type_ref(&field.type_name)),
        })
    }

    fn payload(&self, type_name: &str) -> Payload {
        let TypeRef { full_name, path } = self.type_ref(type_name);
        Payload {
            ty: path,
            codec: CodecSource::Protobuf(full_name),
        }
    }

    fn type_ref(&self, type_name: &str) -> TypeRef {
        let full_name = type_name.trim_start_matches('.').to_owned();
        let path = tokens(&self.types.path(&full_name, &self.source.file.package));
        TypeRef { full_name, path }
    }

    fn enumeration(
        &self,
        at: &definitions::Located<'_, descriptor::EnumDescriptor>,
    ) -> Result<Enum, MissingName> {
        let path = self.types.path(&at.full_name, &self.source.file.package);
        let names = self
            .names
            .enums
            .get(&path)
            .ok_or_else(|| MissingName("enum".to_owned()))?;
        let values = at.item.value.iter().enumerate().map(|(index, value)| {
            if !names.variants.contains_key(&value.number) {
                return Err(MissingName(format!("value `{}`", value.name)));
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
            openness: if at.item.is_closed() {
                Openness::Closed
            } else {
                Openness::Open
            },
            docs: docs(self.source.comments(&at.place)),
        })
    }

    fn service(&self, index: usize, service: &descriptor::ServiceDescriptor) -> Service {
        let names = self.types.names();
        let full_name = naming::join(&self.source.file.package, &service.name);
        let place = [path::FILE_SERVICE, path::to_i32(index)];
        let methods = service.method.iter().enumerate().map(|(index, method)| {
            let place = [place.as_slice(), &[path::SERVICE_METHOD, path::to_i32(index)]].concat();
            let ident = names.method_ident(&naming::join(&full_name, &method.name));
            Method {
                proto_name: method.name.clone(),
                constant: naming::ident(&constant(&method.name, &ident)),
                ident: naming::ident(&ident),
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
                options: method_options(self.files, self.source, method).0,
                deprecated: method.options().deprecated,
                docs: docs(self.source.comments(&place)),
                written: None,
            }
        });
        Service {
            ident: naming::ident(&names.service_ident(&full_name)),
            file: self.source.file.name.clone(),
            docs: docs(self.source.comments(&place)),
            methods: methods.collect(),
            full_name,
            wrappers: Vec::new(),
            visibility: quote!(pub),
            descriptors: Descriptors::Encoded,
            written: None,
        }
    }
}

/// Returns the constant of an rpc. It shares the number of a renumbered method.
fn constant(name: &str, method: &str) -> String {
    if method == naming::method(name) {
        naming::shouty(name)
    } else {
        naming::shouty(method)
    }
}

fn field_name(field: &descriptor::FieldDescriptor) -> String {
    format!("field `{}`", field.name)
}

/// Parses a path written by the generator, by prost-build or by a checked option.
fn tokens(path: &str) -> TokenStream {
    path.parse().unwrap_or_default()
}
