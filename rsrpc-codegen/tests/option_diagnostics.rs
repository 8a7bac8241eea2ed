//! Exact texts of diagnostics about options; each is in `docs/diagnostics/options.md`.

use std::fs;
use std::path::Path;

use protox::file::{ChainFileResolver, File, FileResolver, GoogleFileResolver};
use rsrpc_codegen::{Options, Request, generate};

const REFERENCE: &str = include_str!("../../docs/diagnostics/options.md");

#[track_caller]
fn compare(found: &str, expected: &[&str]) {
    let found: Vec<_> = found.lines().collect();
    assert_eq!(found, expected);
    for line in expected {
        assert!(REFERENCE.contains(line), "the reference lacks {line}");
    }
}

/// Checks options that are invalid on their own.
#[track_caller]
fn parameter(parameter: &str, expected: &[&str]) {
    let found = Options::parse(parameter).map_err(|errors| errors.to_string());
    compare(&found.expect_err(parameter), expected);
}

/// Checks an options file; locations are in `rsrpc.toml`.
#[track_caller]
fn toml(case: &str, text: &str, expected: &[&str]) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{case}.toml"));
    fs::write(&path, text).unwrap();
    let found = Options::collect(Some(&path), []).map_err(|errors| errors.to_string());
    let path = path.display().to_string();
    compare(&found.expect_err(text).replace(&path, "rsrpc.toml"), expected);
}

struct Files(Vec<(&'static str, &'static str)>);

impl FileResolver for Files {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        let file = self.0.iter().find(|(known, _)| *known == name);
        let (name, text) = file.ok_or_else(|| protox::Error::file_not_found(name))?;
        File::from_source(name, text)
    }
}

/// Returns the errors, or else the warnings, for these options and files.
fn run(options: &str, files: &[(&'static str, &'static str)]) -> Result<String, String> {
    let mut resolver = ChainFileResolver::new();
    resolver.add(Files(files.to_vec()));
    resolver.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(resolver);
    compiler.include_imports(true).include_source_info(true);
    for (name, _) in files {
        compiler.open_file(name).unwrap();
    }
    let names = files.iter().map(|(name, _)| (*name).to_owned()).collect();
    let set = compiler.encode_file_descriptor_set();
    let options = Options::parse(options).unwrap();
    let output = generate(&Request::from_descriptor_set(&set, names, options).unwrap());
    let output = output.map_err(|errors| errors.to_string())?;
    let warnings: Vec<_> = output.warnings.iter().map(ToString::to_string).collect();
    Ok(warnings.join("\n"))
}

#[track_caller]
fn error(options: &str, files: &[(&'static str, &'static str)], expected: &[&str]) {
    compare(&run(options, files).unwrap_err(), expected);
}

#[track_caller]
fn warning(options: &str, files: &[(&'static str, &'static str)], expected: &[&str]) {
    compare(&run(options, files).unwrap(), expected);
}

const SHOP: &[(&str, &str)] = &[
    (
        "shop.proto",
        "syntax = \"proto3\";\npackage shop;\nimport \"base.proto\";\nmessage Order {\n  base.Money price = 1;\n  \
         map<string, base.Kind> kinds = 2;\n}\nservice Orders {\n  rpc Place(Order) returns (base.Money);\n}\n",
    ),
    (
        "base.proto",
        "syntax = \"proto3\";\npackage base;\nmessage Money { int64 units = 1; }\nenum Kind { NONE = 0; }\n",
    ),
];

#[test]
fn unknown_options_and_values() {
    parameter(
        "clint",
        &[
            "unknown option `clint`; the options are client, server, messages, json, jsonrpc, mock, dyn, \
             descriptor, \
           default_stubs, extern_path, bytes, btree_map, boxed, type_attribute, field_attribute, enum_attribute, \
           client_feature, server_feature, runtime_path, layout, mod_file, include_only, exclude, config",
        ],
    );
    parameter(
        "json=yes,server=,messages=all,layout,mod_file=pb/mod.rs,extern_path=google=::a,extern_path=.a,bytes,\
         bytes=a-b,type_attribute=#[x],client_feature=a b,runtime_path=1,include_only=a..b,config",
        &[
            "option `json` takes `on` or `off`, not `yes`",
            "option `server` takes `on` or `off`, not ``",
            "option `messages` takes `prost` or `none`, not `all`",
            "option `layout` takes `package` or `file`, not nothing",
            "option `mod_file` takes `name.rs` or `off`, not `pb/mod.rs`",
            "option `extern_path` takes `.proto.path=::rust::path`, not `google=::a`",
            "option `extern_path` takes `.proto.path=::rust::path`, not `.a`",
            "option `bytes` takes `proto.path`, not nothing",
            "option `bytes` takes `proto.path`, not `a-b`",
            "option `type_attribute` takes `proto.path=#[attribute]`, not `#[x]`",
            "option `client_feature` takes the name of a Cargo feature, not `a b`",
            "option `runtime_path` takes `::rust::path`, not `1`",
            "option `include_only` takes the name of a package, not `a..b`",
            "option `config` takes the path of a file, not nothing",
        ],
    );
    parameter(
        "extern_path=.a=::b,extern_path=.a=::c,config=a,config=b",
        &[
            "option `config` is given twice; merge the files into one",
            "option `config`: cannot read `a`: No such file or directory (os error 2)",
            "option `extern_path` is given twice for `.a`",
        ],
    );
}

#[test]
fn brackets_that_do_not_match() {
    parameter(
        "type_attribute=.a=#[derive(Eq,json=off",
        &[
            "`type_attribute=.a=#[derive(Eq,json=off` has a `(` that is not closed; a comma separates options only \
           outside of brackets and quotes",
        ],
    );
    parameter(
        "field_attribute=.a=#[doc = \"x],json=off",
        &[
            "`field_attribute=.a=#[doc = \"x],json=off` has a `\"` that is not closed; a comma separates \
             options only \
           outside of brackets and quotes",
        ],
    );
    parameter(
        "bytes=.a),json=off",
        &[
            "`bytes=.a)` has a `)` without an opening bracket; a comma separates options only outside of \
             brackets and quotes",
        ],
    );
}

#[test]
fn invalid_attributes() {
    parameter(
        "type_attribute=.a=derive(Eq),field_attribute=b=#[doc =],enum_attribute=.=#[prost(tag = \"1\")],\
         type_attribute=.a=#[x] struct A;",
        &[
            "option `type_attribute` for `.a`: `derive(Eq)` is not a Rust attribute such as `#[derive(Eq)]`",
            "option `field_attribute` for `b`: `#[doc =]` is not a Rust attribute such as `#[derive(Eq)]`: \
             unexpected end of \
             input, expected an expression",
            "option `enum_attribute` for `.`: `#[prost(tag = \"1\")]` is not a Rust attribute such as \
             `#[derive(Eq)]`; \
             `#[prost]` is reserved for the generator",
            "option `type_attribute` for `.a`: `#[x] struct A;` is not a Rust attribute such as \
             `#[derive(Eq)]`: unexpected \
             token",
        ],
    );
}

#[test]
fn files_with_errors() {
    toml(
        "values",
        "clint = true\njson = \"maybe\"\nbytes = [1, \".\"]\n\n[extern_path]\n\"google\" = \"::a\"\n\
         [type_attribute]\n\".a\" = [\"#[x]\", \"x\"]\n",
        &[
            "rsrpc.toml:1:1: unknown option `clint`; the options are client, server, messages, json, jsonrpc, \
             mock, \
             dyn, descriptor, default_stubs, extern_path, bytes, btree_map, boxed, type_attribute, \
             field_attribute, \
             enum_attribute, client_feature, server_feature, runtime_path, layout, mod_file, include_only, \
             exclude, \
             config",
            "rsrpc.toml:2:8: option `json` takes `on` or `off`, not `maybe`",
            "rsrpc.toml:3:10: option `bytes` takes `proto.path`, not an integer",
            "rsrpc.toml:6:12: option `extern_path` takes `.proto.path=::rust::path`, not `google=::a`",
            "rsrpc.toml:8:17: option `type_attribute` for `.a`: `x` is not a Rust attribute such as \
             `#[derive(Eq)]`",
        ],
    );
    toml(
        "tables",
        "extern_path = [{ path = \".a\" }]\ntype_attribute = [{ path = \".a\", attr = \"x\" }]\n\
         field_attribute = \".a\"\nconfig = \"other.toml\"\n",
        &[
            "rsrpc.toml:1:16: option `extern_path` takes `.proto.path=::rust::path`, not a table without `path` \
             and \
             `rust`",
            "rsrpc.toml:2:34: option `type_attribute` takes `proto.path=#[attribute]`, not a table with the key \
             `attr` besides `path` and `attribute`",
            "rsrpc.toml:3:19: option `field_attribute` takes `proto.path=#[attribute]`, not `.a`",
            "rsrpc.toml:4:1: an options file cannot include another; set `config` in protoc's parameter or in \
             the build script",
        ],
    );
    toml(
        "kinds",
        "json = 0.5\nbytes = 1979-05-27\n",
        &[
            "rsrpc.toml:1:8: option `json` takes `on` or `off`, not a float",
            "rsrpc.toml:2:9: option `bytes` takes `proto.path`, not a date",
        ],
    );
    toml(
        "syntax",
        "json = \n",
        &["rsrpc.toml:1:8: string values must be quoted, expected literal string"],
    );
    toml(
        "twice",
        "json = true\njson = false\n",
        &["rsrpc.toml:2:1: duplicate key"],
    );
}

#[test]
fn options_that_contradict_each_other() {
    error(
        "messages=none,json=on",
        SHOP,
        &[
            "options `messages=none` and `json=on` contradict each other: JSON conversions are generated with \
             the messages; leave out `json`, and set `jsonrpc=on` if the existing messages have them",
        ],
    );
    error(
        "jsonrpc=on,json=off,mock,dyn=on,client=off,server=off",
        SHOP,
        &[
            "options `jsonrpc=on` and `json=off` contradict each other: JSON-RPC needs the JSON of the messages",
            "options `mock=on` and `client=off,server=off` contradict each other: without clients and servers \
             there \
             is no trait",
            "options `dyn=on` and `client=off,server=off` contradict each other: without clients and servers there \
             is no trait",
        ],
    );
    // A later value wins; an implied value yields.
    assert_eq!(run("jsonrpc=on,jsonrpc=off,json=off", SHOP), Ok(String::new()));
    assert_eq!(run("messages=none,jsonrpc=on", SHOP), Ok(String::new()));
}

#[test]
fn options_that_do_nothing() {
    warning(
        "messages=none,bytes=.,boxed=.",
        SHOP,
        &[
            "warning: option `bytes` has no effect with `messages=none`",
            "warning: option `boxed` has no effect with `messages=none`",
        ],
    );
    warning(
        "client=off,client_feature=c",
        SHOP,
        &["warning: option `client_feature` has no effect with `client=off`"],
    );
    warning(
        "client=off,server=off,server_feature=s,default_stubs",
        SHOP,
        &[
            "warning: option `server_feature` has no effect with `server=off`",
            "warning: option `default_stubs` has no effect with `client=off,server=off`",
        ],
    );
}

#[test]
fn paths_that_match_nothing() {
    warning(
        "extern_path=.shup=::a,include_only=shop,include_only=base,exclude=shop.v2,bytes=.,btree_map=Order.price,\
         boxed=Order.kinds,type_attribute=.shop.Ordre=#[x],field_attribute=Money=#[x],enum_attribute=Order=#[x]",
        SHOP,
        &[
            "warning: option `extern_path`: `.shup` matches no package, message or enum",
            "warning: option `exclude`: `shop.v2` matches no package",
            "warning: option `bytes`: `.` matches no `bytes` field",
            "warning: option `btree_map`: `Order.price` matches no map field",
            "warning: option `type_attribute`: `.shop.Ordre` matches no message, enum or oneof",
            "warning: option `field_attribute`: `Money` matches no field, oneof or enum value",
            "warning: option `enum_attribute`: `Order` matches no enum or oneof",
            "warning: option `boxed`: `Order.kinds` matches no field of one message",
        ],
    );
    warning(
        "include_only=shopp",
        SHOP,
        &[
            "warning: option `include_only`: `shopp` matches no package",
            "warning: the options `include_only` and `exclude` leave nothing to generate",
        ],
    );
}

#[test]
fn packages_that_are_left_out_but_used() {
    error(
        "exclude=base",
        SHOP,
        &[
            "shop.proto:5:3: `shop.Order.price` uses `base.Money`, but the package `base` is left out by the \
             option \
             `exclude=base`; name its Rust path with extern_path=.base=::rust::path",
            "shop.proto:6:3: `shop.Order.kinds` uses `base.Kind`, but the package `base` is left out by the option \
             `exclude=base`; name its Rust path with extern_path=.base=::rust::path",
            "shop.proto:9:3: `shop.Orders.Place` uses `base.Money`, but the package `base` is left out by the \
             option \
             `exclude=base`; name its Rust path with extern_path=.base=::rust::path",
        ],
    );
    error(
        "include_only=shop,messages=none",
        SHOP,
        &[
            "shop.proto:9:3: `shop.Orders.Place` uses `base.Money`, but the package `base` is left out by the \
             option \
           `include_only`; name its Rust path with extern_path=.base=::rust::path",
        ],
    );
    assert_eq!(
        run("exclude=base,extern_path=.base=::base", SHOP),
        Ok(String::new())
    );
}

#[test]
fn outputs_of_one_name() {
    error(
        "mod_file=shop.rs",
        SHOP,
        &["two generated files would have the name `shop.rs`; choose another `mod_file`"],
    );
    error(
        "layout=file",
        &[(
            "shop.proto",
            "syntax = \"proto3\";\npackage shop.proto;\nmessage Order {}\n",
        )],
        &["two generated files would have the name `shop.proto.rs`; use layout=package"],
    );
}

#[test]
fn names_that_lead_out_of_the_directory() {
    use prost::Message as _;

    let file = prost_types::FileDescriptorProto {
        name: Some("../shop.proto".to_owned()),
        syntax: Some("proto3".to_owned()),
        ..Default::default()
    };
    let request = Request {
        files: vec![file.encode_to_vec()],
        generate: vec!["../shop.proto".to_owned()],
        options: Options::parse("layout=file").unwrap(),
    };
    compare(
        &generate(&request).unwrap_err().to_string(),
        &[
            "../shop.proto: the file name is not a relative path below the output directory, which layout=file \
           requires",
        ],
    );
}
