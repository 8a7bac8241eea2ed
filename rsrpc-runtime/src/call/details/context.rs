//! The details that say what the failure was about, and where to go on from there.

use super::{DebugInfo, Help, LocalizedMessage, RequestInfo, ResourceInfo, help};

impl DebugInfo {
    /// Words for the server's own developers.
    pub fn new(detail: impl Into<String>) -> Self {
        Self {
            stack_entries: Vec::new(),
            detail: detail.into(),
        }
    }

    /// Adds where the error happened, the innermost frame first.
    #[must_use]
    pub fn stack(mut self, entries: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.stack_entries.extend(entries.into_iter().map(Into::into));
        self
    }
}

impl RequestInfo {
    /// The name that the server's logs know the request by.
    pub fn new(request_id: impl Into<String>) -> Self {
        Self {
            request_id: request_id.into(),
            serving_data: String::new(),
        }
    }
}

/// ```
/// use rsrpc_runtime::Status;
/// use rsrpc_runtime::details::ResourceInfo;
///
/// let book = ResourceInfo::new("type.googleapis.com/example.Book", "shelves/1/books/7");
/// let status = Status::permission_denied("not your book").with(book.owner("user:3"));
/// # assert_eq!(status.detail::<ResourceInfo>().unwrap().unwrap().owner, "user:3");
/// ```
impl ResourceInfo {
    /// What the call was about: its kind, and its name.
    pub fn new(resource_type: impl Into<String>, resource_name: impl Into<String>) -> Self {
        Self {
            resource_type: resource_type.into(),
            resource_name: resource_name.into(),
            ..Self::default()
        }
    }

    /// Says who owns it.
    #[must_use]
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = owner.into();
        self
    }

    /// Says what went wrong with it.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }
}

impl Help {
    /// One address, and what is found there.
    pub fn link(description: impl Into<String>, url: impl Into<String>) -> Self {
        Self::default().and(description, url)
    }

    /// And another.
    #[must_use]
    pub fn and(mut self, description: impl Into<String>, url: impl Into<String>) -> Self {
        self.links.push(help::Link {
            description: description.into(),
            url: url.into(),
        });
        self
    }
}

impl LocalizedMessage {
    /// A message in a language such as `de-CH`.
    pub fn new(locale: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            locale: locale.into(),
            message: message.into(),
        }
    }
}
