//! Replacements for JSON support in a runtime without the feature `jsonrpc`: every type qualifies.

use crate::call::MessageCodec;

/// A type with canonical JSON. Without the feature `jsonrpc`, every type.
pub trait HasJson: Default {}

impl<T: Default> HasJson for T {}

/// A type with JSON as a field. Without the feature `jsonrpc`, every type.
pub trait WrappedJson {}

impl<T> WrappedJson for T {}

/// A map key with JSON. Without the feature `jsonrpc`, every type.
pub trait JsonKey {}

impl<T> JsonKey for T {}

/// Expands to the items if the runtime has JSON.
#[macro_export]
#[doc(hidden)]
macro_rules! when_json {
    ($($tokens:tt)*) => {};
}

/// Returns `false`, because fields have no JSON.
#[allow(
    clippy::extra_unused_type_parameters,
    reason = "the variant with JSON reads a constant of the type"
)]
pub(super) const fn is_object<M>() -> bool {
    false
}

/// Returns the codec unchanged.
pub(super) const fn with_message_json<M>(codec: MessageCodec<M>) -> MessageCodec<M> {
    codec
}

/// Returns the codec unchanged.
pub(super) const fn with_wrapped_json<T>(codec: MessageCodec<T>) -> MessageCodec<T> {
    codec
}
