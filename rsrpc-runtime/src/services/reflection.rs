//! gRPC server reflection: describes a server's services to tools such as grpcurl and to clients without generated
//! code.
//!
//! ```no_run
//! # async fn f() -> Result<(), Box<dyn std::error::Error>> {
//! use rsrpc_runtime::Server;
//! use rsrpc_runtime::reflection::Reflection;
//!
//! let server = Server::new().add_service(Reflection::new()).bind("127.0.0.1:0").await?;
//! server.serve().await?;
//! # Ok(()) }
//! ```
//!
//! The served descriptors are those embedded by the generator (its option `descriptor`). They match the .proto
//! compiler's output byte for byte, including custom options. For services defined by Rust traits, the descriptors come
//! from their `schema`.
//!
//! Specification: [gRPC Server Reflection Protocol](https://github.com/grpc/grpc/blob/master/doc/server-reflection.md).

mod definitions;
mod reflection_stream;
mod symbols;

use std::fmt;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use tokio::sync::watch;

use self::definitions::{DefinitionSources, Definitions};
use self::reflection_stream::ReflectionStream;
use self::v1::{ServerReflectionRequest, ServerReflectionResponse};
use crate::call::{Context, ServiceDescriptor, Status, Streaming};
use crate::interceptor::{Call, Interceptor, Next, Reply};
use crate::server::{Routes, Service};

/// Generated code of `grpc.reflection.v1`: messages, server and client.
#[rustfmt::skip]
#[path = "reflection/generated/v1.rs"]
pub mod v1;
/// Generated code of `grpc.reflection.v1alpha`, which older clients use: server and client. Its messages are those of
/// [`v1`].
#[rustfmt::skip]
#[path = "reflection/generated/v1alpha.rs"]
pub mod v1alpha;

/// The reflection service of a server, versions `v1` and `v1alpha`. Add it with
/// [`Server::add_service`](crate::Server::add_service).
///
/// - It covers every service of its server, added before or after it, including health and reflection.
/// - It serves the files that define these services and their imports, and no other files.
/// - A file shared by several services is served once. Of several files with one name, it serves the first that defines
///   a service, otherwise the first.
/// - A reply contains the requested file and up to 1 MiB of its imports that have not been sent on the same stream.
///   Clients request others by name.
///
/// Descriptors are read on the first request. When the server starts to shut down, open calls end with UNAVAILABLE.
/// Clients keep these streams open for later requests, which would keep the server running until its drain timeout.
#[must_use = "reflection has no effect until it is added to a server"]
pub struct Reflection {
    handler: Arc<ReflectionHandler>,
    sources: DefinitionSources,
    /// Set if only selected services are described.
    is_selection: bool,
    v1: v1::ServerReflectionServer<ReflectionHandler>,
    v1alpha: v1alpha::ServerReflectionServer<ReflectionHandler>,
}

/// The handler of both versions.
#[derive(Debug, Default)]
struct ReflectionHandler {
    /// Set once all services of the server are known.
    sources: OnceLock<DefinitionSources>,
    definitions: OnceLock<Arc<Definitions>>,
    /// Set to `true` when the server shuts down.
    shutting_down: watch::Sender<bool>,
}

impl Default for Reflection {
    fn default() -> Self {
        Self::new()
    }
}

impl Reflection {
    /// Creates reflection for every service of the server.
    pub fn new() -> Self {
        let handler = Arc::<ReflectionHandler>::default();
        Self {
            v1: v1::ServerReflectionServer::from_arc(handler.clone()),
            v1alpha: v1alpha::ServerReflectionServer::from_arc(handler.clone()),
            handler,
            sources: DefinitionSources::default(),
            is_selection: false,
        }
    }

    /// Creates reflection for these services only: `Reflection::of([&GREETER_SERVICE])`.
    pub fn of(services: impl IntoIterator<Item = &'static ServiceDescriptor>) -> Self {
        let mut reflection = Self::new();
        reflection.is_selection = true;
        reflection.sources.services.extend(services);
        reflection
    }

    /// Lists an additional service with the full name `name`, served by the server's fallback. Its definition comes
    /// from a [`descriptor_set`](Self::descriptor_set).
    pub fn service(mut self, name: impl Into<String>) -> Self {
        self.sources.names.push(name.into());
        self
    }

    /// Adds all files of an encoded `FileDescriptorSet`, for extensions and for messages in an `Any` that no service's
    /// file imports.
    ///
    /// # Errors
    /// The bytes are not a valid `FileDescriptorSet`.
    pub fn descriptor_set(mut self, set: impl Into<Bytes>) -> Result<Self, prost::DecodeError> {
        self.sources.sets.push(definitions::read(set.into())?);
        Ok(self)
    }

    /// Adds an interceptor to this service, for example for authorization. It runs after the interceptors of the
    /// server.
    pub fn intercept(mut self, interceptor: impl Interceptor) -> Self {
        let interceptor = Arc::new(interceptor);
        self.v1 = self.v1.intercept(SharedInterceptor(interceptor.clone()));
        self.v1alpha = self.v1alpha.intercept(SharedInterceptor(interceptor));
        self
    }
}

impl Service for Reflection {
    fn register(self, routes: &mut Routes) {
        let (handler, mut sources, is_selection) = (self.handler.clone(), self.sources, self.is_selection);
        routes.on_completion(move |services| {
            if !is_selection {
                sources.services = services.to_vec();
            }
            // Set only here: a `Reflection` is registered once.
            let _ = handler.sources.set(sources);
        });
        let handler = self.handler;
        routes.on_shutdown(move || {
            handler.shutting_down.send_replace(true);
        });
        self.v1.register(routes);
        self.v1alpha.register(routes);
    }
}

/// An interceptor shared by both versions.
struct SharedInterceptor<I>(Arc<I>);

impl<I: Interceptor> Interceptor for SharedInterceptor<I> {
    fn intercept(&self, call: Call, next: Next) -> impl Future<Output = Result<Reply, Status>> + Send {
        self.0.intercept(call, next)
    }
}

impl ReflectionHandler {
    fn reply_stream(
        &self,
        requests: Streaming<ServerReflectionRequest>,
    ) -> Streaming<ServerReflectionResponse> {
        let definitions = self.definitions.get_or_init(|| {
            let sources = self.sources.get();
            Arc::new(sources.map(Definitions::new).unwrap_or_default())
        });
        ReflectionStream::new(definitions.clone(), requests, self.shutting_down.subscribe()).into_stream()
    }
}

impl v1::ServerReflection for ReflectionHandler {
    async fn server_reflection_info(
        &self,
        _: &Context,
        requests: Streaming<ServerReflectionRequest>,
    ) -> Result<Streaming<ServerReflectionResponse>, Status> {
        Ok(self.reply_stream(requests))
    }
}

impl v1alpha::ServerReflection for ReflectionHandler {
    async fn server_reflection_info(
        &self,
        _: &Context,
        requests: Streaming<ServerReflectionRequest>,
    ) -> Result<Streaming<ServerReflectionResponse>, Status> {
        Ok(self.reply_stream(requests))
    }
}

impl fmt::Debug for Reflection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reflection").finish_non_exhaustive()
    }
}
