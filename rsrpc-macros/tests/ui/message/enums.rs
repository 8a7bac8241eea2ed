//! Enums that are not open, or have no default.

use rsrpc_runtime::Enum;

#[derive(Enum)]
#[repr(i32)]
enum Closed {
    Unspecified = 0,
    Red = 1,
}

#[derive(Enum)]
enum NoZero {
    #[rpc(number = 1)]
    Red,
    Unknown(i32),
}

#[derive(Enum)]
enum NoNumbers {
    Unspecified,
    Red,
    Unknown(i32),
}

#[derive(Enum)]
#[repr(i32)]
enum Twice {
    Unspecified = 0,
    #[rpc(number = 2)]
    Red = 1,
    #[rpc(number = 0)]
    Green,
    Unknown(i32),
}

const FOUR: i32 = 4;

#[derive(Enum)]
#[repr(i32)]
enum Computed {
    Unspecified = 0,
    Red = FOUR,
    #[rpc(number = 1)]
    With(String),
    Unknown(i32),
}

#[derive(Enum)]
enum OneName {
    #[rpc(number = 0)]
    Unspecified,
    #[rpc(number = 1, name = "ONE_NAME_UNSPECIFIED")]
    Other,
    Unknown(i32),
}

#[derive(Enum)]
enum UnknownOfText {
    #[rpc(number = 0)]
    Unspecified,
    Unknown(String),
}

fn main() {}
