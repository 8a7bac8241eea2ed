//! What a channel is told to connect to.

use rsrpc_runtime::Channel;
use rsrpc_runtime::client::Target;

/// A target: refused in one short line, or read, and its text is then read as the same.
pub fn target(input: &[u8]) {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    match Target::parse(text) {
        Ok(target) => assert_eq!(Target::parse(&target.to_string()).as_ref(), Ok(&target)),
        Err(error) => {
            let message = error.to_string();
            assert!(!message.contains('\n'), "{message}");
            assert!(message.len() < 10 * text.len() + 400, "{message}");
        }
    }
    let _ = Channel::builder(text).build();
}
