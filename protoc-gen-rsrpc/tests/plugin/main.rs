//! Runs the plugin, by protoc and directly.

mod example;
mod options;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use prost::Message as _;
use prost_types::compiler::{CodeGeneratorRequest, CodeGeneratorResponse};
use prost_types::field_descriptor_proto::Type;
use prost_types::{FileDescriptorProto, FileDescriptorSet};
use rsrpc_codegen::Options;

const PLUGIN: &str = env!("CARGO_BIN_EXE_protoc-gen-rsrpc");

fn protos() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../rsrpc-codegen/tests/golden/proto")
}

fn protoc(options: &str, include: &Path, out: &Path, files: &[&str]) -> Output {
    Command::new(protoc_bin_vendored::protoc_bin_path().unwrap())
        .arg(format!("--plugin=protoc-gen-rsrpc={PLUGIN}"))
        .arg(format!("--rsrpc_out={}", out.display()))
        .arg(format!("--rsrpc_opt={options}"))
        .arg("-I")
        .arg(include)
        .arg("-I")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("../rsrpc-codegen/proto"))
        .arg("-I")
        .arg(protoc_bin_vendored::include_path().unwrap())
        .args(files)
        .output()
        .unwrap()
}

/// Runs the plugin on a request of protoc.
fn answer(request: &[u8]) -> CodeGeneratorResponse {
    let mut plugin = Command::new(PLUGIN)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    plugin.stdin.take().unwrap().write_all(request).unwrap();
    let output = plugin.wait_with_output().unwrap();
    assert!(output.status.success());
    CodeGeneratorResponse::decode(output.stdout.as_slice()).unwrap()
}

/// The set in a `-descriptor.rs` file. Types that come with the compiler depend on its version.
fn descriptors(text: &str) -> Vec<FileDescriptorProto> {
    let file = syn::parse_file(text).unwrap();
    let [syn::Item::Const(item)] = file.items.as_slice() else {
        panic!("{text}")
    };
    let syn::Expr::Lit(syn::ExprLit {
        lit: syn::Lit::ByteStr(bytes),
        ..
    }) = item.expr.as_ref()
    else {
        panic!("{text}")
    };
    let set = FileDescriptorSet::decode(bytes.value().as_slice()).unwrap();
    let files = set
        .file
        .into_iter()
        .filter(|file| file.package() != "google.protobuf");
    let mut files: Vec<_> = files.collect();
    for field in files
        .iter_mut()
        .flat_map(|file| &mut file.message_type)
        .flat_map(|message| &mut message.field)
    {
        // Compilers format the same number differently.
        if matches!(field.r#type(), Type::Double | Type::Float) && field.default_value.is_some() {
            field.default_value = field
                .default_value()
                .parse::<f64>()
                .ok()
                .map(|number| number.to_string());
        }
    }
    files
}

#[test]
fn build_script_gives_the_same_code() {
    let files = [
        "helloworld.proto",
        "kinds.proto",
        "proto2.proto",
        "proto2_corners.proto",
        "method_options.proto",
        "shapes.proto",
        "shapes2.proto",
        "names.proto",
        "generic.proto",
        "comments.proto",
        "blobs.proto",
        "packages/main.proto",
        "packages/more.proto",
        "packages/common.proto",
        "packages/types.proto",
        "packages/sibling.proto",
    ];
    same_by_build_script(&protos(), &files);
}

/// Colliding names in one run: some collide across files.
#[test]
fn build_script_gives_the_same_code_for_colliding_names() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/clash/proto");
    let mut names = Vec::new();
    for folder in ["", "packages"] {
        for entry in fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|extension| extension == "proto") {
                let name = path.strip_prefix(&root).unwrap();
                names.push(name.to_str().unwrap().to_owned());
            }
        }
    }
    // protoc refuses some of these enums itself.
    let names = names.iter().map(String::as_str);
    let names: Vec<_> = names.filter(|name| *name != "fields.proto").collect();
    same_by_build_script(&root, &names);
}

fn same_by_build_script(root: &Path, files: &[&str]) {
    let (by_protoc, by_build) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let output = protoc("", root, by_protoc.path(), files);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    rsrpc_build::configure()
        .out_dir(by_build.path())
        .compile(
            &files.iter().map(|file| root.join(file)).collect::<Vec<_>>(),
            &[root],
        )
        .unwrap();

    let names = |directory: &Path| {
        let entries = fs::read_dir(directory).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    };
    assert_eq!(names(by_protoc.path()), names(by_build.path()));
    assert!(names(by_protoc.path()).len() > 20, "{files:?}");
    for name in names(by_protoc.path()) {
        let one = fs::read_to_string(by_protoc.path().join(&name)).unwrap();
        let other = fs::read_to_string(by_build.path().join(&name)).unwrap();
        if name.ends_with("-descriptor.rs") {
            assert_eq!(descriptors(&one), descriptors(&other), "{name}");
        } else {
            assert_eq!(one, other, "{name}");
        }
    }
}

#[test]
fn errors_reach_the_user_through_protoc() {
    let out = tempfile::tempdir().unwrap();
    let output = protoc(
        "nonsense,json=maybe",
        &protos(),
        out.path(),
        &["helloworld.proto"],
    );
    assert!(!output.status.success());
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        "--rsrpc_out: unknown option `nonsense`; the options are client, server, messages, json, jsonrpc, mock, dyn, \
         descriptor, default_stubs, extern_path, bytes, btree_map, boxed, type_attribute, field_attribute, \
         enum_attribute, client_feature, server_feature, runtime_path, layout, mod_file, include_only, exclude, \
         config\noption `json` takes `on` or `off`, not `maybe`\n"
    );
}

#[test]
fn editions_give_the_code_that_is_checked_in() {
    let out = tempfile::tempdir().unwrap();
    let files =
        ["proto2", "proto3", "e2023", "e2024", "e2024_implicit"].map(|name| format!("editions/{name}.proto"));
    let output = protoc("", &protos(), out.path(), &files.each_ref().map(String::as_str));
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    for package in ["proto2", "proto3", "e2023", "e2024"] {
        let name = format!("golden.editions.{package}.rs");
        let golden = protos().join("../editions").join(&name);
        assert_eq!(
            fs::read_to_string(out.path().join(&name)).unwrap(),
            fs::read_to_string(golden).unwrap(),
            "{name}"
        );
    }
}

#[test]
fn later_editions_are_left_to_protoc_to_refuse() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(
        directory.path().join("a.proto"),
        "edition = \"UNSTABLE\"; message A {}",
    )
    .unwrap();
    let output = protoc("", directory.path(), directory.path(), &["a.proto"]);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !output.status.success() && error.contains("later than the protoc maximum"),
        "{error}"
    );
}

#[test]
fn broken_input_is_an_error() {
    let file = FileDescriptorProto {
        name: Some("a.proto".to_owned()),
        syntax: Some("proto3".to_owned()),
        message_type: vec![prost_types::DescriptorProto {
            name: Some("A".to_owned()),
            ..Default::default()
        }],
        ..Default::default()
    };
    let request = CodeGeneratorRequest {
        file_to_generate: vec!["a.proto".to_owned()],
        proto_file: vec![file],
        ..Default::default()
    }
    .encode_to_vec();
    let whole = answer(&request);
    assert_eq!((whole.error, whole.file.len()), (None, 3));
    // A truncated request is an error or a smaller request.
    for length in 0..request.len() {
        answer(&request[..length]);
    }
    let error = answer(&[0xff; 64]).error.unwrap();
    assert!(
        error.starts_with("the input is not a CodeGeneratorRequest of protoc: "),
        "{error}"
    );
    let missing = CodeGeneratorRequest {
        file_to_generate: vec!["b.proto".to_owned()],
        ..Default::default()
    };
    assert_eq!(
        answer(&missing.encode_to_vec()).error.unwrap(),
        "b.proto: no descriptor was given for this file"
    );
}

#[test]
fn flipped_bits_never_panic() {
    let set = Command::new(protoc_bin_vendored::protoc_bin_path().unwrap())
        .arg("--descriptor_set_out=/dev/stdout")
        .arg("-I")
        .arg(protos())
        .arg("comments.proto")
        .output()
        .unwrap();
    let set = FileDescriptorSet::decode(set.stdout.as_slice()).unwrap();
    let request = CodeGeneratorRequest {
        file_to_generate: vec!["comments.proto".to_owned()],
        proto_file: set.file,
        ..Default::default()
    };
    let request = request.encode_to_vec();
    for seed in 0..40 {
        let mut broken = request.clone();
        // Position and bit derive from the seed, so every run is the same.
        let place = (seed * 7919 + 13) % broken.len();
        broken[place] ^= 1 << (seed % 8);
        let error = answer(&broken).error.unwrap_or_default();
        assert!(!error.contains("panic"), "{error}");
    }
}

#[test]
fn arguments_are_answered() {
    let run = |argument| Command::new(PLUGIN).arg(argument).output().unwrap();
    let version = run("--version");
    let expected = format!("protoc-gen-rsrpc {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8(version.stdout).unwrap(), expected);
    let help = String::from_utf8(run("--help").stdout).unwrap();
    assert!(help.contains(&Options::help()), "{help}");
    let options = String::from_utf8(run("--options-proto").stdout).unwrap();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../rsrpc-codegen/proto/rsrpc/options.proto");
    assert_eq!(options, fs::read_to_string(file).unwrap());
    let other = run("--halp");
    assert!(!other.status.success());
    assert_eq!(
        String::from_utf8(other.stderr).unwrap(),
        "unknown argument `--halp`; the arguments are --version, --help and --options-proto\n"
    );
}
