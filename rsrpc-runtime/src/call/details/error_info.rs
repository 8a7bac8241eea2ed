//! `google.rpc.ErrorInfo`.

use std::collections::BTreeMap;

use prost::Name;

/// The cause of an error, for programs: who says so, what it is, and the values that belong to it.
///
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
#[derive(Clone, PartialEq, Eq, Hash, prost::Message)]
pub struct ErrorInfo {
    /// Constant for a cause and unique within the domain: at most 63 characters that match `[A-Z][A-Z0-9_]+[A-Z0-9]`.
    #[prost(string, tag = "1")]
    pub reason: String,
    /// Who defines the reason: most often the service's name, such as `users.example.com`.
    #[prost(string, tag = "2")]
    pub domain: String,
    /// What else there is to know. Keys are at most 64 characters that match `[a-z][a-zA-Z0-9-_]+`.
    #[prost(btree_map = "string, string", tag = "3")]
    pub metadata: BTreeMap<String, String>,
}

impl ErrorInfo {
    /// A cause without further values.
    pub fn new(reason: impl Into<String>, domain: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            domain: domain.into(),
            metadata: BTreeMap::new(),
        }
    }

    /// Adds a value.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.metadata.insert(key.into(), value.into());
        self
    }
}

impl Name for ErrorInfo {
    const PACKAGE: &'static str = "google.rpc";
    const NAME: &'static str = "ErrorInfo";

    fn type_url() -> String {
        "type.googleapis.com/google.rpc.ErrorInfo".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    #[test]
    fn bytes_are_those_of_google_rpc() {
        let info = ErrorInfo::new("R", "d").with("k", "v");
        // Fields 1 and 2, then an entry of field 3 with its key and value.
        let expected = b"\x0a\x01R\x12\x01d\x1a\x06\x0a\x01k\x12\x01v";
        assert_eq!(info.encode_to_vec(), expected);
        assert_eq!(ErrorInfo::decode(expected.as_slice()).unwrap(), info);
        assert_eq!(ErrorInfo::full_name(), "google.rpc.ErrorInfo");
    }
}
