//! Constructors of the details that list violations. Each has a short constructor for one item, and implements
//! `FromIterator` and `Extend` for complete items, whose other fields are public.

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
    /// Creates details with one invalid field: its path, such as `address.street` or `emails[0]`, and the problem.
    pub fn violation(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self::default().and(field, description)
    }

    /// Adds another invalid field.
    #[must_use]
    pub fn and(mut self, field: impl Into<String>, description: impl Into<String>) -> Self {
        self.extend([bad_request::FieldViolation::new(field, description)]);
        self
    }
}

impl bad_request::FieldViolation {
    /// Creates a violation from the field's path and the problem.
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
    /// Creates details with one failed precondition: its type, its subject, and how to resolve it.
    pub fn violation(
        kind: impl Into<String>,
        subject: impl Into<String>,
        description: impl Into<String>,
    ) -> Self {
        Self::default().and(kind, subject, description)
    }

    /// Adds another failed precondition.
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
    /// Creates details with one exceeded quota: its subject, such as `project:7`, and how it was exceeded.
    pub fn violation(subject: impl Into<String>, description: impl Into<String>) -> Self {
        Self::default().and(subject, description)
    }

    /// Adds another exceeded quota.
    #[must_use]
    pub fn and(mut self, subject: impl Into<String>, description: impl Into<String>) -> Self {
        self.extend([quota_failure::Violation::new(subject, description)]);
        self
    }
}

impl quota_failure::Violation {
    /// Creates a violation from the quota's subject and a description of how it was exceeded.
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
