//! The runtime's own services, generated from `rsrpc-runtime/proto` and checked in.
//!
//! `RSRPC_BLESS=1 cargo test -p rsrpc-codegen --test runtime_services` rewrites them.

use std::fs;
use std::path::{Path, PathBuf};

use prost::Message as _;
use rsrpc_codegen::{Options, OutputFile, Request, generate};

/// The runtime's own services need no mocks.
const OPTIONS: [(&str, &str); 5] = [
    ("runtime_path", "crate"),
    ("mod_file", "off"),
    ("mock", "off"),
    ("dyn", "off"),
    ("client_feature", "client"),
];

/// Generates code for a .proto file of the runtime.
#[track_caller]
fn generated(proto: &str, more: &[(&str, &str)]) -> Vec<OutputFile> {
    let set = protox::compile([proto], [runtime().join("proto")]).unwrap();
    let mut options = Options::default();
    for (option, value) in OPTIONS.iter().chain(more) {
        options.set(option, Some(value)).unwrap();
    }
    let request =
        Request::from_descriptor_set(&set.encode_to_vec(), vec![proto.to_owned()], options).unwrap();
    generate(&request).unwrap().files
}

fn runtime() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../rsrpc-runtime")
}

/// Compares generated code with a file below the runtime's `src`.
#[track_caller]
fn compare(content: &str, path: impl AsRef<Path>) {
    let path = runtime().join("src").join(path);
    if std::env::var_os("RSRPC_BLESS").is_some() {
        fs::write(&path, content).unwrap();
    }
    let stored = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stored == content,
        "{} is not what is generated: see the head of this test",
        path.display()
    );
}

/// Generates code for a .proto file and compares it and its descriptors with `name` in a folder of the runtime's
/// services.
#[track_caller]
fn check(proto: &str, folder: &str, name: &str, more: &[(&str, &str)]) {
    let files = generated(proto, more);
    assert_eq!(files.len(), 2, "{proto}: the package and its descriptors");
    for file in files {
        // Two variants of a package share the descriptors.
        let name = if file.name.ends_with("-descriptor.rs") {
            &file.name
        } else {
            name
        };
        let path = Path::new("services").join(folder).join("generated").join(name);
        compare(&file.content, path);
    }
}

#[test]
fn health() {
    let proto = "grpc/health/v1/health.proto";
    check(proto, "health", "v1.rs", &[]);
    check(proto, "health", "v1_without_json.rs", &[("json", "off")]);
}

/// Bidirectional streams, which JSON-RPC cannot call.
#[test]
fn reflection() {
    let bytes = "grpc.reflection.v1.FileDescriptorResponse.file_descriptor_proto";
    check(
        "grpc/reflection/v1/reflection.proto",
        "reflection",
        "v1.rs",
        &[("json", "off"), ("bytes", &format!(".{bytes}"))],
    );
    // The same messages in another package.
    check(
        "grpc/reflection/v1alpha/reflection.proto",
        "reflection",
        "v1alpha.rs",
        &[
            ("json", "off"),
            ("messages", "none"),
            ("extern_path", ".grpc.reflection.v1alpha=super::v1"),
        ],
    );
}

/// Error details belong to the module `call`, which contains no JSON. The generated file is split accordingly.
#[test]
fn error_details() {
    let more = [
        ("descriptor", "off"),
        ("btree_map", "."),
        // prost-build omits these derives for messages with maps, whose values could be floats.
        ("type_attribute", ".google.rpc.ErrorInfo=#[derive(Eq, Hash)]"),
    ];
    let [file] = generated("google/rpc/error_details.proto", &more)
        .try_into()
        .unwrap();
    let (messages, rest) = file
        .content
        .split_once("crate::generated::assert_surface!")
        .unwrap();
    let (_, rest) = rest.split_once("\n\n").unwrap();
    let (json, _) = rest.split_once("crate::generated::described!").unwrap();
    let (header, _) = messages.split_once('\n').unwrap();

    let messages = messages.trim_end().replace("crate::prost", "::prost");
    compare(&format!("{messages}\n"), "call/details/generated.rs");
    let json = json
        .trim_end()
        .replace("JsonMessage for ", "JsonMessage for crate::call::details::");
    compare(&format!("{header}\n\n{json}\n"), "json/details/generated.rs");
}
