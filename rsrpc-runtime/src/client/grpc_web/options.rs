//! The gRPC-Web options of a channel.

/// The gRPC-Web options of a channel. The default is binary over HTTP/1.1.
///
/// ```
/// use rsrpc_runtime::Channel;
/// use rsrpc_runtime::client::GrpcWeb;
///
/// let channel = Channel::builder("http://localhost:8080/api").grpc_web(GrpcWeb::new().text()).build()?;
/// # Ok::<(), rsrpc_runtime::client::ChannelError>(())
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GrpcWeb {
    pub(super) is_text: bool,
    pub(super) is_http2: bool,
}

impl GrpcWeb {
    /// Returns the default options: binary over HTTP/1.1.
    pub const fn new() -> Self {
        Self {
            is_text: false,
            is_http2: false,
        }
    }

    /// Uses the text form, `application/grpc-web-text`, for proxies that accept no binary bodies. Base64 is a third larger.
    #[must_use]
    pub const fn text(mut self) -> Self {
        self.is_text = true;
        self
    }

    /// Uses HTTP/2, where calls share a connection. Over HTTP/1.1 each running call needs its own connection.
    #[must_use]
    pub const fn http2(mut self) -> Self {
        self.is_http2 = true;
        self
    }
}
