//! HTTP/2 settings of servers and clients, and descriptions of `h2` errors.

/// Flow-control window of each stream, in bytes.
const STREAM_WINDOW: u32 = 1 << 20;
/// Flow-control window of each connection, in bytes.
const CONNECTION_WINDOW: u32 = 4 << 20;
/// Maximum size of a received frame, in bytes. A message up to this size can arrive in a single DATA frame, and is
/// then decoded in place.
const MAX_FRAME: u32 = 256 << 10;
/// Budget for small DATA frames. `h2` closes a connection whose peer sends small DATA frames faster than the calls
/// read them, and its default is too low for a legitimate stream of small messages.
const SMALL_FRAME_BUDGET: usize = 1 << 20;

/// Maximum size of a request's or response's header list, in bytes as counted by HTTP/2.
const MAX_HEADER_LIST: u32 = 16 << 10;

/// Returns the `h2` builder for server connections.
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

/// Returns the `h2` builder for client connections.
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

/// Describes an error of a connection or a stream for users.
#[cfg(feature = "client")]
pub(crate) fn describe(error: &h2::Error) -> String {
    let Some(reason) = error.reason() else {
        return match error.get_io() {
            // `h2` reports the end of input this way.
            Some(io) if io.kind() == std::io::ErrorKind::BrokenPipe => {
                "the server closed the connection".to_owned()
            }
            Some(io) => format!("the connection was lost: {io}"),
            None => error.to_string(),
        };
    };
    match (error.is_remote(), error.is_go_away()) {
        (true, true) => match debug_data(error) {
            Some(data) => format!("the server sent GOAWAY with {reason:?} and debug data \"{data}\""),
            None => format!("the server sent GOAWAY with {reason:?}"),
        },
        (true, false) => format!("the server reset the stream with {reason:?}"),
        // In a GOAWAY sent by this end, `h2` supplies the debug data.
        (false, true) => match debug_data(error) {
            Some(rule) => format!("the server violated HTTP/2: {reason:?} ({rule})"),
            None => format!("the server violated HTTP/2: {reason:?}"),
        },
        (false, false) => format!("the server violated HTTP/2 on this stream: {reason:?}"),
    }
}

/// Returns the debug data of a GOAWAY, escaped and truncated. `h2` exposes it only in the error's text: `…: reason
/// (b"data")`.
#[cfg(feature = "client")]
pub(crate) fn debug_data(error: &h2::Error) -> Option<String> {
    const MAX_DEBUG_DATA_CHARS: usize = 128;
    let text = error.to_string();
    let (_, data) = text.split_once(" (b\"")?;
    let data = data.strip_suffix("\")")?;
    Some(match data.char_indices().nth(MAX_DEBUG_DATA_CHARS) {
        Some((end, _)) => format!("{}…", &data[..end]),
        None => data.to_owned(),
    })
}
