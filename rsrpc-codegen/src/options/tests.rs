use super::*;

#[track_caller]
fn check(parameter: &str, expected: Result<Options, &str>) {
    let found = Options::parse(parameter).map(|options| options.effective());
    let found = found.map_err(|errors| errors.to_string());
    assert_eq!(
        found,
        expected.map(|options| options.effective()).map_err(str::to_owned),
        "{parameter}"
    );
}

fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
    let pair = |(path, value): &(&str, &str)| ((*path).to_owned(), (*value).to_owned());
    list.iter().map(pair).collect()
}

fn everything() -> Options {
    Options {
        client: false,
        messages: Messages::Prost,
        jsonrpc: false,
        mock: false,
        r#dyn: false,
        descriptor: false,
        default_stubs: true,
        extern_path: pairs(&[(".google.api", "::foo::api")]),
        bytes: vec![".".into(), ".a.B.c".into()],
        btree_map: vec!["B.c".into()],
        boxed: vec![".a".into()],
        type_attribute: pairs(&[
            (".z", "#[derive(Eq, Hash)]"),
            (".a.B", "#[serde(rename = \"x],y\", default)]"),
            (".a.B", "#[must_use]"),
        ]),
        field_attribute: pairs(&[("B.c", "#[doc = \"\\\",\"]")]),
        enum_attribute: pairs(&[(".", "#[non_exhaustive]")]),
        client_feature: Some("client".into()),
        server_feature: Some("dep.server-1".into()),
        runtime_path: "crate::rt".into(),
        layout: Layout::File,
        mod_file: None,
        include_only: vec!["a".into(), "b.c".into()],
        exclude: vec!["a.d".into()],
        ..Options::default()
    }
}

#[test]
fn options_are_read() {
    check("", Ok(Options::default()));
    check("client,server=on, json=on,", Ok(Options::default()));
    check(
        "client=off,messages=prost,jsonrpc=off,mock=off,dyn=off,descriptor=off,default_stubs,\
         extern_path=.google.api=::foo::api,bytes=.,bytes=.a.B.c,btree_map=B.c,boxed=.a,\
         type_attribute=.z=#[derive(Eq, Hash)],type_attribute=.a.B=#[serde(rename = \"x],y\", default)],\
         type_attribute=.a.B=#[must_use],field_attribute=B.c=#[doc = \"\\\",\"],enum_attribute=.=#[non_exhaustive],\
         client_feature=client,server_feature=dep.server-1,runtime_path=crate::rt,layout=file,mod_file=off,\
         include_only=a,include_only=.b.c,exclude=a.d",
        Ok(everything()),
    );
}

#[test]
fn a_file_says_the_same() {
    for text in [
        r##"
client = false
jsonrpc = false
mock = "off"
dyn = false
descriptor = false
default_stubs = true
messages = "prost"
bytes = [".", ".a.B.c"]
btree_map = "B.c"
boxed = [".a"]
client_feature = "client"
server_feature = "dep.server-1"
runtime_path = "crate::rt"
layout = "file"
mod_file = false
include_only = ["a", ".b.c"]
exclude = ["a.d"]
field_attribute = { "B.c" = '#[doc = "\","]' }
enum_attribute = [{ path = ".", attribute = "#[non_exhaustive]" }]

[extern_path]
".google.api" = "::foo::api"

[type_attribute]
".z" = "#[derive(Eq, Hash)]"
".a.B" = ['#[serde(rename = "x],y", default)]', "#[must_use]"]
"##,
        r##"
include_only = ["a", "b.c"]
exclude = "a.d"
client = "off"
default_stubs = "on"
jsonrpc = "off"
mock = "off"
dyn = "off"
descriptor = "off"
bytes = [".", ".a.B.c"]
btree_map = ["B.c"]
boxed = ".a"
client_feature = "client"
server_feature = "dep.server-1"
runtime_path = "crate::rt"
layout = "file"
mod_file = "off"
extern_path = [{ path = ".google.api", rust = "::foo::api" }]
field_attribute = [{ path = "B.c", attribute = '#[doc = "\","]' }]

[[type_attribute]]
path = ".z"
attribute = "#[derive(Eq, Hash)]"
[[type_attribute]]
path = ".a.B"
attribute = '#[serde(rename = "x],y", default)]'
[[type_attribute]]
path = ".a.B"
attribute = "#[must_use]"
[enum_attribute]
"." = "#[non_exhaustive]"
"##,
    ] {
        let mut options = Options::default();
        let errors = options.read_toml("rsrpc.toml", text);
        assert_eq!(errors, []);
        assert_eq!(options.effective(), everything().effective());
    }
}

#[test]
fn some_options_imply_others() {
    let effective = |parameter: &str| Options::parse(parameter).unwrap().effective();
    for (parameter, json, jsonrpc) in [
        ("", true, true),
        ("json=off", false, false),
        ("jsonrpc=off", true, false),
        ("messages=none", false, false),
        ("messages=none,json=off", false, false),
        ("messages=none,jsonrpc=on", false, true),
    ] {
        let options = effective(parameter);
        assert_eq!((options.json, options.jsonrpc), (json, jsonrpc), "{parameter}");
    }
    let options = effective("client=off,server=off");
    assert!(!options.mock && !options.r#dyn);
}

#[test]
fn every_option_is_in_the_help() {
    let help = Options::help();
    assert_eq!(help.lines().count(), Options::list().count());
    for (line, option) in help.lines().zip(Options::list()) {
        let start = format!("  {}={} ", option.name, option.value);
        assert!(line.starts_with(&start), "{line}");
        assert!(
            line.ends_with(&format!(" (default: {})", option.default)),
            "{line}"
        );
    }
}

#[test]
fn defaults_are_as_the_table_says() {
    for option in Options::list() {
        let mut options = Options::default();
        match option.default {
            "none" => continue,
            default => {
                let default = default.split(',').next().unwrap();
                options.set(option.name, Some(default)).unwrap();
                assert_eq!(
                    options.effective(),
                    Options::default().effective(),
                    "{}",
                    option.name
                );
            }
        }
    }
}

#[test]
fn what_stands_beside_a_file_overrides_it_or_adds_to_it() {
    let directory = std::env::temp_dir().join(format!("rsrpc-options-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    let path = directory.join("rsrpc.toml");
    let text = "client = false\njson = false\nbytes = [\".a\"]\nmod_file = \"a.rs\"\n";
    std::fs::write(&path, text).unwrap();
    let expected = Options::parse("json=off,bytes=.a,bytes=.b,mod_file=b.rs,default_stubs").unwrap();
    // Wherever the file is named.
    let parameter = format!(
        "client,config={},bytes=.b,mod_file=b.rs,default_stubs",
        path.display()
    );
    let by_parameter = Options::parse(&parameter);
    let settings = [
        ("mod_file", "b.rs"),
        ("client", "on"),
        ("bytes", ".b"),
        ("default_stubs", "on"),
    ];
    let by_settings = Options::collect(Some(&path), settings);
    std::fs::remove_dir_all(&directory).unwrap();
    assert_eq!(by_parameter.unwrap().effective(), expected.effective());
    assert_eq!(by_settings.unwrap().effective(), expected.effective());
}
