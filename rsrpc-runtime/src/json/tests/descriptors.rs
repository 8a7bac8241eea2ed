//! Messages of `google.protobuf` with regular JSON: descriptors, and the types of `Api` and `Type`.

use prost_types::compiler::{CodeGeneratorRequest, CodeGeneratorResponse};
use prost_types::{
    Api, DescriptorProto, Enum, FieldDescriptorProto, FieldOptions, FileDescriptorProto, FileDescriptorSet,
    FileOptions, MethodOptions, SourceCodeInfo, Type, UninterpretedOption,
};

use super::{Error, Ok, check, check_in};
use crate::call::JsonContext;
use crate::json::{Json, from_str, to_string};

/// Checks that canonical JSON round-trips unchanged.
#[track_caller]
fn keeps<M: Json>(json: &'static str) {
    check::<M>(json, Ok(json));
}

#[test]
fn types() {
    keeps::<Type>(
        r#"{"name":"a.M","fields":[{"kind":"TYPE_MESSAGE","cardinality":"CARDINALITY_REPEATED","number":7,"name":"m","typeUrl":"type.googleapis.com/a.M","oneofIndex":1,"packed":true,"options":[{"name":"deprecated","value":{"@type":"type.googleapis.com/google.protobuf.BoolValue","value":true}}],"jsonName":"m","defaultValue":"x"}],"oneofs":["one"],"options":[{"name":"empty"}],"sourceContext":{"fileName":"a.proto"},"syntax":"SYNTAX_PROTO3"}"#,
    );
    // proto3: defaults are omitted, null means unset, both field names and both enum forms are accepted.
    check::<Type>(
        r#"{"name":"","fields":[{"kind":9,"type_url":"","number":0}],"source_context":{},"oneofs":null,"syntax":0}"#,
        Ok(r#"{"fields":[{"kind":"TYPE_STRING"}],"sourceContext":{}}"#),
    );
    keeps::<Enum>(r#"{"name":"a.E","enumvalue":[{"name":"ZERO"},{"name":"ONE","number":1}],"options":[{}]}"#);
    keeps::<Api>(
        r#"{"name":"a.S","methods":[{"name":"Get","requestTypeUrl":"a.com/a.In","responseTypeUrl":"a.com/a.Out","responseStreaming":true}],"version":"1.2","mixins":[{"name":"b.S","root":"b"}]}"#,
    );
}

#[test]
fn proto2_presence_is_kept() {
    // proto2: a set field is written even if it is the default.
    keeps::<FieldDescriptorProto>(
        r#"{"name":"","number":0,"label":"LABEL_OPTIONAL","type":"TYPE_DOUBLE","oneofIndex":0,"proto3Optional":false}"#,
    );
    keeps::<FieldDescriptorProto>("{}");
    check::<FieldDescriptorProto>(r#"{"name":null,"options":null,"type":null}"#, Ok("{}"));
    let read = from_str(r#"{"number":0,"options":{}}"#, &JsonContext::new());
    assert_eq!(
        read.ok(),
        Some(FieldDescriptorProto {
            number: Some(0),
            options: Some(FieldOptions::default()),
            ..Default::default()
        })
    );
}

#[test]
fn enums() {
    keeps::<FieldOptions>(r#"{"ctype":"CORD","packed":true,"jstype":"JS_STRING"}"#);
    keeps::<FileOptions>(r#"{"optimizeFor":"CODE_SIZE","ccEnableArenas":true}"#);
    keeps::<MethodOptions>(r#"{"deprecated":false,"idempotencyLevel":"IDEMPOTENT"}"#);
    check::<FieldDescriptorProto>(
        r#"{"label":3,"type":"11"}"#,
        Error("type: 11 is not a name of the enum"),
    );
    // The value exists only in a newer google/protobuf/descriptor.proto, whose enums are closed.
    check::<FieldDescriptorProto>(r#"{"type":99}"#, Error("type: 99 is not a number of the enum"));
}

#[test]
fn descriptors() {
    keeps::<FileDescriptorSet>(
        r#"{"file":[{"name":"a.proto","package":"a","dependency":["b.proto"],"messageType":[{"name":"M","field":[{"name":"s","number":1,"label":"LABEL_REPEATED","type":"TYPE_STRING","jsonName":"s"}],"nestedType":[{"name":"In","options":{"mapEntry":true}}],"enumType":[{"name":"E","value":[{"name":"ZERO","number":0}],"reservedRange":[{"start":5,"end":6}]}],"oneofDecl":[{"name":"one"}],"reservedRange":[{"start":2,"end":3}],"reservedName":["old"]}],"service":[{"name":"S","method":[{"name":"Get","inputType":".a.M","outputType":".a.M","serverStreaming":true}]}],"publicDependency":[0],"syntax":"proto3"}]}"#,
    );
    keeps::<DescriptorProto>(
        r#"{"extensionRange":[{"start":100,"end":536870912,"options":{"uninterpretedOption":[{"name":[{"namePart":"a.ext","isExtension":true},{"namePart":"f","isExtension":false}],"identifierValue":"X","positiveIntValue":"18446744073709551615","negativeIntValue":"-9223372036854775808","doubleValue":"-Infinity","stringValue":"AP8=","aggregateValue":"{}"}]}}]}"#,
    );
    keeps::<SourceCodeInfo>(
        r#"{"location":[{"path":[4,0,2],"span":[1,2,30],"leadingComments":" of a field\n","leadingDetachedComments":["one","two"]}]}"#,
    );
    // Required fields are always written.
    check::<UninterpretedOption>(
        r#"{"name":[{"namePart":"a"}]}"#,
        Ok(r#"{"name":[{"namePart":"a","isExtension":false}]}"#),
    );
}

#[test]
fn plugins() {
    keeps::<CodeGeneratorRequest>(
        r#"{"fileToGenerate":["a.proto"],"parameter":"json=on","compilerVersion":{"major":32,"suffix":"rc1"},"protoFile":[{"name":"a.proto"}]}"#,
    );
    keeps::<CodeGeneratorResponse>(
        r#"{"supportedFeatures":"3","file":[{"name":"a.rs","insertionPoint":"","content":"//"}]}"#,
    );
}

#[test]
fn fields_missing_from_prost_types_are_unknown() {
    let input = r#"{"java_package":"a","features":{"fieldPresence":"EXPLICIT"}}"#;
    check::<FileOptions>(input, Error("unknown field `features`"));
    let lenient = JsonContext::new().ignore_unknown(true);
    check_in::<FileOptions>(&lenient, input, Ok(r#"{"javaPackage":"a"}"#));
}

#[test]
fn nesting_is_limited() {
    let nested = |depth| {
        (0..depth).fold(DescriptorProto::default(), |inner, _| DescriptorProto {
            nested_type: vec![inner],
            ..Default::default()
        })
    };
    let file = |depth| FileDescriptorProto {
        message_type: vec![nested(depth)],
        ..Default::default()
    };
    let context = JsonContext::new();
    let text = to_string(&file(60), &context).unwrap();
    assert_eq!(from_str(&text, &context).ok(), Some(file(60)));
    let error = to_string(&file(63), &context).unwrap_err().to_string();
    assert!(error.contains("nested too deeply"), "{error}");
    let too_deep = format!(
        "{}{}{}",
        r#"{"messageType":["#,
        r#"{"nestedType":["#.repeat(5000),
        "]}".repeat(5001)
    );
    check::<FileDescriptorProto>(&too_deep, Error("recursion limit exceeded"));
}
