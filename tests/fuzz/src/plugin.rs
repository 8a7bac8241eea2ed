//! What protoc sends the plugin.

use prost::Message as _;
use prost_types::compiler::{CodeGeneratorRequest, CodeGeneratorResponse};

/// An encoded `CodeGeneratorRequest`: code that Rust can parse, or an error that is not one of the nets under the checks.
pub fn plugin(input: &[u8]) {
    // An option that reads a file would read whatever the input names.
    if CodeGeneratorRequest::decode(input).is_ok_and(|request| request.parameter().contains("config")) {
        return;
    }
    let result =
        rsrpc_codegen::plugin::decode_request(input).and_then(|request| rsrpc_codegen::generate(&request));
    if let Ok(output) = &result {
        for file in &output.files {
            if file.name.ends_with(".rs") {
                syn::parse_file(&file.content).expect("Rust");
            }
        }
    }
    let response =
        CodeGeneratorResponse::decode(&*rsrpc_codegen::plugin::encode_response(result)).expect("a response");
    for net in [
        "panicked",
        "prost-build cannot take",
        "is not Rust",
        "prost-build's output has no",
    ] {
        assert!(!response.error().contains(net), "{}", response.error());
    }
}
