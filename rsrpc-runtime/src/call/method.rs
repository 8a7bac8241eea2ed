//! What is known of a method before any call of it.

use std::fmt;
use std::sync::OnceLock;

use super::{MessageCodec, MethodOptions};

/// The four kinds of rpc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MethodKind {
    /// One request, one reply.
    Unary,
    /// One request, a stream of replies.
    ServerStreaming,
    /// A stream of requests, one reply.
    ClientStreaming,
    /// A stream each way.
    Bidi,
}

/// The untyped part of a method: its names, its kind, and what its definition says of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MethodDescriptor {
    path: &'static str,
    kind: MethodKind,
    options: MethodOptions,
}

impl MethodDescriptor {
    const fn new(path: &'static str, kind: MethodKind) -> Self {
        assert!(path.as_bytes()[0] == b'/', "a method's path begins with a slash");
        Self {
            path,
            kind,
            options: MethodOptions::new(),
        }
    }

    /// gRPC's `:path`, such as `/helloworld.Greeter/SayHello`.
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// The path without its slash: JSON-RPC's canonical method name.
    pub fn full_name(&self) -> &'static str {
        &self.path[1..]
    }

    /// The service's full name, such as `helloworld.Greeter`.
    pub fn service(&self) -> &'static str {
        self.full_name()
            .rsplit_once('/')
            .map_or("", |(service, _)| service)
    }

    /// The method's own name, such as `SayHello`.
    pub fn name(&self) -> &'static str {
        self.full_name()
            .rsplit_once('/')
            .map_or(self.full_name(), |(_, name)| name)
    }

    /// Unary or streaming.
    pub const fn kind(&self) -> MethodKind {
        self.kind
    }

    /// What the definition says of the method.
    pub const fn options(&self) -> &MethodOptions {
        &self.options
    }
}

/// A method with its message types: a constant of generated code that server and client share.
#[derive(Debug)]
pub struct Method<Req, Rep> {
    descriptor: MethodDescriptor,
    request: MessageCodec<Req>,
    reply: MessageCodec<Rep>,
}

impl<Req, Rep> Method<Req, Rep> {
    /// A method from its path, such as `/helloworld.Greeter/SayHello`.
    ///
    /// # Panics
    /// The path does not begin with a slash: a constant of it does not compile.
    pub const fn new(
        kind: MethodKind,
        path: &'static str,
        request: MessageCodec<Req>,
        reply: MessageCodec<Rep>,
    ) -> Self {
        Self {
            descriptor: MethodDescriptor::new(path, kind),
            request,
            reply,
        }
    }

    /// A unary method from its path; as [`new`](Self::new).
    pub const fn unary(path: &'static str, request: MessageCodec<Req>, reply: MessageCodec<Rep>) -> Self {
        Self::new(MethodKind::Unary, path, request, reply)
    }

    /// A server-streaming method from its path; as [`new`](Self::new).
    pub const fn server_streaming(
        path: &'static str,
        request: MessageCodec<Req>,
        reply: MessageCodec<Rep>,
    ) -> Self {
        Self::new(MethodKind::ServerStreaming, path, request, reply)
    }

    /// A client-streaming method from its path; as [`new`](Self::new).
    pub const fn client_streaming(
        path: &'static str,
        request: MessageCodec<Req>,
        reply: MessageCodec<Rep>,
    ) -> Self {
        Self::new(MethodKind::ClientStreaming, path, request, reply)
    }

    /// A bidirectional method from its path; as [`new`](Self::new).
    pub const fn bidi(path: &'static str, request: MessageCodec<Req>, reply: MessageCodec<Rep>) -> Self {
        Self::new(MethodKind::Bidi, path, request, reply)
    }

    /// The method with what its definition says of it.
    #[must_use]
    pub const fn with_options(mut self, options: MethodOptions) -> Self {
        self.descriptor.options = options;
        self
    }

    /// Names, kind and options.
    pub const fn descriptor(&self) -> &MethodDescriptor {
        &self.descriptor
    }

    /// The request's encodings.
    pub const fn request(&self) -> &MessageCodec<Req> {
        &self.request
    }

    /// The reply's encodings.
    pub const fn reply(&self) -> &MessageCodec<Rep> {
        &self.reply
    }
}

/// A service: its name, its methods, and the file that defines it.
#[derive(Debug)]
pub struct ServiceDescriptor {
    /// The full name, such as `helloworld.Greeter`.
    pub name: &'static str,
    /// In the order of their definition.
    pub methods: &'static [&'static MethodDescriptor],
    /// The path of the defining file as it was imported, such as `helloworld.proto`.
    pub file: &'static str,
    /// The file and its imports.
    pub descriptor_set: DescriptorSet,
}

/// An encoded `FileDescriptorSet`: from a .proto file it is there when the program starts, from a Rust trait it is made
/// when it is first asked for.
pub struct DescriptorSet(DescriptorSource);

enum DescriptorSource {
    Encoded(&'static [u8]),
    Built {
        build: fn() -> Vec<u8>,
        built: OnceLock<Vec<u8>>,
    },
}

impl DescriptorSet {
    /// Code was generated without descriptors.
    pub const fn none() -> Self {
        Self::encoded(&[])
    }

    /// The bytes of a compiler.
    pub const fn encoded(bytes: &'static [u8]) -> Self {
        Self(DescriptorSource::Encoded(bytes))
    }

    /// Bytes that are made at most once.
    pub const fn built(build: fn() -> Vec<u8>) -> Self {
        Self(DescriptorSource::Built {
            build,
            built: OnceLock::new(),
        })
    }

    /// The encoded set; empty when the code was generated without descriptors.
    pub fn bytes(&self) -> &[u8] {
        match &self.0 {
            DescriptorSource::Encoded(bytes) => bytes,
            DescriptorSource::Built { build, built } => built.get_or_init(build),
        }
    }
}

impl AsRef<str> for ServiceDescriptor {
    /// Its full name.
    fn as_ref(&self) -> &str {
        self.name
    }
}

impl fmt::Debug for DescriptorSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DescriptorSet").finish_non_exhaustive()
    }
}
