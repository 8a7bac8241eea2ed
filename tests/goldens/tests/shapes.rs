//! Options that change the Rust form of a message keep its JSON and its bytes.

use rsrpc_goldens::{
    boxed, boxed_all, btree_map, bytes, config, enum_attribute, field_attribute, jsonrpc_off, type_attribute,
};
use rsrpc_runtime::JsonContext;
use rsrpc_runtime::json::{Json, from_str, to_string};
use rsrpc_runtime::prost::Message;

/// Every field of `golden.shapes.Shape`. Maps have one entry because hash maps are unordered.
const SHAPE: &str = r#"{"byName":{"a":{"x":-1}},"byNumber":{"7":"COLOR_RED"},"center":{"x":1,"y":2},"corner":{},"points":[{"x":3},{}],"raw":"AAEC","circle":{"radius":1.5,"mark":"/w=="},"inner":{"center":{"y":1},"label":"in"},"color":"COLOR_RED","at":{"x":5}}"#;

#[track_caller]
fn check<M: Json + Message + PartialEq + Default>(json: &str) -> (M, Vec<u8>) {
    let context = JsonContext::new();
    let message: M = from_str(json, &context).unwrap();
    assert_eq!(to_string(&message, &context).unwrap(), json);
    let bytes = message.encode_to_vec();
    assert!(M::decode(bytes.as_slice()).unwrap() == message);
    (message, bytes)
}

#[test]
fn options_keep_json_and_bytes() {
    let (boxed, expected) = check::<boxed::golden::shapes::Shape>(SHAPE);
    let _: Option<Box<boxed::golden::shapes::Point>> = boxed.center;
    let Some(boxed::golden::shapes::shape::Kind::Circle(circle)) = boxed.kind else {
        panic!("no circle")
    };
    let _: Box<boxed::golden::shapes::shape::Circle> = circle;

    let (trees, bytes) = check::<btree_map::golden::shapes::Shape>(SHAPE);
    assert_eq!(bytes, expected);
    let _: std::collections::BTreeMap<_, _> = trees.by_name;
    let _: std::collections::HashMap<_, _> = trees.by_number;

    let Some(boxed::golden::shapes::shape::Place::At(at)) = boxed.place else {
        panic!("no place")
    };
    let _: Box<boxed::golden::shapes::Point> = at;
    assert_eq!(check::<boxed_all::golden::shapes::Shape>(SHAPE).1, expected);
    assert_eq!(check::<type_attribute::golden::shapes::Shape>(SHAPE).1, expected);
    assert_eq!(check::<field_attribute::golden::shapes::Shape>(SHAPE).1, expected);
    assert_eq!(check::<enum_attribute::golden::shapes::Shape>(SHAPE).1, expected);
    assert_eq!(check::<config::golden::shapes::Shape>(SHAPE).1, expected);
}

#[test]
fn required_messages_and_groups_can_be_boxed() {
    let json = r#"{"from":{"x":1},"to":{"x":0},"detail":{"text":"a"}}"#;
    let (message, _) = check::<boxed_all::golden::shapes2::Old>(json);
    let _: Box<boxed_all::golden::shapes2::old::Point> = message.from;
    let _: Option<Box<boxed_all::golden::shapes2::old::Detail>> = message.detail;
}

#[test]
fn btree_map_is_written_in_order() {
    let json = r#"{"byName":{"a":{},"b":{"y":1},"c":{}}}"#;
    let (message, _) = check::<btree_map::golden::shapes::Shape>(json);
    // `Debug` is not prost's derive, which would need a crate named `prost` here.
    assert!(format!("{message:?}").starts_with("Shape { by_name: {\"a\": Point { x: 0, y: 0 }, "));
}

#[test]
fn jsonrpc_off_keeps_json() {
    check::<bytes::golden::blobs::Blob>("{}");
    // Messages have JSON even without JSON-RPC.
    check::<jsonrpc_off::helloworld::HelloRequest>(r#"{"name":"Ada"}"#);
}
