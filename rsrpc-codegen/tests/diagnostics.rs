//! Exact texts of diagnostics, those about broken descriptors last.

use prost::Message as _;
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, FieldDescriptorProto, FileDescriptorProto, MethodDescriptorProto,
    OneofDescriptorProto, ServiceDescriptorProto,
};
use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use rsrpc_codegen::{Diagnostics, Options, Output, Request, generate};

/// In-memory files.
struct Files(Vec<(String, String)>);

impl FileResolver for Files {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        let file = self.0.iter().find(|(known, _)| known == name);
        let (name, text) = file.ok_or_else(|| protox::Error::file_not_found(name))?;
        File::from_source(name, text)
    }
}

#[track_caller]
fn check_files(options: &str, files: &[(&str, &str)], expected: &str) {
    assert_eq!(
        generate_files(options, files)
            .map(|_| ())
            .map_err(|errors| errors.to_string()),
        Err(expected.to_owned())
    );
}

#[track_caller]
fn generate_files(options: &str, files: &[(&str, &str)]) -> Result<Output, Diagnostics> {
    let mut resolver = ChainFileResolver::new();
    resolver.add(Files(
        files
            .iter()
            .map(|(name, text)| ((*name).to_owned(), (*text).to_owned()))
            .collect(),
    ));
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(true);
    for (name, _) in files {
        compiler.open_file(name).unwrap();
    }
    let names = files.iter().map(|(name, _)| (*name).to_owned()).collect();
    let set = compiler.encode_file_descriptor_set();
    let request = Request::from_descriptor_set(&set, names, Options::parse(options).unwrap()).unwrap();
    generate(&request)
}

#[test]
fn types_missing_in_prost_types() {
    let text = "syntax = \"proto3\";\npackage a;\nimport \"google/protobuf/descriptor.proto\";\n\
                message M {\n  google.protobuf.FeatureSet features = 1;\n  oneof one {\n    \
                google.protobuf.Edition edition = 2;\n    google.protobuf.FieldDescriptorProto field = 3;\n  }\n  \
                map<string, google.protobuf.FieldOptions.EditionDefault> defaults = 4;\n}\n\
                service S {\n  rpc Get(google.protobuf.FeatureSet) returns (google.protobuf.FeatureSet);\n  \
                rpc Set(google.protobuf.FileDescriptorSet) returns (stream \
                google.protobuf.FeatureSetDefaults);\n}\n";
    check_files(
        "",
        &[("a.proto", text)],
        "a.proto:5:3: `a.M.features` uses `google.protobuf.FeatureSet`, which the crate prost-types does not have; \
         name a Rust type for it with extern_path=.google.protobuf.FeatureSet=::rust::path\n\
         a.proto:7:5: `a.M.edition` uses `google.protobuf.Edition`, which the crate prost-types does not have; \
         name \
         a Rust type for it with extern_path=.google.protobuf.Edition=::rust::path\n\
         a.proto:10:3: `a.M.defaults` uses `google.protobuf.FieldOptions.EditionDefault`, which the crate \
         prost-types does not have; name a Rust type for it with \
         extern_path=.google.protobuf.FieldOptions.EditionDefault=::rust::path\n\
         a.proto:13:3: `a.S.Get` uses `google.protobuf.FeatureSet`, which the crate prost-types does not have; \
         name \
         a Rust type for it with extern_path=.google.protobuf.FeatureSet=::rust::path\n\
         a.proto:14:3: `a.S.Set` uses `google.protobuf.FeatureSetDefaults`, which the crate prost-types does not \
         have; name a Rust type for it with extern_path=.google.protobuf.FeatureSetDefaults=::rust::path",
    );
    // The reverse is valid, for one type and for the package.
    let some = "extern_path=.google.protobuf.FeatureSet=::own::FeatureSet,\
                extern_path=.google.protobuf.Edition=::own::Edition,\
                extern_path=.google.protobuf.FieldOptions=::own::FieldOptions";
    check_files(
        some,
        &[("a.proto", text)],
        "a.proto:14:3: `a.S.Set` uses `google.protobuf.FeatureSetDefaults`, which the crate prost-types does not \
         have; name a Rust type for it with extern_path=.google.protobuf.FeatureSetDefaults=::rust::path",
    );
    let output = generate_files("extern_path=.google.protobuf=::own", &[("a.proto", text)]).unwrap();
    let messages = output.files.iter().find(|file| file.name == "a.rs").unwrap();
    for path in [
        "::own::FeatureSet",
        "::own::Edition",
        "::own::field_options::EditionDefault",
    ] {
        assert!(messages.content.contains(path), "{path}");
    }
    // Google's own files are exempt.
    let own = "google/protobuf/descriptor.proto";
    let file = GoogleFileResolver::new().open_file(own).unwrap();
    let request = Request {
        files: vec![file.file_descriptor_proto().encode_to_vec()],
        generate: vec![own.to_owned()],
        options: Options::default(),
    };
    generate(&request).unwrap();
}

#[test]
fn jsonrpc_reserves_a_package() {
    let files = [(
        "a.proto",
        "syntax = \"proto3\";\npackage rpc;\nmessage M {}\nservice S { rpc Get(M) returns (M); }",
    )];
    check_files(
        "",
        &files,
        "a.proto:2:1: JSON-RPC reserves method names that begin with `rpc.`, so services of a package `rpc` \
         cannot be \
         called; rename the package, give each method a `jsonrpc_name`, or generate with json=off",
    );
}

#[track_caller]
fn check_descriptor(file: FileDescriptorProto, expected: &str) {
    let name = file.name().to_owned();
    let request = Request {
        files: vec![file.encode_to_vec()],
        generate: vec![name],
        options: Options::default(),
    };
    assert_eq!(
        generate(&request)
            .map(|_| ())
            .map_err(|errors| errors.to_string()),
        Err(expected.to_owned())
    );
}

fn file() -> FileDescriptorProto {
    FileDescriptorProto {
        name: Some("a.proto".to_owned()),
        package: Some("a".to_owned()),
        syntax: Some("proto3".to_owned()),
        ..Default::default()
    }
}

fn field(name: &str, number: i32, kind: Type, type_name: &str) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.to_owned()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(kind.into()),
        type_name: (!type_name.is_empty()).then(|| type_name.to_owned()),
        ..Default::default()
    }
}

#[test]
fn broken_messages() {
    let message = DescriptorProto {
        name: Some("M".to_owned()),
        field: vec![
            field("missing", 1, Type::Message, ".a.Missing"),
            field("relative", 2, Type::Message, "M"),
            field("an_enum", 3, Type::Enum, ".a.M"),
            field("again", 1, Type::Int32, ""),
            field("zero", 0, Type::Int32, ""),
            field("no name", 4, Type::Int32, ""),
            FieldDescriptorProto {
                oneof_index: Some(7),
                ..field("astray", 6, Type::Int32, "")
            },
            FieldDescriptorProto {
                oneof_index: Some(0),
                label: Some(Label::Repeated.into()),
                ..field("many", 7, Type::Int32, "")
            },
            FieldDescriptorProto {
                r#type: Some(99),
                label: Some(9),
                ..field("unknown", 8, Type::Int32, "")
            },
            FieldDescriptorProto {
                default_value: Some("\\q".to_owned()),
                ..field("blob", 9, Type::Bytes, "")
            },
        ],
        oneof_decl: vec![OneofDescriptorProto {
            name: Some("one".to_owned()),
            ..Default::default()
        }],
        ..Default::default()
    };
    let item = EnumDescriptorProto {
        name: Some("E".to_owned()),
        ..Default::default()
    };
    check_descriptor(
        FileDescriptorProto {
            message_type: vec![message],
            enum_type: vec![item],
            ..file()
        },
        "a.proto: a.M.missing: `.a.Missing` is not a known message\n\
         a.proto: a.M.relative: `M` is not a known message\n\
         a.proto: a.M.an_enum: `.a.M` is not a known enum\n\
         a.proto: a.M.again: field number 1 is used twice\n\
         a.proto: a.M.zero: 0 is not a field number (1 to 536870911)\n\
         a.proto: a.M.no name: `no name` is not a protobuf identifier\n\
         a.proto: a.M.astray: the oneof index 7 is out of range\n\
         a.proto: a.M.many: a oneof member cannot be repeated\n\
         a.proto: a.M.unknown: unknown label 9\n\
         a.proto: a.M.unknown: unknown type 99\n\
         a.proto: a.M.blob: the default value \"\\\\q\" has an invalid escape\n\
         a.proto: a.E: an enum must have at least one value",
    );
}

#[test]
fn undecodable_files() {
    let request = Request {
        files: vec![vec![0xff]],
        generate: vec!["a.proto".to_owned()],
        options: Options::default(),
    };
    assert_eq!(
        generate(&request).unwrap_err().to_string(),
        "the input contains an invalid file descriptor: failed to decode Protobuf message: invalid varint"
    );
}

#[test]
fn broken_files() {
    let message = || DescriptorProto {
        name: Some("M".to_owned()),
        ..Default::default()
    };
    check_descriptor(
        FileDescriptorProto {
            message_type: vec![message(), message()],
            ..file()
        },
        "a.proto: a.M: `a.M` is defined twice",
    );
    let method = MethodDescriptorProto {
        name: Some("Get".to_owned()),
        input_type: Some(".a.In".to_owned()),
        ..Default::default()
    };
    let service = ServiceDescriptorProto {
        name: Some("S".to_owned()),
        method: vec![method],
        options: None,
    };
    check_descriptor(
        FileDescriptorProto {
            dependency: vec!["b.proto".to_owned()],
            syntax: Some("proto4".to_owned()),
            service: vec![service],
            ..file()
        },
        "a.proto: a: unknown syntax `proto4`\n\
         a.proto: a: the descriptor of the import `b.proto` is missing\n\
         a.proto: a.S.Get: `.a.In` is not a known message\n\
         a.proto: a.S.Get: `` is not a known message",
    );
    check_descriptor(
        FileDescriptorProto {
            syntax: Some("editions".to_owned()),
            ..file()
        },
        "a.proto: a: the descriptor does not say which edition the file uses; the editions are 2023, 2024 and 2026",
    );
    check_descriptor(
        FileDescriptorProto {
            name: Some("a\nb".to_owned()),
            ..file()
        },
        "the file name \"a\\nb\" has a control character",
    );
}
