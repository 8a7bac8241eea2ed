//! Implements protoc's plugin protocol (`google/protobuf/compiler/plugin.proto`).

use prost::Message as _;

use super::features::Edition;
use crate::{Diagnostic, Diagnostics, Options, Output, Request};

/// `google.protobuf.compiler.CodeGeneratorRequest` with encoded files.
#[derive(Clone, PartialEq, prost::Message)]
struct CodeGeneratorRequest {
    #[prost(string, repeated, tag = "1")]
    file_to_generate: Vec<String>,
    #[prost(string, tag = "2")]
    parameter: String,
    #[prost(bytes = "vec", repeated, tag = "15")]
    proto_file: Vec<Vec<u8>>,
}

/// `google.protobuf.compiler.CodeGeneratorResponse`.
#[derive(Clone, PartialEq, prost::Message)]
struct CodeGeneratorResponse {
    #[prost(string, optional, tag = "1")]
    error: Option<String>,
    #[prost(uint64, optional, tag = "2")]
    supported_features: Option<u64>,
    #[prost(int32, optional, tag = "3")]
    minimum_edition: Option<i32>,
    #[prost(int32, optional, tag = "4")]
    maximum_edition: Option<i32>,
    #[prost(message, repeated, tag = "15")]
    file: Vec<ResponseFile>,
}

/// `google.protobuf.compiler.CodeGeneratorResponse.File`.
#[derive(Clone, PartialEq, prost::Message)]
struct ResponseFile {
    #[prost(string, optional, tag = "1")]
    name: Option<String>,
    #[prost(string, optional, tag = "15")]
    content: Option<String>,
}

/// `CodeGeneratorResponse.Feature.FEATURE_PROTO3_OPTIONAL`.
const FEATURE_PROTO3_OPTIONAL: u64 = 1;
/// `CodeGeneratorResponse.Feature.FEATURE_SUPPORTS_EDITIONS`.
const FEATURE_SUPPORTS_EDITIONS: u64 = 2;

/// Decodes a `CodeGeneratorRequest`.
///
/// # Errors
/// Returns an error if the bytes are not a `CodeGeneratorRequest`, or for unknown options.
pub fn decode_request(bytes: &[u8]) -> Result<Request, Diagnostics> {
    let request = CodeGeneratorRequest::decode(bytes).map_err(|error| {
        Diagnostic::error(format!(
            "the input is not a CodeGeneratorRequest of protoc: {error}"
        ))
    })?;
    let options = Options::parse(&request.parameter)?;
    Ok(Request {
        files: request.proto_file,
        generate: request.file_to_generate,
        options,
    })
}

/// Encodes the `CodeGeneratorResponse` for protoc, with files or with errors.
pub fn encode_response(result: Result<Output, Diagnostics>) -> Vec<u8> {
    let [(minimum, _), .., (maximum, _)] = Edition::NUMBERS;
    let mut response = CodeGeneratorResponse {
        supported_features: Some(FEATURE_PROTO3_OPTIONAL | FEATURE_SUPPORTS_EDITIONS),
        minimum_edition: Some(minimum),
        maximum_edition: Some(maximum),
        ..Default::default()
    };
    match result {
        Ok(output) => {
            let files = output.files.into_iter();
            response.file = files
                .map(|file| ResponseFile {
                    name: Some(file.name),
                    content: Some(file.content),
                })
                .collect();
        }
        Err(errors) => response.error = Some(errors.to_string()),
    }
    response.encode_to_vec()
}
