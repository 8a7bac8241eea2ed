//! The channel that users hold: a target, one protocol, and the options of its calls.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::protocol::Protocol;
use super::protocol_client::ProtocolClient;
use crate::channel::Target;
use crate::interceptor::InterceptorChain;

/// A client's access to a service: a target, and the connection to it. The first call connects, and the channel
/// reconnects when the connection is lost.
///
/// Building a channel does no I/O. Cloning is cheap, and clones share the connection. The connection closes when the last
/// clone is dropped.
///
/// ```
/// use rsrpc_runtime::Channel;
///
/// let channel = Channel::builder("http://greeter.internal:50051").build()?;
/// # Ok::<(), rsrpc_runtime::client::ChannelError>(())
/// ```
#[derive(Clone)]
pub struct Channel {
    shared: Arc<ChannelShared>,
}

/// The state that all clones of a channel share.
pub(super) struct ChannelShared {
    pub(super) target: Arc<Target>,
    pub(super) protocol: Protocol,
    pub(super) client: ProtocolClient,
    pub(super) interceptors: InterceptorChain,
    pub(super) default_timeout: Option<Duration>,
}

impl Channel {
    pub(super) fn new(shared: ChannelShared) -> Self {
        Self {
            shared: Arc::new(shared),
        }
    }

    /// Returns the target.
    pub fn target(&self) -> &Target {
        &self.shared.target
    }

    /// Returns the protocol.
    pub fn protocol(&self) -> Protocol {
        self.shared.protocol
    }

    #[inline]
    pub(super) fn client(&self) -> &ProtocolClient {
        &self.shared.client
    }

    pub(super) fn interceptors(&self) -> &InterceptorChain {
        &self.shared.interceptors
    }

    pub(super) fn default_timeout(&self) -> Option<Duration> {
        self.shared.default_timeout
    }
}

impl fmt::Debug for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Channel")
            .field("target", &self.target().to_string())
            .field("protocol", &self.shared.protocol)
            .finish_non_exhaustive()
    }
}
