//! Numbers as proto3 JSON reads and writes them.

use super::{Error, Ok, check};

#[test]
fn integers() {
    for (input, expected) in [
        ("42", Ok("42")),
        ("\"42\"", Ok("42")),
        ("42.0", Ok("42")),
        ("2.3e1", Ok("23")),
        ("\"2.3e1\"", Ok("23")),
        ("\"1e5\"", Ok("100000")),
        ("-0", Ok("0")),
        ("-2147483648.0", Ok("-2147483648")),
        ("2147483648", Error("2147483648 is out of range")),
        ("\"2147483648\"", Error("2147483648 is out of range")),
        ("1.5", Error("1.5 is not an integer")),
        ("\"1.5\"", Error("1.5 is not an integer")),
        ("1e400", Error("number out of range")),
        ("\"1e400\"", Error("1e400 is out of range")),
        ("\"\"", Error("is not a number")),
        ("\" 1\"", Error("is not a number")),
        ("\"+1\"", Error("is not a number")),
        ("\"01\"", Error("is not a number")),
        ("\"0x1\"", Error("is not a number")),
        ("\"1.\"", Error("is not a number")),
        ("\"1e\"", Error("is not a number")),
        ("\"NaN\"", Error("is not a number")),
        ("true", Error("invalid type")),
        ("{}", Error("invalid type")),
        ("NaN", Error("expected")),
    ] {
        check::<i32>(input, expected);
    }
    check::<u32>("4294967295.0", Ok("4294967295"));
    check::<u32>("-1", Error("-1 is out of range"));
}

#[test]
fn wide_integers() {
    for (input, expected) in [
        ("9223372036854775807", Ok("\"9223372036854775807\"")),
        ("-9223372036854775808", Ok("\"-9223372036854775808\"")),
        ("\"-9223372036854775808\"", Ok("\"-9223372036854775808\"")),
        ("9007199254740993.0", Ok("\"9007199254740993\"")),
        ("9.007199254740993e15", Ok("\"9007199254740993\"")),
        ("1e18", Ok("\"1000000000000000000\"")),
        ("10e-1", Ok("\"1\"")),
        ("0e999999999999999999999", Ok("\"0\"")),
        ("\"\\u0031\"", Ok("\"1\"")),
        (
            "9223372036854775808",
            Error("9223372036854775808 is out of range"),
        ),
        ("-9223372036854775809", Error("is out of range")),
        ("1e99999999999999999999", Error("is out of range")),
        ("1e-99999999999999999999", Error("is not an integer")),
        ("15e-1", Error("15e-1 is not an integer")),
        ("[1]", Error("is not an integer")),
        ("true", Error("is not an integer")),
    ] {
        check::<i64>(input, expected);
    }
    check::<u64>("18446744073709551615", Ok("\"18446744073709551615\""));
    check::<u64>("18446744073709551616", Error("is out of range"));
    check::<u64>("-0", Ok("\"0\""));
    check::<u64>("-1", Error("-1 is out of range"));
}

#[test]
fn floats() {
    for (input, expected) in [
        ("1", Ok("1")),
        ("1.5", Ok("1.5")),
        ("\"1.5e3\"", Ok("1500")),
        ("-0.0", Ok("-0.0")),
        ("0.1", Ok("0.1")),
        ("1e22", Ok("1e+22")),
        ("1.7976931348623157e308", Ok("1.7976931348623157e+308")),
        ("\"NaN\"", Ok("\"NaN\"")),
        ("\"Infinity\"", Ok("\"Infinity\"")),
        ("\"-Infinity\"", Ok("\"-Infinity\"")),
        ("1e309", Error("out of range")),
        ("\"1e309\"", Error("out of range")),
        ("\"inf\"", Error("is not a number")),
        ("\"nan\"", Error("is not a number")),
        ("\".5\"", Error("is not a number")),
        ("\"\"", Error("is not a number")),
    ] {
        check::<f64>(input, expected);
    }
    for (input, expected) in [
        ("0.1", Ok("0.1")),
        ("3.4028235e38", Ok("3.4028235e+38")),
        ("3.5e38", Error("is out of range")),
        ("-3.5e38", Error("is out of range")),
        ("\"-Infinity\"", Ok("\"-Infinity\"")),
    ] {
        check::<f32>(input, expected);
    }
}
