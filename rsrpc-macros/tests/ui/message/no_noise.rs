//! Uses of an invalid type cause no further errors.

use rsrpc_runtime::{Enum, Message, Oneof, prost};

#[derive(Message)]
struct Broken {
    name: String,
}

#[derive(Enum)]
enum BrokenEnum {
    #[rpc(number = 0)]
    Unspecified,
}

#[derive(Oneof)]
enum BrokenOneof {
    Text(String),
}

#[derive(Message)]
struct Uses {
    #[rpc(tag = 1)]
    message: Option<Broken>,
    #[rpc(tag = 2)]
    values: Vec<BrokenEnum>,
    #[rpc(oneof)]
    choice: Option<BrokenOneof>,
}

fn main() {
    let _ = prost::Message::encode_to_vec(&Uses::default());
    let _ = i32::from(BrokenEnum::from(1));
}
