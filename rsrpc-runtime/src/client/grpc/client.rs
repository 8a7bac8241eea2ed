//! The gRPC client of a channel: its connection and its common request headers.

use std::sync::Arc;

use http::header::{CONTENT_TYPE, TE, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};

use super::uri_cache::UriCache;
use crate::channel::{ConnectOptions, Subchannel, Target};
use crate::client::codec::ClientMessageOptions;
use crate::wire::http2::Frame;

/// The gRPC client of a channel.
pub(crate) struct GrpcClient {
    subchannel: Arc<Subchannel<Frame>>,
    messages: ClientMessageOptions,
    /// The headers that every request starts with.
    headers: HeaderMap,
    uris: UriCache,
}

impl GrpcClient {
    pub(crate) fn new(
        options: ConnectOptions,
        user_agent: HeaderValue,
        messages: ClientMessageOptions,
    ) -> Arc<Self> {
        let headers = [
            (TE, HeaderValue::from_static("trailers")),
            (CONTENT_TYPE, HeaderValue::from_static("application/grpc")),
            (USER_AGENT, user_agent),
        ];
        let accept = messages
            .accept_encoding()
            .map(|names| (HeaderName::from_static("grpc-accept-encoding"), names));
        Arc::new(Self {
            subchannel: Subchannel::new(options),
            headers: headers.into_iter().chain(accept).collect(),
            uris: UriCache::default(),
            messages,
        })
    }

    pub(crate) fn subchannel(&self) -> &Arc<Subchannel<Frame>> {
        &self.subchannel
    }

    pub(super) fn target(&self) -> &Target {
        self.subchannel.target()
    }

    pub(super) fn messages(&self) -> &ClientMessageOptions {
        &self.messages
    }

    pub(super) fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Returns the URI of a method's path.
    pub(super) fn uri(&self, path: &'static str) -> Uri {
        self.uris.uri(path, self.target())
    }
}
