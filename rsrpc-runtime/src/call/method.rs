//! Static descriptors of methods and services.

use std::fmt;
use std::sync::OnceLock;

use super::{MessageCodec, MethodOptions};

/// The kind of a method: unary or one of three streaming kinds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MethodKind {
    /// One request, one reply.
    Unary,
    /// One request, a stream of replies.
    ServerStreaming,
    /// A stream of requests, one reply.
    ClientStreaming,
    /// A stream of requests, a stream of replies.
    Bidi,
}

/// The untyped part of a method: its names, its kind and its options.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MethodDescriptor {
    path: &'static str,
    kind: MethodKind,
    options: MethodOptions,
}

impl MethodDescriptor {
    const fn new(path: &'static str, kind: MethodKind) -> Self {
        assert!(
            path.as_bytes()[0] == b'/',
            "a method's path must start with a slash"
        );
        Self {
            path,
            kind,
            options: MethodOptions::new(),
        }
    }

    /// Returns the gRPC `:path`, such as `/helloworld.Greeter/SayHello`.
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// Returns the path without its leading slash, which is the canonical JSON-RPC method name.
    pub fn full_name(&self) -> &'static str {
        &self.path[1..]
    }

    /// Returns the service's full name, such as `helloworld.Greeter`.
    pub fn service(&self) -> &'static str {
        self.full_name()
            .rsplit_once('/')
            .map_or("", |(service, _)| service)
    }

    /// Returns the method's name without its service, such as `SayHello`.
    pub fn name(&self) -> &'static str {
        self.full_name()
            .rsplit_once('/')
            .map_or(self.full_name(), |(_, name)| name)
    }

    /// Returns the method's kind.
    pub const fn kind(&self) -> MethodKind {
        self.kind
    }

    /// Returns the options from the method's definition.
    pub const fn options(&self) -> &MethodOptions {
        &self.options
    }
}

/// A method with its message types. Generated code defines it as a constant that server and client share.
#[derive(Debug)]
pub struct Method<Req, Rep> {
    descriptor: MethodDescriptor,
    request: MessageCodec<Req>,
    reply: MessageCodec<Rep>,
}

impl<Req, Rep> Method<Req, Rep> {
    /// Creates a method from its path, such as `/helloworld.Greeter/SayHello`.
    ///
    /// # Panics
    /// The path does not start with a slash. In a constant, this is a compile error.
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

    /// Creates a unary method; see [`new`](Self::new).
    pub const fn unary(path: &'static str, request: MessageCodec<Req>, reply: MessageCodec<Rep>) -> Self {
        Self::new(MethodKind::Unary, path, request, reply)
    }

    /// Creates a server-streaming method; see [`new`](Self::new).
    pub const fn server_streaming(
        path: &'static str,
        request: MessageCodec<Req>,
        reply: MessageCodec<Rep>,
    ) -> Self {
        Self::new(MethodKind::ServerStreaming, path, request, reply)
    }

    /// Creates a client-streaming method; see [`new`](Self::new).
    pub const fn client_streaming(
        path: &'static str,
        request: MessageCodec<Req>,
        reply: MessageCodec<Rep>,
    ) -> Self {
        Self::new(MethodKind::ClientStreaming, path, request, reply)
    }

    /// Creates a bidirectional method; see [`new`](Self::new).
    pub const fn bidi(path: &'static str, request: MessageCodec<Req>, reply: MessageCodec<Rep>) -> Self {
        Self::new(MethodKind::Bidi, path, request, reply)
    }

    /// Sets the options from the method's definition.
    #[must_use]
    pub const fn with_options(mut self, options: MethodOptions) -> Self {
        self.descriptor.options = options;
        self
    }

    /// Returns the names, kind and options.
    pub const fn descriptor(&self) -> &MethodDescriptor {
        &self.descriptor
    }

    /// Returns the request's codec.
    pub const fn request(&self) -> &MessageCodec<Req> {
        &self.request
    }

    /// Returns the reply's codec.
    pub const fn reply(&self) -> &MessageCodec<Rep> {
        &self.reply
    }
}

/// A service: its name, its methods and its defining file.
#[derive(Debug)]
pub struct ServiceDescriptor {
    /// Full name, such as `helloworld.Greeter`.
    pub name: &'static str,
    /// Methods in the order of their definition.
    pub methods: &'static [&'static MethodDescriptor],
    /// Path of the defining file as imported, such as `helloworld.proto`.
    pub file: &'static str,
    /// The defining file and its imports.
    pub descriptor_set: DescriptorSet,
}

/// An encoded `FileDescriptorSet`. For a .proto file it is a static; for a Rust trait it is built on first use.
pub struct DescriptorSet(DescriptorSource);

enum DescriptorSource {
    Encoded(&'static [u8]),
    Built {
        build: fn() -> Vec<u8>,
        built: OnceLock<Vec<u8>>,
    },
}

impl DescriptorSet {
    /// Creates an empty set, for code generated without descriptors.
    pub const fn none() -> Self {
        Self::encoded(&[])
    }

    /// Wraps a set encoded by a compiler.
    pub const fn encoded(bytes: &'static [u8]) -> Self {
        Self(DescriptorSource::Encoded(bytes))
    }

    /// Creates a set that `build` encodes at most once.
    pub const fn built(build: fn() -> Vec<u8>) -> Self {
        Self(DescriptorSource::Built {
            build,
            built: OnceLock::new(),
        })
    }

    /// Returns the encoded set; empty if the code was generated without descriptors.
    pub fn bytes(&self) -> &[u8] {
        match &self.0 {
            DescriptorSource::Encoded(bytes) => bytes,
            DescriptorSource::Built { build, built } => built.get_or_init(build),
        }
    }
}

impl AsRef<str> for ServiceDescriptor {
    /// Returns the full name.
    fn as_ref(&self) -> &str {
        self.name
    }
}

impl fmt::Debug for DescriptorSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DescriptorSet").finish_non_exhaustive()
    }
}
