//! Generates code for the .proto files of this folder and compares it exactly with the golden files. `RSRPC_BLESS=1`
//! rewrites them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rsrpc_codegen::{Options, Output, Request, generate};

/// Several packages that refer to each other.
const PACKAGES: &[&str] = &[
    "packages/main.proto",
    "packages/more.proto",
    "packages/common.proto",
    "packages/types.proto",
    "packages/sibling.proto",
];

/// Cases: output directory, options, and files.
const CASES: &[(&str, &str, &[&str])] = &[
    ("greeter", "", &["helloworld.proto"]),
    ("kinds", "", &["kinds.proto"]),
    ("proto2", "", &["proto2.proto"]),
    ("proto2_corners", "", &["proto2_corners.proto", "proto2.proto"]),
    (
        "editions",
        "",
        &[
            "editions/proto2.proto",
            "editions/proto3.proto",
            "editions/e2023.proto",
            "editions/e2024.proto",
            "editions/e2024_implicit.proto",
        ],
    ),
    ("method_options", "", &["method_options.proto"]),
    ("names", "", &["names.proto"]),
    ("no_package", "", &["generic.proto"]),
    ("comments", "", &["comments.proto"]),
    ("packages", "", PACKAGES),
    ("client_off", "client=off", &["helloworld.proto"]),
    ("server_off", "server=off", &["helloworld.proto"]),
    ("messages_only", "client=off,server=off", &["helloworld.proto"]),
    (
        "messages_none",
        "messages=none,mod_file=off",
        &["helloworld.proto"],
    ),
    (
        "messages_none_jsonrpc",
        "messages=none,jsonrpc=on,extern_path=.helloworld=crate::greeter::helloworld",
        &["helloworld.proto"],
    ),
    ("json_off", "json=off", &["helloworld.proto"]),
    ("jsonrpc_off", "jsonrpc=off", &["helloworld.proto"]),
    ("mock_off", "mock=off", &["helloworld.proto"]),
    ("dyn_off", "dyn=off", &["helloworld.proto"]),
    ("descriptor_off", "descriptor=off", &["helloworld.proto"]),
    ("default_stubs", "default_stubs", &["helloworld.proto"]),
    (
        "extern_path",
        "extern_path=.golden.packages.common=crate::packages::golden::packages::common,\
         extern_path=.golden.packages.inner.type.Leaf=crate::packages::golden::packages::inner::r#type::Leaf,\
         extern_path=.golden.other=crate::packages::golden::other",
        &["packages/main.proto"],
    ),
    ("bytes", "bytes=.", &["blobs.proto"]),
    ("bytes_of_one", "bytes=.golden.blobs.Blob.many", &["blobs.proto"]),
    (
        "btree_map",
        "btree_map=.golden.shapes.Shape.by_name",
        &["shapes.proto"],
    ),
    (
        "boxed",
        "boxed=Shape.center,boxed=.golden.shapes.Shape.corner,boxed=Shape.kind.circle,boxed=Shape.at",
        &["shapes.proto"],
    ),
    ("boxed_all", "boxed=.", &["shapes.proto", "shapes2.proto"]),
    (
        "type_attribute",
        "type_attribute=.golden.shapes.Shape=#[cfg_attr(all(), doc = \"a, b\")],\
         type_attribute=Shape.kind=#[allow(clippy::large_enum_variant)],type_attribute=Point=#[must_use]",
        &["shapes.proto"],
    ),
    (
        "field_attribute",
        "field_attribute=Point.x=#[cfg_attr(all(), doc = \"Across.\")],\
         field_attribute=.golden.shapes.Shape.kind.label=#[doc(alias = \"[text\")],\
         field_attribute=COLOR_RED=#[doc(alias = \"rouge\")]",
        &["shapes.proto"],
    ),
    (
        "enum_attribute",
        "enum_attribute=.=#[non_exhaustive],enum_attribute=Color=#[cfg_attr(all(), must_use)]",
        &["shapes.proto"],
    ),
    (
        "client_feature",
        "client_feature=golden-client",
        &["helloworld.proto"],
    ),
    (
        "server_feature",
        "server_feature=golden-server",
        &["helloworld.proto"],
    ),
    (
        "both_features",
        "client_feature=golden-client,server_feature=golden-server",
        &["helloworld.proto"],
    ),
    ("layout_file", "layout=file", PACKAGES),
    ("mod_file", "mod_file=tree.rs", &["helloworld.proto"]),
    (
        "include_only",
        "include_only=golden.packages.common,include_only=golden.packages.inner",
        PACKAGES,
    ),
    (
        "exclude",
        "exclude=golden.packages.inner,exclude=golden.other,\
         extern_path=.golden.packages.inner=crate::packages::golden::packages::inner,\
         extern_path=.golden.other=crate::packages::golden::other",
        PACKAGES,
    ),
    (
        "config",
        "client=on,config=tests/golden/rsrpc.toml",
        &["shapes.proto"],
    ),
    (
        "runtime_path",
        "runtime_path=crate::runtime",
        &["helloworld.proto"],
    ),
];

fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Folder of `rsrpc/options.proto`.
fn own_protos() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("proto")
}

fn run(options: &str, protos: &[&str]) -> Output {
    let editions = protos.iter().any(|proto| proto.starts_with("editions/"));
    let set = if editions {
        by_protoc(protos)
    } else {
        by_protox(protos)
    };
    let names = protos.iter().map(|proto| (*proto).to_owned()).collect();
    let request = Request::from_descriptor_set(&set, names, Options::parse(options).unwrap()).unwrap();
    generate(&request).unwrap()
}

fn by_protox(protos: &[&str]) -> Vec<u8> {
    let mut compiler = protox::Compiler::new([directory().join("proto"), own_protos()]).unwrap();
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(protos).unwrap();
    compiler.encode_file_descriptor_set()
}

/// Compiles files that protox does not support.
fn by_protoc(protos: &[&str]) -> Vec<u8> {
    let set = tempfile::NamedTempFile::new().unwrap();
    let status = Command::new(protoc_bin_vendored::protoc_bin_path().unwrap())
        .arg("--include_imports")
        .arg("--include_source_info")
        .arg("--descriptor_set_out")
        .arg(set.path())
        .arg("-I")
        .arg(directory().join("proto"))
        .arg("-I")
        .arg(own_protos())
        .arg("-I")
        .arg(protoc_bin_vendored::include_path().unwrap())
        .args(protos)
        .status()
        .unwrap();
    assert!(status.success());
    fs::read(set.path()).unwrap()
}

fn read(directory: &Path) -> BTreeMap<String, String> {
    let Ok(entries) = fs::read_dir(directory) else {
        return BTreeMap::new();
    };
    let mut found = BTreeMap::new();
    for path in entries.map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() {
            let inner = read(&path).into_iter();
            found.extend(inner.map(|(inner, text)| (format!("{name}/{inner}"), text)));
        } else {
            found.insert(name.to_owned(), fs::read_to_string(&path).unwrap());
        }
    }
    found
}

#[test]
fn output_matches_golden_files() {
    let bless = std::env::var_os("RSRPC_BLESS").is_some();
    let mut different = Vec::new();
    for (case, options, protos) in CASES {
        let directory = directory().join(case);
        let output = run(options, protos);
        let about_options = output.warnings.iter().map(ToString::to_string);
        let about_options: Vec<_> = about_options.filter(|text| text.contains("option `")).collect();
        assert!(about_options.is_empty(), "{case}: {about_options:?}");
        let found: BTreeMap<_, _> = output
            .files
            .into_iter()
            .map(|file| (file.name, file.content))
            .collect();
        if bless {
            let _ = fs::remove_dir_all(&directory);
            for (name, content) in &found {
                let path = directory.join(name);
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, content).unwrap();
            }
            continue;
        }
        let expected = read(&directory);
        for name in expected.keys().chain(found.keys()) {
            if expected.get(name) != found.get(name) {
                different.push(format!(
                    "{case}/{name}{}",
                    first_difference(expected.get(name), found.get(name))
                ));
            }
        }
    }
    different.sort();
    different.dedup();
    assert!(
        different.is_empty(),
        "{}\nRSRPC_BLESS=1 writes what is generated",
        different.join("\n")
    );
}

fn first_difference(expected: Option<&String>, found: Option<&String>) -> String {
    match (expected, found) {
        (Some(expected), Some(found)) => {
            let mut lines = expected.lines().zip(found.lines()).enumerate();
            let first = lines.find(|(_, (expected, found))| expected != found);
            first.map_or(" differs in length".to_owned(), |(index, (expected, found))| {
                format!(":{}\n  expected {expected}\n  found    {found}", index + 1)
            })
        }
        (Some(_), None) => " is not generated".to_owned(),
        (None, _) => " is not checked in".to_owned(),
    }
}

#[test]
fn every_option_has_a_case() {
    for option in Options::list() {
        let mut options = CASES.iter().flat_map(|(_, options, _)| options.split(','));
        let found = options.any(|given| given.trim().split('=').next() == Some(option.name));
        assert!(found, "no golden case has the option {}", option.name);
    }
}

#[test]
fn no_golden_directory_is_unused() {
    let entries = fs::read_dir(directory()).unwrap().map(|entry| entry.unwrap());
    for entry in entries.filter(|entry| entry.file_type().unwrap().is_dir()) {
        let name = entry.file_name().into_string().unwrap();
        let is_case = CASES.iter().any(|(case, ..)| *case == name);
        assert!(is_case || name == "proto", "tests/golden/{name} is of no case");
    }
}

#[test]
fn output_does_not_depend_on_the_order_of_files() {
    let (_, options, protos) = CASES.iter().find(|(case, ..)| *case == "packages").unwrap();
    let reversed: Vec<_> = protos.iter().rev().copied().collect();
    for (one, other) in run(options, protos)
        .files
        .iter()
        .zip(&run(options, &reversed).files)
    {
        if !one.name.ends_with("-descriptor.rs") {
            assert_eq!(one, other);
        }
    }
}

#[test]
fn field_number_gaps_in_requests_are_warned_of() {
    let warnings = run("", &["proto2.proto"]).warnings;
    let warnings: Vec<_> = warnings.iter().map(ToString::to_string).collect();
    assert_eq!(
        warnings,
        [
            "proto2.proto:5:1: warning: the request `golden.proto2.Proto2` skips field numbers (7): a field \
             added there would shift the positional JSON-RPC params after it; reserve the numbers"
        ]
    );
    assert!(run("json=off", &["proto2.proto"]).warnings.is_empty());
}
