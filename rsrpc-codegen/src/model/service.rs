//! Services and their methods.

use proc_macro2::Ident;

use super::{Docs, TypeRef};

/// A service: a trait, a server and a client.
#[derive(Debug)]
pub(crate) struct Service {
    /// Such as `helloworld.Greeter`.
    pub(crate) full_name: String,
    /// The name in UpperCamelCase; the trait, and what other items are named after.
    pub(crate) ident: Ident,
    /// The file that defines it, as it is imported.
    pub(crate) file: String,
    pub(crate) docs: Docs,
    pub(crate) methods: Vec<Method>,
}

/// An rpc.
#[derive(Debug)]
pub(crate) struct Method {
    /// As in the .proto file: `SayHello`.
    pub(crate) proto_name: String,
    /// `say_hello`.
    pub(crate) ident: Ident,
    /// `SAY_HELLO`.
    pub(crate) constant: Ident,
    pub(crate) kind: MethodKind,
    pub(crate) request: TypeRef,
    pub(crate) reply: TypeRef,
    pub(crate) deprecated: bool,
    pub(crate) docs: Docs,
}

/// Which sides stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MethodKind {
    Unary,
    ServerStreaming,
    ClientStreaming,
    Bidi,
}

impl Service {
    /// gRPC's `:path` of a method, such as `/helloworld.Greeter/SayHello`.
    pub(crate) fn path(&self, method: &Method) -> String {
        format!("/{}/{}", self.full_name, method.proto_name)
    }
}
