//! Selection of a service for a trait.

use rsrpc_runtime::service;

#[service(proto = "protos/greeter.proto")]
pub trait Greetings {}

#[service(proto = "protos/one.proto", service = "hello.Two")]
pub trait One {}

#[service(proto = "protos/messages.proto")]
pub trait Lonely {}

fn main() {
    // The messages exist nevertheless.
    let _ = (HelloRequest::default(), Question::default(), Alone::default());
}
