//! Constructors of the details that describe the failed request and point to further information.

use super::{DebugInfo, Help, LocalizedMessage, RequestInfo, ResourceInfo, help};

impl DebugInfo {
    /// Creates details for the server's developers.
    pub fn new(detail: impl Into<String>) -> Self {
        Self {
            stack_entries: Vec::new(),
            detail: detail.into(),
        }
    }

    /// Adds stack frames, innermost first.
    #[must_use]
    pub fn stack(mut self, entries: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.stack_entries.extend(entries.into_iter().map(Into::into));
        self
    }
}

impl RequestInfo {
    /// Creates details with the ID under which the server logs the request.
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
    /// Creates details that name the accessed resource: its type and its name.
    pub fn new(resource_type: impl Into<String>, resource_name: impl Into<String>) -> Self {
        Self {
            resource_type: resource_type.into(),
            resource_name: resource_name.into(),
            ..Self::default()
        }
    }

    /// Sets the owner of the resource.
    #[must_use]
    pub fn owner(mut self, owner: impl Into<String>) -> Self {
        self.owner = owner.into();
        self
    }

    /// Sets the description of the problem with the resource.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }
}

impl Help {
    /// Creates details with one link: its description and its URL.
    pub fn link(description: impl Into<String>, url: impl Into<String>) -> Self {
        Self::default().and(description, url)
    }

    /// Adds another link.
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
    /// Creates a message in a locale such as `de-CH`.
    pub fn new(locale: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            locale: locale.into(),
            message: message.into(),
        }
    }
}
