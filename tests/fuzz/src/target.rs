//! Targets of channels.

use rsrpc_runtime::Channel;
use rsrpc_runtime::client::Target;

/// Parses a target. An error is one short line; a valid target formats to a text that parses to an equal target.
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
