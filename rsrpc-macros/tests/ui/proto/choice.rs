//! Which service a trait stands for.

use rsrpc_runtime::service;

#[service(proto = "protos/greeter.proto")]
pub trait Greetings {}

#[service(proto = "protos/one.proto", service = "hello.Two")]
pub trait One {}

#[service(proto = "protos/messages.proto")]
pub trait Lonely {}

fn main() {
    // The messages are there all the same.
    let _ = (HelloRequest::default(), Question::default(), Alone::default());
}
