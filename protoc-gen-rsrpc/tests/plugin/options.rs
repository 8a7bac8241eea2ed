//! Options in all three forms, and their reference.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use rsrpc_codegen::Options;

use super::{protoc, protos};

#[test]
fn options_are_the_same_in_all_three_forms() {
    let (by_protoc, by_build) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let by_file = tempfile::tempdir().unwrap();
    let config = by_file.path().join("rsrpc.toml");
    fs::write(&config, CONFIG).unwrap();
    let files = [
        "packages/main.proto",
        "packages/types.proto",
        "blobs.proto",
        "shapes.proto",
    ];
    let output = protoc(OPTIONS, &protos(), by_protoc.path(), &files);
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let output = protoc(
        &format!("config={}", config.display()),
        &protos(),
        by_file.path(),
        &files,
    );
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let by_build_and_file = tempfile::tempdir().unwrap();
    rsrpc_build::configure()
        .config(&config)
        .out_dir(by_build_and_file.path())
        .compile(&files.map(|file| protos().join(file)), &[protos()])
        .unwrap();
    fs::remove_file(&config).unwrap();
    by_builder()
        .out_dir(by_build.path())
        .compile(&files.map(|file| protos().join(file)), &[protos()])
        .unwrap();
    let expected = texts(by_protoc.path());
    assert!(expected.contains_key("packages/main.proto.rs"));
    assert_eq!(expected, texts(by_build.path()));
    assert_eq!(expected, texts(by_file.path()));
    assert_eq!(expected, texts(by_build_and_file.path()));
}

/// Every option but `config`, `messages=none` (which disables others) and `descriptor=on`.
const OPTIONS: &str = "client=on,server=on,messages=prost,json=on,jsonrpc=off,mock=off,dyn=off,descriptor=off,\
    default_stubs=on,extern_path=.golden.packages.common=::common,bytes=.,btree_map=.golden.shapes,\
    boxed=Shape.center,type_attribute=Shape=#[cfg_attr(all(), doc = \"a, b\")],\
    type_attribute=Shape=#[must_use],field_attribute=Point.x=#[doc(hidden)],enum_attribute=.=#[non_exhaustive],\
    client_feature=c,server_feature=s,runtime_path=crate::rt,layout=file,mod_file=tree.rs,include_only=golden,\
    exclude=golden.packages.inner,extern_path=.golden.packages.inner=::inner";

const CONFIG: &str = r##"
client = true
server = true
messages = "prost"
json = true
jsonrpc = false
mock = false
dyn = false
descriptor = false
default_stubs = true
bytes = ["."]
btree_map = [".golden.shapes"]
boxed = ["Shape.center"]
type_attribute = { Shape = ['#[cfg_attr(all(), doc = "a, b")]', "#[must_use]"] }
field_attribute = { "Point.x" = "#[doc(hidden)]" }
enum_attribute = [{ path = ".", attribute = "#[non_exhaustive]" }]
client_feature = "c"
server_feature = "s"
runtime_path = "crate::rt"
layout = "file"
mod_file = "tree.rs"
include_only = "golden"
exclude = ["golden.packages.inner"]

[extern_path]
".golden.packages.common" = "::common"
".golden.packages.inner" = "::inner"
"##;

fn by_builder() -> rsrpc_build::Builder {
    rsrpc_build::configure()
        .client(true)
        .server(true)
        .messages(rsrpc_build::Messages::Prost)
        .json(true)
        .jsonrpc(false)
        .mock(false)
        .r#dyn(false)
        .descriptor(false)
        .default_stubs(true)
        .extern_path(".golden.packages.common", "::common")
        .extern_path(".golden.packages.inner", "::inner")
        .bytes(".")
        .btree_map(".golden.shapes")
        .boxed("Shape.center")
        .type_attribute("Shape", "#[cfg_attr(all(), doc = \"a, b\")]")
        .type_attribute("Shape", "#[must_use]")
        .field_attribute("Point.x", "#[doc(hidden)]")
        .enum_attribute(".", "#[non_exhaustive]")
        .client_feature("c")
        .server_feature("s")
        .runtime_path("crate::rt")
        .layout(rsrpc_build::Layout::File)
        .mod_file(Some("tree.rs"))
        .include_only("golden")
        .exclude("golden.packages.inner")
}

/// All files of a directory by relative path.
pub(super) fn texts(directory: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            let inner = texts(&path).into_iter();
            found.extend(inner.map(|(inner, text)| (format!("{name}/{inner}"), text)));
        } else {
            found.insert(name, fs::read_to_string(&path).unwrap());
        }
    }
    found
}

#[test]
fn options_by_name_are_all_options() {
    let file: toml::Table = CONFIG.parse().unwrap();
    for option in Options::list() {
        let given = OPTIONS
            .split(',')
            .any(|given| given.trim().split('=').next() == Some(option.name));
        assert_eq!(given, option.in_file, "{}", option.name);
        assert_eq!(file.contains_key(option.name), option.in_file, "{}", option.name);
    }
    assert_eq!(file.len() + 1, Options::list().count());
}

#[test]
fn the_builder_has_a_method_for_each_option() {
    let source = include_str!("../../../rsrpc-build/src/options.rs");
    let mut methods = Vec::new();
    for item in syn::parse_file(source).unwrap().items {
        let syn::Item::Impl(item) = item else { continue };
        for item in item.items {
            match item {
                syn::ImplItem::Fn(method) if matches!(method.vis, syn::Visibility::Public(_)) => {
                    let name = method.sig.ident.to_string();
                    methods.push(name.trim_start_matches("r#").to_owned());
                }
                _ => {}
            }
        }
    }
    let names: Vec<_> = Options::list().map(|option| option.name).collect();
    assert_eq!(methods, names);
}

#[test]
fn the_reference_has_a_section_for_each_option() {
    let reference = include_str!("../../../docs/options.md");
    let sections: Vec<_> = reference
        .lines()
        .filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'))
        .collect();
    let names: Vec<_> = Options::list().map(|option| option.name).collect();
    assert_eq!(sections, names);
    assert!(reference.contains(&format!("```text\n{}```\n", Options::help())));
    for (section, option) in reference.split("\n### `").skip(1).zip(Options::list()) {
        let name = option.name;
        let values = format!("Values: `{}`; default: ", option.value);
        assert!(section.contains(&values), "{name} lacks {values}");
        let by_protoc = format!("--rsrpc_opt={name}=");
        assert!(section.contains(&by_protoc), "{name} lacks {by_protoc}");
        let builder = match name {
            "dyn" => ".r#dyn(".to_owned(),
            _ => format!(".{name}("),
        };
        assert!(section.contains(&builder), "{name} lacks {builder}");
        let in_file = section.contains(&format!("\n{name} = ")) || section.contains(&format!("\n[{name}]\n"));
        assert_eq!(in_file, option.in_file, "{name}");
    }
}

#[test]
fn the_examples_of_the_reference_are_right() {
    let reference = include_str!("../../../docs/options.md");
    let mut examples = 0;
    for block in reference.split("```toml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("rsrpc.toml");
        fs::write(&path, text).unwrap();
        if let Err(errors) = Options::collect(Some(&path), []) {
            panic!("{errors}\n{text}");
        }
        examples += 1;
    }
    let lines = reference
        .lines()
        .filter_map(|line| line.strip_prefix("protoc --rsrpc_out=src/pb "));
    for line in lines {
        let (option, _) = line.split_once(" -I proto ").unwrap();
        let option = option.trim_matches('\'');
        let option = option.strip_prefix("--rsrpc_opt=").unwrap();
        // The file would have to exist.
        if !option.starts_with("config=") {
            if let Err(errors) = Options::parse(option) {
                panic!("{errors}\n{line}");
            }
            examples += 1;
        }
    }
    assert!(examples > 45, "{examples}");
}
