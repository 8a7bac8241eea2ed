//! Exact texts of diagnostics about `rsrpc/options.proto`.

use std::path::Path;
use std::process::Command;

use rsrpc_codegen::{Diagnostics, OPTIONS_PROTO_NAME, Options, Output, Request, generate};

/// Compiles `options` of a service's only method with protoc.
fn compile(head: &str, service: &str) -> Vec<u8> {
    let directory = tempfile::tempdir().unwrap();
    let text = format!("{head}\npackage a;\nmessage M {{}}\n{service}");
    std::fs::write(directory.path().join("a.proto"), text).unwrap();
    let set = directory.path().join("set");
    let status = Command::new(protoc_bin_vendored::protoc_bin_path().unwrap())
        .args(["--include_imports", "--include_source_info", "-o"])
        .arg(&set)
        .arg("-I")
        .arg(directory.path())
        .arg("-I")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("proto"))
        .arg("a.proto")
        .status()
        .unwrap();
    assert!(status.success());
    std::fs::read(set).unwrap()
}

fn run(head: &str, service: &str) -> Result<Output, Diagnostics> {
    let set = compile(head, service);
    generate(&Request::from_descriptor_set(&set, vec!["a.proto".to_owned()], Options::default()).unwrap())
}

const HEAD: &str = "syntax = \"proto3\"; import \"rsrpc/options.proto\";";

#[track_caller]
fn check(options: &str, expected: &str) {
    let service = format!("service S {{\n  rpc Get(M) returns (M) {{\n{options}  }}\n}}\n");
    assert_eq!(run(HEAD, &service).unwrap_err().to_string(), expected);
}

#[test]
fn timeouts_are_positive() {
    check(
        "    option (rsrpc.method).timeout = {};\n",
        "a.proto:6:5: `timeout` has 0 seconds and 0 nanos; it must be positive",
    );
    check(
        "    option (rsrpc.method) = {\n      timeout: { seconds: -1 }\n    };\n",
        "a.proto:6:5: `timeout` has -1 seconds and 0 nanos; it must be positive",
    );
    for value in [
        "seconds: 1 nanos: -1",
        "nanos: 1000000000",
        "seconds: 315576000001",
    ] {
        let result = run(
            HEAD,
            &format!(
                "service S {{ rpc Get(M) returns (M) {{ option (rsrpc.method).timeout = {{ {value} }}; }} }}"
            ),
        );
        let error = result.unwrap_err().to_string();
        let expected = match value {
            "seconds: 1 nanos: -1" => "`timeout` has 1 seconds and -1 nanos; it must be positive",
            "nanos: 1000000000" => {
                "`timeout` has 0 seconds and 1000000000 nanos; a duration has at most 315576000000 seconds and \
                 999999999 nanos"
            }
            _ => {
                "`timeout` has 315576000001 seconds and 0 nanos; a duration has at most 315576000000 seconds and \
                 999999999 nanos"
            }
        };
        assert_eq!(error, format!("a.proto:4:38: {expected}"));
    }
}

#[test]
fn jsonrpc_names_are_unique_and_not_reserved() {
    for (name, beginning) in [("rpc.x", "rpc."), ("rsrpc_x", "rsrpc_"), ("$/x", "$/")] {
        check(
            &format!("    option (rsrpc.method).jsonrpc_name = \"{name}\";\n"),
            &format!(
                "a.proto:6:5: `jsonrpc_name` is \"{name}\", but JSON-RPC reserves names that begin with \
                 `{beginning}`"
            ),
        );
    }
    let service = "service S {\n  rpc One(M) returns (M) { option (rsrpc.method).jsonrpc_name = \"x\"; }\n  rpc \
                   Two(M) \
                   returns (M) { option (rsrpc.method).jsonrpc_name = \"x\"; }\n}\n";
    assert_eq!(
        run(HEAD, service).unwrap_err().to_string(),
        "a.proto:6:3: rpc `a.S.Two` and rpc `a.S.One` both have the `jsonrpc_name` \"x\"; a server cannot tell \
         them apart"
    );
    // The services may be on different servers.
    let services = service.replace("  rpc Two", "}\nservice T {\n  rpc Two");
    run(HEAD, &services).unwrap();
}

#[test]
fn retry_policies_are_complete() {
    check(
        "    option (rsrpc.method).retry = {};\n",
        "a.proto:6:5: `retry.max_attempts` is 0; it must be at least 2, because it counts the first attempt\n\
         a.proto:6:5: `retry.initial_backoff` is missing; a retry policy needs it\n\
         a.proto:6:5: `retry.max_backoff` is missing; a retry policy needs it\n\
         a.proto:6:5: `retry.backoff_multiplier` is 0; it must be positive\n\
         a.proto:6:5: `retry.retryable_status_codes` is empty, so no call would be retried; add one, such as \
         UNAVAILABLE",
    );
    check(
        "    option (rsrpc.method).retry.max_attempts = 1;\n    option (rsrpc.method).retry.initial_backoff = { \
         seconds: 1 \
         };\n    option (rsrpc.method).retry.max_backoff = { seconds: -1 };\n    option \
         (rsrpc.method).retry.backoff_multiplier = inf;\n    option (rsrpc.method).retry.retryable_status_codes \
         = OK;\n    \
         option (rsrpc.method).retry.retryable_status_codes = ABORTED;\n",
        "a.proto:6:5: `retry.max_attempts` is 1; it must be at least 2, because it counts the first attempt\n\
         a.proto:8:5: `retry.max_backoff` has -1 seconds and 0 nanos; it must be positive\n\
         a.proto:9:5: `retry.backoff_multiplier` is inf; it must be positive\n\
         a.proto:10:5: `retry.retryable_status_codes` contains OK, which is not a failure",
    );
    let whole =
        "max_attempts: 2 initial_backoff: { seconds: 1 } max_backoff: { seconds: 1 } backoff_multiplier: 1";
    for number in ["17", "-1"] {
        check(
            &format!("    option (rsrpc.method).retry = {{ {whole} retryable_status_codes: {number} }};\n"),
            &format!(
                "a.proto:6:5: `retry.retryable_status_codes` contains {number}, which is not a gRPC status code \
                 (1 to 16)"
            ),
        );
    }
}

/// The number is in the range for private use.
#[test]
fn foreign_options_with_the_same_number_are_ignored() {
    let service = "extend google.protobuf.MethodOptions { int32 theirs = 72761; }\n\
                   service S { rpc Get(M) returns (M) { option (theirs) = 5; } }";
    let head = "syntax = \"proto3\"; import \"google/protobuf/descriptor.proto\";";
    let output = run(head, service).unwrap();
    let code = output.files.iter().find(|file| file.name == "a.rs").unwrap();
    assert!(!code.content.contains("with_options"));
    // With both in one set the meaning of the bytes is ambiguous.
    let mut set = compile(head, service);
    let options = compile(HEAD, "");
    set.extend_from_slice(&options);
    let mut request =
        Request::from_descriptor_set(&set, vec!["a.proto".to_owned()], Options::default()).unwrap();
    let mut names: Vec<_> = request.file_names().collect();
    let twice = names.iter().rposition(|name| name == "a.proto").unwrap();
    request.files.remove(twice);
    names.remove(twice);
    assert!(names.iter().any(|name| name == OPTIONS_PROTO_NAME));
    let first = names
        .iter()
        .position(|name| name == "google/protobuf/descriptor.proto")
        .unwrap();
    request.files.remove(first);
    let error = generate(&request).unwrap_err().to_string();
    assert_eq!(
        error,
        "a.proto:5:38: `(rsrpc.method)` is invalid: failed to decode Protobuf message: ExtendedMethodOptions.method: invalid \
         wire \
         type: Varint (expected LengthDelimited)"
    );
}

#[test]
fn edition_2024_imports_options_alone() {
    let head = "edition = \"2024\"; import option \"rsrpc/options.proto\";";
    let service = "service S { rpc Get(M) returns (M) { option (rsrpc.method).jsonrpc_name = \"get\"; } }";
    let output = run(head, service).unwrap();
    let code = output.files.iter().find(|file| file.name == "a.rs").unwrap();
    assert!(code.content.contains(".jsonrpc_name(\"get\")"));
}

#[test]
fn a_package_rpc_needs_names() {
    let service = |options: &str| {
        format!(
            "syntax = \"proto3\"; import \"rsrpc/options.proto\"; package rpc; message M {{}}\nservice S {{ rpc \
             Get(M) returns (M) {{ {options} }} }}\n"
        )
    };
    let directory = tempfile::tempdir().unwrap();
    let compile = |options: &str| {
        std::fs::write(directory.path().join("r.proto"), service(options)).unwrap();
        let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
        let set = {
            let mut compiler = protox::Compiler::new([directory.path(), &own]).unwrap();
            compiler.include_imports(true).open_file("r.proto").unwrap();
            compiler.encode_file_descriptor_set()
        };
        generate(&Request::from_descriptor_set(&set, vec!["r.proto".to_owned()], Options::default()).unwrap())
    };
    assert!(
        compile("")
            .unwrap_err()
            .to_string()
            .contains("give each method a `jsonrpc_name`")
    );
    compile("option (rsrpc.method).jsonrpc_name = \"get\";").unwrap();
}
