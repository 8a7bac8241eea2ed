//! Seeds of the fuzz targets: inputs that exercise more than the first validation.

use prost::Message as _;
use prost_types::compiler::CodeGeneratorRequest;
use protox::file::{File, FileResolver};

const PROTO: &str = r#"
    syntax = "proto3";
    package fuzz.v1;
    // A comment.
    message Thing {
      oneof kind { string name = 1; Thing inner = 2; }
      map<string, Shade> shades = 3;
      repeated int64 numbers = 4 [packed = false, json_name = "figures"];
      optional bytes data = 5;
      enum Shade { option allow_alias = true; LIGHT = 0; DARK = 1; DIM = 1; }
      message Nested { reserved 5; double value = 4; }
      Nested nested = 6;
    }
    service Things {
      rpc Get(Thing) returns (Thing) { option idempotency_level = NO_SIDE_EFFECTS; }
      rpc Watch(stream Thing) returns (stream Thing.Nested);
    }
"#;
const PROTO2: &str = r#"
    syntax = "proto2";
    package old;
    message Old {
      required int32 id = 1 [default = 7];
      optional group Part = 2 { optional string type = 3; }
      extensions 100 to 199;
      optional float ratio = 4 [default = inf];
    }
    extend Old { optional string note = 100; }
"#;

/// Returns the seeds of the target `name`.
pub fn seeds(name: &str) -> Vec<Vec<u8>> {
    let texts: &[&str] = match name {
        "grpc_timeout" => &["1S", "99999999H", "20m", "5u", "0n", "100M", "123456789S"],
        "metadata" => &[
            "a: b\na: c\nx-bin: AAEC\nx-bin: AQ==,Ag",
            "grpc-status: 5\ngrpc-message: no %F0%9F%98%80 100%25",
            "grpc-status: 13\ngrpc-status-details-bin: CA0SBG9vcHM",
            "grpc-status: 0\ngrpc-encoding: gzip",
        ],
        "target" => &[
            "dns:///localhost:80",
            "dns://8.8.8.8/host",
            "ipv4:127.0.0.1:80",
            "ipv6:[::1]:80",
            "http://host/path?query",
            "https://host",
            "unix:/tmp/socket",
            "unix:///tmp/socket",
            "memory:",
        ],
        "jsonrpc" => return cases(),
        "envelope" => return envelopes(),
        "plugin" => return [PROTO, PROTO2].iter().map(|proto| request(proto)).collect(),
        _ => &[],
    };
    texts.iter().map(|text| text.as_bytes().to_vec()).collect()
}

/// JSON-RPC texts: hand-made ones, and every complete request of the case file.
fn cases() -> Vec<Vec<u8>> {
    let file = include_str!("../../jsonrpc/cases.jsonl");
    let cases = file
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .filter_map(|case| Some(case.get("request")?.as_str()?.as_bytes().to_vec()));
    let own = [
        r#"{"jsonrpc":"2.0","method":"fuzz.Fuzzed/Add","params":[1,2],"id":1}"#,
        r#"{"jsonrpc":"2.0","method":"fuzz.Fuzzed.Add","params":{"a":1,"b":"2"},"id":"x","meta":{"k":["v"],"grpc-timeout":"1S"}}"#,
        r#"[{"jsonrpc":"2.0","method":"fuzz.Fuzzed/Echo","params":{"id":"5","name":"é","data":"AAE=","items":[{}],"weight":"NaN"},"id":null}]"#,
    ];
    cases
        .chain(own.iter().map(|text| text.as_bytes().to_vec()))
        .collect()
}

/// Bodies of streams: complete messages, a truncated one, wrong flags and lengths.
fn envelopes() -> Vec<Vec<u8>> {
    let message = b"\x08\x07\x12\x02hi\x1a\x01\x00\x22\x02\x08\x01";
    let framed = |flag: u8, length: u32| [&[3, 0, flag][..], &length.to_be_bytes(), message].concat();
    let length = message.len() as u32;
    let twice = [&framed(0, length)[..], &framed(0, length)[2..]].concat();
    vec![
        framed(0, length),
        framed(1, length),
        framed(2, 3),
        framed(0, length + 1),
        framed(0, u32::MAX),
        twice,
    ]
}

/// A request to generate code for a .proto file.
fn request(proto: &'static str) -> Vec<u8> {
    let mut compiler = protox::Compiler::with_file_resolver(Text(proto));
    compiler.include_source_info(true);
    compiler.open_file(NAME).expect("a .proto file");
    let request = CodeGeneratorRequest {
        file_to_generate: vec![NAME.to_owned()],
        parameter: Some("mock=off,bytes=.,layout=file".to_owned()),
        proto_file: compiler.file_descriptor_set().file,
        ..Default::default()
    };
    request.encode_to_vec()
}

const NAME: &str = "fuzz.proto";

/// The only file.
struct Text(&'static str);

impl FileResolver for Text {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        File::from_source(name, self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_pass_validation() {
        for seed in seeds("plugin") {
            let request = rsrpc_codegen::plugin::decode_request(&seed).expect("a request");
            rsrpc_codegen::generate(&request).expect("code");
        }
        assert!(seeds("jsonrpc").len() > 50);
    }
}
