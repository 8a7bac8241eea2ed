use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, EnumValueOptions, FieldDescriptorProto,
    FieldOptions, FileDescriptorProto, MessageOptions, OneofDescriptorProto,
};

use super::*;
use crate::chunks::Chunk;
use crate::input::{self, Files};
use crate::prost::{add_docs, parse, read_names, scan, texts};
use crate::types::RustTypes;
use crate::{Options, Request};

fn field(name: &str, number: i32, r#type: Type, type_name: &str) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(r#type.into()),
        type_name: (!type_name.is_empty()).then(|| type_name.to_owned()),
        ..FieldDescriptorProto::default()
    }
}

fn enumeration(prefix: &str, length: usize) -> EnumDescriptorProto {
    let value = |name: &str, number, deprecated| EnumValueDescriptorProto {
        name: Some(format!("{prefix}_{name}")),
        number: Some(number),
        options: Some(EnumValueOptions {
            deprecated,
            ..EnumValueOptions::default()
        }),
    };
    EnumDescriptorProto {
        name: Some(format!("Enum{}", "x".repeat(length))),
        value: vec![
            value(&"X".repeat(length), 0, None),
            value("NEGATIVE", i32::MIN, Some(true)),
            // The longest name with which `Some` and its attribute fit on a line.
            value(&"Y".repeat(length.min(20)), 2, Some(true)),
        ],
        ..EnumDescriptorProto::default()
    }
}

/// Messages of every shape, all of whose names have this length.
fn file(package: &str, syntax: &str, length: usize, depth: usize) -> FileDescriptorProto {
    let long = "x".repeat(length);
    let name = format!("M{long}");
    let full_name = format!(".{package}.{name}");
    let entry = format!("{full_name}.{}Entry", "Map");
    let repeated = |mut field: FieldDescriptorProto| {
        field.label = Some(Label::Repeated.into());
        field
    };
    let in_oneof = |mut field: FieldDescriptorProto| {
        field.oneof_index = Some(0);
        field
    };
    let mut deprecated = field(&format!("d{long}"), 3, Type::Int32, "");
    deprecated.options = Some(FieldOptions {
        deprecated: Some(true),
        ..FieldOptions::default()
    });
    let mut default = field(&format!("g{long}"), 20, Type::String, "");
    if syntax == "proto2" {
        default.default_value = Some("a \"b, c\" = \\ \n".to_owned());
    }
    let map_value = field("value", 2, Type::Message, &full_name);
    let mut message = DescriptorProto {
        name: Some(name),
        field: vec![
            field(&format!("a{long}"), 1, Type::String, ""),
            repeated(field(&format!("b{long}"), 2, Type::String, "")),
            deprecated,
            field(&format!("c{long}"), 4, Type::Message, &full_name),
            repeated(field("map", 5, Type::Message, &entry)),
            field(
                &format!("e{long}"),
                6,
                Type::Enum,
                &format!(".{package}.Enum{long}"),
            ),
            repeated(field("type", 7, Type::Bytes, "")),
            in_oneof(field(&format!("o{long}"), 8, Type::Message, &full_name)),
            in_oneof(field(&format!("p{long}"), 9, Type::String, "")),
            in_oneof(field("q", 10, Type::Message, &full_name)),
            default,
        ],
        oneof_decl: vec![OneofDescriptorProto {
            name: Some(format!("u{long}")),
            ..OneofDescriptorProto::default()
        }],
        nested_type: vec![DescriptorProto {
            name: Some("MapEntry".to_owned()),
            field: vec![field("key", 1, Type::String, ""), map_value],
            options: Some(MessageOptions {
                map_entry: Some(true),
                ..MessageOptions::default()
            }),
            ..DescriptorProto::default()
        }],
        ..DescriptorProto::default()
    };
    let mut inner = DescriptorProto {
        name: Some("Empty".to_owned()),
        enum_type: vec![enumeration("INNER", length)],
        ..DescriptorProto::default()
    };
    for _ in 0..depth {
        inner = DescriptorProto {
            name: Some("Nested".to_owned()),
            field: vec![repeated(field(&format!("f{long}"), 1, Type::String, ""))],
            nested_type: vec![inner],
            ..DescriptorProto::default()
        };
    }
    message.nested_type.push(inner);
    FileDescriptorProto {
        name: Some("a.proto".to_owned()),
        package: Some(package.to_owned()),
        syntax: Some(syntax.to_owned()),
        message_type: vec![message],
        enum_type: vec![enumeration("OUTER", length)],
        ..FileDescriptorProto::default()
    }
}

/// Output of the definition writer (`None` where it leaves the text to `syn`), and of prettyplease.
fn both(file: &FileDescriptorProto, parameter: &str) -> (Option<String>, String) {
    let request = Request {
        files: vec![file.encode_to_vec()],
        generate: vec!["a.proto".to_owned()],
        options: Options::parse(parameter).unwrap(),
    };
    let files = Files::load(&request).unwrap();
    let options = request.options.effective();
    let types = RustTypes::new(&files, &options);
    let chunks = Chunk::files(&files);
    let texts = texts(&files, &types, &options, &chunks).unwrap();
    let source = &files.all()[0];
    let mut items = parse(&texts[0], source).unwrap();
    let part = |names| input::chunk_package(&files, &types, (&chunks[0], &names), options.messages).unwrap();
    let package = part(read_names(&items));
    add_docs(&package, &mut items);
    let found = scan(&texts[0]).map(|scan| write_definitions(&part(scan.names()), &scan, source).unwrap());
    (found, format::file(items))
}

#[test]
fn lines_of_every_length_are_those_of_prettyplease() {
    for length in 1..100 {
        for (syntax, package, depth) in [
            ("proto2", "some.package", 2),
            ("proto3", "a", 0),
            ("proto3", "a", 9),
        ] {
            let (found, expected) = both(&file(package, syntax, length, depth), "");
            assert_eq!(found.unwrap(), expected, "{syntax} {length} {depth}");
        }
    }
}

#[test]
fn most_definitions_are_not_parsed() {
    let file = file("some.package", "proto3", 30, 2);
    let request = Request {
        files: vec![file.encode_to_vec()],
        generate: vec!["a.proto".to_owned()],
        options: Options::default(),
    };
    let files = Files::load(&request).unwrap();
    let types = RustTypes::new(&files, &request.options);
    let chunks = Chunk::files(&files);
    let texts = texts(&files, &types, &request.options, &chunks).unwrap();
    let scan = scan(&texts[0]).unwrap();
    let docs = PackageDocs::default();
    for definition in &scan.definitions {
        let mut lines = DefinitionWriter {
            text: String::new(),
            depth: 0,
            docs: &docs,
        };
        assert!(
            lines.item(&definition.item, "", None).is_some(),
            "{}",
            definition.text
        );
    }
}

#[test]
fn what_options_add_is_left_to_syn() {
    let file = file("a", "proto3", 3, 1);
    for parameter in [
        "type_attribute=.=#[my::attribute]",
        "field_attribute=.=#[my(attribute)]",
        "btree_map=.",
    ] {
        assert!(both(&file, parameter).0.is_none(), "{parameter}");
    }
    for parameter in [
        "bytes=.",
        "runtime_path=crate::of::mine",
        "boxed=.",
        "extern_path=.a.Enumxxx=::a::B<u8>",
    ] {
        let (found, expected) = both(&file, parameter);
        assert_eq!(found.unwrap(), expected, "{parameter}");
    }
}
