//! The output of macros compared item by item with the files that plugin and build script write. A test of the plugin
//! compares these two.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use rsrpc_codegen::{Inline, Options, Request, generate};
use syn::Item;

const ALL: &[&str] = &[
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

fn request(options: &str, protos: &[&str]) -> Request {
    // The golden files, the name collision corpus, and `rsrpc/options.proto`.
    let include = ["tests/golden/proto", "../tests/clash/proto", "proto"]
        .map(|path| -> PathBuf { Path::new(env!("CARGO_MANIFEST_DIR")).join(path) });
    let mut compiler = protox::Compiler::new(include).unwrap();
    compiler.include_imports(true).include_source_info(true);
    compiler.open_files(protos).unwrap();
    let set = compiler.encode_file_descriptor_set();
    let names = protos.iter().map(|proto| (*proto).to_owned()).collect();
    Request::from_descriptor_set(&set, names, Options::parse(options).unwrap()).unwrap()
}

/// Replaces `include!` items by the items of the included files.
fn expand(items: Vec<Item>, files: &BTreeMap<String, String>) -> Vec<Item> {
    let mut expanded = Vec::new();
    for item in items {
        match item {
            Item::Macro(item) if item.mac.path.segments.last().unwrap().ident == "include" => {
                let file: syn::LitStr = item.mac.parse_body().unwrap();
                let included = syn::parse_file(&files[&file.value()]).unwrap();
                expanded.extend(expand(included.items, files));
            }
            Item::Mod(mut item) => {
                if let Some((_, items)) = &mut item.content {
                    *items = expand(std::mem::take(items), files);
                }
                expanded.push(item.into());
            }
            other => expanded.push(other),
        }
    }
    expanded
}

/// Normalizes byte strings, which have several spellings.
struct ByteStrings;

impl syn::visit_mut::VisitMut for ByteStrings {
    fn visit_lit_byte_str_mut(&mut self, literal: &mut syn::LitByteStr) {
        *literal = syn::LitByteStr::new(&literal.value(), literal.span());
    }
}

/// Formats each item, which normalizes trailing commas.
fn text(items: Vec<Item>) -> Vec<String> {
    let text = |item: Item| {
        let mut file = syn::File {
            shebang: None,
            attrs: Vec::new(),
            items: vec![item],
        };
        syn::visit_mut::visit_file_mut(&mut ByteStrings, &mut file);
        prettyplease::unparse(&file)
    };
    items.into_iter().map(text).collect()
}

#[track_caller]
fn check(options: &str, protos: &[&str]) {
    let request = request(options, protos);
    let files: BTreeMap<_, _> = generate(&request)
        .unwrap()
        .files
        .into_iter()
        .map(|file| (file.name, file.content))
        .collect();
    let tree = syn::parse_file(&files["mod.rs"]).unwrap();
    let expected = text(expand(tree.items, &files));
    let tokens = Inline::new(&request).unwrap().into_tokens(|_| {}).unwrap();
    let found = text(syn::parse2::<syn::File>(tokens).unwrap().items);
    assert!(!found.is_empty());
    for (expected, found) in expected.iter().zip(&found) {
        assert_eq!(expected, found, "{options}");
    }
    assert_eq!(expected.len(), found.len(), "{options}");
}

/// Files with colliding names, generated in one run because some collide across files.
fn clashes() -> Vec<String> {
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
    names.sort();
    assert!(names.len() > 20);
    names
}

#[test]
fn macro_output_equals_file_output() {
    check("", ALL);
    let clashes = clashes();
    check("", &clashes.iter().map(String::as_str).collect::<Vec<_>>());
    for proto in ALL.iter().filter(|proto| !proto.contains('/')) {
        check("", &[proto]);
    }
    for options in [
        "client=off",
        "server=off",
        "json=off",
        "descriptor=off",
        "default_stubs",
        "bytes=.",
        "runtime_path=crate::runtime",
        "exclude=helloworld",
        "messages=none",
        "type_attribute=.=#[derive(Eq)],btree_map=.",
    ] {
        check(options, &["helloworld.proto", "blobs.proto"]);
    }
}

#[test]
fn referenced_imports_are_added() {
    let generated = |options: &str, protos: &[&str]| {
        let mut generate = request(options, protos).with_imports().unwrap().generate;
        generate.sort();
        generate
    };
    assert_eq!(generated("", &["helloworld.proto"]), ["helloworld.proto"]);
    assert_eq!(
        generated("", &["packages/main.proto"]),
        [
            "packages/common.proto",
            "packages/main.proto",
            "packages/sibling.proto",
            "packages/types.proto"
        ]
    );
    // Existing code is not generated again.
    assert_eq!(
        generated(
            "extern_path=.golden.packages.common=::a,extern_path=.golden.packages.inner=::b,extern_path=.golden.other=::c",
            &["packages/main.proto"]
        ),
        ["packages/main.proto"]
    );
}

#[test]
fn service_can_be_selected_and_renamed() {
    let mut code = Inline::new(&request("", &["kinds.proto", "helloworld.proto"])).unwrap();
    let services = code.services();
    let names: Vec<_> = services
        .iter()
        .map(|service| service.full_name.as_str())
        .collect();
    assert!(
        names.contains(&"helloworld.Greeter") && names.len() > 1,
        "{names:?}"
    );
    code.retain_services(|service| service.full_name == "helloworld.Greeter");
    code.name_trait("helloworld.Greeter", &quote::format_ident!("Hello"));
    let text = code.into_tokens(|_| {}).unwrap().to_string();
    assert_eq!(text.matches("pub trait").count(), 1);
    for part in [
        "pub trait Hello :",
        "pub struct HelloServer",
        "pub struct HelloClient",
        "HELLO_SERVICE",
        "\"/helloworld.Greeter/SayHello\"",
    ] {
        assert!(text.contains(part), "{part}");
    }
}
