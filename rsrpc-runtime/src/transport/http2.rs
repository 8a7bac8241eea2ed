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

/// What an error of a connection or a stream says to people.
#[cfg(feature = "client")]
pub(crate) fn describe(error: &h2::Error) -> String {
    let Some(reason) = error.reason() else {
        return match error.get_io() {
            // `h2`'s way to say that no more bytes came.
            Some(io) if io.kind() == std::io::ErrorKind::BrokenPipe => {
                "the server closed the connection".to_owned()
            }
            Some(io) => format!("the connection was lost: {io}"),
            None => error.to_string(),
        };
    };
    match (error.is_remote(), error.is_go_away()) {
        (true, true) => match debug_data(error) {
            Some(data) => format!("the server sent GOAWAY with {reason:?} and the words \"{data}\""),
            None => format!("the server sent GOAWAY with {reason:?}"),
        },
        (true, false) => format!("the server reset the stream with {reason:?}"),
        // Here the words are `h2`'s.
        (false, true) => match debug_data(error) {
            Some(rule) => format!("the server broke the rules of HTTP/2: {reason:?} ({rule})"),
            None => format!("the server broke the rules of HTTP/2: {reason:?}"),
        },
        (false, false) => format!("the server broke the rules of HTTP/2 on this stream: {reason:?}"),
    }
}

/// The debug data of a GOAWAY, with what is not printable escaped, cut off where it is long. `h2` has it only in its
/// text: `…: reason (b"data")`.
#[cfg(feature = "client")]
pub(crate) fn debug_data(error: &h2::Error) -> Option<String> {
    const SHOWN: usize = 128;
    let text = error.to_string();
    let (_, data) = text.split_once(" (b\"")?;
    let data = data.strip_suffix("\")")?;
    Some(match data.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &data[..end]),
        None => data.to_owned(),
    })
}
