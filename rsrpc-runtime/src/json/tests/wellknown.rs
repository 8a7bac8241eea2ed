//! Messages of `google.protobuf` with a special JSON form, except `Any`.

use prost_types::{Duration, FieldMask, ListValue, Struct, Timestamp, Value, value::Kind};

use super::{Error, Ok, check, compare};
use crate::call::JsonContext;
use crate::json::{Json, to_string};

#[track_caller]
fn check_write<M: Json>(message: &M, expected: super::Expected) {
    compare(
        "",
        to_string(message, &JsonContext::new()).map_err(|error| error.to_string()),
        expected,
    );
}

#[test]
fn timestamps() {
    for (input, expected) in [
        ("1970-01-01T00:00:00Z", Ok("\"1970-01-01T00:00:00Z\"")),
        ("1970-01-01T00:00:00.010Z", Ok("\"1970-01-01T00:00:00.010Z\"")),
        ("1970-01-01T00:00:00.01Z", Ok("\"1970-01-01T00:00:00.010Z\"")),
        (
            "1970-01-01T00:00:00.000001Z",
            Ok("\"1970-01-01T00:00:00.000001Z\""),
        ),
        (
            "1970-01-01T00:00:00.000000001Z",
            Ok("\"1970-01-01T00:00:00.000000001Z\""),
        ),
        ("1970-01-01T08:00:01+08:00", Ok("\"1970-01-01T00:00:01Z\"")),
        ("1969-12-31T16:30:01-07:30", Ok("\"1970-01-01T00:00:01Z\"")),
        ("0001-01-01T00:00:00Z", Ok("\"0001-01-01T00:00:00Z\"")),
        (
            "9999-12-31T23:59:59.999999999Z",
            Ok("\"9999-12-31T23:59:59.999999999Z\""),
        ),
        ("2000-02-29T12:00:00Z", Ok("\"2000-02-29T12:00:00Z\"")),
        ("1600-12-31T23:59:59Z", Ok("\"1600-12-31T23:59:59Z\"")),
        ("2024-03-01T00:00:00Z", Ok("\"2024-03-01T00:00:00Z\"")),
        ("1900-02-29T12:00:00Z", Error("is not a timestamp")),
        ("0000-12-31T23:59:59Z", Error("is not a timestamp")),
        ("0001-01-01T00:00:00+00:01", Error("is not a timestamp")),
        ("9999-12-31T23:59:59-00:01", Error("is not a timestamp")),
        ("1970-01-01t00:00:00Z", Error("is not a timestamp")),
        ("1970-01-01T00:00:00z", Error("is not a timestamp")),
        ("1970-01-01T00:00:00", Error("is not a timestamp")),
        ("1970-01-01T00:00:60Z", Error("is not a timestamp")),
        ("1970-01-01T24:00:00Z", Error("is not a timestamp")),
        ("1970-01-01T00:00:00.Z", Error("is not a timestamp")),
        ("1970-01-01T00:00:00.0000000001Z", Error("is not a timestamp")),
        ("1970-00-01T00:00:00Z", Error("is not a timestamp")),
        ("1970-1-1T00:00:00Z", Error("is not a timestamp")),
        ("10000-01-01T00:00:00Z", Error("is not a timestamp")),
        ("1970-01-01T00:00:00Zx", Error("is not a timestamp")),
        ("", Error("is not a timestamp")),
    ] {
        check::<Timestamp>(&format!("\"{input}\""), expected);
    }
    for (seconds, nanos) in [
        (253_402_300_800, 0),
        (-62_135_596_801, 0),
        (0, -1),
        (0, 1_000_000_000),
        (i64::MAX, 0),
    ] {
        check_write(&Timestamp { seconds, nanos }, Error("is out of range"));
    }
}

#[test]
fn every_day_round_trips() {
    for days in (-719_162..2_932_896).step_by(7) {
        let timestamp = Timestamp {
            seconds: days * 86_400 + 5,
            nanos: 0,
        };
        let text = to_string(&timestamp, &JsonContext::new()).unwrap();
        assert_eq!(
            crate::json::from_str::<Timestamp>(&text, &JsonContext::new()).unwrap(),
            timestamp
        );
    }
}

#[test]
fn durations() {
    for (input, expected) in [
        ("0s", Ok("\"0s\"")),
        ("1.5s", Ok("\"1.500s\"")),
        ("-1.000001s", Ok("\"-1.000001s\"")),
        ("-0.5s", Ok("\"-0.500s\"")),
        ("0.000000001s", Ok("\"0.000000001s\"")),
        ("315576000000s", Ok("\"315576000000s\"")),
        ("-315576000000s", Ok("\"-315576000000s\"")),
        ("315576000000.999999999s", Ok("\"315576000000.999999999s\"")),
        ("315576000001s", Error("is not a duration")),
        ("99999999999999999999s", Error("is not a duration")),
        ("1", Error("is not a duration")),
        ("s", Error("is not a duration")),
        ("1.s", Error("is not a duration")),
        (".5s", Error("is not a duration")),
        ("--1s", Error("is not a duration")),
        ("1.0000000001s", Error("is not a duration")),
        ("1 s", Error("is not a duration")),
    ] {
        check::<Duration>(&format!("\"{input}\""), expected);
    }
    for (seconds, nanos) in [
        (1, -1),
        (-1, 1),
        (0, 1_000_000_000),
        (0, i32::MIN),
        (i64::MIN, 0),
        (315_576_000_001, 0),
    ] {
        check_write(&Duration { seconds, nanos }, Error("is out of range"));
    }
}

#[test]
fn field_masks() {
    for (input, expected) in [
        ("\"\"", Ok("\"\"")),
        ("\"foo,barBaz.quX\"", Ok("\"foo,barBaz.quX\"")),
        ("\"foo_bar\"", Error("foo_bar is not a lowerCamelCase path")),
        ("5", Error("invalid type")),
    ] {
        check::<FieldMask>(input, expected);
    }
    for path in ["fooBar", "foo__bar", "foo_3", "foo_", "a,b"] {
        check_write(
            &FieldMask {
                paths: vec![path.into()],
            },
            Error("has no lowerCamelCase form"),
        );
    }
    check_write(
        &FieldMask {
            paths: vec!["foo_bar.b_c".into(), "d".into()],
        },
        Ok("\"fooBar.bC,d\""),
    );
}

#[test]
fn structs() {
    for (input, expected) in [
        ("null", Ok("null")),
        ("5.0", Ok("5")),
        ("1.25", Ok("1.25")),
        ("18446744073709551615", Ok("1.8446744073709552e+19")),
        ("\"x\"", Ok("\"x\"")),
        (
            "[1,[],{\"b\":null,\"a\":true}]",
            Ok("[1,[],{\"a\":true,\"b\":null}]"),
        ),
        ("{\"a\":1,\"a\":1}", Error("a key appears twice")),
    ] {
        check::<Value>(input, expected);
    }
    check::<Struct>("{\"a\":{}}", Ok("{\"a\":{}}"));
    check::<Struct>("[]", Error("invalid type"));
    check::<Struct>("null", Error("null is not a message"));
    check::<ListValue>("[null]", Ok("[null]"));
    check::<ListValue>("{}", Error("invalid type"));
    check_write(&Value::default(), Error("has no value"));
    check_write(
        &Value {
            kind: Some(Kind::NumberValue(f64::NAN)),
        },
        Error("cannot be NaN"),
    );
}

#[test]
fn wrappers_and_empty() {
    check::<bool>("true", Ok("true"));
    check::<bool>("\"true\"", Error("invalid type"));
    check::<String>("\"\"", Ok("\"\""));
    check::<Vec<u8>>("\"AQID\"", Ok("\"AQID\""));
    check::<Vec<u8>>("\"AQ\"", Ok("\"AQ==\""));
    check::<Vec<u8>>("\"AQ==\"", Ok("\"AQ==\""));
    check::<Vec<u8>>("\"A\"", Error("A is not base64"));
    check::<Vec<u8>>("[1]", Error("invalid type"));
    check::<()>("{}", Ok("{}"));
    check::<()>("{\"a\":1}", Error("unknown field `a`"));
    check::<()>("[]", Error("invalid type"));
}
