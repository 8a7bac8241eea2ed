//! What generated code uses. Not for use by hand: it changes with the generator.
#![doc(hidden)]

mod surface;

pub use crate::assert_surface;
pub use crate::call::{
    DescriptorSet, Handlers, IdempotencyLevel, MessageCodec, Method, MethodKind, MethodOptions, RetryPolicy,
    ServiceDescriptor,
};
#[cfg(feature = "client")]
pub use crate::client::{BidiCall, ClientStreamingCall, ServerStreamingCall, UnaryCall, UnaryReply};
pub use crate::interceptor::Interceptor;
#[cfg(feature = "server")]
pub use crate::server::{Routes, Service, ServiceOptions};
#[cfg(all(feature = "client", feature = "server"))]
pub use crate::services::in_memory;
pub use crate::services::mock::Mock;
pub use crate::services::{DynService, Outcome};
pub use surface::refuse_surface;

/// Fails to compile when code was generated for another runtime, or for features that this one is built without.
#[macro_export]
#[doc(hidden)]
macro_rules! assert_surface {
    (1 $(, $feature:ident)* $(,)?) => {
        $($crate::assert_surface!(@ $feature);)*
    };
    (@ json) => {
        $crate::__assert_json!();
    };
    ($other:literal $($rest:tt)*) => {
        const _: () = $crate::generated::refuse_surface($other);
    };
}

#[macro_export]
#[doc(hidden)]
#[cfg(feature = "jsonrpc")]
macro_rules! __assert_json {
    () => {};
}

#[macro_export]
#[doc(hidden)]
#[cfg(not(feature = "jsonrpc"))]
macro_rules! __assert_json {
    () => {
        ::core::compile_error!(
            "this code was generated with JSON: enable the feature \"jsonrpc\" of rsrpc-runtime, or generate it with json=off"
        );
    };
}
