//! Formats a file descriptor as `.proto` text.

use std::collections::HashSet;
use std::fmt::Write as _;

use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::method_options::IdempotencyLevel;
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, MethodDescriptorProto,
    ServiceDescriptorProto,
};

use super::file::{FILE_ENUM_TAG, FILE_MESSAGE_TAG, FILE_SERVICE_TAG};
use super::message::position;
use super::set::SchemaFiles;
use super::{Schema, SchemaError, names};

/// First lines of an exported file.
const HEADER: &str = "// Exported by rsrpc from definitions in Rust: change those.\n\n";

impl Schema {
    /// Formats the definitions of a package as `.proto` text: proto3, in the order of the definitions, with comments.
    ///
    /// # Errors
    /// The schema does not define the package, or cannot be exported: two types share a name, or packages depend on
    /// each other.
    pub fn to_proto(&self, package: &str) -> Result<String, SchemaError> {
        let files = SchemaFiles::new(self);
        files.check()?;
        let Some(file) = files.of_package(package) else {
            let problem = format!("the package `{package}` has no definitions in Rust");
            return Err(SchemaError::new(vec![problem]));
        };
        let types = files.types().collect();
        Ok(ProtoWriter::new(file, types).file())
    }
}

struct ProtoWriter<'a> {
    file: &'a FileDescriptorProto,
    /// Full names of all messages and enums.
    types: HashSet<&'a str>,
    text: String,
}

impl<'a> ProtoWriter<'a> {
    fn new(file: &'a FileDescriptorProto, types: HashSet<&'a str>) -> Self {
        Self {
            file,
            types,
            text: String::from(HEADER),
        }
    }

    fn file(mut self) -> String {
        let file = self.file;
        self.text.push_str("syntax = \"proto3\";\n");
        if !file.package().is_empty() {
            let _ = write!(self.text, "\npackage {};\n", file.package());
        }
        if !file.dependency.is_empty() {
            self.text.push('\n');
        }
        for import in &file.dependency {
            let _ = writeln!(self.text, "import {};", quoted(import));
        }
        for (index, service) in file.service.iter().enumerate() {
            self.service(service, &[FILE_SERVICE_TAG, position(index)]);
        }
        for (index, message) in file.message_type.iter().enumerate() {
            self.message(message, &[FILE_MESSAGE_TAG, position(index)]);
        }
        for (index, item) in file.enum_type.iter().enumerate() {
            self.enumeration(item, &[FILE_ENUM_TAG, position(index)]);
        }
        self.text
    }

    fn service(&mut self, service: &ServiceDescriptorProto, path: &[i32]) {
        self.text.push('\n');
        self.comment(path, "");
        let _ = write!(self.text, "service {} {{", service.name());
        let mut lines = BlockWriter::default();
        if service
            .options
            .as_ref()
            .is_some_and(|options| options.deprecated())
        {
            lines.line(&mut self.text, "option deprecated = true;");
        }
        for (index, method) in service.method.iter().enumerate() {
            lines.open(&mut self.text);
            self.comment(&[path, &[2, position(index)]].concat(), "  ");
            self.method(method);
        }
        self.text.push_str("}\n");
    }

    fn method(&mut self, method: &MethodDescriptorProto) {
        let half = |streaming: bool| if streaming { "stream " } else { "" };
        let _ = write!(
            self.text,
            "  rpc {}({}{}) returns ({}{})",
            method.name(),
            half(method.client_streaming()),
            self.type_name(method.input_type(), None),
            half(method.server_streaming()),
            self.type_name(method.output_type(), None),
        );
        let mut options = Vec::new();
        if let Some(set) = &method.options {
            if set.deprecated() {
                options.push("deprecated = true".to_owned());
            }
            match set.idempotency_level() {
                IdempotencyLevel::IdempotencyUnknown => {}
                level => options.push(format!("idempotency_level = {}", level.as_str_name())),
            }
        }
        if options.is_empty() {
            self.text.push_str(";\n");
            return;
        }
        self.text.push_str(" {\n");
        for option in options {
            let _ = writeln!(self.text, "    option {option};");
        }
        self.text.push_str("  }\n");
    }

    fn message(&mut self, message: &DescriptorProto, path: &[i32]) {
        self.text.push('\n');
        self.comment(path, "");
        let _ = write!(self.text, "message {} {{", message.name());
        let mut lines = BlockWriter::default();
        if message
            .options
            .as_ref()
            .is_some_and(|options| options.deprecated())
        {
            lines.line(&mut self.text, "option deprecated = true;");
        }
        let ranges = message.reserved_range.iter();
        let ranges = ranges.map(|range| (range.start(), range.end() - 1));
        for line in reserved(ranges, MAX_FIELD_NUMBER, &message.reserved_name) {
            lines.line(&mut self.text, &line);
        }
        let mut written = HashSet::new();
        for (index, field) in message.field.iter().enumerate() {
            match field.oneof_index.filter(|_| !field.proto3_optional()) {
                None => {
                    lines.open(&mut self.text);
                    self.field(message, index, field, path, "  ");
                }
                Some(oneof) if written.insert(oneof) => {
                    lines.open(&mut self.text);
                    self.oneof(message, oneof, path);
                }
                Some(_) => {}
            }
        }
        self.text.push_str("}\n");
    }

    fn oneof(&mut self, message: &DescriptorProto, oneof: i32, path: &[i32]) {
        self.comment(&[path, &[8, oneof]].concat(), "  ");
        let declaration = usize::try_from(oneof)
            .ok()
            .and_then(|index| message.oneof_decl.get(index));
        let name = declaration.map_or("", |declaration| declaration.name());
        let _ = writeln!(self.text, "  oneof {name} {{");
        let members = message.field.iter().enumerate();
        for (index, member) in members.filter(|(_, field)| field.oneof_index == Some(oneof)) {
            self.field(message, index, member, path, "    ");
        }
        self.text.push_str("  }\n");
    }

    fn field(
        &mut self,
        message: &DescriptorProto,
        index: usize,
        field: &FieldDescriptorProto,
        path: &[i32],
        indent: &str,
    ) {
        self.comment(&[path, &[2, position(index)]].concat(), indent);
        let entry = map_entry(self.file.package(), message, field);
        let kind = match entry.map(|entry| entry.field.as_slice()) {
            Some([key, value, ..]) => format!(
                "map<{}, {}>",
                self.value_type(key, message),
                self.value_type(value, message)
            ),
            _ if field.label() == Label::Repeated => format!("repeated {}", self.value_type(field, message)),
            _ if field.proto3_optional() => format!("optional {}", self.value_type(field, message)),
            _ => self.value_type(field, message),
        };
        let mut options = Vec::new();
        if !field.json_name().is_empty() && field.json_name() != names::json(field.name()) {
            options.push(format!("json_name = {}", quoted(field.json_name())));
        }
        if field.options.as_ref().is_some_and(|options| options.deprecated()) {
            options.push("deprecated = true".to_owned());
        }
        let options = if options.is_empty() {
            String::new()
        } else {
            format!(" [{}]", options.join(", "))
        };
        let _ = writeln!(
            self.text,
            "{indent}{kind} {} = {}{options};",
            field.name(),
            field.number()
        );
    }

    fn enumeration(&mut self, item: &EnumDescriptorProto, path: &[i32]) {
        self.text.push('\n');
        self.comment(path, "");
        let _ = write!(self.text, "enum {} {{", item.name());
        let mut lines = BlockWriter::default();
        if item.options.as_ref().is_some_and(|options| options.deprecated()) {
            lines.line(&mut self.text, "option deprecated = true;");
        }
        let ranges = item.reserved_range.iter();
        let ranges = ranges.map(|range| (range.start(), range.end()));
        for line in reserved(ranges, i32::MAX, &item.reserved_name) {
            lines.line(&mut self.text, &line);
        }
        for (index, value) in item.value.iter().enumerate() {
            lines.open(&mut self.text);
            self.comment(&[path, &[2, position(index)]].concat(), "  ");
            let is_deprecated = value.options.as_ref().is_some_and(|options| options.deprecated());
            let options = if is_deprecated { " [deprecated = true]" } else { "" };
            let _ = writeln!(self.text, "  {} = {}{options};", value.name(), value.number());
        }
        self.text.push_str("}\n");
    }

    fn comment(&mut self, path: &[i32], indent: &str) {
        let locations = self.file.source_code_info.iter().flat_map(|info| &info.location);
        let mut comments = locations.filter(|location| location.path == path);
        let Some(comment) = comments.next().map(|location| location.leading_comments()) else {
            return;
        };
        for line in comment.lines() {
            let _ = writeln!(self.text, "{}", format!("{indent}//{line}").trim_end());
        }
    }

    fn value_type(&self, field: &FieldDescriptorProto, message: &DescriptorProto) -> String {
        match field.r#type() {
            Type::Message | Type::Enum | Type::Group => self.type_name(field.type_name(), Some(message)),
            scalar => scalar_name(scalar).to_owned(),
        }
    }

    /// Returns the shortest name that resolves to the type within the message.
    ///
    /// A name is resolved by its first part, from the innermost scope outwards. The first match decides.
    fn type_name(&self, name: &str, scope: Option<&DescriptorProto>) -> String {
        let full_name = name.strip_prefix('.').unwrap_or(name);
        let package = self.file.package();
        let relative = match full_name
            .strip_prefix(package)
            .and_then(|rest| rest.strip_prefix('.'))
        {
            Some(rest) if !package.is_empty() => rest,
            _ => full_name,
        };
        let first = relative.split('.').next().unwrap_or(relative);
        let is_shadowed = scope.is_some_and(|message| {
            let entries = message.nested_type.iter();
            entries.map(|entry| entry.name()).any(|entry| entry == first)
        });
        let mut scopes = Vec::new();
        let mut rest = package;
        while !rest.is_empty() {
            scopes.push(rest);
            rest = names::split(rest).0;
        }
        // The innermost scope in which the first part names a type, or a package with types.
        let found = scopes
            .into_iter()
            .map(|scope| names::join(scope, first))
            .find(|candidate| {
                self.types.iter().any(|known| {
                    known
                        .strip_prefix(candidate.as_str())
                        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
                })
            });
        let meant = match found {
            Some(candidate) => full_name == candidate || full_name.starts_with(&format!("{candidate}.")),
            None => relative == full_name,
        };
        if meant && !is_shadowed {
            relative.to_owned()
        } else {
            format!(".{full_name}")
        }
    }
}

/// A writer of a block's braces: `{}` if empty, otherwise one line per item.
#[derive(Default)]
struct BlockWriter {
    is_open: bool,
}

impl BlockWriter {
    fn open(&mut self, text: &mut String) {
        if !std::mem::replace(&mut self.is_open, true) {
            text.push('\n');
        }
    }

    fn line(&mut self, text: &mut String, line: &str) {
        self.open(text);
        let _ = writeln!(text, "  {line}");
    }
}

/// Maximum field number.
const MAX_FIELD_NUMBER: i32 = (1 << 29) - 1;

/// Returns the entry message of a map field.
pub(super) fn map_entry<'a>(
    package: &str,
    message: &'a DescriptorProto,
    field: &FieldDescriptorProto,
) -> Option<&'a DescriptorProto> {
    let scope = names::join(package, message.name());
    let name = field.type_name();
    let name = name.strip_prefix('.').unwrap_or(name);
    let entry = name
        .strip_prefix(&scope)
        .and_then(|rest| rest.strip_prefix('.'))?;
    let is_entry = |nested: &&DescriptorProto| {
        nested.name() == entry && nested.options.as_ref().is_some_and(|options| options.map_entry())
    };
    message.nested_type.iter().find(is_entry)
}

/// Formats `reserved` statements for ranges, which include both ends, and names.
fn reserved(ranges: impl Iterator<Item = (i32, i32)>, max: i32, names: &[String]) -> Vec<String> {
    let ranges: Vec<_> = ranges
        .map(|(first, last)| match last {
            last if last == first => first.to_string(),
            last if last >= max => format!("{first} to max"),
            last => format!("{first} to {last}"),
        })
        .collect();
    let names: Vec<_> = names.iter().map(|name| quoted(name)).collect();
    [ranges, names]
        .into_iter()
        .filter(|part| !part.is_empty())
        .map(|part| format!("reserved {};", part.join(", ")))
        .collect()
}

pub(super) fn scalar_name(kind: Type) -> &'static str {
    match kind {
        Type::Double => "double",
        Type::Float => "float",
        Type::Int64 => "int64",
        Type::Uint64 => "uint64",
        Type::Int32 => "int32",
        Type::Fixed64 => "fixed64",
        Type::Fixed32 => "fixed32",
        Type::Bool => "bool",
        Type::String => "string",
        Type::Group => "group",
        Type::Message => "message",
        Type::Bytes => "bytes",
        Type::Uint32 => "uint32",
        Type::Enum => "enum",
        Type::Sfixed32 => "sfixed32",
        Type::Sfixed64 => "sfixed64",
        Type::Sint32 => "sint32",
        Type::Sint64 => "sint64",
    }
}

/// Formats a string literal.
fn quoted(text: &str) -> String {
    let mut literal = String::from("\"");
    for character in text.chars() {
        match character {
            '"' | '\\' => {
                literal.push('\\');
                literal.push(character);
            }
            '\n' => literal.push_str("\\n"),
            _ => literal.push(character),
        }
    }
    literal + "\""
}
