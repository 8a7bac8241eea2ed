//! From file descriptors to the model.

use std::collections::BTreeMap;
use std::collections::hash_map::{Entry, HashMap};

use proc_macro2::{Ident, TokenStream};
use quote::quote;

use super::descriptor::{self, path};
use super::{Files, Source, walk};
use crate::comments::docs;
use crate::model::{
    Arguments, Bytes, Cardinality, Codec, Descriptors, Enum, EnumValue, Field, Kind, Member, Message, Method,
    MethodKind, Oneof, Openness, Package, Payload, Scalar, Service, TypeRef,
};
use crate::options::Messages;
use crate::pieces::Piece;
use crate::prost::{FieldNames, Names};
use crate::types::Types;
use crate::{Diagnostic, naming};

/// Makes a model of what a piece of a file adds to its package; `names` are of the same piece.
///
/// # Errors
/// A name that prost-build's output lacks. The checks have passed, so none is expected.
pub(crate) fn part(
    files: &Files,
    types: &Types<'_>,
    (piece, names): (&Piece, &Names),
    messages: Messages,
) -> Result<Package, Vec<Diagnostic>> {
    let Some(source) = files.all().get(piece.file) else {
        return Err(vec![]);
    };
    let mut package = empty_part(types, source);
    let mut errors = Vec::new();
    let written = |full_name: &str| messages == Messages::Prost && types.external(full_name).is_none();
    let builder = Builder {
        files,
        source,
        types,
        names,
    };
    for at in walk::messages_in(&source.file, piece.messages.clone()) {
        if !at.item.is_map_entry() && written(&at.full_name) {
            match builder.message(&at) {
                Ok(message) => package.messages.push(message),
                Err(missing) => errors.push(builder.missing(&at, &missing)),
            }
        }
    }
    for at in walk::enums_in(&source.file, piece.enums.clone(), piece.messages.clone()) {
        if written(&at.full_name) {
            match builder.enumeration(&at) {
                Ok(item) => package.enums.push(item),
                Err(missing) => errors.push(builder.missing(&at, &missing)),
            }
        }
    }
    let services = source.file.service.iter().enumerate();
    let services = services.filter(|(index, _)| piece.services.contains(index));
    package
        .services
        .extend(services.map(|(index, service)| builder.service(index, service)));
    if errors.is_empty() {
        Ok(package)
    } else {
        Err(errors)
    }
}

/// The package of a file, without anything in it.
pub(crate) fn empty_part(types: &Types<'_>, source: &Source) -> Package {
    Package {
        name: source.file.package.clone(),
        modules: modules(types, &source.file.package),
        files: vec![source.file.name.clone()],
        messages: Vec::new(),
        enums: Vec::new(),
        services: Vec::new(),
    }
}

/// The Rust module of each segment of a package's name.
fn modules(types: &Types<'_>, package: &str) -> Vec<String> {
    let ends = package.match_indices('.').map(|(dot, _)| dot);
    let ends = ends.chain((!package.is_empty()).then_some(package.len()));
    let prefixes = ends.filter_map(|end| package.get(..end));
    prefixes
        .map(|prefix| types.names().package_module(prefix))
        .collect()
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
    files: &'a Files,
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
        let entries = at.item.map_entries();
        let mut by_number = HashMap::new();
        for (index, (_, _, numbers)) in names.oneofs.iter().enumerate() {
            by_number.extend(numbers.iter().map(|number| (*number, index)));
        }
        let mut oneofs = HashMap::new();
        let mut fields = Vec::with_capacity(at.item.field.len());
        let json_names = super::json_names(at.item).names;
        for ((index, field), json_name) in at.item.field.iter().enumerate().zip(json_names) {
            let place = at.inside(path::MESSAGE_FIELD, index);
            let (member, names) = match field.oneof_index.filter(|_| !field.proto3_optional) {
                None => {
                    let names = names
                        .fields
                        .get(&field.number)
                        .ok_or_else(|| Missing(field_name(field)))?;
                    (Member::Field(names.ident.clone()), names)
                }
                Some(declared) => {
                    let missing = || Missing(field_name(field));
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

    /// The place of a oneof's member; adds the oneof when it is the first of its members.
    fn variant(
        &self,
        at: &walk::At<'_, descriptor::Message>,
        (ident, enum_path): (&Ident, &str),
        declared: i32,
        field: &descriptor::Field,
        oneofs: &mut HashMap<i32, (usize, Oneof)>,
    ) -> Result<(Member, &FieldNames), Missing> {
        let missing = || Missing(field_name(field));
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
        entry: Option<&descriptor::Message>,
        field: &descriptor::Field,
        member: Member,
        names: &FieldNames,
        place: &[i32],
    ) -> Field {
        let bytes = if names.is_bytes { Bytes::Bytes } else { Bytes::Vec };
        let entry = entry.filter(|_| field.label == descriptor::LABEL_REPEATED);
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
            // Of a message's fields together, by the caller.
            json_name: String::new(),
            member,
            cardinality,
            kind,
            boxed: names.boxed,
            docs: docs(self.source.comments(place)),
        }
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
            openness: if at.item.is_closed() {
                Openness::Closed
            } else {
                Openness::Open
            },
            docs: docs(self.source.comments(&at.place)),
        })
    }

    fn service(&self, index: usize, service: &descriptor::Service) -> Service {
        let names = self.types.names();
        let full_name = naming::join(&self.source.file.package, &service.name);
        let place = [path::FILE_SERVICE, super::to_i32(index)];
        let methods = service.method.iter().enumerate().map(|(index, method)| {
            let place = [place.as_slice(), &[path::SERVICE_METHOD, super::to_i32(index)]].concat();
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
                options: super::method_options(self.files, self.source, method).0,
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

/// The constant of an rpc: where its method has a number, that has it, too.
fn constant(name: &str, method: &str) -> String {
    if method == naming::method(name) {
        naming::shouty(name)
    } else {
        naming::shouty(method)
    }
}

fn field_name(field: &descriptor::Field) -> String {
    format!("field `{}`", field.name)
}

/// The tokens of a path that we, prost-build or a checked option wrote.
fn tokens(path: &str) -> TokenStream {
    path.parse().unwrap_or_default()
}
