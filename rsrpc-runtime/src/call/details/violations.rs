//! The details that are lists of what is wrong. Each has a constructor for its usual case, one item in words, and is
//! collected from whole items, whose further fields are public.

use super::{
    BadRequest, PreconditionFailure, QuotaFailure, bad_request, precondition_failure, quota_failure,
};

/// ```
/// use rsrpc_runtime::details::bad_request::FieldViolation;
/// use rsrpc_runtime::details::{BadRequest, LocalizedMessage};
///
/// let wrong = BadRequest::violation("name", "is empty").and("address.street", "is unknown");
/// assert_eq!(wrong.field_violations.len(), 2);
///
/// let wrong = BadRequest::from_iter([FieldViolation {
///     reason: "NAME_EMPTY".into(),
///     localized_message: Some(LocalizedMessage::new("de", "Der Name fehlt.")),
///     ..FieldViolation::new("name", "is empty")
/// }]);
/// # assert_eq!(wrong.field_violations[0].description, "is empty");
/// ```
impl BadRequest {
    /// One wrong field, by its path such as `address.street` or `emails[0]`, and what is wrong with it.
    pub fn violation(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self::default().and(field, description)
    }

    /// And another.
    #[must_use]
    pub fn and(mut self, field: impl Into<String>, description: impl Into<String>) -> Self {
        self.extend([bad_request::FieldViolation::new(field, description)]);
        self
    }
}

impl bad_request::FieldViolation {
    /// A wrong field, and what is wrong with it.
    pub fn new(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            description: description.into(),
            ..Self::default()
        }
    }
}

/// ```
/// use rsrpc_runtime::details::PreconditionFailure;
///
/// let failure = PreconditionFailure::violation("TOS", "example.com/cloud", "the terms are not accepted");
/// # assert_eq!(failure.violations[0].r#type, "TOS");
/// ```
impl PreconditionFailure {
    /// One condition that does not hold: which kind, of what, and what to do about it.
    pub fn violation(
        kind: impl Into<String>,
        subject: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        Self::default().and(kind, subject, description)
    }

    /// And another.
    #[must_use]
    pub fn and(
        mut self,
        kind: impl Into<String>,
        subject: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        self.extend([precondition_failure::Violation {
            r#type: kind.into(),
            subject: subject.into(),
            description: description.into(),
        }]);
        self
    }
}

/// ```
/// use rsrpc_runtime::details::QuotaFailure;
/// use rsrpc_runtime::details::quota_failure::Violation;
///
/// let failure = QuotaFailure::violation("clientip:192.0.2.1", "1,000 calls a day");
/// let detailed = QuotaFailure::from_iter([Violation {
///     quota_metric: "example.com/calls".into(),
///     quota_value: 1000,
///     ..Violation::new("clientip:192.0.2.1", "1,000 calls a day")
/// }]);
/// # assert_eq!(failure.violations[0].subject, detailed.violations[0].subject);
/// ```
impl QuotaFailure {
    /// One quota that does not suffice: whose it is, such as `project:7`, and how it was exceeded.
    pub fn violation(subject: impl Into<String>, description: impl Into<String>) -> Self {
        Self::default().and(subject, description)
    }

    /// And another.
    #[must_use]
    pub fn and(mut self, subject: impl Into<String>, description: impl Into<String>) -> Self {
        self.extend([quota_failure::Violation::new(subject, description)]);
        self
    }
}

impl quota_failure::Violation {
    /// Whose quota does not suffice, and how it was exceeded.
    pub fn new(subject: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            description: description.into(),
            ..Self::default()
        }
    }
}

macro_rules! collected {
    ($($list:ty, $field:ident: $item:ty;)*) => {
        $(
            impl FromIterator<$item> for $list {
                fn from_iter<I: IntoIterator<Item = $item>>(items: I) -> Self {
                    Self {
                        $field: items.into_iter().collect(),
                    }
                }
            }

            impl Extend<$item> for $list {
                fn extend<I: IntoIterator<Item = $item>>(&mut self, items: I) {
                    self.$field.extend(items);
                }
            }
        )*
    };
}

collected! {
    BadRequest, field_violations: bad_request::FieldViolation;
    PreconditionFailure, violations: precondition_failure::Violation;
    QuotaFailure, violations: quota_failure::Violation;
}
