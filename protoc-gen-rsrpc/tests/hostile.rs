//! Input that no protoc writes: the plugin replies with code or an error, in bounded memory and time, and never
//! panics.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use prost::Message as _;
use prost_types::compiler::{CodeGeneratorRequest, CodeGeneratorResponse};
use prost_types::field_descriptor_proto::{Label, Type};
use prost_types::{
    DescriptorProto, EnumDescriptorProto, EnumValueDescriptorProto, FieldDescriptorProto,
    FileDescriptorProto, FileDescriptorSet, MessageOptions, MethodDescriptorProto, OneofDescriptorProto,
    ServiceDescriptorProto,
};

const PLUGIN: &str = env!("CARGO_BIN_EXE_protoc-gen-rsrpc");
/// Time limit of a run, in a debug build on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);
/// Memory limit of all runs, in KiB.
const MAX_MEMORY_KIB: i64 = 3 << 20; // KiB

/// Runs the plugin and decodes its reply.
#[track_caller]
fn answer(request: &[u8]) -> CodeGeneratorResponse {
    let start = Instant::now();
    let mut plugin = Command::new(PLUGIN)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = plugin.stdin.take().unwrap();
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(request).unwrap());
        plugin.wait_with_output().unwrap()
    });
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{:?}: {stderr}", output.status);
    assert!(!stderr.contains("panicked"), "{stderr}");
    let took = start.elapsed();
    assert!(took < PATIENCE, "it took {took:?}");
    let peak = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap().max_rss();
    assert!(peak < MAX_MEMORY_KIB, "it held {peak} KiB");
    let response = CodeGeneratorResponse::decode(output.stdout.as_slice()).unwrap();
    // Internal errors: earlier validation must catch these inputs.
    for net in ["panicked"].into_iter().chain(rsrpc_codegen::INTERNAL_ERRORS) {
        assert!(!response.error().contains(net), "{}", response.error());
    }
    response
}

#[track_caller]
fn answer_files(files: Vec<FileDescriptorProto>) -> CodeGeneratorResponse {
    let request = CodeGeneratorRequest {
        file_to_generate: files.iter().map(|file| file.name().to_owned()).collect(),
        proto_file: files,
        ..Default::default()
    };
    answer(&request.encode_to_vec())
}

/// Checks the error for a file.
#[track_caller]
fn check(file: FileDescriptorProto, expected: &str) {
    assert_eq!(answer_files(vec![file]).error(), expected);
}

/// Checks that code is generated, with bounded size.
#[track_caller]
fn accept(file: FileDescriptorProto) {
    let response = answer_files(vec![file]);
    assert_eq!(response.error(), "");
    assert!(response.file.len() >= 3);
}

fn file(messages: Vec<DescriptorProto>) -> FileDescriptorProto {
    FileDescriptorProto {
        name: Some("a.proto".into()),
        package: Some("a".into()),
        syntax: Some("proto3".into()),
        message_type: messages,
        ..Default::default()
    }
}

fn message(name: impl Into<String>, fields: Vec<FieldDescriptorProto>) -> DescriptorProto {
    DescriptorProto {
        name: Some(name.into()),
        field: fields,
        ..Default::default()
    }
}

fn field(name: impl Into<String>, number: i32, kind: Type) -> FieldDescriptorProto {
    FieldDescriptorProto {
        name: Some(name.into()),
        number: Some(number),
        label: Some(Label::Optional.into()),
        r#type: Some(kind.into()),
        ..Default::default()
    }
}

fn holds(name: impl Into<String>, number: i32, message: impl Into<String>) -> FieldDescriptorProto {
    FieldDescriptorProto {
        type_name: Some(message.into()),
        ..field(name, number, Type::Message)
    }
}

fn oneof(name: &str) -> OneofDescriptorProto {
    OneofDescriptorProto {
        name: Some(name.into()),
        ..Default::default()
    }
}

fn value(name: impl Into<String>, number: i32) -> EnumValueDescriptorProto {
    EnumValueDescriptorProto {
        name: Some(name.into()),
        number: Some(number),
        ..Default::default()
    }
}

/// A deterministic random number generator.
fn next(state: &mut u64) -> usize {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 16) as usize
}

#[test]
fn invalid_names() {
    let long = "x".repeat(1 << 20);
    let shown = format!("{}…", "x".repeat(80));
    for (name, expected) in [
        ("", "a.proto: a.: `` is not a protobuf identifier"),
        ("a b", "a.proto: a.a b: `a b` is not a protobuf identifier"),
        ("ä", "a.proto: a.ä: `ä` is not a protobuf identifier"),
        ("r#x", "a.proto: a.r#x: `r#x` is not a protobuf identifier"),
        ("../x", "a.proto: a.../x: `../x` is not a protobuf identifier"),
        ("a.b", "a.proto: a.a.b: `a.b` is not a protobuf identifier"),
        (
            "a\n\0",
            "a.proto: a.a\\n\\0: `a\\n\\0` is not a protobuf identifier",
        ),
        ("1a", "a.proto: a.1a: `1a` is not a protobuf identifier"),
        (
            &long,
            &format!("a.proto: the name `{shown}` has 1048576 bytes; the maximum is 1000"),
        ),
    ] {
        check(file(vec![message(name, vec![])]), expected);
    }
    // Names of every kind.
    let broken = FileDescriptorProto {
        package: Some("a..b".into()),
        enum_type: vec![EnumDescriptorProto {
            name: Some("E!".into()),
            value: vec![value("V V", 0)],
            ..Default::default()
        }],
        service: vec![ServiceDescriptorProto {
            name: Some("S/".into()),
            method: vec![MethodDescriptorProto {
                name: Some("M(".into()),
                input_type: Some(".a..b.N".into()),
                output_type: Some(".a..b.N".into()),
                ..Default::default()
            }],
            ..Default::default()
        }],
        ..file(vec![DescriptorProto {
            oneof_decl: vec![oneof("o-o")],
            ..message("N", vec![field("f;", 1, Type::Int32)])
        }])
    };
    check(
        broken,
        "a.proto: a..b: `` is not a protobuf identifier\n\
         a.proto: a..b.N: `o-o` is not a protobuf identifier\n\
         a.proto: a..b.N.f;: `f;` is not a protobuf identifier\n\
         a.proto: a..b.E!: `E!` is not a protobuf identifier\n\
         a.proto: a..b.E!: `V V` is not a protobuf identifier\n\
         a.proto: a..b.S/: `S/` is not a protobuf identifier\n\
         a.proto: a..b.S/.M(: `M(` is not a protobuf identifier",
    );
    // Each part is short enough, but not the whole.
    check(
        FileDescriptorProto {
            package: Some("a.".repeat(1 << 19) + "a"),
            ..file(vec![])
        },
        &format!(
            "a.proto: the package `{}…` has 1048577 bytes; the maximum is 1000",
            "a.".repeat(40)
        ),
    );
    check(
        file(vec![message("M", vec![holds("f", 1, ".x".repeat(1 << 19))])]),
        &format!(
            "a.proto: the type name `{}…` has 1048576 bytes; the maximum is 4001",
            ".x".repeat(40)
        ),
    );
    let deep = (0..6).fold(message("M", vec![]), |inner, _| DescriptorProto {
        nested_type: vec![inner],
        ..message("x".repeat(900), vec![])
    });
    let shown = format!("{}…", "x".repeat(80));
    check(
        file(vec![deep]),
        &format!("a.proto: the full name of `{shown}` has 4506 bytes; the maximum is 4000"),
    );
}

#[test]
fn file_names() {
    // Output files are named after packages: a file's name cannot lead elsewhere.
    for name in [
        "../../a.proto",
        "/etc/a.proto",
        "..",
        "a/../../b.proto",
        "C:\\a.proto",
        "ä.proto",
    ] {
        let file = FileDescriptorProto {
            name: Some(name.into()),
            ..file(vec![message("M", vec![])])
        };
        let response = answer_files(vec![file]);
        assert_eq!(response.error(), "");
        let names: Vec<_> = response.file.iter().map(|file| file.name()).collect();
        assert_eq!(names, ["a-descriptor.rs", "a.rs", "mod.rs"]);
    }
    let named = |name: &str| FileDescriptorProto {
        name: Some(name.into()),
        ..file(vec![])
    };
    check(named(""), "a file descriptor has no name");
    check(named("a\nb"), "the file name \"a\\nb\" has a control character");
    assert_eq!(
        answer_files(vec![named("a.proto"), named("a.proto")]).error(),
        "a.proto: two descriptors were given for this file"
    );
}

#[test]
fn recursive_messages() {
    let imports = |name: &str, imports: &[&str]| FileDescriptorProto {
        name: Some(name.into()),
        dependency: imports.iter().map(|&import| import.to_owned()).collect(),
        ..file(vec![])
    };
    check(
        imports("a.proto", &["a.proto"]),
        "a.proto: a: the import of `a.proto` closes an import cycle",
    );
    let circle = vec![
        imports("a.proto", &["d.proto", "b.proto"]),
        imports("b.proto", &["c.proto"]),
        imports("c.proto", &["a.proto", "d.proto"]),
        imports("d.proto", &[]),
    ];
    assert_eq!(
        answer_files(circle).error(),
        "c.proto: a: the import of `a.proto` closes an import cycle"
    );
    // A long chain in any order is not recursive.
    let count = 20_000;
    let name = |index: i32| format!("{index}.proto");
    let chain = (0..count).map(|index| imports(&name(index), &[&name((index + 1).min(count))]));
    let chain: Vec<_> = chain.chain([imports(&name(count), &[])]).collect();
    assert_eq!(answer_files(chain).error(), "");
    // Messages may be recursive.
    accept(file(vec![
        message("A", vec![holds("a", 1, ".a.A"), holds("b", 2, ".a.B")]),
        message("B", vec![holds("a", 1, ".a.A")]),
    ]));
}

#[test]
fn size_limits() {
    let count = 100_000;
    let fields = |kind: Type| (1..=count).map(move |number| field(format!("f{number}"), number, kind));
    accept(file(vec![message("M", fields(Type::Int32).collect())]));
    let in_oneof = fields(Type::String).map(|field| FieldDescriptorProto {
        oneof_index: Some(0),
        ..field
    });
    accept(file(vec![DescriptorProto {
        oneof_decl: vec![oneof("o")],
        ..message("M", in_oneof.collect())
    }]));
    let values = (0..count).map(|number| value(format!("V{number}"), number));
    accept(FileDescriptorProto {
        enum_type: vec![EnumDescriptorProto {
            name: Some("E".into()),
            value: values.collect(),
            ..Default::default()
        }],
        ..file(vec![])
    });
    // Messages with the same Rust name.
    let fight = (1..=2_000).map(|number| {
        field(
            format!("f{}", "_".repeat(number as usize % 900)),
            number,
            Type::Int32,
        )
    });
    let error = answer_files(vec![file(vec![message("M", fight.collect())])]);
    assert!(
        error.error().ends_with("more errors are not listed"),
        "{}",
        error.error()
    );
    let fight =
        (1..=900).map(|number| field(format!("f{}", "_".repeat(number as usize)), number, Type::Int32));
    accept(file(vec![message("M", fight.collect())]));
}

#[test]
fn nesting_limit() {
    // Encoded by hand: prost does not encode messages that it would not decode.
    let mut encoded = Vec::new();
    let mut inner = vec![0x0a, 1, b'M'];
    for _ in 0..10_000 {
        let mut outer = vec![0x0a, 1, b'M', 0x1a];
        prost::encoding::encode_varint(inner.len() as u64, &mut outer);
        outer.extend_from_slice(&inner);
        inner = outer;
    }
    let mut whole = vec![0x0a, 7];
    whole.extend_from_slice(b"a.proto");
    whole.push(0x22);
    prost::encoding::encode_varint(inner.len() as u64, &mut whole);
    whole.extend_from_slice(&inner);
    encoded.extend_from_slice(&[0x0a, 7]);
    encoded.extend_from_slice(b"a.proto");
    encoded.push(0x7a);
    prost::encoding::encode_varint(whole.len() as u64, &mut encoded);
    encoded.extend_from_slice(&whole);
    let error = answer(&encoded).error.unwrap();
    assert!(error.contains("recursion limit reached"), "{error}");
    // The deepest nesting that can be decoded.
    let deep = (0..90).fold(message("M", vec![]), |inner, _| DescriptorProto {
        nested_type: vec![inner],
        ..message("M", vec![])
    });
    accept(file(vec![deep]));
}

#[test]
fn exponential_paths() {
    let refused = |fields: fn(i32) -> Vec<FieldDescriptorProto>, count: i32| {
        let messages = (0..count).map(|index| message(format!("M{index}"), fields(index)));
        let last = message(format!("M{count}"), vec![field("end", 1, Type::Int32)]);
        answer_files(vec![file(messages.chain([last]).collect())])
            .error()
            .to_owned()
    };
    // A chain that ends in recursion; two fields per message make 2^40 paths.
    let chain = |index: i32| vec![holds("next", 1, format!(".a.M{}", index + 1))];
    let doubled = |index: i32| {
        let next = format!(".a.M{}", index + 1);
        vec![holds("one", 1, next.clone()), holds("two", 2, next)]
    };
    let expected = |index: i32| {
        format!(
            "a.proto: a.M{index}: `a.M{index}` contains more nested messages than prost-build can process; make \
             some fields repeated, or generate some of the packages separately and name them with \
             extern_path=.proto.path=::rust::path"
        )
    };
    assert_eq!(refused(chain, 100_000), expected(99_093));
    assert_eq!(refused(doubled, 40), expected(19));
    assert_eq!(refused(chain, 500), "");
    assert_eq!(refused(doubled, 10), "");
}

#[test]
fn invalid_map_entries() {
    let entry = |fields: Vec<FieldDescriptorProto>| DescriptorProto {
        options: Some(MessageOptions {
            map_entry: Some(true),
            ..Default::default()
        }),
        ..message("FEntry", fields)
    };
    let map = |entry: DescriptorProto, label: Label| {
        file(vec![DescriptorProto {
            nested_type: vec![entry],
            ..message(
                "M",
                vec![FieldDescriptorProto {
                    label: Some(label.into()),
                    ..holds("f", 1, ".a.M.FEntry")
                }],
            )
        }])
    };
    let (key, good) = (field("key", 1, Type::String), field("value", 2, Type::Int32));
    accept(map(entry(vec![key.clone(), good.clone()]), Label::Repeated));
    check(
        map(entry(vec![key.clone(), good.clone()]), Label::Optional),
        "a.proto: a.M.f: `.a.M.FEntry` is not a known message",
    );
    let repeated = FieldDescriptorProto {
        label: Some(Label::Repeated.into()),
        ..good.clone()
    };
    for fields in [
        vec![],
        vec![key.clone()],
        vec![good.clone(), key.clone()],
        vec![key.clone(), field("value", 3, Type::Int32)],
        vec![field("key", 1, Type::Double), good.clone()],
        vec![field("key", 1, Type::Bytes), good.clone()],
        vec![holds("key", 1, ".a.M"), good.clone()],
        vec![key.clone(), repeated],
        vec![key.clone(), good.clone(), field("more", 3, Type::Int32)],
    ] {
        check(
            map(entry(fields), Label::Repeated),
            "a.proto: a.M.FEntry: a map entry must have exactly the fields `key` and `value`",
        );
    }
    // Only the map field may use its entry type.
    let mut stolen = map(entry(vec![key, good]), Label::Repeated);
    stolen
        .message_type
        .push(message("N", vec![holds("e", 1, ".a.M.FEntry")]));
    check(stolen, "a.proto: a.N.e: `.a.M.FEntry` is not a known message");
}

#[test]
fn duplicates() {
    let method = |name: &str| MethodDescriptorProto {
        name: Some(name.into()),
        input_type: Some(".a.M".into()),
        output_type: Some(".a.M".into()),
        ..Default::default()
    };
    let service = |name: &str| ServiceDescriptorProto {
        name: Some(name.into()),
        method: vec![method("Get"), method("Get")],
        ..Default::default()
    };
    let twice = FileDescriptorProto {
        enum_type: vec![EnumDescriptorProto {
            name: Some("E".into()),
            value: vec![value("V", 0), value("V", 1)],
            ..Default::default()
        }],
        service: vec![service("S"), service("S"), service("M")],
        ..file(vec![DescriptorProto {
            oneof_decl: vec![oneof("f"), oneof("o"), oneof("o")],
            ..message("M", vec![field("f", 1, Type::Int32), field("f", 2, Type::Int32)])
        }])
    };
    check(
        twice,
        "a.proto: a.M.f: `a.M.f` is defined twice\n\
         a.proto: a.M.f: `a.M.f` is defined twice\n\
         a.proto: a.M.o: `a.M.o` is defined twice\n\
         a.proto: a.E.V: `a.E.V` is defined twice\n\
         a.proto: a.S.Get: `a.S.Get` is defined twice\n\
         a.proto: a.S.Get: `a.S.Get` is defined twice\n\
         a.proto: a.S: `a.S` is defined twice\n\
         a.proto: a.M.Get: `a.M.Get` is defined twice\n\
         a.proto: a.M: `a.M` is defined twice",
    );
    let inside = FileDescriptorProto {
        name: Some("b.proto".into()),
        package: Some("a.M.c".into()),
        ..file(vec![])
    };
    assert_eq!(
        answer_files(vec![file(vec![message("M", vec![])]), inside]).error(),
        "b.proto: a.M.c: `a.M` is both a package and a type; rename one"
    );
}

#[test]
fn invalid_fields() {
    let defaults = |kind: Type, default: &str| FieldDescriptorProto {
        default_value: Some(default.into()),
        ..field("f", 1, kind)
    };
    for (broken, expected) in [
        (
            field("f", 0, Type::Int32),
            "0 is not a field number (1 to 536870911)",
        ),
        (
            field("f", -1, Type::Int32),
            "-1 is not a field number (1 to 536870911)",
        ),
        (
            field("f", i32::MAX, Type::Int32),
            "2147483647 is not a field number (1 to 536870911)",
        ),
        (holds("f", 1, ".a.N"), "`.a.N` is not a known message"),
        (holds("f", 1, ""), "`` is not a known message"),
        (holds("f", 1, "."), "`.` is not a known message"),
        (
            FieldDescriptorProto {
                oneof_index: Some(-1),
                ..field("f", 1, Type::Int32)
            },
            "the oneof index -1 is out of range",
        ),
        (
            FieldDescriptorProto {
                oneof_index: Some(i32::MAX),
                ..field("f", 1, Type::Int32)
            },
            "the oneof index 2147483647 is out of range",
        ),
        (
            defaults(Type::Int32, "2147483648"),
            "`2147483648` is not a valid default value for the field's type",
        ),
        (
            defaults(Type::Bool, "yes"),
            "`yes` is not a valid default value for the field's type",
        ),
        (
            defaults(Type::Double, "1.0.0"),
            "`1.0.0` is not a valid default value for the field's type",
        ),
        (
            defaults(Type::Uint64, "-1"),
            "`-1` is not a valid default value for the field's type",
        ),
    ] {
        let file = FileDescriptorProto {
            syntax: Some("proto2".into()),
            ..file(vec![message("M", vec![broken])])
        };
        check(file, &format!("a.proto: a.M.f: {expected}"));
    }
    let of_enum = FieldDescriptorProto {
        type_name: Some(".a.E".into()),
        ..defaults(Type::Enum, "W")
    };
    let file = FileDescriptorProto {
        syntax: Some("proto2".into()),
        enum_type: vec![EnumDescriptorProto {
            name: Some("E".into()),
            value: vec![value("V", 0)],
            ..Default::default()
        }],
        ..file(vec![message("M", vec![of_enum])])
    };
    check(
        file,
        "a.proto: a.M.f: `W` is not a valid default value for the field's type",
    );
}

#[test]
fn random_bytes() {
    let mut state = 0x9E37_79B9_7F4A_7C15;
    for length in [1, 10, 100, 1_000, 100_000] {
        let bytes: Vec<u8> = (0..length).map(|_| next(&mut state) as u8).collect();
        answer(&bytes);
    }
    answer(&[]);
    answer(&[0xff; 1 << 20]);
    answer(&[0; 1 << 20]);
}

/// Mutations of a valid request: truncated, changed, omitted, repeated and moved bytes.
#[test]
fn mutated_requests() {
    let protos = concat!(env!("CARGO_MANIFEST_DIR"), "/../rsrpc-codegen/tests/golden/proto");
    let mut protoc = Command::new(protoc_bin_vendored::protoc_bin_path().unwrap());
    protoc.args([
        "--descriptor_set_out=/dev/stdout",
        "--include_imports",
        "--include_source_info",
        "-I",
        protos,
    ]);
    let files = ["names.proto", "proto2.proto", "comments.proto"];
    let set = protoc.args(files).output().unwrap();
    let request = CodeGeneratorRequest {
        file_to_generate: files.map(str::to_owned).to_vec(),
        proto_file: FileDescriptorSet::decode(set.stdout.as_slice()).unwrap().file,
        ..Default::default()
    };
    let request = request.encode_to_vec();
    assert_eq!(answer(&request).error(), "");
    let mut state = 0x0123_4567_89AB_CDEF;
    for _ in 0..MUTATIONS {
        let mut broken = request.clone();
        for _ in 0..1 + next(&mut state) % 4 {
            let (place, other) = (next(&mut state) % broken.len(), next(&mut state) % broken.len());
            let length = 1 + next(&mut state) % 16;
            match next(&mut state) % 6 {
                0 => broken[place] = next(&mut state) as u8,
                1 => broken[place] ^= 1 << (next(&mut state) % 8),
                2 => broken.truncate(place.max(1)),
                3 => _ = broken.drain(place..(place + length).min(broken.len())),
                4 => {
                    let copy = broken[other..(other + length).min(broken.len())].to_vec();
                    broken.splice(place..place, copy);
                }
                _ => broken.swap(place, other),
            }
            if broken.is_empty() {
                break;
            }
        }
        answer(&broken);
    }
}

const MUTATIONS: usize = 2_000;
