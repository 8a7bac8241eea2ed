//! Descriptors from protox, protoc and descriptor sets, and the instructions to Cargo.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use rsrpc_build::{Builder, Error, configure};

const PROTO3: &str = "syntax = \"proto3\";\npackage a;\nimport \"b/b.proto\";\nimport \
                      \"google/protobuf/empty.proto\";\n\
                      import \"rsrpc/options.proto\";\nservice S {\n  rpc Get(b.B) returns \
                      (google.protobuf.Empty) {\n    \
                      option (rsrpc.method).jsonrpc_name = \"get\";\n  }\n}\n";
const IMPORTED: &str = "syntax = \"proto3\";\npackage b;\nmessage B {}\n";
const EDITION: &str = "// A comment.\nedition = \"2023\";\npackage a;\nmessage A {}\n";

fn protoc() -> PathBuf {
    protoc_bin_vendored::protoc_bin_path().unwrap()
}

fn crate_of(files: &[(&str, &str)]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, content) in files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
    directory
}

/// The code without descriptors, which depend on the compiler.
fn code(directory: &Path) -> BTreeMap<String, String> {
    let names = fs::read_dir(directory).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter(|name| !name.ends_with("-descriptor.rs"))
        .map(|name| (name.clone(), fs::read_to_string(directory.join(name)).unwrap()))
        .collect()
}

fn write_set(root: &Path) -> PathBuf {
    let set = root.join("set.bin");
    let options = format!("{}/../rsrpc-codegen/proto", env!("CARGO_MANIFEST_DIR"));
    let status = Command::new(protoc())
        .args(["--include_imports", "--include_source_info", "-o"])
        .arg(&set)
        .arg("-I")
        .arg(root.join("proto"))
        .args(["-I", &options, "a.proto"])
        .status()
        .unwrap();
    assert!(status.success());
    set
}

#[test]
fn every_input_gives_the_same_code() {
    let directory = crate_of(&[("proto/a.proto", PROTO3), ("proto/b/b.proto", IMPORTED)]);
    let root = directory.path();
    let (proto, include) = (root.join("proto/a.proto"), root.join("proto"));
    let set = write_set(root);
    let run = |name: &str, builder: Builder, proto: &Path, includes: &[&Path]| {
        builder
            .out_dir(root.join(name))
            .compile(&[proto], includes)
            .unwrap();
        code(&root.join(name))
    };
    let expected = run("protox", configure(), &proto, &[&include]);
    assert_eq!(expected.keys().collect::<Vec<_>>(), ["a.rs", "mod.rs"]);
    assert!(expected["a.rs"].contains("pub trait S"));
    let bytes = fs::read(&set).unwrap();
    assert_eq!(
        run("protoc", configure().protoc(protoc()), &proto, &[&include]),
        expected
    );
    assert_eq!(
        run("set", configure().descriptor_set(&set), &proto, &[&include]),
        expected
    );
    assert_eq!(
        run(
            "name",
            configure().descriptor_set(&set),
            Path::new("a.proto"),
            &[]
        ),
        expected
    );
    assert_eq!(
        run(
            "bytes",
            configure().descriptor_set_bytes(bytes),
            &proto,
            &[&include]
        ),
        expected
    );
}

#[track_caller]
fn fails(builder: Builder, files: &[(&str, &str)], proto: &str, expected: &str) {
    let directory = crate_of(files);
    let root = directory.path();
    let error = builder
        .out_dir(root.join("out"))
        .compile(&[root.join(proto)], &[root])
        .unwrap_err();
    let text = match &error {
        Error::Compile(_) | Error::Generate(_) => error.to_string(),
        _ => format!("{error:?}"),
    };
    assert_eq!(text.replace(&root.display().to_string(), "ROOT"), expected);
}

#[test]
fn editions_need_protoc() {
    let sentence = "the file uses an edition, which protox cannot read; compile it with protoc: set PROTOC for \
                    rsrpc-build, pass it a descriptor set, or use the plugin protoc-gen-rsrpc";
    fails(
        configure(),
        &[("a.proto", EDITION)],
        "a.proto",
        &format!("a.proto:2:1: {sentence}"),
    );
    let import = "syntax = \"proto3\";\nimport \"a.proto\";\n";
    fails(
        configure(),
        &[("a.proto", EDITION), ("b.proto", import)],
        "b.proto",
        &format!("a.proto:2:1: {sentence}"),
    );
    // A file with that name in another folder does not count.
    fails(
        configure(),
        &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage A {\n  int32 int32 edition = 1;\n}\n",
        )],
        "a.proto",
        "a.proto:3:15: expected '=', but found 'edition'",
    );
    let directory = crate_of(&[("a.proto", EDITION)]);
    let root = directory.path();
    let builder = configure().protoc(protoc()).out_dir(root.join("out"));
    builder.compile(&[root.join("a.proto")], &[root]).unwrap();
    assert!(code(&root.join("out"))["a.rs"].contains("pub struct A"));
}

#[test]
fn protocs_errors_have_places() {
    fails(
        configure().protoc(protoc()),
        &[(
            "a.proto",
            "syntax = \"proto3\";\nmessage A {\n  B b = 1;\n  C c = 2;\n}\n",
        )],
        "a.proto",
        "ROOT/a.proto:3:3: \"B\" is not defined.\nROOT/a.proto:4:3: \"C\" is not defined.",
    );
    fails(
        configure().protoc("/nowhere/protoc"),
        &[("a.proto", PROTO3)],
        "a.proto",
        "cannot run protoc (/nowhere/protoc): No such file or directory (os error 2)",
    );
    fails(
        configure().protoc("false"),
        &[("a.proto", PROTO3)],
        "a.proto",
        "protoc failed and said nothing (exit status: 1)",
    );
}

#[test]
fn descriptor_sets_are_checked() {
    fails(
        configure().descriptor_set("/nowhere/set"),
        &[],
        "a.proto",
        "cannot read /nowhere/set: No such file or directory (os error 2)",
    );
    fails(
        configure().descriptor_set_bytes([]),
        &[],
        "a.proto",
        "a.proto: no descriptor was given for this file",
    );
    fails(
        configure().descriptor_set_bytes([0xff]),
        &[],
        "a.proto",
        "the input is not a FileDescriptorSet: failed to decode Protobuf message: invalid varint",
    );
}

/// Returns the instructions of a build script in `root`, with or without `PROTOC`.
fn say(root: &Path, script: &str, protoc: Option<&Path>) -> Vec<String> {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "cargo_is_told_what_matters", "--nocapture"])
        .current_dir(root)
        .env("BUILD_SCRIPT", script)
        .env("CARGO_MANIFEST_DIR", root)
        .env("OUT_DIR", root.join("target/out"))
        .env_remove("PROTOC")
        .envs(protoc.map(|path| ("PROTOC", path)));
    fs::create_dir_all(root.join("target/out")).unwrap();
    let output = command.output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        output.status.success(),
        "{text}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    // No temporary file is left.
    let left = fs::read_dir(root.join("target/out")).unwrap();
    assert!(
        left.map(|entry| entry.unwrap().path())
            .all(|path| path.extension().is_some_and(|end| end == "rs"))
    );
    let lines = text.lines().filter_map(|line| line.strip_prefix("cargo:"));
    let lines = lines.map(|line| line.replace(&root.display().to_string(), "ROOT"));
    lines.map(|line| line.replace("rerun-if-changed=", "")).collect()
}

#[test]
fn cargo_is_told_what_matters() {
    if let Ok(script) = env::var("BUILD_SCRIPT") {
        println!();
        let builder = match script.as_str() {
            "protoc" => configure().protoc(env::var_os("PROTOC").unwrap()),
            "set" => configure().descriptor_set("set.bin"),
            "bytes" => configure().descriptor_set_bytes(fs::read("set.bin").unwrap()),
            _ => configure(),
        };
        let includes = match script.as_str() {
            "here" => vec![".", "proto", "nowhere"],
            _ => vec!["first", "proto"],
        };
        builder.compile(&["proto/a.proto"], &includes).unwrap();
        return;
    }
    let directory = crate_of(&[
        ("proto/a.proto", PROTO3),
        ("proto/b/b.proto", IMPORTED),
        ("first/b/c.proto", IMPORTED),
    ]);
    let root = directory.path();
    let imports = [
        "proto/a.proto",
        "proto/a.proto",
        // A path that would take precedence if it existed.
        "proto/b/b.proto",
        "first",
        "first/b",
        "proto",
    ];
    let sorted = |mut lines: Vec<String>| {
        lines.sort();
        lines
    };
    let expected = sorted(imports.map(str::to_owned).to_vec());
    assert_eq!(sorted(say(root, "protox", None)), expected);
    // protoc may be replaced.
    let by_path = say(root, "protoc", Some(&protoc()));
    assert_eq!(by_path[1], protoc().display().to_string());
    assert_eq!(sorted([&by_path[..1], &by_path[2..]].concat()), expected);
    // A directory that contains the crate's output would always count as changed.
    assert_eq!(
        sorted(say(root, "here", None)),
        ["./proto/a.proto", "proto", "proto/a.proto", "proto/b/b.proto"]
    );
    write_set(root);
    assert_eq!(say(root, "set", None), ["set.bin"]);
    assert_eq!(say(root, "bytes", None), [""; 0]);

    // Editions make the build script read `PROTOC`.
    fs::write(root.join("proto/a.proto"), EDITION).unwrap();
    assert_eq!(
        say(root, "protox", Some(&protoc())),
        [
            "proto/a.proto",
            "rerun-if-env-changed=PROTOC",
            "proto/a.proto",
            "first"
        ]
    );
}

#[test]
fn only_what_changed_is_written() {
    let directory = crate_of(&[
        ("a.proto", IMPORTED),
        ("c.proto", "syntax = \"proto3\";\npackage c;\n"),
    ]);
    let root = directory.path();
    let out = root.join("out");
    let compile = |protos: &[&str]| {
        let protos: Vec<_> = protos.iter().map(|proto| root.join(proto)).collect();
        configure().out_dir(&out).compile(&protos, &[root]).unwrap();
    };
    let modified = |name: &str| fs::metadata(out.join(name)).unwrap().modified().unwrap();
    compile(&["a.proto", "c.proto"]);
    let (before, tree) = (modified("b.rs"), fs::read_to_string(out.join("mod.rs")).unwrap());
    assert!(tree.contains("\"c.rs\""));
    compile(&["a.proto"]);
    // Files that are no longer generated are kept but not included.
    assert!(out.join("c.rs").exists());
    assert!(
        !fs::read_to_string(out.join("mod.rs"))
            .unwrap()
            .contains("\"c.rs\"")
    );
    assert_eq!(modified("b.rs"), before);
    fs::write(root.join("a.proto"), format!("{IMPORTED}message More {{}}\n")).unwrap();
    compile(&["a.proto"]);
    assert!(
        fs::read_to_string(out.join("b.rs"))
            .unwrap()
            .contains("struct More")
    );
    assert!(modified("b.rs") >= before);
}
