//! What a server can be told of compression.

use super::Server;
use crate::call::Compression;

/// Compression of gRPC messages.
impl Server {
    /// The algorithms that request messages may be compressed by; none by default. A call that announces another is
    /// refused with UNIMPLEMENTED and this list.
    ///
    /// A message is decompressed no further than [`max_request_size`](Self::max_request_size).
    pub fn accept_compression(mut self, algorithms: impl IntoIterator<Item = Compression>) -> Self {
        self.messages.accept = algorithms.into_iter().collect();
        self
    }

    /// The algorithms that replies are compressed by, the best first: the first that the caller accepts is taken. None by
    /// default. A handler can say otherwise with [`Context::set_compression`](crate::Context::set_compression).
    pub fn send_compression(mut self, algorithms: impl IntoIterator<Item = Compression>) -> Self {
        self.messages.send = algorithms.into_iter().collect();
        self
    }

    /// The smallest reply that is compressed, in bytes; 1,024 by default, since a smaller one fills one network packet
    /// either way.
    pub fn compress_from(mut self, bytes: usize) -> Self {
        self.messages.compress_from = bytes;
        self
    }
}
