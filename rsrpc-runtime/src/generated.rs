//! Items used by generated code. Not for direct use: they change with the generator.
#![doc(hidden)]

mod surface;

pub use crate::call::{
    DescriptorSet, ErrorField, ErrorMessage, IdempotencyLevel, MessageCodec, Method, MethodKind,
    MethodOptions, RetryPolicy, ServiceDescriptor,
};
#[cfg(feature = "client")]
pub use crate::client::{BidiCall, ClientStreamingCall, ServerStreamingCall, UnaryCall, UnaryReply};
#[cfg(feature = "client")]
pub use crate::forward;
#[cfg(feature = "jsonrpc")]
pub use crate::json::{
    ArgumentPass, Arguments, SerdeValue, arguments_codec, no_arguments_codec, serde_codec,
};
#[cfg(feature = "server")]
pub use crate::server::{Routes, Service, ServiceOptions};
#[cfg(all(feature = "client", feature = "server"))]
pub use crate::services::in_memory;
#[cfg(feature = "macros")]
pub use crate::when_json;
pub use crate::{assert_surface, described};
#[cfg(feature = "__rpc")]
pub use crate::{
    call::{Handlers, owned},
    interceptor::Interceptor,
    services::{DynService, Outcome, mock::Mock},
};
pub use surface::refuse_surface;

/// Fails to compile if the code was generated for another runtime, or needs a feature that this runtime lacks.
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
            "this code was generated with JSON: enable the feature \"jsonrpc\" of rsrpc-runtime, or generate the code with json=off"
        );
    };
}

/// Implements the message traits for generated messages, from their full names and their encoded `FileDescriptorSet`.
#[macro_export]
#[doc(hidden)]
#[cfg(feature = "macros")]
macro_rules! described {
    (json; $($rest:tt)*) => {
        $crate::described!(@ $($rest)*);
    };
    (; $($rest:tt)*) => {
        $crate::__described_without_json!($($rest)*);
    };
    (@ $set:expr; $($type:path = $name:literal),* $(,)?) => {
        const _: () = {
            $(
                impl $crate::message::MessageType for $type {
                    const FULL_NAME: &'static str = $name;
                }

                impl $crate::schema::Describe for $type {
                    fn describe(schema: &mut $crate::schema::Schema) {
                        schema.add_compiled::<Self>($name, $set);
                    }
                }
            )*
        };
    };
}

/// Omits the traits, because a message without JSON cannot be a field of a message with JSON.
#[macro_export]
#[doc(hidden)]
#[cfg(all(feature = "macros", feature = "jsonrpc"))]
macro_rules! __described_without_json {
    ($($tokens:tt)*) => {};
}

/// Implements the traits in a runtime without JSON.
#[macro_export]
#[doc(hidden)]
#[cfg(all(feature = "macros", not(feature = "jsonrpc")))]
macro_rules! __described_without_json {
    ($($rest:tt)*) => {
        $crate::described!(@ $($rest)*);
    };
}

/// Expands to nothing without `#[derive(Message)]` and `#[service]`, the only users of these traits.
#[macro_export]
#[doc(hidden)]
#[cfg(not(feature = "macros"))]
macro_rules! described {
    ($($tokens:tt)*) => {};
}

/// Implements a method of a service's trait for its client. The call runs `within` the given context. The argument is
/// written like an rpc in a .proto file.
#[macro_export]
#[doc(hidden)]
#[cfg(feature = "client")]
macro_rules! forward {
    (unary $name:ident($request:ty) -> $reply:ty) => {
        fn $name(&self, cx: &$crate::Context, request: $request) -> $crate::generated::UnaryReply<$reply> {
            // `Self::$name` resolves to the client's inherent method, not to this trait method.
            ::core::future::IntoFuture::into_future(Self::$name(self, request).within(cx))
        }
    };
    (server_streaming $name:ident($request:ty) -> $reply:ty) => {
        fn $name(
            &self,
            cx: &$crate::Context,
            request: $request,
        ) -> $crate::generated::Outcome<$crate::Streaming<$reply>> {
            ::core::future::IntoFuture::into_future(Self::$name(self, request).within(cx))
        }
    };
    (client_streaming $name:ident($request:ty) -> $reply:ty) => {
        fn $name(
            &self,
            cx: &$crate::Context,
            requests: $crate::Streaming<$request>,
        ) -> $crate::generated::Outcome<$reply> {
            ::core::future::IntoFuture::into_future(Self::$name(self, requests).within(cx))
        }
    };
    (bidi $name:ident($request:ty) -> $reply:ty) => {
        fn $name(
            &self,
            cx: &$crate::Context,
            requests: $crate::Streaming<$request>,
        ) -> $crate::generated::Outcome<$crate::Streaming<$reply>> {
            ::std::boxed::Box::pin(Self::$name(self).within(cx).send(requests))
        }
    };
}
