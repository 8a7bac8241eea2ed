//! What protoc sends the plugin.

use prost::Message as _;
use prost_types::compiler::{CodeGeneratorRequest, CodeGeneratorResponse};

/// What the nets under the checks say.
const NETS: [&str; 4] = [
    "panicked",
    "prost-build cannot take",
    "is not Rust",
    "prost-build's output has no",
];

/// An encoded `CodeGeneratorRequest`: code that Rust can parse, or an error that is not one of the nets under the checks.
pub fn plugin(input: &[u8]) {
    // An option that reads a file would read whatever the input names.
    if CodeGeneratorRequest::decode(input).is_ok_and(|request| request.parameter().contains("config")) {
        return;
    }
    // Errors quote what they are about.
    let quotes = |net: &&str| input.windows(net.len()).any(|part| part == net.as_bytes());
    if NETS.iter().any(quotes) {
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
    for net in NETS {
        assert!(!response.error().contains(net), "{}", response.error());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// libFuzzer once made an option of what the target looks for.
    #[test]
    fn a_net_in_the_input_is_none() {
        let request = CodeGeneratorRequest {
            parameter: Some("mock=prost-build's output has no]".to_owned()),
            ..Default::default()
        };
        plugin(&request.encode_to_vec());
    }
}
