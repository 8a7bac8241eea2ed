//! Type-erased messages for interceptors.

use std::any::Any;
use std::fmt;

use bytes::BytesMut;

use crate::call::{JsonContext, JsonError, MessageCodec, Status};

/// A request or reply message of any type, as an interceptor sees it.
pub trait AnyMessage: Send {
    /// Returns the message's full name, such as `helloworld.HelloRequest`.
    fn name(&self) -> &'static str;

    /// Returns the message for downcasting.
    fn as_any(&self) -> &dyn Any;

    /// Returns the message for downcasting and changes.
    fn as_any_mut(&mut self) -> &mut dyn Any;

    /// Returns the size in bytes of the protobuf encoding; `None` for a type without protobuf.
    fn encoded_len(&self) -> Option<usize>;

    /// Encodes the message as protobuf; returns `None` for a type without protobuf.
    fn encode(&self) -> Option<Vec<u8>>;

    /// Replaces the message with one decoded from protobuf.
    ///
    /// # Errors
    /// INVALID_ARGUMENT if the bytes are not a valid message of this type; UNIMPLEMENTED for a type without protobuf.
    fn decode(&mut self, bytes: &[u8]) -> Result<(), Status>;

    /// Encodes the message as JSON.
    ///
    /// # Errors
    /// The message has no JSON form, or its code was generated without JSON.
    fn to_json(&self, cx: &JsonContext) -> Result<String, JsonError>;

    /// Converts into `Any`, to recover the message's type.
    #[doc(hidden)]
    fn into_any(self: Box<Self>) -> Box<dyn Any + Send>;
}

impl dyn AnyMessage + '_ {
    /// Returns the message if it is an `M`.
    pub fn downcast_ref<M: 'static>(&self) -> Option<&M> {
        self.as_any().downcast_ref()
    }

    /// Returns the message for changes if it is an `M`. Assigning to it replaces the message.
    pub fn downcast_mut<M: 'static>(&mut self) -> Option<&mut M> {
        self.as_any_mut().downcast_mut()
    }
}

impl fmt::Debug for dyn AnyMessage + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("AnyMessage").field(&self.name()).finish()
    }
}

/// A message together with its codec.
pub(crate) struct TypedMessage<M> {
    pub(crate) message: M,
    codec: MessageCodec<M>,
}

/// A hook that may inspect, change or reject each message of a call.
pub(crate) type MessageHook = Box<dyn FnMut(&mut dyn AnyMessage) -> Result<(), Status> + Send>;

impl<M: Send + 'static> TypedMessage<M> {
    pub(crate) fn new(message: M, codec: &MessageCodec<M>) -> Self {
        Self {
            message,
            codec: *codec,
        }
    }

    pub(crate) fn boxed(message: M, codec: &MessageCodec<M>) -> Box<dyn AnyMessage> {
        Box::new(Self::new(message, codec))
    }

    /// Takes the message out of its box if it is an `M`.
    pub(crate) fn unbox(message: Box<dyn AnyMessage>) -> Option<M> {
        message
            .into_any()
            .downcast::<Self>()
            .ok()
            .map(|typed| typed.message)
    }

    /// Runs every hook on a message.
    pub(crate) fn run_hooks(
        message: M,
        codec: &MessageCodec<M>,
        hooks: &mut [MessageHook],
    ) -> Result<M, Status> {
        if hooks.is_empty() {
            return Ok(message);
        }
        let mut typed = Self::new(message, codec);
        hooks.iter_mut().try_for_each(|hook| hook(&mut typed))?;
        Ok(typed.message)
    }
}

impl<M: Send + 'static> AnyMessage for TypedMessage<M> {
    fn name(&self) -> &'static str {
        self.codec.name()
    }

    fn as_any(&self) -> &dyn Any {
        &self.message
    }

    fn as_any_mut(&mut self) -> &mut dyn Any {
        &mut self.message
    }

    fn encoded_len(&self) -> Option<usize> {
        self.codec
            .as_protobuf()
            .map(|codec| (codec.encoded_len)(&self.message))
    }

    fn encode(&self) -> Option<Vec<u8>> {
        let codec = self.codec.as_protobuf()?;
        let mut bytes = BytesMut::with_capacity((codec.encoded_len)(&self.message));
        (codec.encode)(&self.message, &mut bytes);
        Some(bytes.into())
    }

    fn decode(&mut self, bytes: &[u8]) -> Result<(), Status> {
        let Some(codec) = self.codec.as_protobuf() else {
            return Err(Status::unimplemented(format!(
                "{} has no protobuf encoding",
                self.name()
            )));
        };
        let mut bytes = bytes::Bytes::copy_from_slice(bytes);
        let length = bytes.len();
        let decoded = (codec.decode)(&mut bytes, length);
        self.message = decoded.map_err(|error| {
            Status::invalid_argument(format!(
                "the bytes are not a valid {}: {error}",
                self.codec.name()
            ))
            .with_source(error)
        })?;
        Ok(())
    }

    fn to_json(&self, cx: &JsonContext) -> Result<String, JsonError> {
        let Some(codec) = self.codec.as_json() else {
            return Err(JsonError::new(format!(
                "{} has no JSON: generate its code with json=on",
                self.name()
            )));
        };
        let mut json = Vec::new();
        (codec.encode)(&self.message, cx, &mut json)?;
        String::from_utf8(json).map_err(|error| JsonError::new(error.to_string()))
    }

    fn into_any(self: Box<Self>) -> Box<dyn Any + Send> {
        self
    }
}
