//! Services and their methods.

use std::time::Duration;

use proc_macro2::{Ident, TokenStream};

use super::Docs;

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
    /// One request; on a stream each of them.
    pub(crate) request: Payload,
    /// One reply; on a stream each of them.
    pub(crate) reply: Payload,
    /// What the trait's method takes.
    pub(crate) arguments: Arguments,
    /// Whether the trait's method takes the context.
    pub(crate) context: bool,
    pub(crate) options: MethodOptions,
    pub(crate) deprecated: bool,
    pub(crate) docs: Docs,
}

/// What travels in one direction of a method.
#[derive(Debug, Clone)]
pub(crate) struct Payload {
    /// The Rust type, as the package's module names it.
    pub(crate) ty: TokenStream,
    pub(crate) codec: Codec,
}

/// Where a payload's encodings come from.
#[derive(Debug, Clone)]
#[allow(dead_code)]
pub(crate) enum Codec {
    /// A protobuf message with this full name; its JSON by the options.
    Protobuf(String),
    /// An expression of the type `MessageCodec`.
    Expression(TokenStream),
}

/// How the trait and the client take a request.
#[derive(Debug, Clone)]
#[allow(dead_code)]
pub(crate) enum Arguments {
    /// As it is: `request: HelloRequest`, or a stream of them.
    Request,
    /// As plain arguments, which are the fields of a request type made for them.
    Fields(Vec<Argument>),
}

/// A plain argument.
#[derive(Debug, Clone)]
pub(crate) struct Argument {
    /// Its name, and that of the request's field.
    pub(crate) ident: Ident,
    pub(crate) ty: TokenStream,
}

/// What a definition says of a method beside its messages; the runtime's `MethodOptions`.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct MethodOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) idempotency: IdempotencyLevel,
    pub(crate) jsonrpc_name: Option<String>,
    pub(crate) retry: Option<RetryPolicy>,
}

/// Whether a method can be called twice without harm.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum IdempotencyLevel {
    #[default]
    Unknown,
    NoSideEffects,
    Idempotent,
}

/// When a failed call is tried again.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RetryPolicy {
    pub(crate) max_attempts: u32,
    pub(crate) initial_backoff: Duration,
    pub(crate) max_backoff: Duration,
    pub(crate) backoff_multiplier: f64,
    /// As the runtime's `Code` calls them: `Unavailable`.
    pub(crate) retryable_status_codes: Vec<Ident>,
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
