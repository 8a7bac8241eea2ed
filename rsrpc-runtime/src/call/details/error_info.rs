//! Constructors of `google.rpc.ErrorInfo`.

use std::collections::BTreeMap;

use super::ErrorInfo;

/// ```
/// use rsrpc_runtime::Status;
/// use rsrpc_runtime::details::ErrorInfo;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let info = ErrorInfo::new("USER_GONE", "users.example.com").with("user", "7");
/// let status = Status::not_found("user 7 is gone").with(info);
///
/// let info = status.detail::<ErrorInfo>()?.ok_or("no details")?;
/// assert_eq!(info.reason, "USER_GONE");
/// assert_eq!(info.metadata["user"], "7");
/// # Ok(())
/// # }
/// ```
impl ErrorInfo {
    /// Creates an error cause without metadata.
    pub fn new(reason: impl Into<String>, domain: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            domain: domain.into(),
            metadata: BTreeMap::new(),
        }
    }

    /// Adds an entry to the metadata, replacing any of the same key.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use prost::{Message as _, Name as _};

    use super::*;

    #[test]
    fn error_info_encodes_as_google_rpc() {
        let info = ErrorInfo::new("R", "d").with("k", "v");
        // Fields 1 and 2, then an entry of field 3 with its key and value.
        let expected = b"\x0a\x01R\x12\x01d\x1a\x06\x0a\x01k\x12\x01v";
        assert_eq!(info.encode_to_vec(), expected);
        assert_eq!(ErrorInfo::decode(expected.as_slice()).unwrap(), info);
        assert_eq!(ErrorInfo::full_name(), "google.rpc.ErrorInfo");
    }
}
