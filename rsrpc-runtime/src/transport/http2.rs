//! The settings of our end of every HTTP/2 connection.

/// Window of each stream.
const STREAM_WINDOW: u32 = 1 << 20;
/// Window of each connection.
const CONNECTION_WINDOW: u32 = 4 << 20;
/// A message up to this size arrives in one DATA frame, where the sender makes use of it, and is decoded in place.
const MAX_FRAME: u32 = 256 << 10;
/// `h2` closes a connection whose peer sends small DATA frames faster than the calls read them; its default is too
/// little for an honest stream of small messages.
const SMALL_FRAME_BUDGET: usize = 1 << 20;

/// Header lists of requests and responses, as HTTP/2 counts them.
const MAX_HEADER_LIST: u32 = 16 << 10;

/// A server's end.
#[cfg(feature = "server")]
pub(crate) fn server_builder() -> h2::server::Builder {
    let mut builder = h2::server::Builder::new();
    builder
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .data_frame_budget(SMALL_FRAME_BUDGET)
        .max_frame_size(MAX_FRAME)
        .max_header_list_size(MAX_HEADER_LIST);
    builder
}

/// A client's end.
#[cfg(feature = "client")]
pub(crate) fn client_builder() -> h2::client::Builder {
    let mut builder = h2::client::Builder::new();
    builder
        .initial_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .data_frame_budget(SMALL_FRAME_BUDGET)
        .max_frame_size(MAX_FRAME)
        .max_header_list_size(MAX_HEADER_LIST)
        .enable_push(false);
    builder
}
