//! Requests of protoc to the plugin.

use prost::Message as _;
use prost_types::compiler::{CodeGeneratorRequest, CodeGeneratorResponse};
use rsrpc_codegen::INTERNAL_ERRORS;

/// Checks an encoded `CodeGeneratorRequest`: the output is valid Rust, or an error other than those of internal
/// checks.
pub fn plugin(input: &[u8]) {
    // Skips options that read files, since the input could name any file.
    if CodeGeneratorRequest::decode(input).is_ok_and(|request| request.parameter().contains("config")) {
        return;
    }
    // Errors quote the input.
    let quotes = |net: &&str| input.windows(net.len()).any(|part| part == net.as_bytes());
    if INTERNAL_ERRORS.iter().any(quotes) {
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
    for net in INTERNAL_ERRORS {
        assert!(!response.error().contains(net), "{}", response.error());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// libFuzzer found an option that quotes an internal error.
    #[test]
    fn internal_error_quoted_from_input_is_ignored() {
        let request = CodeGeneratorRequest {
            parameter: Some("mock=prost-build's output lacks]".to_owned()),
            ..Default::default()
        };
        plugin(&request.encode_to_vec());
    }
}
